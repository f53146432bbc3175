"""Signature checks in parallel, their successes remembered from the pool to the block.

A result is keyed by a hash over txid, public key and witness: only this very check is ever skipped.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from threading import Event, Lock

from core.errors import TxRefused
from core.ports import TaskRunner
from core.tx import SignedTx
from execution.validity import check_signature

_REMEMBERED = 65_536
_CHUNK = 32

Signed = tuple[SignedTx, bytes]
"""A transaction and the public key that must have signed it."""

Key = bytes
"""What names a check: a hash over txid, public key and witness."""


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Checks that one thread makes ahead of their time."""

    keyed: Sequence[tuple[Key, Signed]]
    done: Event = field(default_factory=Event)


class WitnessChecker:
    """Verifies signatures on the runner's threads (the library releases the interpreter lock)."""

    def __init__(self, runner: TaskRunner) -> None:
        self.runner = runner
        self._good: OrderedDict[Key, None] = OrderedDict()
        self._begun: dict[Key, _Chunk] = {}
        self._lock = Lock()

    def check_one(self, signed: Signed) -> None:
        """Verify here and now; raises ``tx.signature``."""
        key = _key(signed)
        with self._lock:
            known = key in self._good
        if not known:
            check_signature(*signed)
            self._remember([key])

    def begin(self, signed: Sequence[Signed]) -> None:
        """Start to verify signatures that will be asked for soon; says nothing of bad ones."""
        keyed = {_key(pair): pair for pair in signed}  # a hostile block may repeat itself
        chunks = []
        with self._lock:
            fresh = [
                (key, pair)
                for key, pair in keyed.items()
                if key not in self._good and key not in self._begun
            ]
            for start in range(0, len(fresh), _CHUNK):
                chunk = _Chunk(fresh[start : start + _CHUNK])
                self._begun.update((key, chunk) for key, _ in chunk.keyed)
                chunks.append(chunk)
        started = 0
        try:
            for chunk in chunks:
                pending = self.runner.start(self._verify_ahead, chunk)
                started += 1
                # Also when it is cancelled: nobody may wait for work that never runs.
                pending.add_done_callback(partial(self._finish, chunk))
        finally:
            for chunk in chunks[started:]:
                self._finish(chunk)

    def _verify_ahead(self, chunk: _Chunk) -> None:
        good = []
        for key, pair in chunk.keyed:
            try:
                check_signature(*pair)
            except TxRefused:
                continue  # who asks for it in its turn gets the refusal
            good.append(key)
        self._remember(good)

    def _finish(self, chunk: _Chunk, _: object = None) -> None:
        with self._lock:
            for key, _pair in chunk.keyed:
                self._begun.pop(key, None)
        chunk.done.set()

    def check_all(self, signed: Sequence[Signed]) -> None:
        """Verify a block's signatures on all cores; raises the refusal of the first bad one."""
        keys = [_key(pair) for pair in signed]
        with self._lock:
            begun = [self._begun[key] for key in keys if key in self._begun]
        for chunk in begun:
            chunk.done.wait()
        with self._lock:
            unchecked = [index for index, key in enumerate(keys) if key not in self._good]
        chunks = [unchecked[start : start + _CHUNK] for start in range(0, len(unchecked), _CHUNK)]
        for refusal in self.runner.map(lambda chunk: _first_bad(signed, chunk), chunks):
            if refusal is not None:
                raise refusal
        self._remember([keys[index] for index in unchecked])

    def _remember(self, keys: Sequence[Key]) -> None:
        with self._lock:
            for key in keys:
                self._good[key] = None
            while len(self._good) > _REMEMBERED:
                self._good.popitem(last=False)


def _key(signed: Signed) -> Key:
    # A key of this process only: the fastest collision-resistant hash will do.
    tx, public_key = signed
    digest = sha256(tx.txid)
    digest.update(len(public_key).to_bytes(4))
    digest.update(public_key)
    digest.update(tx.witness.encoded)
    return digest.digest()


def _first_bad(signed: Sequence[Signed], chunk: Sequence[int]) -> TxRefused | None:
    """The refusal of the first bad signature of a chunk, returned so that order decides."""
    for index in chunk:
        try:
            check_signature(*signed[index])
        except TxRefused as refusal:
            refusal.facts.setdefault("txIndex", index)
            return refusal
    return None

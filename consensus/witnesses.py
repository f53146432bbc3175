"""Signature checks in parallel, their successes remembered from the pool to the block.

A result is keyed by (txid, hash of the witness, public key): only this very check is ever skipped.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from threading import Lock

from core.errors import TxRefused
from core.ports import TaskRunner
from core.tx import SignedTx
from execution.validity import check_signature

_REMEMBERED = 65_536
_CHUNK = 32

Signed = tuple[SignedTx, bytes]
"""A transaction and the public key that must have signed it."""


class WitnessChecker:
    """Verifies signatures on the runner's threads (the library releases the interpreter lock)."""

    def __init__(self, runner: TaskRunner) -> None:
        self._runner = runner
        self._good: OrderedDict[tuple[bytes, bytes, bytes], None] = OrderedDict()
        self._lock = Lock()

    def check_one(self, signed: Signed) -> None:
        """Verify here and now; raises ``tx.signature``."""
        key = _key(signed)
        with self._lock:
            known = key in self._good
        if not known:
            check_signature(*signed)
            self._remember([key])

    def check_all(self, signed: Sequence[Signed]) -> None:
        """Verify a block's signatures on all cores; raises the refusal of the first bad one."""
        keys = [_key(pair) for pair in signed]
        with self._lock:
            unchecked = [index for index, key in enumerate(keys) if key not in self._good]
        chunks = [unchecked[start : start + _CHUNK] for start in range(0, len(unchecked), _CHUNK)]
        for refusal in self._runner.map(lambda chunk: _first_bad(signed, chunk), chunks):
            if refusal is not None:
                raise refusal
        self._remember([keys[index] for index in unchecked])

    def _remember(self, keys: Sequence[tuple[bytes, bytes, bytes]]) -> None:
        with self._lock:
            for key in keys:
                self._good[key] = None
            while len(self._good) > _REMEMBERED:
                self._good.popitem(last=False)


def _key(signed: Signed) -> tuple[bytes, bytes, bytes]:
    # A key of this process only: the fastest collision-resistant hash will do.
    tx, public_key = signed
    return tx.txid, sha256(tx.witness.encoded).digest(), public_key


def _first_bad(signed: Sequence[Signed], chunk: Sequence[int]) -> TxRefused | None:
    """The refusal of the first bad signature of a chunk, returned so that order decides."""
    for index in chunk:
        try:
            check_signature(*signed[index])
        except TxRefused as refusal:
            refusal.facts.setdefault("txIndex", index)
            return refusal
    return None

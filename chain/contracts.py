"""Contracts as the ledger holds them: source, interface, stored slots, and who made them.

What a contract's code is never changes on a branch. The interfaces used last are kept, by code
hash. Source: docs/spec/contracts.md.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock

from chain import queries
from chain.store import past, state, txs
from chain.store.snapshot import snapshot
from chain.values import LogLine, RecordProof, TxLine
from core import cbor
from core.hashing import sha3
from core.header import Header
from core.ports import StateReader
from execution import lang
from execution.accounts import MODULE as ACCOUNT
from execution.accounts import Account
from execution.lang.tree import Module
from execution.vm.frame import CODE_MODULE, STORAGE_MODULE

FACES_MOST = 512
"""Interfaces that are kept: about 20 KB each."""


_END = 2**63 - 1  # above every height


@dataclass(frozen=True)
class ContractCode:
    """A contract: its code hash (32 bytes), source, and checked module without bodies."""

    address: bytes
    code_hash: bytes
    source: bytes
    face: Module


@dataclass(frozen=True)
class StateAt:
    """The state after the block of ``header``, to be read while the snapshot is open."""

    header: Header
    reader: StateReader


class _Head:
    """The records after the head."""

    def get_many(self, records: Collection[tuple[str, bytes]]) -> dict[tuple[str, bytes], bytes]:
        return state.read(list(records))


@contextmanager
def state_at(height: int | None = None) -> Iterator[StateAt]:
    """The state after the best chain's block at a height (None: the head), all of one commit.

    Raises StateNotYet, Pruned.
    """
    with snapshot():
        header = past.header_at(height).header
        head = height is None or height == queries.head().header.height
        yield StateAt(header, _Head() if head else past.RecordsAt(header.height))


def code(address: bytes, *, height: int | None = None) -> ContractCode | None:
    """The contract at an address of 34 bytes after a block; None without one. As ``state_at``."""
    with snapshot():
        code_hash = queries.account(address, height=height)[2]
        if code_hash is None:
            return None
        source = _sources([code_hash])[code_hash]
    return ContractCode(address, code_hash, source, face_of(code_hash, source))


def slot(address: bytes, slot: bytes, *, height: int | None = None) -> bytes | None:
    """The ABI form of what a slot holds, None when it is at its default. As ``state_at``.

    ``slot`` is what is hashed, as docs/spec/contracts.md, "Storage", says.
    """
    return queries.record(STORAGE_MODULE, address + sha3(slot), height=height)


def prove_slot(address: bytes, slot: bytes, *, height: int | None = None) -> RecordProof:
    """A slot's record with its proof; raises as ``queries.prove``."""
    return queries.prove(STORAGE_MODULE, address + sha3(slot), height=height)


def maker(address: bytes) -> TxLine | None:
    """The deployment that made the contract; None where there is no contract of a transaction."""
    return txs.maker_of(address)


def newest_events(address: bytes, limit: int) -> list[LogLine]:
    """The newest events of a contract on the best chain, newest first."""
    return txs.newest_logs(address, (_END, 0), limit)


def slots(address: bytes, slots: Collection[bytes]) -> dict[bytes, bytes]:
    """What those slots hold at the head, without those at their default; one look-up.

    Slots are what is hashed.
    """
    records = {(STORAGE_MODULE, address + sha3(each)): each for each in slots}
    found = state.read(list(records)) if records else {}
    return {records[record]: value for record, value in found.items()}


def faces(addresses: Collection[bytes]) -> dict[bytes, Module]:
    """The modules, without bodies, of those addresses that are contracts at the head.

    Two look-ups however many they are; none for interfaces that are kept but of the accounts.
    """
    wanted = {(ACCOUNT, address): address for address in addresses}
    with snapshot():
        found = state.read(list(wanted)) if wanted else {}
        codes = {
            wanted[record]: code_hash
            for record, value in found.items()
            if (code_hash := Account.of_record(value).code) is not None
        }
        missing = [each for each in dict.fromkeys(codes.values()) if _faces.get(each) is None]
        sources = _sources(missing)
    made = {each: face_of(each, source) for each, source in sources.items()}
    out: dict[bytes, Module] = {}
    for address, code_hash in codes.items():
        face = made.get(code_hash) or _faces.get(code_hash)
        if face is not None:
            out[address] = face
    return out


def _sources(code_hashes: Collection[bytes]) -> dict[bytes, bytes]:
    """Sources by code hash. A source that once was stored stays: the head has all of them."""
    records = [(CODE_MODULE, each) for each in code_hashes]
    found = state.read(records) if records else {}
    return {code_hash: cbor.decode_own(value) for (_, code_hash), value in found.items()}


class _Faces:
    """Interfaces by code hash, those used last. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[bytes, Module] = OrderedDict()

    def get(self, code_hash: bytes) -> Module | None:
        with self._lock:
            found = self._kept.get(code_hash)
            if found is not None:
                self._kept.move_to_end(code_hash)
            return found

    def keep(self, code_hash: bytes, face: Module) -> None:
        with self._lock:
            self._kept[code_hash] = face
            while len(self._kept) > FACES_MOST:
                self._kept.popitem(last=False)


_faces = _Faces()


def face_of(code_hash: bytes, source: bytes) -> Module:
    """The checked module of an accepted source, without what only running needs."""
    known = _faces.get(code_hash)
    if known is None:
        known = without_bodies(lang.parse_and_check(source))
        _faces.keep(code_hash, known)
    return known


def without_bodies(module: Module) -> Module:
    """A module as its interface needs it: names, types, documentation."""
    functions = tuple(replace(one, body=(), locals=()) for one in module.functions)
    return replace(module, functions=functions)

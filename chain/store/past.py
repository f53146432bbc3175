"""The state after any block that undo leads back to: its records, and its tree for proofs.

Records of a height are the present ones with the undo of all later blocks over them. The tree of a
height is not stored: its pages are made again in memory from the present pages and that undo, and
checked against the header's root. Everything here runs inside a snapshot.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from threading import Lock

from chain.errors import (
    HeadBroken,
    StateBroken,
    StateNotYet,
    StateTooFarBack,
)
from chain.store import blocks, history, keys, state
from chain.store.pages import Pages
from chain.values import Record, StoredHeader
from core import statetree
from core.hashing import sha3
from core.header import Header
from core.ports import RecordKey
from core.statetree import PageSource

PROOF_BLOCKS_MOST = 1_024
"""How many blocks below the head a height may lie whose tree is made again."""
PROOF_RECORDS_MOST = 20_000
"""Undo records of all later blocks that such a tree is made from at most."""
PROOF_BYTES_MOST = 16 * 1024 * 1024
"""Bytes of their values at most: a slot of a contract has up to 16 KiB."""
_KEPT = 2  # trees of 20,000 records take about 40 MB each
_BATCH = 300

_END = 2**63 - 1  # heights are signed 64-bit
_Undone = tuple[str, bytes, bytes | None]  # module, id, value (None: absent)


def header_at(height: int | None) -> StoredHeader:
    """The best chain's header at a height (None: the head) whose state can be read.

    Raises StateNotYet above the head, Pruned below what undo leads back to.
    """
    return _at(height, _head())


def _at(height: int | None, head: StoredHeader) -> StoredHeader:
    if height is None or height == head.height:
        return head
    if height > head.height:
        raise StateNotYet(
            f"the newest block is {head.height}", height=min(height, _END), head=head.height
        )
    history.check_state(height)
    found = blocks.at_height(height)
    if found is None:
        raise HeadBroken("a block of the best chain is not stored", height=height)
    return found


def _head() -> StoredHeader:
    found = blocks.head()
    if found is None:
        raise HeadBroken("the head is not stored")
    return found


@dataclass(frozen=True)
class RecordsAt:
    """The records after the best chain's block at ``height``. A ``core.ports.StateReader``."""

    height: int

    def get_many(self, records: Sequence[RecordKey]) -> dict[RecordKey, bytes]:
        """The values of those records that existed."""
        found = {record: state.value_at(record, self.height) for record in records}
        return {record: value for record, value in found.items() if value is not None}


@dataclass(frozen=True)
class ProvableState:
    """The records and the tree after the block of ``header``; ``undone`` is by state key."""

    header: Header
    source: PageSource
    undone: Mapping[bytes, _Undone]

    def value(self, record: RecordKey) -> bytes | None:
        """A record's value, None when absent."""
        undone = self.undone.get(keys.key_of(*record))
        return state.read([record]).get(record) if undone is None else undone[2]

    def records(self, first: bytes, last: bytes) -> Iterator[tuple[bytes, Record]]:
        """(key, record) with keys from ``first`` to ``last``, rising, read in batches."""
        now = state.records_between(first, last, _BATCH)
        kept = (row for row in now if row[0] not in self.undone)
        return merge(kept, _present(self.undone, first, last), key=lambda row: row[0])


def _present(
    undone: Mapping[bytes, _Undone], first: bytes, last: bytes
) -> Iterable[tuple[bytes, Record]]:
    """Those undone records of a range that were there."""
    for key in sorted(key for key in undone if first <= key <= last):
        module, id, value = undone[key]
        if value is not None:
            yield key, Record(module, id, value)


def provable_at(height: int | None) -> ProvableState:
    """The state after the best chain's block at a height (None: the head), ready for proofs.

    Raises as ``header_at``, StateTooFarBack where that costs too much, and StateBroken where
    undo does not lead to the header's root.
    """
    head = _head()
    found = _at(height, head)
    pages = Pages(head.hash)
    if found.height == head.height:
        return ProvableState(found.header, pages, {})
    undone, staged = _trees.get(head, found, pages)
    return ProvableState(found.header, _Overlay(pages, staged), undone)


@dataclass(frozen=True)
class _Overlay:
    """Pages that differ from those below them; None is a page that is not there."""

    below: PageSource
    pages: Mapping[bytes, bytes | None]

    def load(self, paths: Sequence[bytes]) -> dict[bytes, bytes]:
        """The bytes of those pages that exist, by path."""
        found = dict(self.below.load([path for path in paths if path not in self.pages]))
        for path in paths:
            page = self.pages.get(path)
            if page is not None:
                found[path] = page
        return found


_Tree = tuple[Mapping[bytes, _Undone], Mapping[bytes, bytes | None]]


class _Trees:
    """The last few trees that were made again, by head and height: a client asks in rows."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: OrderedDict[tuple[bytes, int], _Tree] = OrderedDict()

    def get(self, head: StoredHeader, wanted: StoredHeader, pages: Pages) -> _Tree:
        """Undone records and changed pages of the state at ``wanted``, seen from ``head``."""
        place = (head.hash, wanted.height)
        with self._lock:
            known = self._made.get(place)
            if known is not None:
                self._made.move_to_end(place)
                return known
        made = _make(head, wanted, pages)
        with self._lock:
            self._made[place] = made
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return made


_trees = _Trees()


def _make(head: StoredHeader, wanted: StoredHeader, pages: Pages) -> _Tree:
    back = head.height - wanted.height
    if back > PROOF_BLOCKS_MOST:
        raise StateTooFarBack(
            f"block {wanted.height} lies {back} below the head, the most is {PROOF_BLOCKS_MOST}",
            height=wanted.height,
            lowest=head.height - PROOF_BLOCKS_MOST,
            most=PROOF_BLOCKS_MOST,
        )
    records, size = state.undo_size_above(wanted.height, PROOF_RECORDS_MOST + 1)
    if records > PROOF_RECORDS_MOST:
        raise StateTooFarBack(
            f"more than {PROOF_RECORDS_MOST} records have changed since block {wanted.height}",
            height=wanted.height,
            most=PROOF_RECORDS_MOST,
        )
    if size > PROOF_BYTES_MOST:
        raise StateTooFarBack(
            f"records of more than {PROOF_BYTES_MOST} bytes have changed since block "
            f"{wanted.height}",
            height=wanted.height,
            most=PROOF_BYTES_MOST,
        )
    undone = {
        keys.key_of(module, id): (module, id, value)
        for (module, id), value in state.undo_above(wanted.height).items()
    }
    hashes = {key: None if row[2] is None else sha3(row[2]) for key, row in undone.items()}
    staged = statetree.update(pages, hashes)
    if staged.root != wanted.header.roots.state:
        raise StateBroken(
            f"undo to height {wanted.height} does not lead to the header's state root",
            height=wanted.height,
        )
    return undone, staged.pages

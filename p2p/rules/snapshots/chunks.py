"""Chunks of a snapshot: where they end, their bytes, and the proof that nothing is left out.

A chunk is cut where its records reach CHUNK_RECORDS or CHUNK_BYTES, so a state has the same
chunks on every node, and its first key and its records say where it ends. Each is proven
against the header's state root by itself. Source: docs/spec/p2p.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core import cbor
from core.errors import EncodingRefused
from core.fields import Fields, keys
from core.limits import HASH_BYTES
from core.ports import RecordKey
from core.statetree import FIRST_KEY, LAST_KEY, RangeProof, leaf_of, verify_range
from p2p.rules import limits

DATA_BYTES = limits.CHUNK_BYTES + limits.CHUNK_FRAME_BYTES
"""Most bytes of an encoded chunk."""
_ITEMS = 4 * limits.CHUNK_RECORDS + 8
_MODULE_CHARS = 16
_MODULE = frozenset("abcdefghijklmnopqrstuvwxyz")
_KEYS = keys(("first", "proof", "records"))

Records = tuple[tuple[RecordKey, bytes], ...]


class ChunkInvalid(EncodingRefused):
    """A chunk that cannot be one of a snapshot."""

    code = "snapshot.chunk"
    hint = "Get the snapshot from somebody else."


@dataclass(frozen=True, slots=True)
class Piece:
    """All records with keys from ``first`` to ``last``, rising by key."""

    first: bytes
    last: bytes
    records: Records

    @property
    def following(self) -> bytes | None:
        """The key right after it, None after the highest."""
        return None if self.last == LAST_KEY else (int.from_bytes(self.last) + 1).to_bytes(32)


class _Cut:
    """Counts records until a chunk is full."""

    def __init__(self) -> None:
        self._records = 0
        self._bytes = 0

    def add(self, id: bytes, value: bytes) -> bool:
        """Count a record; whether the chunk ends with it."""
        self._records += 1
        self._bytes += len(id) + len(value)
        return self._records >= limits.CHUNK_RECORDS or self._bytes >= limits.CHUNK_BYTES


def pieces(
    records: Iterable[tuple[bytes, RecordKey, bytes]], first: bytes = FIRST_KEY
) -> Iterator[Piece]:
    """A state's (key, (module, id), value), rising by key, cut into chunks.

    ``records`` are all from key ``first`` on, where a chunk begins.
    """
    cut = _Cut()
    held: list[tuple[RecordKey, bytes]] = []
    for key, record, value in records:
        held.append((record, value))
        if cut.add(record[1], value):
            piece = Piece(first, key, tuple(held))
            yield piece
            if piece.following is None:
                return
            first, cut, held = piece.following, _Cut(), []
    yield Piece(first, LAST_KEY, tuple(held))


def encode(piece: Piece, proof: RangeProof) -> bytes:
    """The canonical encoding of a chunk."""
    return cbor.encode(
        {
            "first": piece.first,
            "proof": proof.encode(),
            "records": [[module, id, value] for (module, id), value in piece.records],
        }
    )


def proven(data: bytes, root: bytes) -> Piece:
    """What a stranger's chunk holds, proven to be all of its range under a state root.

    Raises ChunkInvalid, StateProofInvalid or another ``EncodingRefused``.
    """
    value = cbor.decode(data, limit=DATA_BYTES, what="chunk", most=_ITEMS)
    f = Fields(value, "chunk", _KEYS, frozenset())
    first = f.data("first", size=HASH_BYTES)
    records = tuple(map(_record, f.items("records", most=limits.CHUNK_RECORDS)))
    leaves = [leaf_of(module, id, value) for (module, id), value in records]
    last = _end(records, leaves[-1][0] if leaves else LAST_KEY)
    verify_range(root, first, last, leaves, RangeProof.decode(f.data("proof")))
    return Piece(first, last, records)


def _record(item: object) -> tuple[RecordKey, bytes]:
    if type(item) is not list or len(item) != 3:
        raise ChunkInvalid("a record is an array of module, id and value", field="records")
    module, id, value = item
    named = type(module) is str and 0 < len(module) <= _MODULE_CHARS and set(module) <= _MODULE
    if not named or type(id) is not bytes or type(value) is not bytes:
        raise ChunkInvalid("a record has a name, an id and a value in bytes", field="records")
    return (module, id), value


def _end(records: Records, highest: bytes) -> bytes:
    """The last key of a chunk of these records, whose highest key is known."""
    cut = _Cut()
    full = False
    for (_, id), value in records:
        if full:
            raise ChunkInvalid("the chunk goes on where it should end", field="records")
        full = cut.add(id, value)
    return highest if full else LAST_KEY

"""Proofs that a run of records is whole: every record of a range of keys, and no other.

Source: docs/spec/state.md. The proof goes over the tree in order and says only what the records
do not: what lies outside the range beside them, and where the tree ends early at a place that
lies partly inside. The verifier decides at every place what it must be told, so each statement
has one accepted proof. Snapshot chunks are checked by the same code.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core import tags
from core.hashing import sha3, tagged
from core.statetree.page import (
    EMPTY,
    PageSource,
    StatePageBroken,
    decode,
    hash_of,
    join,
    path_of,
)
from core.statetree.proof import StateProofInvalid, StateProofMalformed

PARTS_MOST = 1_024
"""Most parts of a range proof: at each of 256 levels two ways down and two subtrees beside."""

FIRST_KEY, LAST_KEY = bytes(32), b"\xff" * 32
Part = bytes | None
"""None: a node, go on below. Else a content: nothing, a hash (32 bytes), a record (64 bytes)."""

_SIZES = {0: 0, 1: 0, 2: 32, 3: 64}  # bytes after the mark of a part
_LOAD_AHEAD = 8  # pages asked for at once on each side: the whole way for up to 2^28 records


@dataclass(frozen=True, slots=True)
class RangeProof:
    """The ``parts`` that the verifier asks for, in key order, a node before what is below it."""

    parts: tuple[Part, ...]

    def encode(self) -> bytes:
        """Each part after its mark: 00 nothing, 01 node, 02 hash, 03 record."""
        marks = {0: b"\x00", 32: b"\x02", 64: b"\x03"}
        return b"".join(b"\x01" if p is None else marks[len(p)] + p for p in self.parts)

    @classmethod
    def decode(cls, data: bytes) -> RangeProof:
        """The proof in ``data``; every sequence of parts has one encoding.

        Raises StateProofMalformed.
        """
        parts: list[Part] = []
        at = 0
        while at < len(data):
            size = _SIZES.get(data[at])
            if size is None or at + 1 + size > len(data):
                raise StateProofMalformed("A part has no known mark or is cut.", field="parts")
            if len(parts) == PARTS_MOST:
                raise StateProofMalformed("A range proof has too many parts.", field="parts")
            parts.append(None if data[at] == 1 else data[at + 1 : at + 1 + size])
            at += 1 + size
        return cls(tuple(parts))


def leaf_of(module: str, record_id: bytes, value: bytes) -> tuple[bytes, bytes]:
    """(key, H(value)) of a record, as ``verify_range`` takes it; ``module`` is ASCII."""
    return tagged(tags.state(module), record_id), sha3(value)


def prove_range(source: PageSource, first: bytes, last: bytes) -> RangeProof:
    """Prove which records have keys from ``first`` to ``last`` (32 bytes, both included).

    The records themselves are not part of the proof. Raises StatePageBroken.
    """
    if len(first) != 32 or len(last) != 32 or first > last:
        raise ValueError("a range goes from one state key of 32 bytes up to another")
    return RangeProof(tuple(_Walk(source, first, last).parts()))


class _Walk:
    """The pages on the ways to both ends of a range, loaded in batches from above."""

    def __init__(self, source: PageSource, first: bytes, last: bytes) -> None:
        self._source, self._first, self._last = source, first, last
        self._low, self._high = int.from_bytes(first), int.from_bytes(last)
        self._pages: dict[bytes, list[bytes]] = {}
        self._loaded = 0

    def parts(self) -> Iterator[Part]:
        """The parts in order."""
        nodes = self._page(FIRST_KEY, 0)
        yield from self._below(0, 0, join(nodes[1], nodes[17]))

    def _below(self, bit: int, start: int, content: bytes) -> Iterator[Part]:
        """Parts of the place of ``content`` at depth ``bit``, whose lowest key is ``start``."""
        end = start | (1 << 256 - bit) - 1
        if end < self._low or start > self._high:
            yield content and hash_of(content)
            return
        if self._low <= start and end <= self._high:
            return
        if len(content) != 32:
            outside = not self._first <= content[:32] <= self._last
            yield content if content and outside else b""
            return
        yield None
        left, right = self._children(bit, start)
        yield from self._below(bit + 1, start, left)
        yield from self._below(bit + 1, start | 1 << 255 - bit, right)

    def _children(self, bit: int, start: int) -> tuple[bytes, bytes]:
        """Both contents under the node at depth ``bit``."""
        depth, level = divmod(bit, 4)
        nodes = self._page(start.to_bytes(32), depth)
        if level == 0:
            return nodes[1], nodes[17]
        digit = start >> 252 - 4 * depth & 15
        at = (digit & 8) << 1 | 2 * (1 << level - 1 | (digit & 7) >> 4 - level)
        return nodes[at], nodes[at + 1]

    def _page(self, key: bytes, depth: int) -> list[bytes]:
        """The contents of the page at ``depth`` digits on the way to ``key``."""
        while self._loaded <= depth:
            ahead = range(self._loaded, min(self._loaded + _LOAD_AHEAD, 64))
            wanted = {path_of(end, d) for d in ahead for end in (self._first, self._last)}
            found = self._source.load(sorted(wanted))
            self._pages.update({path: decode(path, page) for path, page in found.items()})
            self._loaded += _LOAD_AHEAD
        path = path_of(key, depth)
        nodes = self._pages.get(path)
        if nodes is None:
            if path:
                raise StatePageBroken("A state page is missing.", path=path.decode())
            return [b""] * 32
        return nodes


def verify_range(
    root: bytes,
    first: bytes,
    last: bytes,
    records: Sequence[tuple[bytes, bytes]],
    proof: RangeProof,
) -> None:
    """Check that under ``root`` the range ``first`` to ``last`` holds exactly ``records``.

    ``records`` are (key, H(value)) pairs, rising by key. Takes hostile input and hashes at most
    256 times for each record and part; raises StateProofInvalid.
    """
    if len(root) != 32 or len(first) != 32 or len(last) != 32 or first > last:
        raise StateProofInvalid("Root and range are 32 bytes, the range rises.", field="range")
    contents = []
    before = b""
    for key, value_hash in records:
        if len(key) != 32 or len(value_hash) != 32:
            raise StateProofInvalid("A key or value hash is not 32 bytes.", field="records")
        if key <= before or not first <= key <= last:
            raise StateProofInvalid(
                "The records do not rise inside the range.", field="records", key="0x" + key.hex()
            )
        contents.append(key + value_hash)
        before = key
    check = _Check(first, last, contents, proof.parts)
    if hash_of(check.content(0, 0, 0, len(contents))) != root:
        raise StateProofInvalid("The range does not lead to the state root.", field="root")
    if check.taken != len(proof.parts):
        raise StateProofInvalid("The proof has parts too many.", field="parts")


class _Check:
    """The tree over records and parts, made again from above."""

    def __init__(
        self, first: bytes, last: bytes, contents: list[bytes], parts: tuple[Part, ...]
    ) -> None:
        self._first, self._last = first, last
        self._low, self._high = int.from_bytes(first), int.from_bytes(last)
        self._contents, self._parts = contents, parts
        self.taken = 0

    def content(self, bit: int, start: int, begin: int, end: int) -> bytes:
        """Content of the place at depth ``bit`` from key ``start``, with those records below."""
        stop = start | (1 << 256 - bit) - 1
        if stop < self._low or start > self._high:
            return self._outside()
        if self._low <= start and stop <= self._high:
            return _inside(self._contents, bit, start, begin, end)
        part = self._take()
        if part is not None:
            return self._ends_here(part, start, stop, self._contents[begin:end])
        half = start | 1 << 255 - bit
        middle = bisect_left(self._contents, half.to_bytes(32), begin, end)
        left = self.content(bit + 1, start, begin, middle)
        right = self.content(bit + 1, half, middle, end)
        joined = join(left, right)
        if len(joined) != 32:
            raise StateProofInvalid("A node has fewer than two records below.", field="parts")
        return joined

    def _take(self) -> Part:
        if self.taken == len(self._parts):
            raise StateProofInvalid("The proof ends too early.", field="parts")
        self.taken += 1
        return self._parts[self.taken - 1]

    def _outside(self) -> bytes:
        part = self._take()
        if part is None or len(part) not in (0, 32) or part == EMPTY:  # nothing has one form
            raise StateProofInvalid("Outside the range stands a hash or nothing.", field="parts")
        return part

    def _ends_here(self, part: bytes, start: int, stop: int, records: list[bytes]) -> bytes:
        """Content of a place partly in the range where the tree ends: nothing or one record."""
        if not part and len(records) < 2:
            return records[0] if records else b""
        if len(part) != 64 or records:
            raise StateProofInvalid("The tree cannot end at this place.", field="parts")
        key = part[:32]
        if not start <= int.from_bytes(key) <= stop or self._first <= key <= self._last:
            raise StateProofInvalid("The record beside the range lies elsewhere.", field="parts")
        return part


def _inside(contents: list[bytes], bit: int, start: int, begin: int, end: int) -> bytes:
    """Content of a place wholly in the range: what its records give."""
    if end - begin < 2:
        return contents[begin] if begin < end else b""
    half = start | 1 << 255 - bit
    middle = bisect_left(contents, half.to_bytes(32), begin, end)
    return join(
        _inside(contents, bit + 1, start, begin, middle),
        _inside(contents, bit + 1, half, middle, end),
    )

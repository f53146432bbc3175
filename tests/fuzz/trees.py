"""A state tree small enough to know by heart: a dict of records, and its pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha3_256

from core import statetree

DEEP = tuple(bytes(31) + bytes([n]) for n in (0, 1, 3, 128))
"""Keys that share all but their last byte, so their siblings are many and mostly empty."""
ABSENT = (bytes(31) + b"\x02", b"\x80" + bytes(31), b"\xff" * 32, sha3_256(b"absent").digest())
RECORDS = {
    **{key: b"deep %d" % n for n, key in enumerate(DEEP)},
    **{sha3_256(b"record %d" % n).digest(): b"value %d" % n for n in range(40)},
}


class Pages:
    """Pages in a dict. A ``core.statetree.PageSource``."""

    def __init__(self, pages: dict[bytes, bytes]) -> None:
        self.pages = pages

    def load(self, paths: Sequence[bytes]) -> dict[bytes, bytes]:
        return {path: self.pages[path] for path in paths if path in self.pages}


@cache
def built() -> statetree.TreeUpdate:
    return statetree.build(leaves())


def leaves() -> list[tuple[bytes, bytes]]:
    """Every key with the hash of its value."""
    return [(key, sha3_256(value).digest()) for key, value in RECORDS.items()]


def pages() -> dict[bytes, bytes]:
    return {path: data for path, data in built().pages.items() if data is not None}


@cache
def proofs() -> dict[bytes, bytes]:
    """The encoded proof of every record and of every absent key."""
    source = Pages(pages())
    return {key: statetree.prove(source, key).encode() for key in (*RECORDS, *ABSENT)}

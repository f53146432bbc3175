"""The state tree of records in key order, in memory that does not grow with them.

Source: docs/spec/state.md. ``update.build_into`` takes records in any order and holds them all;
this holds one page for each level on the way to the record in hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby

from core.statetree.page import encode, hash_of, path_of, settle, slots_at

Put = Callable[[bytes, bytes], None]


def build_sorted(records: Iterable[tuple[bytes, bytes]], put: Put) -> bytes:
    """The root of ``records``, (key, H(value)) pairs with rising keys of 32 bytes.

    Each page (path, bytes) goes to ``put`` as soon as it is whole, the root page last. Raises
    ValueError when the keys do not rise.
    """
    contents = _rising(records)
    first = next(contents, None)
    return hash_of(b"" if first is None else _page(first, contents, 0, put))


def _rising(records: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    last = b""
    for key, value_hash in records:
        if len(key) != 32 or len(value_hash) != 32:
            raise ValueError("state tree keys and value hashes are 32 bytes each")
        if key <= last:
            raise ValueError("the keys do not rise")
        last = key
        yield key + value_hash


def _page(first: bytes, rest: Iterator[bytes], depth: int, put: Put) -> bytes:
    """The page of ``first`` and those of ``rest`` with its path, which are all; its content."""
    nodes = [b""] * 32
    at, slots = slots_at(depth)
    changed = []
    for slot, group in groupby(chain((first,), rest), lambda content: slots[content[at]]):
        below = iter(group)
        one, two = next(below), next(below, None)
        nodes[slot] = one if two is None else _page(one, chain((two,), below), depth + 1, put)
        changed.append(slot)
    content = settle(nodes, changed)
    put(path_of(first, depth), encode(nodes))
    return content

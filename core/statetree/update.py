"""Batch changes and bulk builds of the state tree. Source: docs/spec/state.md.

An update goes down level by level, so that one ``load`` fetches all pages of a level, and comes
up level by level, so that every node above a change is hashed once, however many changes lie
below it. Records that newly share a slot become a subtree through the same code as a bulk
build; a page left with one record goes, and the record moves into its parent's slot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from core.kernel import PageMalformed
from core.statetree.page import (
    PageSource,
    StatePageBroken,
    close_pages,
    decode,
    encode,
    hash_of,
    join,
    open_pages,
    path_of,
    settle,
    slots_at,
)


class TreeUpdate(NamedTuple):
    """The new root, and the pages to write by path; None is a page to delete."""

    root: bytes
    pages: dict[bytes, bytes | None]


@dataclass
class _Level:
    """The pages of one depth on the way of a batch; lists run in parallel.

    ``above`` says where a page's content goes: the page's index in the level above, and the slot.
    Keys from ``first[i]`` up to ``first[i + 1]`` lie below page i; ``changed`` are its new slots.
    """

    paths: list[bytes]
    above: list[tuple[int, int]]
    first: list[int]
    keys: list[bytes]
    stored: list[bytes | None]
    changed: list[list[tuple[int, bytes]]]


def root(source: PageSource) -> bytes:
    """Root of the stored tree, 32 bytes."""
    page = source.load([b""]).get(b"")
    if page is None:
        return hash_of(b"")
    nodes = decode(b"", page)
    return hash_of(join(nodes[1], nodes[17]))


def update(source: PageSource, changes: Mapping[bytes, bytes | None]) -> TreeUpdate:
    """Apply ``changes``, key (32 bytes) -> H(value) (32 bytes) or None to delete.

    Deleting an absent record and setting a value it already has change nothing. Raises
    StatePageBroken when a page that must exist is missing.
    """
    contents = {
        key: b"" if value_hash is None else _record(key, value_hash)
        for key, value_hash in sorted(changes.items())
    }
    if any(len(key) != 32 for key in contents):
        raise ValueError("state tree keys are 32 bytes each")
    pages: dict[bytes, bytes | None] = {}
    keys = list(contents)
    levels = [_level(source, [b""], [(0, 0)], [0, len(keys)], keys)]
    while (below := _descend(levels[-1], len(levels) - 1, contents, pages)) is not None:
        levels.append(_level(source, *below))
    for depth in range(len(levels) - 1, 0, -1):
        for path, (page, slot), top, data in _closed(levels[depth]):
            pages[path] = data if len(top) == 32 else None
            levels[depth - 1].changed[page].append((slot, top))
    for _, _, top, data in _closed(levels[0]):
        pages[b""] = data if top else None
        return TreeUpdate(hash_of(top), pages)
    return TreeUpdate(root(source), pages)


_Below = tuple[list[bytes], list[tuple[int, int]], list[int], list[bytes]]


def _level(
    source: PageSource,
    paths: list[bytes],
    above: list[tuple[int, int]],
    first: list[int],
    keys: list[bytes],
) -> _Level:
    """Load the pages of one level; only the root page may be absent."""
    loaded = source.load(paths)
    stored = [loaded.get(path) for path in paths]
    if None in stored and paths != [b""]:
        missing = paths[stored.index(None)]
        raise StatePageBroken("A state page is missing.", path=missing.decode())
    return _Level(paths, above, first, keys, stored, [[] for _ in paths])


def _descend(
    level: _Level, depth: int, contents: Mapping[bytes, bytes], pages: dict[bytes, bytes | None]
) -> _Below | None:
    """Change the slots of a level's pages and name the pages below that are changed too."""
    paths: list[bytes] = []
    above: list[tuple[int, int]] = []
    first, keys = [0], []
    try:
        groups = open_pages(depth, level.stored, level.first, level.keys)
    except PageMalformed as error:
        raise _broken(level.paths[error.index]) from None
    for page, slot, start, end, old in groups:
        group = level.keys[start:end]
        if len(old) == 32:
            paths.append(path_of(group[0], depth + 1))
            above.append((page, slot))
            keys += group
            first.append(len(keys))
            continue
        new = _merged(old, [(key, contents[key]) for key in group], depth + 1, pages)
        if new != old:
            level.changed[page].append((slot, new))
    return (paths, above, first, keys) if paths else None


def _merged(
    old: bytes,
    group: Sequence[tuple[bytes, bytes]],
    depth: int,
    pages: dict[bytes, bytes | None],
) -> bytes:
    """New content of a slot that held ``old``, a record or nothing.

    A record that does not belong into the slot could never be parted from the others: its page
    is broken.
    """
    records = {old[:32]: old} if old else {}
    for key, content in group:
        if content:
            records[key] = content
        else:
            records.pop(key, None)
    if len(records) > 1:
        if old and path_of(old, depth) != path_of(group[0][0], depth):
            raise _broken(path_of(group[0][0], depth - 1), "A state page holds a foreign record.")
        return _subtree(sorted(records.values()), depth, pages.__setitem__)
    return next(iter(records.values()), b"")


def _closed(level: _Level) -> Iterable[tuple[bytes, tuple[int, int], bytes, bytes]]:
    """Rehash the changed pages: path, place in the page above, content as a whole, new bytes."""
    changed = [index for index, slots in enumerate(level.changed) if slots]
    stored = [level.stored[index] for index in changed]
    try:
        closed = close_pages(stored, [level.changed[index] for index in changed])
    except PageMalformed as error:
        raise _broken(level.paths[changed[error.index]]) from None
    for index, (top, data) in zip(changed, closed, strict=True):
        yield level.paths[index], level.above[index], top, data


def _broken(path: bytes, why: str = "The bytes are not a state page.") -> StatePageBroken:
    return StatePageBroken(why, path=path.decode())


def _record(key: bytes, value_hash: bytes) -> bytes:
    if len(key) != 32 or len(value_hash) != 32:
        raise ValueError("state tree keys and value hashes are 32 bytes each")
    return key + value_hash


def build(records: Iterable[tuple[bytes, bytes]]) -> TreeUpdate:
    """The tree of ``records``, (key, H(value)) pairs in any order with distinct keys."""
    pages: dict[bytes, bytes | None] = {}
    return TreeUpdate(build_into(records, pages.__setitem__), pages)


def build_into(
    records: Iterable[tuple[bytes, bytes]], put: Callable[[bytes, bytes], None]
) -> bytes:
    """Like ``build``, but hand each page (path, bytes) to ``put`` and return the root.

    Holds the records (about 110 bytes each) but no pages; the root page comes last.
    """
    contents = sorted(_record(key, value_hash) for key, value_hash in records)
    if any(a[:32] == b[:32] for a, b in pairwise(contents)):
        raise ValueError("the records name a key twice")
    return hash_of(_subtree(contents, 0, put) if contents else b"")


def _subtree(contents: list[bytes], depth: int, put: Callable[[bytes, bytes], None]) -> bytes:
    """Build the page at ``depth`` digits for sorted records that share them, and all below."""
    nodes = [b""] * 32
    at, slots = slots_at(depth)
    groups: dict[int, list[bytes]] = defaultdict(list)
    for content in contents:
        groups[slots[content[at]]].append(content)
    for slot, group in groups.items():
        nodes[slot] = _subtree(group, depth + 1, put) if len(group) > 1 else group[0]
    content = settle(nodes, groups)
    put(path_of(contents[0], depth), encode(nodes))
    return content

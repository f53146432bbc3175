"""Batch changes and bulk builds of the state tree. Source: docs/spec/state.md.

An update goes down level by level, so that one ``load`` fetches all pages of a level, and comes
up level by level, so that every node above a change is hashed once, however many changes lie
below it. Records that newly share a slot become a subtree through the same code as a bulk
build; a page left with one record goes, and the record moves into its parent's slot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from core.statetree.page import (
    EMPTY,
    PageSource,
    StatePageBroken,
    decode,
    encode,
    hash_of,
    join,
    path_of,
    settle,
    slots_at,
)


class TreeUpdate(NamedTuple):
    """The new root, and the pages to write by path; None is a page to delete."""

    root: bytes
    pages: dict[bytes, bytes | None]


_Change = tuple[bytes, bytes]  # key and new content, which is empty to delete the record


class _Visit(NamedTuple):
    """A page on the way of a batch: ``above`` and ``slot`` say where its content goes."""

    path: bytes
    above: _Visit | None
    slot: int
    changes: list[_Change]
    nodes: list[bytes]
    changed: list[int]


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
    pages: dict[bytes, bytes | None] = {}
    visits = [_Visit(b"", None, 0, _changes(changes), [], [])]
    levels: list[list[_Visit]] = []
    while visits:
        _open(source, visits)
        depth = len(levels)
        levels.append(visits)
        visits = [below for visit in visits for below in _descend(visit, depth, pages)]
    for level in reversed(levels):
        for visit in level:
            if visit.changed:
                _close(visit, pages)
    nodes = levels[0][0].nodes
    return TreeUpdate(hash_of(join(nodes[1], nodes[17])), pages)


def _changes(changes: Mapping[bytes, bytes | None]) -> list[_Change]:
    listed = []
    for key, value_hash in changes.items():
        content = _record(key, EMPTY if value_hash is None else value_hash)
        listed.append((key, b"" if value_hash is None else content))
    return listed


def _record(key: bytes, value_hash: bytes) -> bytes:
    if len(key) != 32 or len(value_hash) != 32:
        raise ValueError("state tree keys and value hashes are 32 bytes each")
    return key + value_hash


def _open(source: PageSource, visits: list[_Visit]) -> None:
    """Load and decode the pages of one level; only the root page may be absent."""
    loaded = source.load([visit.path for visit in visits])
    for visit in visits:
        page = loaded.get(visit.path)
        if page is not None:
            visit.nodes.extend(decode(visit.path, page))
        elif visit.path:
            raise StatePageBroken("A state page is missing.", path=visit.path.decode())
        else:
            visit.nodes.extend([b""] * 32)


def _descend(visit: _Visit, depth: int, pages: dict[bytes, bytes | None]) -> list[_Visit]:
    """Change the slots of this page and name the pages below that are changed too."""
    at, slots = slots_at(depth)
    groups: dict[int, list[_Change]] = defaultdict(list)
    for change in visit.changes:
        groups[slots[change[0][at]]].append(change)
    below = []
    for slot, group in groups.items():
        old = visit.nodes[slot]
        if len(old) == 32:
            below.append(_Visit(path_of(group[0][0], depth + 1), visit, slot, group, [], []))
            continue
        new = _merged(old, group, depth + 1, pages)
        if new != old:
            visit.nodes[slot] = new
            visit.changed.append(slot)
    return below


def _merged(
    old: bytes, group: list[_Change], depth: int, pages: dict[bytes, bytes | None]
) -> bytes:
    """New content of a slot that held ``old``, a record or nothing."""
    records = {old[:32]: old} if old else {}
    for key, content in group:
        if content:
            records[key] = content
        else:
            records.pop(key, None)
    if len(records) > 1:
        return _subtree(sorted(records.values()), depth, pages.__setitem__)
    return next(iter(records.values()), b"")


def _close(visit: _Visit, pages: dict[bytes, bytes | None]) -> None:
    """Rehash a changed page, write or drop it, and hand its content to the page above."""
    content = settle(visit.nodes, visit.changed)
    if visit.above is None:
        pages[b""] = encode(visit.nodes) if content else None
        return
    pages[visit.path] = encode(visit.nodes) if len(content) == 32 else None
    visit.above.nodes[visit.slot] = content
    visit.above.changed.append(visit.slot)


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

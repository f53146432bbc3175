"""Undo walked back from the head, one block at a time: does it lead to each header's state?

The pages that the walk makes lie in a temporary file, so that memory does not grow with the way.
Run inside a snapshot; the chain's tables are only read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

from chain.errors import LedgerDamaged
from chain.store import blocks, keys, meta, sql
from chain.store.pages import Pages
from chain.values import StoredHeader
from core import statetree
from core.hashing import sha3
from core.statetree import StatePageBroken

_IN_LIST = 900


def walk(down_to: int) -> Iterator[int]:
    """Undo blocks from the head until the state of height ``down_to``; yields rows undone.

    Raises LedgerDamaged naming the first block whose undo is wrong.
    """
    head_hash = meta.required().head_hash
    block = blocks.by_hash(head_hash)
    rows = 0
    # An unnamed SQLite database is a file that is gone with its connection.
    with closing(sqlite3.connect("")) as file:
        overlay = _Overlay(file, Pages(head_hash))
        while block is not None and block.height > down_to:
            parent = blocks.at_height(block.height - 1)
            if parent is None:
                raise _damaged(block, "the block below it is not stored")
            rows += _step(block, parent, overlay)
            yield rows
            block = parent


def _step(block: StoredHeader, parent: StoredHeader, overlay: _Overlay) -> int:
    query = "SELECT key, module, ident, value FROM chain_undo WHERE height = %s"
    old: dict[bytes, bytes | None] = {}
    for key, module, ident, value in sql.rows(query, (block.height,)):
        if keys.key_of(module, bytes(ident)) != bytes(key):
            raise _damaged(block, "a row of its undo lies under a key that is not its own")
        old[bytes(key)] = None if value is None else sha3(bytes(value))
    try:
        undone = statetree.update(overlay, old)
    except StatePageBroken as broken:
        raise _damaged(block, f"its undo cannot be applied: {broken}") from None
    if undone.root != parent.header.roots.state:
        raise _damaged(block, "its undo does not lead to the state root of the block below it")
    overlay.write(undone.pages)
    return len(old)


def _damaged(block: StoredHeader, problem: str) -> LedgerDamaged:
    return LedgerDamaged(
        f"block {block.height} ({block.hash.hex()[:16]}…): {problem}",
        part="chain_undo",
        height=block.height,
    )


class _Overlay:
    """Pages as the walk has made them, over those of the head. A ``statetree.PageSource``."""

    def __init__(self, file: sqlite3.Connection, below: Pages) -> None:
        self._file = file
        self._below = below
        # No journal: nothing in it is worth keeping.
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("CREATE TABLE page (path BLOB PRIMARY KEY, data BLOB) WITHOUT ROWID")

    def load(self, paths: Sequence[bytes]) -> dict[bytes, bytes]:
        """The bytes of those pages that exist, by path."""
        made: dict[bytes, bytes | None] = {}
        for start in range(0, len(paths), _IN_LIST):
            part = paths[start : start + _IN_LIST]
            marks = ",".join("?" * len(part))
            made |= self._file.execute(
                f"SELECT path, data FROM page WHERE path IN ({marks})", tuple(part)
            ).fetchall()
        found = self._below.load([path for path in paths if path not in made])
        found |= {path: data for path, data in made.items() if data is not None}
        return found

    def write(self, pages: Mapping[bytes, bytes | None]) -> None:
        """Put pages over those of the head; None: gone."""
        self._file.executemany("INSERT OR REPLACE INTO page VALUES (?, ?)", pages.items())

"""State pages: read and written in batches, with the tree's upper levels kept in memory.

A cached page belongs to a head. The set is replaced as a whole when a head is committed, never
changed in place, so a reader that started on one head goes on seeing that head's pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

from chain.store import sql
from core.failpoints import reach

# 1 + 16 + 256 + 4096 pages of at most 1 KB: what every block rewrites anyway.
_CACHED_DIGITS = 3
_PAGE = sql.Table("chain_statepage", (("path", "bytea"), ("data", "bytea")), key="path")

_lock = Lock()
_held: tuple[bytes, Mapping[bytes, bytes]] = (b"", {})


class Pages:
    """The pages behind one head, and what this transaction has made of them.

    A ``core.statetree.PageSource``. Open it inside a snapshot or a transaction.
    """

    def __init__(self, head: bytes) -> None:
        held_head, held = _held
        self._known = dict(held) if held_head == head else {}

    def load(self, paths: Sequence[bytes]) -> dict[bytes, bytes]:
        """The stored bytes of those pages that exist, by path."""
        known = self._known
        found = {path: known[path] for path in paths if path in known}
        missing = [path for path in paths if path not in found]
        query = "SELECT path, data FROM chain_statepage WHERE path"
        for path, data in sql.rows_in(query, missing):
            path, data = bytes(path), bytes(data)
            found[path] = data
            if len(path) <= _CACHED_DIGITS:
                known[path] = data
        return found

    def write(self, pages: Mapping[bytes, bytes | None]) -> None:
        """Write pages by path; None deletes."""
        kept = [(path, data) for path, data in pages.items() if data is not None]
        _PAGE.write(kept)
        reach("pages.written")
        sql.delete_in(_PAGE, "path", [path for path, data in pages.items() if data is None])
        reach("pages.deleted")
        for path, data in pages.items():
            if data is None:
                self._known.pop(path, None)
            elif len(path) <= _CACHED_DIGITS:
                self._known[path] = data

    def publish(self, head: bytes) -> None:
        """Let later readers of ``head``, which is committed, start from these upper pages."""
        global _held
        with _lock:
            _held = (head, dict(self._known))

    def share(self, head: bytes) -> None:
        """Offer what was read on ``head``, unless another head has been committed since."""
        global _held
        with _lock:
            stale = _held[0] not in (head, b"")
            if not stale and len(_held[1]) < len(self._known):
                _held = (head, dict(self._known))


def count() -> int:
    """How many pages are stored."""
    row = sql.one("SELECT COUNT(*) FROM chain_statepage")
    return 0 if row is None else int(row[0])


def forget() -> None:
    """Drop the cache."""
    global _held
    with _lock:
        _held = (b"", {})

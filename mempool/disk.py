"""The pool's copy on disk: read at the start, from then on kept up to date by what differs.

Source: docs/spec/mempool.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

from mempool import store
from mempool.returning import Returning
from mempool.rules.entry import Entry
from mempool.store import StoredTx


@dataclass(frozen=True)
class Contents:
    """What the disk should hold, by id.

    ``waiting`` are the pool's entries, ``kept`` those that a reorganisation may bring back, with
    the height of the block that made them invalid.
    """

    waiting: Mapping[bytes, Entry]
    kept: Mapping[bytes, tuple[int, Returning]]

    def heights(self) -> dict[bytes, int | None]:
        """The height of each row, None for one that waits."""
        kept: dict[bytes, int | None] = {txid: height for txid, (height, _) in self.kept.items()}
        return kept | dict.fromkeys(self.waiting)

    def row(self, txid: bytes, height: int | None) -> StoredTx:
        """One row in full."""
        back = Returning.of(self.waiting[txid]) if height is None else self.kept[txid][1]
        return StoredTx(txid, back.tx.raw, back.arrived_ms, height)


class DiskCopy:
    """The rows as they were last read or written, so that the table need not be asked again."""

    def __init__(self) -> None:
        self._heights: dict[bytes, int | None] = {}
        self._lock = Lock()

    def read(self) -> list[StoredTx]:
        """Every row, by arrival."""
        with self._lock:
            rows = store.load()
            self._heights = {row.txid: row.height for row in rows}
            return rows

    def write(self, look: Callable[[], Contents]) -> None:
        """Write what changed since the last time; after a failure the next call catches up.

        ``look`` tells what the disk should hold once it is this caller's turn.
        """
        with self._lock:
            contents, was = look(), self._heights
            wanted = contents.heights()
            gone = {txid for txid in was if wanted.get(txid, -1) != was[txid]}
            changed = [item for item in wanted.items() if was.get(item[0], -1) != item[1]]
            store.write([contents.row(*item) for item in changed], gone)
            self._heights = wanted

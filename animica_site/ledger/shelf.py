"""The snapshots that a node makes now and then and serves to peers: ``snapshots/`` beside the data.

SnapshotShelf   what is there, as the peers' engine asks for it
SnapshotMaker   one every so many blocks, on a thread of its own
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from django.db import DatabaseError, InterfaceError, connections

from animica_site.ledger import snapshots
from animica_site.ledger.faults import FileUnusable, SnapshotForm
from animica_site.ledger.snapshots import SnapshotFolder
from chain import loading
from chain import service as chain
from chain.errors import Pruned, StateNotYet, StateTooFarBack
from consensus.events import BlockAdded
from p2p.rules import limits

log = logging.getLogger("animica.snapshots")

FOLDER = "snapshots"
KEPT = 2
"""Snapshots on the shelf; the oldest goes when another is made."""
_PAUSE_S = 0.02  # after each chunk, so that requests and imports come first
_STOP_S = 5


class SnapshotShelf:
    """The port ``p2p.rules.ports.Shelf`` over a directory; safe to use from any thread."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER
        self._lock = threading.Lock()
        self._there: dict[bytes, SnapshotFolder] = {}
        self.look()

    def look(self) -> None:
        """See what is there; what cannot be read is left out and told in the log."""
        found = []
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if path.suffix == ".part" or not path.is_dir():
                continue
            try:
                found.append(snapshots.read(path))
            except SnapshotForm as refusal:
                log.warning("not serving a snapshot: %s", refusal)
        with self._lock:
            self._there = {one.manifest.header.hash: one for one in found}

    def all(self) -> list[SnapshotFolder]:
        """Every snapshot that is there, the highest first."""
        with self._lock:
            there = list(self._there.values())
        return sorted(there, key=lambda one: one.manifest.header.height, reverse=True)

    def heights(self) -> Sequence[tuple[int, bytes]]:
        """(height, block hash) of those to be served: of the best chain, deep enough in it."""
        deepest = chain.head().height - limits.SNAPSHOT_DEPTH
        out = []
        for one in self.all():
            header = one.manifest.header
            stored = chain.canonical_header(header.height) if header.height <= deepest else None
            if stored is not None and stored.hash == header.hash:
                out.append((header.height, header.hash))
        return out

    def manifest(self, hash: bytes) -> bytes | None:
        """The manifest of the snapshot after a block, None where it is not there."""
        with self._lock:
            found = self._there.get(hash)
        return None if found is None else found.manifest.encode()

    def chunk(self, hash: bytes, index: int) -> bytes | None:
        """A chunk as it is on the wire, None where it is not there."""
        with self._lock:
            found = self._there.get(hash)
        try:
            return None if found is None else found.chunk(index)
        except OSError as error:
            log.warning("a chunk of a snapshot cannot be read: %s", error)
            return None

    def interrupted(self) -> bytes | None:
        """Of which block a snapshot is half loaded here, if one is."""
        now = loading.progress()
        return None if now is None else now.hash


class _Stopped(Exception):
    """The node stops while a snapshot is being made."""


class SnapshotMaker:
    """Makes a snapshot of each block whose height is a multiple of ``every``, keeps the newest.

    ``busy`` says that now is no time for it: while the node itself is catching up.
    """

    def __init__(
        self, shelf: SnapshotShelf, *, every: int, busy: Callable[[], bool] = lambda: False
    ) -> None:
        self._shelf = shelf
        self._every = every
        self._busy = busy
        self._wanted: SimpleQueue[int | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        """Begin to listen; what a killed node left half made is cleared away."""
        self._shelf.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in self._shelf.folder.glob("*.part"):
            shutil.rmtree(part)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a snapshot in the making is given up."""
        self._stopping.set()
        self._wanted.put(None)
        self._thread.join(timeout=_STOP_S)

    def on_block(self, event: BlockAdded) -> None:
        """Listener: this may be a block to make a snapshot of."""
        if event.header.height % self._every == 0:
            self._wanted.put(event.header.height)

    def _run(self) -> None:
        try:
            while (height := self._newest()) is not None:
                if not self._busy():
                    self._try(height)
        finally:
            connections.close_all()

    def _newest(self) -> int | None:
        """Wait for a height; only the last of those that have gathered counts."""
        height = self._wanted.get()
        while height is not None:
            try:
                height = self._wanted.get_nowait()
            except Empty:
                break
        return height

    def _try(self, height: int) -> None:
        try:
            self.make(height)
        except _Stopped:
            log.info("the node stops; the snapshot of block %d is given up", height)
        except (StateTooFarBack, Pruned, StateNotYet, FileUnusable) as refusal:
            log.warning("no snapshot of block %d: %s", height, refusal)
        except (DatabaseError, InterfaceError, OSError) as error:
            log.error("the snapshot of block %d failed: %s", height, error)
            connections.close_all()
        except Exception:
            log.exception("the snapshot of block %d failed", height)
            connections.close_all()

    def make(self, height: int) -> None:
        """Make one now, and let go of the oldest beyond KEPT."""
        header = chain.canonical_header(height)
        if header is None:
            raise StateNotYet(f"block {height} is not there any more", height=height)
        folder = self._shelf.folder / snapshots.name_of(header.header)
        if folder.exists():
            return
        made = snapshots.make(folder, height=height, headers=False, step=self._between)
        log.info("snapshot of block %d: %d records, %d chunks", height, made.records, made.chunks)
        self._shelf.look()
        for old in self._shelf.all()[KEPT:]:
            shutil.rmtree(old.path)
        self._shelf.look()

    def _between(self, count: int) -> None:
        if self._stopping.wait(_PAUSE_S):
            raise _Stopped

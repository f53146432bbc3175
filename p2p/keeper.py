"""What peers' business keeps in the database: address book, bans, operators' wishes.

A thread of its own, so that no write waits in the engine's. A failed write is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread

from django.db import Error as DatabaseFault
from django.db import connections

from p2p import store
from p2p.net.limits import STOP_MS, WISHES_MS
from p2p.rules.book.values import Ban, BookEntry
from p2p.rules.events import Asked

log = logging.getLogger("animica.p2p")


@dataclass(frozen=True)
class Kept:
    """What outlives a run."""

    book: Sequence[BookEntry]
    bans: Sequence[Ban]


def load() -> Kept:
    """What the last run left."""
    return Kept(store.load_book(), store.load_bans())


class Keeper:
    """Saves what it is given last, and passes on what operators want."""

    def __init__(self, post: Callable[[Asked], None]) -> None:
        self._post = post
        self._latest: Kept | None = None
        self._changed = Condition()
        self._stopping = False
        self._thread = Thread(target=self._run, name="p2p-keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def save(self, kept: Kept) -> None:
        """Have this written; what waits from before is outdated."""
        with self._changed:
            self._latest = kept
            self._changed.notify()

    def stop(self) -> None:
        """Write what waits and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(STOP_MS / 1000)
            if self._thread.is_alive():
                log.error("the keeper of the peers' tables did not end in time")

    def _run(self) -> None:
        try:
            while True:
                with self._changed:
                    if not self._stopping and self._latest is None:
                        self._changed.wait(WISHES_MS / 1000)
                    stopping, kept, self._latest = self._stopping, self._latest, None
                self._turn(kept, stopping=stopping)
                if stopping:
                    return
        finally:
            connections.close_all()

    def _turn(self, kept: Kept | None, *, stopping: bool) -> None:
        try:
            if kept is not None:
                store.save_book(kept.book)
                store.save_bans(kept.bans)
            if not stopping:
                for wish in store.take_wishes():
                    self._post(wish)
        except DatabaseFault as fault:
            log.error("the peers' tables cannot be used: %s", fault)
            connections.close_all()  # a broken connection is not asked again
            with self._changed:
                self._latest = self._latest or kept
                self._changed.wait(0 if stopping else WISHES_MS / 1000)

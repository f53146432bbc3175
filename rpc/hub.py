"""The hub of one process: takes events from any thread, gives news to the sockets that want them.

An event is rendered once on a worker thread and then put into every interested socket's outbox on
the event loop. Everything is bounded: sockets, events waiting, news per socket.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from core.errors import AnimicaError
from rpc import desk, metrics
from rpc.news import Event, Interest, News, height_of, render

SOCKETS_MOST = 1_000
EVENTS_MOST = 1_024

log = structlog.get_logger("rpc")


class Listener(Protocol):
    """A socket's session, on the event loop."""

    def wants(self, interest: Interest) -> None:
        """Add what this socket wants to hear."""

    def hear(self, news: News, height: int | None) -> None:
        """Queue the news for every subscription that they are for."""

    def miss(self, topics: frozenset[str], height: int | None) -> None:
        """Note that news of these topics were lost."""


class Hub:
    """Joins listeners of one event loop with events of all threads."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: asyncio.Queue[Event] = asyncio.Queue(EVENTS_MOST)
        self._worker: asyncio.Task[None] | None = None

    def join(self, listener: Listener) -> bool:
        """Add a socket; False when there are as many as may be."""
        if len(self._listeners) >= SOCKETS_MOST:
            return False
        if not self._listeners:
            self._loop = asyncio.get_running_loop()
            self._events = asyncio.Queue(EVENTS_MOST)
            self._worker = self._loop.create_task(self._work())
        self._listeners.add(listener)
        metrics.SOCKETS.set(len(self._listeners))
        return True

    def leave(self, listener: Listener) -> None:
        """Remove a socket; with the last one the hub rests."""
        self._listeners.discard(listener)
        metrics.SOCKETS.set(len(self._listeners))
        if not self._listeners and self._worker is not None:
            self._worker.cancel()
            self._loop = self._worker = None

    def publish_threadsafe(self, event: Event) -> None:
        """Take an event from any thread; returns at once."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(self._take, event)
        except RuntimeError:
            log.debug("hub.loop_closed")  # the server is stopping: nobody is left to hear it

    def _take(self, event: Event) -> None:
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self._lose(event)

    async def _work(self) -> None:
        while True:
            event = await self._events.get()
            interest = Interest()
            for listener in self._listeners:
                listener.wants(interest)
            if not interest.topics:
                continue
            try:
                items = await desk.current().run_own(render, event, interest)
            except AnimicaError as error:
                log.warning("hub.lost", code=error.code)
                self._lose(event)
            except Exception:
                log.exception("hub.lost")
                self._lose(event)
            else:
                self._spread(items, height_of(event))

    def _spread(self, items: list[News], height: int | None) -> None:
        for news in items:
            metrics.PUSHED.labels(news.topic).inc()
            for listener in self._listeners:
                listener.hear(news, height)

    def _lose(self, event: Event) -> None:
        for listener in self._listeners:
            listener.miss(topics_of(event), height_of(event))


def topics_of(event: Event) -> frozenset[str]:
    """The topics that an event may bring news of."""
    return _TOPICS[type(event).__name__]


_TOPICS = {
    "BlockAdded": frozenset(("newHeads", "receipts")),
    "ChainReorganised": frozenset(("newHeads", "receipts", "reorgs")),
    "TxAdded": frozenset(("pendingTxs",)),
    "TxDropped": frozenset(("droppedTxs",)),
    "SyncMoved": frozenset(("sync",)),
}


class _Slot:
    hub = Hub()


def current() -> Hub:
    """This process's hub."""
    return _Slot.hub


def install(hub: Hub) -> Hub:
    """Make a hub this process's and return the one before."""
    previous, _Slot.hub = _Slot.hub, hub
    return previous

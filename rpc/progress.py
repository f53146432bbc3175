"""News of how far the node is, for the topic ``sync``: what changed, once a second at most."""

from __future__ import annotations

from rpc import context, hub
from rpc.news import SyncMoved
from rpc.results.net import SyncNews


class SyncWatch:
    """Compares what the node says now with what was told last. Used by one thread."""

    def __init__(self) -> None:
        self._told: SyncNews | None = None

    def tick(self) -> None:
        """Tell the sockets if something changed; the node calls it every second."""
        now = context.net().sync()
        if now != self._told:
            self._told = now
            hub.current().publish_threadsafe(SyncMoved(now))

"""The shape of the engine's parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from p2p.rules.context import Context
from p2p.rules.peer import Peer

Handler = Callable[[Peer, Any], None]


class Part:
    """A part hears of peers, of time, and of the messages and events that it names.

    Subclasses override what they need. ``peer_ready`` comes after the peer's ``Identify``;
    ``peer_gone`` after the connection has ended, for every peer that was announced. Handlers of
    the event ``PeerLost`` come before that, for every connection, and still find the peer.
    """

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def messages(self) -> Mapping[type, Handler]:
        """Handlers by type of message; a type belongs to one part."""
        return {}

    def events(self) -> Mapping[type, Callable[[Any], None]]:
        """Handlers by type of event; an event goes to every part that names it."""
        return {}

    def peer_ready(self, peer: Peer) -> None:
        """A peer has identified itself."""

    def peer_gone(self, peer: Peer) -> None:
        """A peer's connection has ended."""

    def tick(self) -> None:
        """Time has passed."""

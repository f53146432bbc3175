"""The engine: (state, event, now) → (state, actions). TCP, WebSocket and the simulator drive it.

Its parts, in the order in which they hear of things:

conduct      may this message be taken at all: budgets, order, scores, bans
book         addresses, whom to dial, peer exchange
sync         headers first, then bodies; what the importer said
snapshots    a state of others, where a node starts from nothing
gossip       the mesh, inventory, relay of blocks, transactions and proofs
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from core.errors import EncodingRefused
from p2p.rules.actions import Action
from p2p.rules.context import Context
from p2p.rules.events import Event, MessageReceived, PeerConnected, PeerLost, Tick, Writable
from p2p.rules.moment import Moment
from p2p.rules.offences import Offence
from p2p.rules.part import Handler, Part
from p2p.rules.peer import Peer
from p2p.rules.wire import codec
from p2p.rules.wire.messages import Goodbye, Identify

P = TypeVar("P", bound=Part)


class Engine:
    """One node's dealings with its peers. Not for several threads at once."""

    def __init__(self, ctx: Context, parts: Sequence[Part]) -> None:
        self.ctx = ctx
        self.parts = parts
        self._messages: dict[type, Handler] = {}
        self._events: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
        self._block_bytes = ctx.network.block_bytes_most
        for part in parts:
            taken = self._messages.keys() & part.messages().keys()
            assert not taken, f"two parts handle {taken}"
            self._messages.update(part.messages())
            for kind, handler in part.events().items():
                self._events[kind].append(handler)

    def part(self, kind: type[P]) -> P:
        """The part of a kind, for those who keep what it knows over a restart."""
        return next(part for part in self.parts if isinstance(part, kind))

    def handle(self, event: Event, now: Moment) -> list[Action]:
        """Take one event; what is to be done, in order."""
        self.ctx.now = now
        self.ctx.steady.look_again()
        match event:
            case MessageReceived(conn, data):
                if (peer := self.ctx.peers.get(conn)) is not None and not peer.closing:
                    self._take(peer, data)
            case PeerConnected():
                self._connected(event)
            case PeerLost(conn):
                if (peer := self.ctx.peers.get(conn)) is not None:
                    peer.closing = True
            case Writable(conn):
                if (peer := self.ctx.peers.get(conn)) is not None:
                    peer.writable = True
                    self.ctx.pump(peer)
            case Tick():
                for part in self.parts:
                    part.tick()
        for handler in self._events.get(type(event), ()):
            handler(event)
        if isinstance(event, PeerLost):
            self._lost(event.conn)
        self.ctx.steady.look_again()
        actions, self.ctx.actions = self.ctx.actions, []
        return actions

    def _connected(self, event: PeerConnected) -> None:
        ms = self.ctx.now.ms
        self.ctx.peers[event.conn] = Peer(
            event.conn,
            event.id,
            event.alg,
            event.address,
            event.outbound,
            event.purpose,
            since_ms=ms,
            heard_ms=ms,
        )

    def _lost(self, conn: int) -> None:
        peer = self.ctx.peers.pop(conn, None)
        if peer is not None and peer.announced:
            for part in self.parts:
                part.peer_gone(peer)

    def _take(self, peer: Peer, data: bytes) -> None:
        peer.heard_ms = self.ctx.now.ms
        if not self.ctx.admits(peer, data):
            return
        try:
            kind = codec.kind_of(data, block_bytes=self._block_bytes)
            if not _in_order(peer, kind.type):
                self.ctx.blame(peer, Offence.OUT_OF_ORDER, kind.what)
                return
            message = codec.decode(data, block_bytes=self._block_bytes)
        except EncodingRefused as refusal:
            self.ctx.blame(peer, Offence.MALFORMED, str(refusal))
            return
        self._messages[type(message)](peer, message)
        if isinstance(message, Identify) and peer.said is not None and not peer.closing:
            peer.announced = True
            for part in self.parts:
                part.peer_ready(peer)


def _in_order(peer: Peer, kind: type) -> bool:
    """Whether a kind of message may come now: ``identify`` first and once."""
    return kind is Goodbye or (peer.said is None) == (kind is Identify)

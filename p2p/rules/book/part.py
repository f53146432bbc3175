"""Book: whom to dial, and what peers tell each other of addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from p2p.rules.addresses import AddressInvalid
from p2p.rules.book import exchange
from p2p.rules.book.caller import Caller
from p2p.rules.book.dialling import FEELER, OUTBOUND
from p2p.rules.book.shelves import Shelves
from p2p.rules.book.values import BookEntry
from p2p.rules.context import Context
from p2p.rules.events import Asked, DialFailed, HeadMoved, PeerConnected, PeerLost
from p2p.rules.limits import ANCHORS, STEADY_MS
from p2p.rules.offences import Offence
from p2p.rules.part import Handler, Part
from p2p.rules.peer import Peer
from p2p.rules.wire.messages import GetPeers, Peers


@dataclass(slots=True)
class Exchange:
    """What one connection has said of addresses: each side asks once."""

    waiting: bool = False
    told: bool = False


class Book(Part):
    """Knows addresses and keeps the wanted number of connections."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self.shelves = Shelves(ctx.chance)
        self.caller = Caller(ctx, self.shelves)
        self._exchanges: dict[int, Exchange] = {}

    def messages(self) -> Mapping[type, Handler]:
        """The exchange of addresses."""
        return {GetPeers: self._on_get_peers, Peers: self._on_peers}

    def events(self) -> Mapping[type, Callable[[Any], None]]:
        """Dials that come to something or not, and what operators ask."""
        return {
            PeerConnected: self._on_connected,
            PeerLost: self._on_lost,
            DialFailed: self._on_failed,
            HeadMoved: self._on_head,
            Asked: self._on_asked,
        }

    # ------------------------------------------------------------------ what others ask

    def entries(self) -> tuple[BookEntry, ...]:
        """All entries, for the next run; the longest connected peers are its anchors."""
        outbound = [p for p in self.ctx.ready if p.purpose == OUTBOUND]
        outbound.sort(key=lambda peer: (peer.since_ms, peer.conn))
        anchors = {peer.address for peer in outbound[:ANCHORS]}
        trusted = self.caller.trusted
        return tuple(
            replace(
                entry,
                anchor=entry.address in anchors,
                pinned=entry.pinned and entry.address not in trusted,
            )
            for entry in self.shelves
        )

    def restore(self, entries: Iterable[BookEntry]) -> None:
        """Take over the entries of the last run."""
        for entry in entries:
            self.shelves.restore(entry, self.ctx.now.wall_ms)
            if entry.anchor:
                self.caller.anchors.append(entry.address)
            if entry.pinned and entry.id:
                self.ctx.pin(entry.id)

    # ------------------------------------------------------------------ connections

    def _on_connected(self, event: PeerConnected) -> None:
        if not event.outbound:
            return
        self.caller.dials.end(event.address)
        if event.id == self.ctx.settings.id:
            self.shelves.is_own(event.address)
            return
        known = self.shelves.get(event.address)
        if known is not None and known.pinned and known.id not in (b"", event.id):
            self._somebody_else(known, event)
        self.shelves.answered(event.address, event.id, self.ctx.now.wall_ms)
        if event.purpose == FEELER:
            self.shelves.steady(event.address)
        if event.address in self.caller.trusted and not self.ctx.bars(event.id):
            self.ctx.pin(event.id)

    def _somebody_else(self, known: BookEntry, event: PeerConnected) -> None:
        """Another peer answers at a pinned address: only a trusted address passes its pin on."""
        if event.address in self.caller.trusted:
            self.ctx.pinned.discard(known.id)
        else:
            self.shelves.unpin(known.id, event.address)
            self.ctx.note(
                "warning",
                "pinned_peer_moved",
                peer=known.id.hex()[:16],
                address=str(event.address),
            )

    def peer_ready(self, peer: Peer) -> None:
        """Take note of where the peer listens; ask those that this node chose for more."""
        here = exchange.for_peer(peer, exchange.listening(peer))
        for address in here:
            self.shelves.learn(address, peer.address.group, self.ctx.now.wall_ms)
        state = self._exchanges[peer.conn] = Exchange()
        if peer.outbound:
            state.waiting = True
            self.ctx.send(peer, GetPeers())

    def _on_lost(self, event: PeerLost) -> None:
        self._exchanges.pop(event.conn, None)
        peer = self.ctx.peers.get(event.conn)
        if peer is None or not peer.outbound or peer.purpose == FEELER:
            return
        if peer.left == "banned":
            self.shelves.rest(peer.address, self.ctx.now.wall_ms)
        elif self.ctx.now.ms - peer.since_ms >= STEADY_MS:
            self.shelves.steady(peer.address)
        else:
            self.shelves.failed(peer.address, self.ctx.now.wall_ms)

    def _on_failed(self, event: DialFailed) -> None:
        self.caller.dials.end(event.address)
        # Whatever the code: nobody has proved to be there, so it says nothing of the address.
        self.shelves.failed(event.address, self.ctx.now.wall_ms)

    def _on_head(self, event: HeadMoved) -> None:
        self.caller.head_ms = self.ctx.now.ms

    # ------------------------------------------------------------------ exchange

    def _on_get_peers(self, peer: Peer, _: GetPeers) -> None:
        state = self._exchanges[peer.conn]
        if state.told:
            self.ctx.blame(peer, Offence.OUT_OF_ORDER, "getPeers twice")
            return
        state.told = True
        answered = [one.address for one in self.shelves if one.answered_ms and not one.failures]
        inbound = [at for other in self.ctx.ready for at in exchange.listening(other)]
        known = dict.fromkeys(answered + inbound)
        for own in (peer.address, *exchange.listening(peer)):
            known.pop(own, None)
        told = exchange.sample(self.ctx.chance, exchange.for_peer(peer, known))
        self.ctx.send(peer, Peers(told))

    def _on_peers(self, peer: Peer, message: Peers) -> None:
        state = self._exchanges[peer.conn]
        if not state.waiting:
            self.ctx.blame(peer, Offence.UNASKED, "peers")
            return
        state.waiting = False
        try:
            addresses = exchange.read(message.addresses)
        except AddressInvalid as refusal:
            self.ctx.blame(peer, Offence.ADDRESSES_INVALID, refusal.message)
            return
        source, wall_ms = peer.address.group, self.ctx.now.wall_ms
        taken = exchange.for_peer(peer, addresses)
        learnt = sum(self.shelves.learn(address, source, wall_ms) for address in taken)
        self.ctx.note("debug", "addresses_learnt", peer=peer.name, new=learnt, told=len(addresses))

    # ------------------------------------------------------------------ operators, time

    def _on_asked(self, asked: Asked) -> None:
        if asked.verb == "connect" and asked.address is not None:
            self.caller.ask(asked.address)
        elif asked.verb == "pin" and asked.peer in self.ctx.pinned:
            self._pin(asked.peer)
        elif asked.verb in ("unpin", "ban"):
            self.shelves.unpin(asked.peer)
        elif asked.verb == "disconnect":
            for entry in [entry for entry in self.shelves if entry.id == asked.peer]:
                self.shelves.rest(entry.address, self.ctx.now.wall_ms)

    def _pin(self, id: bytes) -> None:
        """Hold on to the addresses at which a peer has answered or says that it listens."""
        found = [entry.address for entry in self.shelves if entry.id == id]
        for peer in self.ctx.ready:
            found += exchange.listening(peer) if peer.id == id else []
        for address in dict.fromkeys(found):
            self.caller.pin(address)
        if not found:
            self.ctx.note("warning", "pinned_without_address", peer=id.hex()[:16])

    def tick(self) -> None:
        """Dial whom there is need of."""
        self.caller.tick()

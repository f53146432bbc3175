"""Conduct: greeting and farewell, budgets before anything is decoded, points, bans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from p2p.rules.actions import Close
from p2p.rules.addresses import Address
from p2p.rules.book.values import Ban
from p2p.rules.conduct.budgets import Budgets
from p2p.rules.conduct.door import Door
from p2p.rules.conduct.judge import Judge, host_of, who
from p2p.rules.context import Context
from p2p.rules.events import Asked, PeerConnected, PeerLost
from p2p.rules.limits import FLOOD_POINTS_MS, IDENTIFY_MS, PING_MS, SILENT_MS
from p2p.rules.offences import Offence
from p2p.rules.part import Handler, Part
from p2p.rules.peer import Peer
from p2p.rules.wire.messages import Goodbye, Identify, Ping, Pong

SWEEP_MS = 60_000
"""How often bans that no longer count are forgotten."""


@dataclass(slots=True)
class Watch:
    """What is remembered of a connection: the ping under way, the last ping and flood."""

    pinged_ms: int
    flooded_ms: int
    nonce: int | None = None


class Conduct(Part):
    """The part that every connection and every message meets first."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self.judge = Judge(ctx)
        self.door = Door(ctx, self.judge)
        self._budgets = Budgets(ctx.now.ms)
        self._watches: dict[int, Watch] = {}
        self._swept_ms = ctx.now.ms
        ctx.blame = self.judge.blame
        ctx.admits = self._admits
        ctx.bars = self.judge.bars

    def messages(self) -> Mapping[type, Handler]:
        """Greeting, pings, farewell."""
        return {
            Identify: self._on_identify,
            Ping: self._on_ping,
            Pong: self._on_pong,
            Goodbye: self._on_goodbye,
        }

    def events(self) -> Mapping[type, Callable[[Any], None]]:
        """Connections that come and go, and what operators ask."""
        return {
            PeerConnected: self._on_connected,
            PeerLost: self._on_lost,
            Asked: self.judge.asked,
        }

    # ------------------------------------------------------------------ what others ask

    def bans(self) -> tuple[Ban, ...]:
        """All bans, for the next run and for people."""
        return self.judge.bans.kept()

    def restore(self, bans: Iterable[Ban], wall_ms: int) -> None:
        """Take over the bans of the last run."""
        self.judge.bans.restore(bans, wall_ms)

    def points(self, peer: Peer) -> int:
        """The points that a peer has now."""
        return self.judge.points(peer)

    def turns_away(self, address: Address, wall_ms: int) -> bool:
        """Whether who comes from an address is kept out, to be asked before a handshake.

        Safe to call from any thread.
        """
        return self.judge.bans.holds(b"", address.site, wall_ms)

    # ------------------------------------------------------------------ events and messages

    def _on_connected(self, event: PeerConnected) -> None:
        ms = self.ctx.now.ms
        self._watches[event.conn] = Watch(ms - PING_MS, ms - FLOOD_POINTS_MS)
        self.door.opened(self.ctx.peers[event.conn])

    def _on_lost(self, event: PeerLost) -> None:
        self._watches.pop(event.conn, None)

    def _on_identify(self, peer: Peer, said: Identify) -> None:
        peer.said = said
        peer.head, peer.height = said.head, said.height
        peer.work = int.from_bytes(said.work, "big")
        self.door.identified(peer)
        if not peer.closing:
            self.ctx.note("info", "peer_ready", **who(peer), agent=said.agent, height=said.height)

    def _on_ping(self, peer: Peer, ping: Ping) -> None:
        self.ctx.send(peer, Pong(ping.nonce))

    def _on_pong(self, peer: Peer, pong: Pong) -> None:
        watch = self._watches[peer.conn]
        if watch.nonce != pong.nonce:
            self.ctx.blame(peer, Offence.UNASKED, "pong")
            return
        watch.nonce = None
        peer.latency_ms = self.ctx.now.ms - watch.pinged_ms

    def _on_goodbye(self, peer: Peer, goodbye: Goodbye) -> None:
        peer.left = goodbye.code
        peer.closing = True
        peer.bulk.clear()
        self.ctx.act(Close(peer.conn, "goodbye"))
        self.ctx.note("info", "peer_left", **who(peer), code=goodbye.code)

    # ------------------------------------------------------------------ time

    def tick(self) -> None:
        """End silent connections, ping the others, forget old bans."""
        now = self.ctx.now
        for peer in list(self.ctx.peers.values()):
            if not peer.closing:
                self._look_at(peer, now.ms)
        if now.ms - self._swept_ms >= SWEEP_MS:
            self._swept_ms = now.ms
            self.judge.bans.sweep(now.wall_ms)

    def _look_at(self, peer: Peer, ms: int) -> None:
        if peer.said is None:
            if ms - peer.since_ms >= IDENTIFY_MS:
                self.ctx.close(peer, "identify", "no identify in time")
        elif ms - peer.heard_ms >= SILENT_MS:
            self.ctx.close(peer, "silent", "nothing was heard for too long")
        else:
            self._ping(peer, self._watches[peer.conn], ms)

    def _ping(self, peer: Peer, watch: Watch, ms: int) -> None:
        """Ping a peer when it is time, unless the last ping waits for its answer."""
        if watch.nonce is None and ms - watch.pinged_ms >= PING_MS:
            watch.nonce, watch.pinged_ms = int.from_bytes(self.ctx.chance.data(8), "big"), ms
            self.ctx.send(peer, Ping(watch.nonce))

    # ------------------------------------------------------------------ budgets

    def _admits(self, peer: Peer, data: bytes) -> bool:
        ms = self.ctx.now.ms
        verdict = self._budgets.judge(host_of(peer).encode() or peer.id, data, ms)
        if not verdict.over:
            return True
        self.ctx.note("debug", "message_dropped", over=verdict.over, own=verdict.own)
        watch = self._watches[peer.conn]
        if verdict.own and ms - watch.flooded_ms >= FLOOD_POINTS_MS:
            watch.flooded_ms = ms
            self.ctx.blame(peer, Offence.FLOOD, verdict.over)
        return False

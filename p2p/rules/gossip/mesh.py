"""The mesh: a few peers that send each other everything at once; the others hear of it.

A node keeps MESH_WANTED of its peers in its mesh, at least MESH_OUTBOUND of them dialled by itself,
so that whoever connects to it a hundred times does not come between it and the network. Peers that
bring news first are kept. Source: docs/spec/p2p.md, "Gossip".
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from p2p.rules.context import Context
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.wire.messages import Graft, Prune

MESH_WANTED = 6
MESH_LOW = 4
MESH_HIGH = 12
MESH_OUTBOUND = 2
BACKOFF_S = 60
"""After a prune neither side grafts for so long."""
PRUNE_GRACE_MS = 5_000
"""A graft this soon after our prune may have crossed it on its way: nobody's fault."""
BACKOFFS = 1_024
"""Peers whose backoff is remembered, over reconnections too."""
RENEW_MS = 60_000
"""How often the mesh looks for better peers, and the credit of all is halved."""
CREDIT_MOST = 1_000_000


@dataclass(slots=True)
class _Backoff:
    since_ms: int
    until_ms: int
    own: bool


class Mesh:
    """Who is in the mesh, and who may come in."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.members: dict[int, Peer] = {}
        self._backoffs: OrderedDict[bytes, _Backoff] = OrderedDict()
        self._credit: dict[int, int] = {}
        self._renew_ms = 0

    def credit(self, peer: Peer, points: int = 1) -> None:
        """A peer has brought something valid that was news."""
        self._credit[peer.conn] = min(CREDIT_MOST, self._credit.get(peer.conn, 0) + points)

    def gone(self, peer: Peer) -> None:
        """A connection has ended."""
        self.members.pop(peer.conn, None)
        self._credit.pop(peer.conn, None)

    # ------------------------------------------------------------ messages

    def on_graft(self, peer: Peer, message: Graft) -> None:
        """A peer has taken this node into its mesh."""
        del message
        if peer.conn in self.members:
            return
        now = self._ctx.now.ms
        backoff = self._backoff(peer)
        if backoff is not None:
            if backoff.own and now >= backoff.since_ms + PRUNE_GRACE_MS:
                self._ctx.blame(peer, Offence.GRAFT_TOO_SOON, "a graft within the backoff")
            left_s = -(-(backoff.until_ms - now) // 1000)
            self._ctx.send(peer, Prune(left_s))
        elif len(self.members) >= MESH_HIGH:
            self._prune(peer)
        else:
            self.members[peer.conn] = peer

    def on_prune(self, peer: Peer, message: Prune) -> None:
        """A peer has taken this node out of its mesh, or not let it in."""
        self.members.pop(peer.conn, None)
        own = (backoff := self._backoff(peer)) is not None and backoff.own
        self._back_off(peer, message.backoff_s, own=own)

    # ------------------------------------------------------------ time

    def heartbeat(self) -> None:
        """Keep the number of members within its bounds."""
        for peer in [p for p in self.members.values() if p.closing]:
            del self.members[peer.conn]
        if len(self.members) < MESH_LOW:
            for peer in self._candidates()[: MESH_WANTED - len(self.members)]:
                self._graft(peer)
        lacking = MESH_OUTBOUND - sum(p.outbound for p in self.members.values())
        if lacking > 0:
            for peer in [p for p in self._candidates() if p.outbound][:lacking]:
                self._graft(peer)
        if len(self.members) > MESH_HIGH:
            self._thin_out()
        if self._ctx.now.ms >= self._renew_ms:
            self._renew_ms = self._ctx.now.ms + RENEW_MS
            self._renew()

    def _candidates(self) -> list[Peer]:
        """Who could be grafted: dialled peers first, then those of more credit, else by chance."""
        free = [
            (not p.outbound, -self._credit.get(p.conn, 0), self._ctx.chance.below(2**32), p)
            for p in self._ctx.ready
            if p.conn not in self.members and self._backoff(p) is None
        ]
        return [entry[3] for entry in sorted(free, key=lambda entry: entry[:3])]

    def _worst_first(self) -> list[Peer]:
        """Members in the order in which they may go; the best dialled ones may not."""
        ranked = sorted(self.members.values(), key=lambda p: -self._credit.get(p.conn, 0))
        kept = [p for p in ranked if p.outbound][:MESH_OUTBOUND]
        return [p for p in reversed(ranked) if p not in kept]

    def _thin_out(self) -> None:
        for peer in self._worst_first()[: len(self.members) - MESH_WANTED]:
            self._prune(peer)

    def _renew(self) -> None:
        """Take in one peer that brings more than half of the members do; the worst makes room."""
        values = sorted(self._credit.get(conn, 0) for conn in self.members)
        middle = values[len(values) // 2] if values else 0
        best = max(self._candidates(), key=lambda p: self._credit.get(p.conn, 0), default=None)
        if best is not None and self._credit.get(best.conn, 0) > middle:
            if len(self.members) >= MESH_WANTED:
                for peer in self._worst_first()[:1]:
                    self._prune(peer)
            self._graft(best)
        self._credit = {conn: value // 2 for conn, value in self._credit.items() if value > 1}

    # ------------------------------------------------------------ membership

    def _graft(self, peer: Peer) -> None:
        self.members[peer.conn] = peer
        self._ctx.send(peer, Graft())

    def _prune(self, peer: Peer) -> None:
        self.members.pop(peer.conn, None)
        self._back_off(peer, BACKOFF_S, own=True)
        self._ctx.send(peer, Prune(BACKOFF_S))

    def _backoff(self, peer: Peer) -> _Backoff | None:
        backoff = self._backoffs.get(peer.id)
        return backoff if backoff is not None and backoff.until_ms > self._ctx.now.ms else None

    def _back_off(self, peer: Peer, seconds: int, *, own: bool) -> None:
        now = self._ctx.now.ms
        self._backoffs.pop(peer.id, None)
        self._backoffs[peer.id] = _Backoff(now, now + 1000 * seconds, own)
        while len(self._backoffs) > BACKOFFS:
            self._backoffs.popitem(last=False)

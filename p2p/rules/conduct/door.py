"""The door: who is let in, who stays when there is no room, which of two connections ends."""

from __future__ import annotations

from p2p.rules.conduct.judge import Judge
from p2p.rules.conduct.seats import to_evict
from p2p.rules.context import Context
from p2p.rules.limits import DEAD_MS, INBOUND_PER_GROUP, SNAPSHOTS_TOLD_MOST
from p2p.rules.peer import Peer
from p2p.rules.wire.messages import Identify

FEELER = "feeler"


class Door:
    """Decides on connections, before and after a peer has identified itself."""

    def __init__(self, ctx: Context, judge: Judge) -> None:
        self.ctx = ctx
        self.judge = judge
        self._secret = ctx.chance.data(32)

    def opened(self, peer: Peer) -> None:
        """A handshake is complete: greet the peer, or end the connection."""
        if peer.id == self.ctx.settings.id:
            self.ctx.close(peer, "self", "this is my own id")
        elif self.judge.bars_peer(peer):
            self.ctx.close(peer, "banned", "come back later")
        elif not peer.outbound and not self._seated(peer):
            self.ctx.close(peer, "full", "all inbound connections are taken")
        elif peer.purpose == FEELER:
            self.ctx.close(peer, FEELER, "only to see who answers")
        else:
            said = own_identify(self.ctx)
            peer.told = said.head
            self.ctx.send(peer, said)

    def identified(self, peer: Peer) -> None:
        """A peer has said who it is: one connection to it stays."""
        for other in list(self.ctx.peers.values()):
            if other is not peer and other.id == peer.id and other.announced and not other.closing:
                self.ctx.close(self._spare(other, peer), "duplicate", "one connection is enough")

    def _seated(self, peer: Peer) -> bool:
        """Whether an inbound peer finds a seat, if need be another's."""
        if peer.id in self.ctx.pinned:
            return True
        inbound = [p for p in self.ctx.peers.values() if not p.outbound and not p.closing]
        others = [p for p in inbound if p is not peer and p.id not in self.ctx.pinned]
        if not peer.address.near:
            group = [p for p in others if p.address.group == peer.address.group]
            if len(group) >= INBOUND_PER_GROUP:
                return False
        most = self.ctx.settings.inbound_most
        if len(others) < most:
            return True
        loser = to_evict(others, most, self._secret)
        if loser is None:
            return False
        self.ctx.close(loser, "full", "the place is needed for another peer")
        return True

    def _spare(self, older: Peer, newer: Peer) -> Peer:
        """Which of two connections of one peer ends; the peer decides alike.

        An older one that has gone silent has probably died on the other side. Of two that both
        sides began at once, the one begun by the lower id stays; else the older one.
        """
        if self.ctx.now.ms - older.heard_ms >= DEAD_MS:
            return older
        if older.outbound == newer.outbound:
            return newer
        begun_here_stays = self.ctx.settings.id < newer.id
        return older if newer.outbound == begun_here_stays else newer


def own_identify(ctx: Context) -> Identify:
    """What this node says of itself."""
    head, kept = ctx.ledger.head(), ctx.ledger.kept()
    return Identify(
        agent=ctx.settings.agent,
        listen=ctx.settings.listen,
        height=head.height,
        head=head.hash,
        work=head.total_work.to_bytes(32, "big"),
        bodies_from=max(kept.bodies_from, kept.witnesses_from),
        snapshots=tuple(ctx.shelf.heights()[:SNAPSHOTS_TOLD_MOST]),
    )

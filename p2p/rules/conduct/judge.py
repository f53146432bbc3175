"""Points and bans: what an offence costs, who is kept out, whom operators hold on to."""

from __future__ import annotations

from p2p.rules.conduct.bans import OPERATOR, Bans
from p2p.rules.conduct.scores import Scores
from p2p.rules.context import Context
from p2p.rules.events import Asked
from p2p.rules.offences import BAN_POINTS, Offence
from p2p.rules.peer import Peer


class Judge:
    """A node's memory of who did wrong."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.bans = Bans()
        self.scores = Scores()

    def points(self, peer: Peer) -> int:
        """The points that a peer has now, or its host if that has more."""
        return max(self.scores.points(key, self.ctx.now.ms) for key in _keys(peer))

    def bars(self, id: bytes, host: str = "") -> bool:
        """Whether a peer is kept out, by its id or its host; pinned ones never are."""
        return id not in self.ctx.pinned and self.bans.holds(id, host, self.ctx.now.wall_ms)

    def bars_peer(self, peer: Peer) -> bool:
        """Likewise for a connected peer."""
        return self.bars(peer.id, host_of(peer))

    def blame(self, peer: Peer, offence: Offence, detail: str) -> None:
        """Count an offence; at BAN_POINTS the peer is banned, or disconnected if it is pinned."""
        ms = self.ctx.now.ms
        points = max(self.scores.add(key, offence.points, ms) for key in _keys(peer))
        self.ctx.note(
            "info",
            "peer_offended",
            **who(peer),
            offence=offence.label,
            points=points,
            why=detail,
        )
        if points < BAN_POINTS or peer.closing:
            return
        if peer.id in self.ctx.pinned:
            self._forgive(peer)
            self.ctx.close(peer, "offence", offence.label)
        else:
            self.ban(peer.id, host_of(peer), offence.label)

    def ban(self, id: bytes, host: str, reason: str, lasting_ms: int = 0) -> None:
        """Keep a peer and its host out, and end what connections they have."""
        ban = self.bans.add(id, host, reason, self.ctx.now.wall_ms, lasting_ms)
        self.ctx.note(
            "warning", "peer_banned", peer=id.hex()[:16], host=host, times=ban.times, reason=reason
        )
        for peer in list(self.ctx.peers.values()):
            if not peer.closing and self.bars_peer(peer):
                self._forgive(peer)
                self.ctx.close(peer, "banned", reason)

    def asked(self, asked: Asked) -> None:
        """Do what an operator wants of a peer."""
        ctx = self.ctx
        connected = [p for p in ctx.peers.values() if p.id == asked.peer and not p.closing]
        match asked.verb:
            case "ban":
                ctx.pinned.discard(asked.peer)
                host = next((host_of(peer) for peer in connected if host_of(peer)), "")
                self.ban(asked.peer, host, OPERATOR, asked.ban_ms)
            case "unban":
                self._lift(asked.peer)
            case "pin" if asked.peer:
                self._pin(asked.peer)
            case "unpin":
                ctx.pinned.discard(asked.peer)
            case "disconnect":
                for peer in connected:
                    ctx.close(peer, "operator", "an operator ended the connection")

    def _pin(self, id: bytes) -> None:
        if self.ctx.pin(id):
            self._lift(id)
        else:
            self.ctx.note("warning", "too_many_pinned", peer=id.hex()[:16])

    def _lift(self, id: bytes) -> None:
        ban = self.bans.lift(id)
        for key in (id, ban.host.encode() if ban else b""):
            self.scores.forget(key)

    def _forgive(self, peer: Peer) -> None:
        """What a ban was for is not counted again after it."""
        for key in _keys(peer):
            self.scores.forget(key)


def host_of(peer: Peer) -> str:
    """The host that answers for an inbound peer, "" where many may share one.

    Behind an address of this machine or network may be a proxy that all connections come
    through, or several nodes of one developer. Whom this node dialled is known by its id.
    """
    return "" if peer.outbound or peer.address.near else peer.address.site


def who(peer: Peer) -> dict[str, object]:
    """A peer's facts for notes."""
    return {"peer": peer.name, "address": str(peer.address), "outbound": peer.outbound}


def _keys(peer: Peer) -> tuple[bytes, ...]:
    host = host_of(peer)
    return (peer.id, host.encode()) if host else (peer.id,)

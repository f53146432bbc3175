"""What this node tells its peers to have: at once in the mesh, now and then to the others.

All that is in the pools goes through one log; a peer's cursor says how far it has been told. What a
peer has announced itself is not told back. New peers hear of what waited before they came, and all
are reminded of it from time to time, so that pools come to agree whatever was lost on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from p2p.rules.context import Context
from p2p.rules.gossip.mesh import Mesh
from p2p.rules.gossip.wanted import Key
from p2p.rules.limits import IDS_MOST
from p2p.rules.peer import Peer
from p2p.rules.wire.messages import PROOF, TX, Inv

_T = TypeVar("_T")

LOG_MOST = 8_192
"""Ids in the log; a cursor that falls behind skips what is gone."""
LAZY_PEERS = 6
"""Peers outside the mesh that are told a sample at each heartbeat."""
LAZY_IDS = 256
GREETING_MOST = 4_096
"""Ids of waiting transactions that a new peer is told."""
GREETING_IDS = 512
"""Of them in one go, at each heartbeat."""
REMIND_MS = 30_000
REMIND_IDS = 512
"""Ids that all peers are reminded of, each time the next ones of the pool."""


class News:
    """The log of what has entered, and who knows how much of it."""

    def __init__(self, ctx: Context, mesh: Mesh) -> None:
        self._ctx = ctx
        self._mesh = mesh
        self._log: list[Key] = []
        self._base = 0
        self._knowing: dict[Key, set[int]] = {}
        self._cursors: dict[int, int] = {}
        self._greetings: dict[int, list[Key]] = {}
        self._remind_ms = REMIND_MS
        self._reminded = 0

    @property
    def _end(self) -> int:
        return self._base + len(self._log)

    def entered(self, key: Key, announcers: Iterable[int]) -> None:
        """Something new is in the pools; ``announcers`` have it."""
        if key in self._knowing:
            return
        self._log.append(key)
        self._knowing[key] = set(announcers)
        if len(self._log) > 2 * LOG_MOST:
            for old in self._log[:-LOG_MOST]:
                del self._knowing[old]
            self._base += len(self._log) - LOG_MOST
            self._log = self._log[-LOG_MOST:]

    def knows(self, conn: int, key: Key) -> None:
        """A peer has shown that it has this."""
        if (knowing := self._knowing.get(key)) is not None:
            knowing.add(conn)

    def peer_ready(self, peer: Peer) -> None:
        """Tell a new peer, bit by bit, what waits."""
        self._cursors[peer.conn] = self._end
        pool = self._ctx.pool
        keys = [(PROOF, digest) for digest in pool.proofs()] + [(TX, id) for id in pool.txids()]
        if len(keys) > GREETING_MOST:
            start = self._ctx.chance.below(len(keys))
            keys = (keys[start:] + keys[:start])[:GREETING_MOST]
        self._greetings[peer.conn] = keys

    def gone(self, peer: Peer) -> None:
        """A connection has ended."""
        self._cursors.pop(peer.conn, None)
        self._greetings.pop(peer.conn, None)
        for knowing in self._knowing.values():
            knowing.discard(peer.conn)

    def flush(self) -> None:
        """Tell the members of the mesh what is new."""
        for peer in self._mesh.members.values():
            self._tell(peer, self._unknown(peer))

    def heartbeat(self) -> None:
        """Tell others a sample, new peers the next part of what waits, all what they may lack."""
        for peer in self._ctx.ready:
            if greeting := self._greetings.get(peer.conn):
                self._tell(peer, greeting[:GREETING_IDS])
                self._greetings[peer.conn] = greeting[GREETING_IDS:]
        others = [p for p in self._ctx.ready if p.conn not in self._mesh.members]
        for peer in self._some(others, LAZY_PEERS):
            self._tell(peer, self._some(self._unknown(peer), LAZY_IDS))
        if self._ctx.now.ms >= self._remind_ms:
            self._remind_ms = self._ctx.now.ms + REMIND_MS
            self._remind()

    def _remind(self) -> None:
        pool = self._ctx.pool
        keys = [(PROOF, digest) for digest in pool.proofs()] + [(TX, id) for id in pool.txids()]
        if not keys:
            return
        start = self._reminded % len(keys)
        chosen = (keys[start:] + keys[:start])[:REMIND_IDS]
        self._reminded = start + len(chosen)
        for peer in self._ctx.ready:
            self._tell(peer, chosen)

    def _unknown(self, peer: Peer) -> list[Key]:
        """What has entered since the peer was told last, and it has not announced; moves on."""
        start = max(self._cursors.get(peer.conn, self._end), self._base)
        self._cursors[peer.conn] = self._end
        new = self._log[start - self._base :]
        return [key for key in new if peer.conn not in self._knowing[key]]

    def _tell(self, peer: Peer, keys: Sequence[Key]) -> None:
        for kind in (TX, PROOF):
            ids = tuple(id for of, id in keys if of == kind)
            for at in range(0, len(ids), IDS_MOST):
                self._ctx.send(peer, Inv(kind, ids[at : at + IDS_MOST]))

    def _some(self, items: list[_T], most: int) -> list[_T]:
        """At most so many, by chance."""
        chosen = list(items)
        for at in range(min(most, len(chosen))):
            other = at + self._ctx.chance.below(len(chosen) - at)
            chosen[at], chosen[other] = chosen[other], chosen[at]
        return chosen[:most]

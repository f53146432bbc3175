"""One snapshot's chunks: asked of several peers at once, proven, handed on in their order.

Chunks of a state are cut alike everywhere, so any peer's will do. Each is proven by itself; that
it follows the one before it is seen when its turn comes, and whoever sent one that does not is
to blame, since the one before is right.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import Refused
from core.header import Header
from p2p.rules.actions import StoreChunk
from p2p.rules.context import Context
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.snapshots import chunks, numbers
from p2p.rules.snapshots.asked import Asked
from p2p.rules.snapshots.chunks import Piece
from p2p.rules.wire.messages import GetChunk


class Fetch:
    """The chunks of the state behind ``header`` from number ``index`` and key ``first`` on."""

    def __init__(
        self, ctx: Context, asked: Asked, header: Header, *, index: int, first: bytes
    ) -> None:
        self._ctx = ctx
        self._asked = asked
        self._root = header.roots.state
        self.hash = header.hash
        self.next = index
        self.stored = index
        self._first: bytes | None = first
        self._held: dict[int, tuple[Piece, int]] = {}
        self._lacks: set[tuple[int, int]] = set()
        self._rests: dict[int, int] = {}
        self.moved_ms = ctx.now.ms

    @property
    def complete(self) -> bool:
        """Whether every chunk has been handed on."""
        return self._first is None

    # -------------------------------------------------------------- asking

    def ask(self, peers: Sequence[Peer], count: int) -> None:
        """Ask ``peers``, who offer it, for chunks of numbers below ``count``, lowest first."""
        if self.complete:
            return
        for index in range(self.next, min(count, self.next + numbers.AHEAD)):
            if index in self._held or self._asked.waits_for((self.hash, index)):
                continue
            free = [peer for peer in peers if self._may_ask(peer, index)]
            if free:
                peer = min(free, key=lambda one: (self._asked.count(one.conn), one.conn))
                self._asked.ask(peer.conn, (self.hash, index), self._ctx.now.ms)
                self._ctx.send(peer, GetChunk(self.hash, index))

    def _may_ask(self, peer: Peer, index: int) -> bool:
        return (
            self._asked.count(peer.conn) < numbers.ASKS_OPEN
            and (peer.conn, index) not in self._lacks
            and self._rests.get(peer.conn, 0) <= self._ctx.now.ms
        )

    def rest(self, conn: int) -> None:
        """A peer did not answer in time: others are asked first."""
        self._rests[conn] = self._ctx.now.ms + numbers.REST_MS

    def lacking(self, peers: Sequence[Peer]) -> bool:
        """Whether nobody of ``peers`` has the chunk that comes next."""
        return all((peer.conn, self.next) in self._lacks for peer in peers)

    def gone(self, conn: int) -> None:
        """A connection has ended."""
        self._lacks = {lack for lack in self._lacks if lack[0] != conn}
        self._rests.pop(conn, None)

    # -------------------------------------------------------------- taking

    def take(self, peer: Peer, index: int, data: bytes) -> None:
        """An answer: a chunk, or nothing where the peer has none of that number."""
        if self.complete or index < self.next or index in self._held:
            return
        if not data:
            self._lacks.add((peer.conn, index))
            return
        try:
            piece = chunks.proven(data, self._root)
        except Refused as refusal:
            self._lacks.add((peer.conn, index))
            self._ctx.blame(peer, Offence.CHUNK_INVALID, f"chunk {index}: {refusal}")
            return
        self._held[index] = piece, peer.conn
        self._ctx.useful(peer)
        self.hand_on()

    def stored_to(self, chunks: int) -> None:
        """So many chunks are on disk."""
        self.stored = chunks
        self.moved_ms = self._ctx.now.ms
        self.hand_on()

    def hand_on(self) -> None:
        """Hand chunks to the ledger, in order, as far as it has room."""
        while self.next in self._held and self.next - self.stored < numbers.STORES_OPEN:
            piece, conn = self._held.pop(self.next)
            if piece.first != self._first:
                self._misplaced(conn)
                return
            self._ctx.act(StoreChunk(self.hash, self.next, piece.first, piece.last, piece.records))
            self.next += 1
            self._first = piece.following
            self.moved_ms = self._ctx.now.ms
            if self.complete:
                self._held.clear()

    def _misplaced(self, conn: int) -> None:
        """A true chunk of the state, but not the one of its number."""
        self._lacks.add((conn, self.next))
        peer = self._ctx.peers.get(conn)
        if peer is not None:
            detail = f"chunk {self.next} does not follow the one before it"
            self._ctx.blame(peer, Offence.CHUNK_INVALID, detail)

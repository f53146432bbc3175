"""The manifest of a snapshot, asked of one peer after the other until one is of use."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import EncodingRefused
from p2p.rules.context import Context
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.snapshots import numbers
from p2p.rules.snapshots.asked import MANIFEST, Asked
from p2p.rules.snapshots.manifest import Manifest
from p2p.rules.wire.messages import GetManifest

_NEVER = 2**63
"""When a peer is asked again that has answered without a manifest of use."""


class Search:
    """For the manifest of the snapshot of one block. ``found`` is it, ``told_by`` whose."""

    def __init__(self, ctx: Context, asked: Asked, hash: bytes) -> None:
        self._ctx = ctx
        self._asked = asked
        self._hash = hash
        self._again: dict[int, int] = {}
        self._since_ms = ctx.now.ms
        self.found: Manifest | None = None
        self.told_by = -1

    def anew(self) -> None:
        """The manifest that was found is false: look for another."""
        self.found, self._since_ms = None, self._ctx.now.ms

    def ask(self, peers: Sequence[Peer]) -> bool:
        """Ask the next of ``peers``, who offer the snapshot; False where that is hopeless."""
        if self._asked.waits_for((self._hash, MANIFEST)):
            return True
        now = self._ctx.now.ms
        if peers and all(self._again.get(peer.conn) == _NEVER for peer in peers):
            return False
        if now - self._since_ms >= numbers.STALLED_MS:
            return False
        free = [peer for peer in peers if self._again.get(peer.conn, 0) <= now]
        if free:
            peer = free[self._ctx.chance.below(len(free))]
            self._again[peer.conn] = now + numbers.MANIFEST_WAIT_MS + numbers.REST_MS
            self._asked.ask(peer.conn, (self._hash, MANIFEST), now)
            self._ctx.send(peer, GetManifest(self._hash))
        return True

    def take(self, peer: Peer, data: bytes) -> bool:
        """An answer, empty where the peer has none; whether it is the manifest."""
        self._again[peer.conn] = _NEVER
        if not data:
            return False
        try:
            found = Manifest.decode(data)
        except EncodingRefused as refusal:
            self._ctx.blame(peer, Offence.CHUNK_INVALID, f"the manifest: {refusal}")
            return False
        if found.header.hash != self._hash:
            self._ctx.blame(peer, Offence.CHUNK_INVALID, "the manifest is of another block")
            return False
        self.found, self.told_by = found, peer.conn
        return True

    def gone(self, conn: int) -> None:
        """A connection has ended."""
        self._again.pop(conn, None)

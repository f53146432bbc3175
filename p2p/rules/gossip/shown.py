"""Who has shown which of the latest blocks, so that nobody is told what it knows."""

from __future__ import annotations

from collections import OrderedDict

from p2p.rules.peer import Peer

BLOCKS_MOST = 64
"""Blocks remembered; each with at most as many peers as are connected."""


class Shown:
    """Peers by block hash."""

    def __init__(self) -> None:
        self._peers: OrderedDict[bytes, set[int]] = OrderedDict()

    def has(self, peer: Peer, hash: bytes) -> bool:
        """Whether a peer is known to have the block."""
        return peer.head == hash or peer.conn in self._peers.get(hash, ())

    def add(self, peer: Peer, hash: bytes) -> None:
        """A peer has it, or has been told."""
        self._peers.setdefault(hash, set()).add(peer.conn)
        while len(self._peers) > BLOCKS_MOST:
            self._peers.popitem(last=False)

    def gone(self, peer: Peer) -> None:
        """A connection has ended."""
        for peers in self._peers.values():
            peers.discard(peer.conn)

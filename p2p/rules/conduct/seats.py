"""Which inbound peer makes room for a new one.

An attacker can bring many connections from few groups, late, and without much to give. So those
are protected that are hard to imitate: in a group drawn by a secret, answering fast, useful of
late, here for long. Of the rest the youngest of the largest group goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from core.hashing import sha3
from p2p.rules.limits import PROTECTED_PART, SILENT_MS
from p2p.rules.peer import Peer


def to_evict(peers: Sequence[Peer], most: int, secret: bytes) -> Peer | None:
    """The peer that makes room among inbound ``peers``, none of them pinned; None: all stay.

    ``most`` is the number of seats.
    """

    def drawn(peer: Peer) -> bytes:
        return sha3(secret + peer.address.group.encode())

    def slowness(peer: Peer) -> int:
        return SILENT_MS if peer.latency_ms is None else peer.latency_ms

    share = most // PROTECTED_PART
    rest = _without(peers, drawn, share)
    rest = _without(rest, slowness, share)
    rest = _without(rest, lambda peer: -peer.useful_ms, share)
    rest = _without(rest, lambda peer: peer.since_ms, len(rest) // 2)
    if not rest:
        return None
    groups = Counter(peer.address.group for peer in rest)
    return max(rest, key=lambda peer: (groups[peer.address.group], peer.since_ms, peer.conn))


def _without(
    peers: Sequence[Peer], merit: Callable[[Peer], int | bytes], count: int
) -> Sequence[Peer]:
    """All but the ``count`` first by merit, those who came first before others as good."""
    return sorted(peers, key=lambda peer: (merit(peer), peer.since_ms, peer.conn))[count:]

"""Which snapshot to load, out of those that peers offer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from core.header import Header
from p2p.rules.limits import SNAPSHOT_DEPTH
from p2p.rules.peer import Peer

Offer = tuple[int, bytes]
"""Height and hash of a snapshot's block."""


def offers(peers: Iterable[Peer]) -> dict[Offer, list[Peer]]:
    """What is offered, and by whom."""
    found: dict[Offer, list[Peer]] = defaultdict(list)
    for peer in peers:
        for offer in () if peer.said is None else peer.said.snapshots:
            found[offer].append(peer)
    return found


def fits(offer: Offer, headers: Sequence[Header]) -> bool:
    """Whether its block is on the best chain, deep enough; ``headers`` rise from height 1."""
    height, hash = offer
    return 0 < height <= len(headers) - SNAPSHOT_DEPTH and headers[height - 1].hash == hash


def best(
    offered: dict[Offer, list[Peer]],
    headers: Sequence[Header],
    *,
    failed: Collection[bytes],
    begun: bytes | None,
) -> Offer | None:
    """The one to load: what was begun before, else what most peers have, else the highest.

    A peer can only offer blocks of the best chain, so one that lies costs time. What many
    offer is least likely to be withheld.
    """
    able = [one for one in offered if one[1] not in failed and fits(one, headers)]
    return max(able, key=lambda one: (one[1] == begun, len(offered[one]), one[0]), default=None)

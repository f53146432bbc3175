"""What peers can do wrong, and how many points each costs. Source: docs/security/p2p.md.

At BAN_POINTS a peer is banned; points decay by half every HALF_LIFE_MS. Being slow costs nothing.
"""

from __future__ import annotations

from enum import Enum

BAN_POINTS = 100
HALF_LIFE_MS = 10 * 60 * 1000


class Offence(Enum):
    """Each with its points."""

    MALFORMED = ("malformed", 100)  # a message that is not canonical, over its limits or unknown
    OUT_OF_ORDER = ("out_of_order", 50)  # before `identify`, or what may come once, twice
    UNASKED = ("unasked", 20)  # data that nobody asked for
    FLOOD = ("flood", 20)  # over its budget
    FALSE_INVENTORY = ("false_inventory", 10)  # announced, then not delivered
    HEADER_INVALID = ("header_invalid", 100)
    HEADERS_DETACHED = ("headers_detached", 20)  # an answer that does not fit its request
    BLOCK_INVALID = ("block_invalid", 100)
    BODY_SWAPPED = ("body_swapped", 50)  # a body that is not its header's
    TX_INVALID = ("tx_invalid", 10)  # no state could make it valid
    PROOF_INVALID = ("proof_invalid", 20)
    CHUNK_INVALID = ("chunk_invalid", 100)
    ADDRESSES_INVALID = ("addresses_invalid", 20)
    GRAFT_TOO_SOON = ("graft_too_soon", 10)
    CLOCK = ("clock", 5)  # a header from a future too far to wait for

    def __init__(self, label: str, points: int) -> None:
        self.label = label
        self.points = points

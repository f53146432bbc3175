"""What the address book and the bans keep over a restart, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from p2p.rules.addresses import Address

OPERATOR, SEED = "operator", "seed"
"""Sources of addresses that no peer told."""
LONG_REST = 20
"""Failures that mean: leave it alone. Ordinary ones are counted up to here, not further."""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """An address and what is known of it. Times are Unix ms, 0: never.

    ``id`` is who answered there last; ``source`` the group of the peer that told it. ``anchor``:
    an outbound peer of the last run, dialled first at the next start. ``pinned`` by an operator.
    """

    address: Address
    id: bytes = b""
    source: str = ""
    heard_ms: int = 0
    tried_ms: int = 0
    answered_ms: int = 0
    failures: int = 0
    anchor: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Ban:
    """A peer that is kept out until a Unix time in ms; ``times`` counts its bans so far.

    ``points`` that have not decayed are forgotten at a restart, bans are not.
    """

    id: bytes
    host: str
    until_ms: int
    times: int
    reason: str

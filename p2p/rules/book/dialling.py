"""Dials under way, and how long a failed address rests."""

from __future__ import annotations

from dataclasses import dataclass

from p2p.rules.addresses import Address
from p2p.rules.book.values import LONG_REST, OPERATOR, SEED, BookEntry
from p2p.rules.limits import DIAL_MS, DIALS_MOST, RETRY_KNOWN_MS, RETRY_MOST_MS, RETRY_MS

OUTBOUND, FEELER, ASKED = "outbound", "feeler", "asked"
"""What an address is dialled for, see ``actions.Dial``."""


def rest_ms(entry: BookEntry) -> int:
    """How long an address is left alone after its last dial.

    Whoever has answered before is tried at least once a minute: networks break and heal, and a
    node that waited for longer would be the last to hear of it.
    """
    if entry.failures >= LONG_REST:
        return RETRY_MOST_MS
    known = entry.answered_ms or entry.pinned or entry.source in (OPERATOR, SEED)
    return min(RETRY_MS << entry.failures, RETRY_KNOWN_MS if known else RETRY_MOST_MS)


def rested(entry: BookEntry, wall_ms: int) -> bool:
    """Whether an address may be dialled again. A clock that was set back delays nothing."""
    return not entry.tried_ms <= wall_ms < entry.tried_ms + rest_ms(entry)


@dataclass(frozen=True, slots=True)
class Pending:
    """A dial under way."""

    purpose: str
    since_ms: int


class Dials:
    """Dials that nobody has reported on yet."""

    def __init__(self) -> None:
        self.pending: dict[Address, Pending] = {}

    @property
    def room(self) -> bool:
        """Whether another may be begun."""
        return len(self.pending) < DIALS_MOST

    def count(self, purpose: str) -> int:
        """How many are under way for a purpose."""
        return sum(one.purpose == purpose for one in self.pending.values())

    def begin(self, address: Address, purpose: str, now_ms: int) -> None:
        """A dial is handed to the drivers."""
        self.pending[address] = Pending(purpose, now_ms)

    def end(self, address: Address) -> None:
        """A dial has been reported on."""
        self.pending.pop(address, None)

    def overdue(self, now_ms: int) -> list[Address]:
        """Those that were forgotten: they are given up."""
        late = [to for to, one in self.pending.items() if now_ms - one.since_ms >= DIAL_MS]
        for address in late:
            del self.pending[address]
        return late

"""How much peers may send: messages, bytes and work, each of them and all together.

A bucket fills with time and is emptied by messages. A message is taken while there is anything
in the sender's buckets, so what a peer can do at once is the bucket and one message more. When a
bucket of all peers is empty, only those pass whose own is still half full: who sends much waits
for those who send little.

Buckets are a host's, or an id's where a host says nothing, and outlast the connection: who hangs up
and comes back goes on where it was. A stranger begins just below half, so that a hundred new names
do not pass before those who have been here for a while.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from p2p.rules.conduct.prices import work_us
from p2p.rules.limits import BUDGETS_MOST


class Budget(NamedTuple):
    """How much may come in a second for ever, and at once after a rest."""

    second: int
    burst: int


MIB = 1024 * 1024
NAMES = ("messages", "bytes", "work")
PEER = (Budget(4_000, 8_000), Budget(48 * MIB, 96 * MIB), Budget(1_500_000, 6_000_000))
ALL = (Budget(16_000, 32_000), Budget(96 * MIB, 256 * MIB), Budget(2_500_000, 10_000_000))
"""Messages, bytes and µs of work in the order of NAMES."""


@dataclass(slots=True)
class Bucket:
    """One measure's bucket. ``level`` is in thousandths, so that every millisecond counts."""

    budget: Budget
    at_ms: int
    level: int = 0

    def __post_init__(self) -> None:
        self.level = self.budget.burst * 1000

    def fill(self, now_ms: int) -> None:
        """Add what the time since the last call has brought."""
        level = self.level + (now_ms - self.at_ms) * self.budget.second
        self.level = min(level, self.budget.burst * 1000)
        self.at_ms = now_ms

    def take(self, amount: int) -> None:
        """Take an amount out, below zero if need be."""
        self.level -= amount * 1000

    @property
    def half_full(self) -> bool:
        """Whether at least half of the burst is left."""
        return self.level >= self.budget.burst * 500


class Buckets:
    """The three buckets of one peer, or of all."""

    __slots__ = ("each",)

    def __init__(self, budgets: tuple[Budget, ...], now_ms: int) -> None:
        self.each = tuple(Bucket(budget, now_ms) for budget in budgets)

    def fill(self, now_ms: int) -> None:
        """Let time pass."""
        for bucket in self.each:
            bucket.fill(now_ms)

    def take(self, amounts: tuple[int, int, int]) -> None:
        """Take one message's amounts."""
        for bucket, amount in zip(self.each, amounts, strict=True):
            bucket.take(amount)

    def halve(self) -> None:
        """Begin just below half of each burst."""
        for bucket in self.each:
            bucket.level = bucket.budget.burst * 500 - 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """``over`` names the measure that has no room ("" if all have); ``own``: the peer's own."""

    over: str = ""
    own: bool = False


TAKEN = Verdict()


class Budgets:
    """The budgets of those who send, by any name for them; the longest silent are forgotten."""

    def __init__(self, now_ms: int) -> None:
        self.all = Buckets(ALL, now_ms)
        self.peers: OrderedDict[bytes, Buckets] = OrderedDict()

    def judge(self, sender: bytes, data: bytes, now_ms: int) -> Verdict:
        """Whether a message may be taken; if so, it is paid for."""
        own = self._of(sender, now_ms)
        own.fill(now_ms)
        self.all.fill(now_ms)
        for name, mine, shared in zip(NAMES, own.each, self.all.each, strict=True):
            if mine.level <= 0:
                return Verdict(name, own=True)
            if shared.level <= 0 and not mine.half_full:
                return Verdict(name)
        amounts = (1, len(data), work_us(data))
        own.take(amounts)
        self.all.take(amounts)
        return TAKEN

    def _of(self, sender: bytes, now_ms: int) -> Buckets:
        own = self.peers.get(sender)
        if own is None:
            own = self.peers[sender] = Buckets(PEER, now_ms)
            own.halve()
            if len(self.peers) > BUDGETS_MOST:
                self.peers.popitem(last=False)
        self.peers.move_to_end(sender)
        return own

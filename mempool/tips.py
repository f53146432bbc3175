"""The tips of all that wait, in order: what ranks and statistics are read from.

Sorting a full pool takes some 20 ms, far more than a request may cost, so the order is kept for a
while: 20 µs for each transaction, which is nothing in a small pool and 0.4 s in a full one.
Source: docs/spec/mempool.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mempool.rules.queues import Queues

KEPT_PER_MS = 50
"""The order is kept a millisecond longer for every so many transactions."""


@dataclass(frozen=True)
class Tips:
    """Tips at one base fee (nANM per gas) in rising order, and when the oldest arrived (Unix ms).

    ``ready`` are those of ready transactions. ``tails`` are the senders' last ones in the order in
    which they would be evicted: whether ready, and the tip.
    """

    base_fee: int
    at_ms: int
    ready: Sequence[int]
    tails: Sequence[tuple[bool, int]]
    oldest_ms: int | None

    @classmethod
    def of(cls, queues: Queues, base_fee: int, now_ms: int) -> Tips:
        """Sorted anew."""
        waiting = queues.senders.values()
        return cls(
            base_fee=base_fee,
            at_ms=now_ms,
            ready=sorted(entry.tip(base_fee) for queue in waiting for entry in queue.ready()),
            tails=sorted((queues.is_ready(q.tail), q.tail.tip(base_fee)) for q in waiting),
            oldest_ms=min((entry.arrived_ms for entry in queues.by_txid.values()), default=None),
        )

    def serves(self, queues: Queues, base_fee: int, now_ms: int) -> bool:
        """Whether it is still good enough: of this base fee, and not too old for so many."""
        kept_ms = len(queues.by_txid) // KEPT_PER_MS
        return base_fee == self.base_fee and 0 <= now_ms - self.at_ms < kept_ms

"""How pooled transactions look to others: pages, numbers, reasons."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from chain.errors import BadCursor, BadLimit
from mempool.rules.entry import Entry
from mempool.rules.queues import Queues
from mempool.values import PooledTx, PoolStats

PAGE_MOST = 200
"""Most items of one page."""


def check_page(cursor: str | None, limit: int) -> int | None:
    """The arrival that a page starts below, None for the first. Raises BadCursor, BadLimit."""
    if not 1 <= limit <= PAGE_MOST:
        raise BadLimit(
            f"the limit is {limit}, the most is {PAGE_MOST}", field="limit", most=PAGE_MOST
        )
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 20):
        raise BadCursor("the cursor is not one of this list", field="cursor")
    return int(cursor)


def page(entries: Iterable[Entry], before: int | None, most: int) -> list[Entry]:
    """Up to ``most`` entries that arrived before ``before``, the latest first."""
    wanted = (entry for entry in entries if before is None or entry.arrival < before)
    return heapq.nlargest(most, wanted, key=lambda entry: entry.arrival)


def pooled(entry: Entry, queues: Queues, base_fee: int) -> PooledTx:
    """A waiting transaction and what it waits for."""
    ready_end = queues.senders[entry.sender].ready_end
    tip = entry.tip(base_fee)
    ready = entry.nonce < ready_end
    reason = None
    if not ready:
        reason = f"waits for the sender's transaction of nonce {ready_end}"
    elif tip < 0:
        reason = f"waits for a base fee of {entry.tx.unsigned.max_fee} or less, now {base_fee}"
    return PooledTx(entry.tx, "ready" if ready else "held", entry.arrived_ms, tip, reason)


def stats(queues: Queues, base_fee: int) -> PoolStats:
    """The pool in numbers."""
    tips = sorted(
        entry.tip(base_fee) for queue in queues.senders.values() for entry in queue.ready()
    )
    total, limits = len(queues.by_txid), queues.limits
    return PoolStats(
        count=total,
        ready=queues.ready_count,
        held=total - queues.ready_count,
        senders=len(queues.senders),
        bytes=queues.size_bytes,
        limit_count=limits.count,
        limit_bytes=limits.size_bytes,
        min_fee=limits.min_fee,
        base_fee=base_fee,
        oldest_ms=min((entry.arrived_ms for entry in queues.by_txid.values()), default=None),
        tip_low=tips[0] if tips else None,
        tip_median=tips[len(tips) // 2] if tips else None,
        tip_high=tips[-1] if tips else None,
    )

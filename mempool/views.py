"""How pooled transactions look to others: pages, numbers, reasons."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from chain.errors import BadCursor, BadLimit
from mempool.rules.entry import Entry
from mempool.rules.queues import Queues
from mempool.rules.room import Room
from mempool.tips import Tips
from mempool.values import Place, PooledTx, PoolStats

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


def places(queues: Queues, sender: bytes, txid: bytes | None, tips: Tips) -> tuple[Place, ...]:
    """A sender's waiting transactions by nonce, or only ``txid``, each with its place."""
    queue = queues.senders.get(sender)
    listed = queue.ordered() if queue is not None else []
    ready, found = tips.ready, []
    for position, entry in enumerate(listed):
        if txid not in (None, entry.txid):
            continue
        tip, needed = entry.tip(tips.base_fee), entry is not listed[-1]
        is_ready = queues.is_ready(entry)
        found.append(
            Place(
                pooled=pooled(entry, queues, tips.base_fee),
                position=position,
                rank=len(ready) - bisect_right(ready, tip) + 1 if is_ready else None,
                needed=needed,
                cheaper=None if needed else bisect_left(tips.tails, (is_ready, tip)),
                outbid_at=None if needed else max(tip + 1, 0) if is_ready else 0,
            )
        )
    return tuple(found)


def fill_percent(used: Room, room: Room) -> int:
    """How full the pool is, by the fuller of count and bytes, rounded down."""
    return max(used.count * 100 // room.count, used.size_bytes * 100 // room.size_bytes)


def stats(queues: Queues, tips: Tips, floor: int, min_fee: int) -> PoolStats:
    """The pool in numbers; ``floor`` and ``min_fee`` as in ``PoolStats``."""
    ready = tips.ready
    total, limits = len(queues.by_txid), queues.limits
    return PoolStats(
        count=total,
        ready=queues.ready_count,
        held=total - queues.ready_count,
        senders=len(queues.senders),
        bytes=queues.size_bytes,
        limit_count=limits.count,
        limit_bytes=limits.size_bytes,
        min_fee=min_fee,
        base_fee=tips.base_fee,
        oldest_ms=tips.oldest_ms,
        tip_low=ready[0] if ready else None,
        tip_median=ready[len(ready) // 2] if ready else None,
        tip_high=ready[-1] if ready else None,
        floor=floor,
        fill_percent=fill_percent(queues.sources.used, limits.room),
        low_percent=limits.low_percent,
        high_percent=limits.high_percent,
    )

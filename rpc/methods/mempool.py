"""``mempool.``: what waits for a block."""

from __future__ import annotations

from chain.errors import BadCursor
from mempool.values import PooledTx
from rpc import context, views
from rpc.errors import NodeAbsent
from rpc.params import Address, Cursor, Limit
from rpc.registry import method
from rpc.results import PooledTxView, PoolPage, PoolStatsView, SenderPool


@method("mempool.stats", errors=[NodeAbsent])
def stats() -> PoolStatsView:
    """Counts, bytes, limits, and the lowest fee that gets in."""
    now = context.pool().stats()
    return {
        "count": now.count,
        "ready": now.ready,
        "held": now.held,
        "senders": now.senders,
        "bytes": now.bytes,
        "limitCount": now.limit_count,
        "limitBytes": now.limit_bytes,
        "minFee": str(now.min_fee),
        "baseFee": str(now.base_fee),
        "oldest": now.oldest_ms,
        "tipLow": _signed(now.tip_low),
        "tipMedian": _signed(now.tip_median),
        "tipHigh": _signed(now.tip_high),
    }


def _signed(tip: int | None) -> str | None:
    return None if tip is None else str(tip)


@method("mempool.content", errors=[NodeAbsent, BadCursor])
def content(cursor: Cursor | None = None, limit: Limit = 25) -> PoolPage:
    """The pool's transactions, page by page."""
    page = context.pool().content(cursor, limit)
    return {"items": [_view(pooled) for pooled in page.items], "cursor": page.cursor}


@method("mempool.inspect", errors=[NodeAbsent])
def inspect(address: Address) -> SenderPool:
    """What the pool holds of one sender, by nonce, and the nonce to use next."""
    pool = context.pool()
    return {
        "address": views.address_text(address),
        "nextNonce": pool.next_nonce(address),
        "items": [_view(pooled) for pooled in pool.by_sender(address)],
    }


def _view(pooled: PooledTx) -> PooledTxView:
    return {
        "tx": views.transaction(pooled.tx),
        "state": pooled.state,
        "arrived": pooled.arrived_ms,
        "tip": str(pooled.tip),
        "reason": pooled.reason,
    }

"""``mempool.``: what waits for a block."""

from __future__ import annotations

from typing import Annotated

from chain.errors import BadCursor
from mempool.rules.limits import REPLACEMENT_PERCENT, PoolLimits, Rate
from mempool.values import Place, PooledTx, PoolStats
from rpc import context, views
from rpc.errors import NodeAbsent
from rpc.params import Address, Bytes32, Cursor, Limit
from rpc.registry import method
from rpc.results.mempool import (
    PlaceView,
    PooledTxView,
    PoolPage,
    PoolPlaces,
    PoolRules,
    PoolStatsView,
    RateView,
)


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
        "floor": str(now.floor),
        "fillPercent": now.fill_percent,
        "lowPercent": now.low_percent,
        "highPercent": now.high_percent,
    }


def _signed(tip: int | None) -> str | None:
    return None if tip is None else str(tip)


@method("mempool.content", errors=[NodeAbsent, BadCursor])
def content(cursor: Cursor | None = None, limit: Limit = 25) -> PoolPage:
    """The pool's transactions, page by page."""
    page = context.pool().content(cursor, limit)
    return {"items": [_view(pooled) for pooled in page.items], "cursor": page.cursor}


@method("mempool.inspect", errors=[NodeAbsent])
def inspect(
    address: Annotated[Address | None, "A sender; all its waiting transactions."] = None,
    txid: Annotated[Bytes32 | None, "Only this transaction."] = None,
) -> PoolPlaces:
    """Where transactions stand in the pool, what they wait for, and the pool's rules.

    A transaction that is not in the pool gives no items; `tx.getStatus` says why it left.
    """
    pool = context.pool()
    if address is None and txid is not None and (found := pool.get(txid)) is not None:
        address = found.tx.unsigned.sender
    places = pool.places(address, txid) if address is not None else ()
    return {
        "address": None if address is None else views.address_text(address),
        "nextNonce": None if address is None else pool.next_nonce(address),
        "items": [_place(place) for place in places],
        "pool": _rules(pool.limits, pool.stats()),
    }


def _place(place: Place) -> PlaceView:
    return {
        **_view(place.pooled),
        "position": place.position,
        "rank": place.rank,
        "needed": place.needed,
        "cheaper": place.cheaper,
        "outbidAt": _signed(place.outbid_at),
    }


def _rules(limits: PoolLimits, now: PoolStats) -> PoolRules:
    return {
        "floor": str(now.floor),
        "minFee": str(now.min_fee),
        "fillPercent": now.fill_percent,
        "lowPercent": limits.low_percent,
        "highPercent": limits.high_percent,
        "sourcePercent": limits.source_percent,
        "perSender": limits.per_sender,
        "heldPerSender": limits.held_per_sender,
        "replacementPercent": REPLACEMENT_PERCENT,
        "ttlMs": limits.ttl_ms,
        "countRate": _rate(limits.rates.count),
        "byteRate": _rate(limits.rates.bytes),
        "verificationRate": _rate(limits.rates.verifications),
    }


def _rate(rate: Rate) -> RateView:
    return {"perSecond": rate.per_second, "burst": rate.burst}


def _view(pooled: PooledTx) -> PooledTxView:
    return {
        "tx": views.transaction(pooled.tx),
        "state": pooled.state,
        "arrived": pooled.arrived_ms,
        "tip": str(pooled.tip),
        "reason": pooled.reason,
    }

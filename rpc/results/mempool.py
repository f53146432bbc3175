"""Waiting transactions and the pool that holds them."""

from __future__ import annotations

from typing import Literal, TypedDict

from rpc.results.forms import AddressText, AmountText
from rpc.results.tx import TransactionView


class PooledTxView(TypedDict):
    """A transaction in the pool.

    `tip` is per gas at the next base fee; `reason` says what it waits for, if anything.
    """

    tx: TransactionView
    state: Literal["ready", "held"]
    arrived: int
    tip: str
    reason: str | None


class PoolPage(TypedDict):
    """A page of the pool and the cursor of the next page."""

    items: list[PooledTxView]
    cursor: str | None


class PlaceView(PooledTxView):
    """A transaction in the pool and its place.

    `position` counts from 0 among its sender's waiting transactions. `rank` counts from 1 among
    all ready ones by tip; null while it is held. `needed`: others of its sender build on it, so
    it cannot be evicted. Otherwise, when the pool is full, `cheaper` last transactions of other
    senders would go before it, and after them a newcomer with a tip of `outbidAt` evicts it. The
    shares of sources, which may change that order, are left out of it.
    """

    position: int
    rank: int | None
    needed: bool
    cheaper: int | None
    outbidAt: str | None


class RateView(TypedDict):
    """A token bucket: so many a second, at most `burst` saved up."""

    perSecond: int
    burst: int


class PoolRules(TypedDict):
    """The pool's local policy. Percents are of its room; `floor` is the least tip that gets in.

    The rates bound one source: transactions, bytes, verifications of ML-DSA-65 signatures.
    """

    floor: str
    minFee: AmountText
    fillPercent: int
    lowPercent: int
    highPercent: int
    sourcePercent: int
    perSender: int
    heldPerSender: int
    replacementPercent: int
    ttlMs: int
    countRate: RateView
    byteRate: RateView
    verificationRate: RateView


class PoolPlaces(TypedDict):
    """Waiting transactions of one sender by nonce, each with its place, and the pool's rules."""

    address: AddressText | None
    nextNonce: int | None
    items: list[PlaceView]
    pool: PoolRules


class PoolStatsView(TypedDict):
    """The pool in numbers. Fees and tips per gas; tips and `oldest` are null in an empty pool.

    `baseFee` is the next block's. A negative tip waits for a lower base fee. `floor` is the least
    tip that gets in; `fillPercent` and the watermarks are percent of the pool's room.
    """

    count: int
    ready: int
    held: int
    senders: int
    bytes: int
    limitCount: int
    limitBytes: int
    minFee: AmountText
    baseFee: AmountText
    oldest: int | None
    tipLow: str | None
    tipMedian: str | None
    tipHigh: str | None
    floor: str
    fillPercent: int
    lowPercent: int
    highPercent: int

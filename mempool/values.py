"""What the pool tells others: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.tx import SignedTx

State = Literal["ready", "held"]
"""``ready``: every earlier nonce is there. ``held``: an earlier nonce is missing."""


@dataclass(frozen=True)
class Admission:
    """A submission that the pool took."""

    txid: bytes
    state: State


@dataclass(frozen=True)
class PooledTx:
    """A waiting transaction.

    ``tip`` is what it pays the producer per gas at the next base fee (nANM); negative means that
    it waits for a lower one. ``reason`` says what it waits for, None when the next block may
    take it.
    """

    tx: SignedTx
    state: State
    arrived_ms: int
    tip: int
    reason: str | None


@dataclass(frozen=True)
class Place:
    """Where a waiting transaction stands.

    ``position`` counts from 0 among its sender's waiting transactions, ``rank`` from 1 among all
    ready ones by tip (None when it is held). ``needed`` says that others of its sender build on
    it, so that it cannot be evicted. Otherwise ``cheaper`` last transactions would go before it
    if there were no room, and then a newcomer with a tip of ``outbid_at`` (nANM per gas) evicts it.
    """

    pooled: PooledTx
    position: int
    rank: int | None
    needed: bool
    cheaper: int | None
    outbid_at: int | None


@dataclass(frozen=True)
class PoolStats:
    """The pool in numbers. Fees and tips in nANM per gas; None in an empty pool.

    ``floor`` is the least tip that gets in, ``min_fee`` the least ``maxFee``. ``fill_percent`` is
    of the fuller of count and bytes.
    ``base_fee`` is the next block's; the tips are of ready transactions, negative ones included.
    """

    count: int
    ready: int
    held: int
    senders: int
    bytes: int
    limit_count: int
    limit_bytes: int
    min_fee: int
    base_fee: int
    oldest_ms: int | None
    tip_low: int | None
    tip_median: int | None
    tip_high: int | None
    floor: int
    fill_percent: int
    low_percent: int
    high_percent: int

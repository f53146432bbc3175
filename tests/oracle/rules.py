"""Retarget, fees and money in rational numbers. Sources: docs/spec/consensus.md and fees.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

MILLION = 10**6


def clamp(value: int, low: int, high: int) -> int:
    """The nearest number to ``value`` that is neither below ``low`` nor above ``high``."""
    return sorted((low, value, high))[1]


def retarget(theta: int, dt: int, target: int, tau: int, dmax: int, least: int, most: int) -> int:
    """Θ' = clamp(Θ + clamp((Tt − Δt) · 10^6 / τ, ±Δmax), Θmin, Θmax), division toward zero."""
    moved = math.trunc(Fraction((target - dt) * MILLION, tau))
    return clamp(theta + clamp(moved, -dmax, dmax), least, most)


def fee_step(fee: int, used: int, limit: int, floor: int) -> int:
    """The fee after a block that used ``used`` of ``limit``."""
    target = math.floor(Fraction(limit, 2))
    distance = math.floor(Fraction(fee * abs(used - target), target))
    eighth = math.floor(Fraction(distance, 8))
    if used > target:
        return fee + max(1, eighth)
    if used < target:
        return max(floor, fee - eighth)
    return fee


def blob_limit(kmax: int) -> int:
    """Bytes of blob shares in a full square of side ``kmax``."""
    return 512 * kmax**2


@dataclass(frozen=True)
class Money:
    """How a network makes new money: amounts in nANM, parts in ppm; ``slices`` is N."""

    start: int
    era_blocks: int
    decay_ppm: int
    tail: int
    shares_ppm: int = 200_000
    aicf_ppm: int = 150_000
    treasury_ppm: int = 50_000
    slices: int = 32


MAINNET = Money(start=10**9, era_blocks=2_628_000, decay_ppm=125_000, tail=10**7)
TESTNET = Money(start=10**9, era_blocks=1_000_000, decay_ppm=125_000, tail=10**7)
DEVNET = Money(start=10**10, era_blocks=0, decay_ppm=0, tail=10**10, slices=4)
FAST = Money(start=10**10, era_blocks=50, decay_ppm=125_000, tail=10**7, slices=4)
NETWORKS = {"mainnet": MAINNET, "testnet": TESTNET, "devnet": DEVNET, "fast": FAST}
BLOCK_MS = {"mainnet": 12_000, "testnet": 6_000, "devnet": 2_000, "fast": 1_000}


def subsidy(height: int, money: Money) -> int:
    """New money of a block, before what stays unminted."""
    if money.era_blocks == 0:
        return money.start
    return era_subsidy(math.floor(Fraction(height - 1, money.era_blocks)), money)


def era_subsidy(era: int, money: Money) -> int:
    """The start value, multiplied once for each era and rounded down each time, or the tail."""
    amount, passed = money.start, 0
    while passed < era and amount > money.tail and money.decay_ppm:
        amount = math.floor(amount * Fraction(MILLION - money.decay_ppm, MILLION))
        passed += 1
    return max(amount, money.tail)


def part(amount: int, ppm: int) -> int:
    """``ppm`` millionths of an amount, rounded down."""
    return math.floor(amount * Fraction(ppm, MILLION))


def split_subsidy(amount: int, money: Money) -> dict[str, int]:
    """Who gets which part; ``shares`` is minted only as far as it is claimed."""
    shares, aicf, treasury = (
        part(amount, ppm) for ppm in (money.shares_ppm, money.aicf_ppm, money.treasury_ppm)
    )
    producer = amount - shares - aicf - treasury
    return {"producer": producer, "shares": shares, "aicf": aicf, "treasury": treasury}


def split_base_fees(amount: int, treasury_ppm: int, aicf_ppm: int) -> dict[str, int]:
    """The rest is burnt."""
    treasury, aicf = part(amount, treasury_ppm), part(amount, aicf_ppm)
    return {"treasury": treasury, "aicf": aicf, "burnt": amount - treasury - aicf}


def split_tips(amount: int, aicf_ppm: int) -> dict[str, int]:
    """The rest is the producer's."""
    aicf = part(amount, aicf_ppm)
    return {"producer": amount - aicf, "aicf": aicf}


def minted(amount: int, money: Money, *, claimed: bool) -> int:
    """What a block of this subsidy mints: with all N slices claimed, or with none.

    A slice is the share part div N.
    """
    shares = split_subsidy(amount, money)["shares"]
    slices = shares // money.slices * money.slices if claimed else 0
    return amount - shares + slices


def supply(height: int, money: Money, *, claimed: bool) -> int:
    """Minted from block 1 to ``height``, both included."""
    if money.era_blocks == 0:
        return height * minted(money.start, money, claimed=claimed)
    total, era = 0, 0
    while height > 0:
        amount = era_subsidy(era, money)
        is_last = amount == era_subsidy(era + 1, money)  # from here on every era is the same
        blocks = height if is_last else min(height, money.era_blocks)
        total += blocks * minted(amount, money, claimed=claimed)
        height -= blocks
        era += 1
    return total


def last_height_below(limit: int, money: Money, *, claimed: bool) -> int:
    """The last height at which less than ``limit`` is minted in all."""
    low, high = 0, 1
    while supply(high, money, claimed=claimed) < limit:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if supply(middle, money, claimed=claimed) < limit:
            low = middle
        else:
            high = middle
    return low


def eras_to_the_tail(money: Money) -> int:
    """The first era whose subsidy is the tail."""
    era = 0
    while era_subsidy(era, money) > money.tail:
        era += 1
    return era

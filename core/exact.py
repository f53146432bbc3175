"""Exact integer values of the three transcendental functions of consensus. No float anywhere.

    target(x) = floor(2^256 · e^(−x/10^6))       x in micro-nats
    ln1p(a,b) = floor(10^6 · ln(1 + a/b))        in micro-nats
    nlog(u)   = floor(−10^6 · ln((u+1)/2^256))   in micro-nats

Method: a rational lower and upper bound with ``p`` fractional bits; when both have the same
floor it is the true one, else ``p`` doubles. This ends, because e^q and ln(q) are irrational for
every rational q but 0 and 1, and those two are answered directly. Source: docs/spec/exact.md.
"""

from __future__ import annotations

from functools import lru_cache

MICRO = 10**6
ONE_256 = 1 << 256
ZERO_TARGET_UNAT = 177_445_679
"""From here on ``target`` is 0: the least integer above 10^6 · 256 · ln 2."""

_EXP_BITS = 352
_LN_BITS = 128
_SHRINK_BITS = 8


@lru_cache(maxsize=4096)
def target(x_unat: int) -> int:
    """floor(2^256 · e^(−x/10^6)); ``x_unat`` ≥ 0 in micro-nats, ``ValueError`` below 0."""
    if x_unat < 0:
        raise ValueError("x_unat must be at least 0")
    if x_unat == 0:
        return ONE_256
    if x_unat >= ZERO_TARGET_UNAT:
        return 0
    bits = _EXP_BITS
    while True:
        low, high = _exp_bounds(x_unat, bits)
        value = (ONE_256 << bits) // high
        if value == (ONE_256 << bits) // low:
            return value
        bits *= 2


def work(theta_unat: int) -> int:
    """Expected hashes of a block: 2^256 div target(θ). θ in micro-nats.

    ``ValueError`` where the target is 0, that is from ``ZERO_TARGET_UNAT`` on.
    """
    goal = target(theta_unat)
    if goal == 0:
        raise ValueError("no hash can meet a target of 0")
    return ONE_256 // goal


def ln1p(a: int, b: int) -> int:
    """floor(10^6 · ln(1 + a/b)) in micro-nats; a ≥ 0 and b > 0, else ``ValueError``."""
    if a < 0 or b <= 0:
        raise ValueError("ln1p needs a >= 0 and b > 0")
    return _floor_ln(a + b, b)


def nlog(u: int) -> int:
    """floor(−10^6 · ln((u+1)/2^256)) in micro-nats; 0 ≤ u < 2^256, else ``ValueError``."""
    if not 0 <= u < ONE_256:
        raise ValueError("nlog needs 0 <= u < 2^256")
    return _floor_ln(ONE_256, u + 1)


def _exp_bounds(x_unat: int, bits: int) -> tuple[int, int]:
    """Integers low < 2^bits · e^(x/10^6) < high, for x > 0.

    The argument is halved ``halvings`` times to below 2^−8, the series summed, the result
    squared back. A floored term loses under 2 units (its own floor plus what it inherits,
    shrunk by the small argument); the tail after the first zero term is under 2 units.
    """
    halvings = max(0, (x_unat // MICRO).bit_length()) + _SHRINK_BITS
    divisor = MICRO << halvings
    term = low = 1 << bits
    count = 0
    while term:
        count += 1
        term = term * x_unat // (divisor * count)
        low += term
    high = low + 2 * count + 2
    for _ in range(halvings):
        low = low * low >> bits
        high = (high * high >> bits) + 1
    return low, high


def _floor_ln(numerator: int, denominator: int) -> int:
    """floor(10^6 · ln(numerator/denominator)) for numerator ≥ denominator ≥ 1."""
    if numerator == denominator:
        return 0
    bits = _LN_BITS
    while True:
        low, high = _ln_bounds(numerator, denominator, bits)
        value = low * MICRO >> bits
        if value == high * MICRO >> bits:
            return value
        bits *= 2


def _ln_bounds(numerator: int, denominator: int, bits: int) -> tuple[int, int]:
    """Integers low ≤ 2^bits · ln(n/d) < high: n/d = 2^k · m with 1 ≤ m < 2, ln m by atanh."""
    power = numerator.bit_length() - denominator.bit_length()
    if numerator < denominator << power:
        power -= 1
    scaled = denominator << power
    low, high = _atanh_bounds(numerator - scaled, numerator + scaled, bits)
    low_ln2, high_ln2 = _ln2_bounds(bits)
    return 2 * low + power * low_ln2, 2 * high + power * high_ln2


@lru_cache(maxsize=8)
def _ln2_bounds(bits: int) -> tuple[int, int]:
    low, high = _atanh_bounds(1, 3, bits)
    return 2 * low, 2 * high


def _atanh_bounds(numerator: int, denominator: int, bits: int) -> tuple[int, int]:
    """Integers low ≤ 2^bits · atanh(n/d) < high for 0 ≤ n/d ≤ 1/3.

    Sum of t^i / i over odd i. A floored power is under 2 units short: its factor t² is under 2
    units short and at most 1/9. With the floor of its division a term is under 3 short, and the
    tail after the first zero power is under 3.
    """
    argument = (numerator << bits) // denominator
    square = argument * argument >> bits
    low, power, odd = 0, argument, 1
    while power:
        low += power // odd
        power = power * square >> bits
        odd += 2
    return low, low + 3 * (odd // 2) + 3

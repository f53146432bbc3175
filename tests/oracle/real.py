"""The real functions of consensus, by MPFR with directed rounding. Source: docs/spec/exact.md.

A value is computed twice, once with every step rounded down and once with every step rounded up,
so that the real number lies between. Where both have the same floor it is the true one; where not,
the precision doubles. The steps are increasing functions of what goes in, so rounding all of them
the same way keeps the side.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import gmpy2

MILLION = 10**6
WHOLE = 1 << 256
FIRST_BITS = 384
MOST_BITS = 1 << 16


@lru_cache(maxsize=16)
def _pair(bits: int) -> tuple[gmpy2.context, gmpy2.context]:
    down = gmpy2.context(precision=bits, round=gmpy2.RoundDown)
    up = gmpy2.context(precision=bits, round=gmpy2.RoundUp)
    return down, up


def _floor(value: Callable[[gmpy2.context], gmpy2.mpfr], bits: int = FIRST_BITS) -> int:
    """The floor of what ``value`` computes in a context that rounds one way."""
    while bits <= MOST_BITS:
        low, high = (int(context.floor(value(context))) for context in _pair(bits))
        if low == high:
            return low
        bits *= 2
    raise ArithmeticError("no precision tells on which side of a whole number the value is")


def target(x: int) -> int:
    """floor(2^256 · e^(−x/10^6))."""
    return _floor(lambda c: c.mul(c.exp(c.div(-x, MILLION)), WHOLE))


def work(x: int) -> int | None:
    """2^256 div target(x); None where the target is 0."""
    return WHOLE // target(x) if target(x) else None


def ln1p(a: int, b: int) -> int:
    """floor(10^6 · ln(1 + a/b))."""
    return _micro_ln(a + b, b)


def nlog(u: int) -> int:
    """floor(−10^6 · ln((u + 1)/2^256)), as the logarithm of the reciprocal."""
    return _micro_ln(WHOLE, u + 1)


def _micro_ln(over: int, under: int) -> int:
    bits = max(FIRST_BITS, 2 * over.bit_length())  # both numbers go in unrounded
    over, under = gmpy2.mpz(over), gmpy2.mpz(under)
    return _floor(lambda c: c.mul(c.log(c.div(over, under)), MILLION), bits)


def last_ratio_below(n: int, b: int) -> int:
    """The greatest a with ln1p(a, b) < n, for n ≥ 1: where the floor changes.

    a = ceil(b · (e^(n/10^6) − 1)) − 1, which is the floor, as the power is irrational.
    """
    bits = max(FIRST_BITS, 4 * b.bit_length())
    return _floor(lambda c: c.mul(c.sub(c.exp(c.div(n, MILLION)), 1), b), bits)

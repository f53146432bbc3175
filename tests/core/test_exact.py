"""The exact functions against the vectors and against MPFR with directed rounding."""

import json
import random
from pathlib import Path

import gmpy2
import pytest
from gmpy2 import RoundDown, RoundUp, mpq, mpz

from core import exact

GIVEN = Path(__file__).parent.parent / "vectors" / "given"
LAST = 177_445_678


def cases(name):
    return json.loads((GIVEN / name).read_text())["cases"]


def bounded_floor(compute) -> int:
    """The floor of a real number that ``compute(rounding)`` brackets, at 1,200 bits."""
    ends = set()
    for rounding in (RoundDown, RoundUp):
        with gmpy2.context(precision=1200, round=rounding):
            ends.add(int(gmpy2.floor(compute())))
    assert len(ends) == 1, "the oracle itself is not sure"
    return ends.pop()


def mpfr_target(x: int) -> int:
    return bounded_floor(lambda: gmpy2.exp(gmpy2.mpfr(mpq(-x, 10**6))) * mpz(1 << 256))


def mpfr_ln(numerator: int, denominator: int) -> int:
    return bounded_floor(lambda: gmpy2.log(gmpy2.mpfr(mpq(numerator, denominator))) * mpz(10**6))


@pytest.mark.parametrize("case", cases("target.json"), ids=lambda case: str(case["micro_nats"]))
def test_target_vectors(case):
    assert exact.target(case["micro_nats"]) == int(case["target"], 16)
    assert exact.work(case["micro_nats"]) == int(case["work"])


@pytest.mark.parametrize("case", cases("exact.json"), ids=str)
def test_ln_vectors(case):
    if "ln1p" in case:
        assert exact.ln1p(*case["ln1p"]) == case["value"]
    else:
        assert exact.nlog(int(case["nlog"], 16)) == case["value"]


def test_target_against_mpfr():
    rng = random.Random(1)
    points = [1, 2, 999_999, 10**6, 10**6 + 1, LAST - 1, LAST, LAST + 1, LAST + 2]
    points += [rng.randrange(1, 64 * 10**6) for _ in range(1500)]
    points += [rng.randrange(1, LAST) for _ in range(500)]
    for x in points:
        assert exact.target(x) == mpfr_target(x), x


def test_nlog_against_mpfr():
    rng = random.Random(2)
    points = [0, 1, 2, 2**256 - 2]
    points += [(1 << k) + d for k in range(1, 256) for d in (-2, -1, 0, 1)]
    points += [rng.randrange(2**256) for _ in range(1000)]
    points += [rng.randrange(2 ** rng.randrange(1, 257)) for _ in range(1000)]
    for u in points:
        assert exact.nlog(u) == mpfr_ln(1 << 256, u + 1), u


def test_ln1p_against_mpfr():
    rng = random.Random(3)
    points = [(0, 1), (1, 2**64), (2**64 - 1, 1), (2**200, 1), (1, 2**200), (7, 7)]
    for _ in range(2000):
        a = rng.randrange(2 ** rng.randrange(1, 129))
        b = rng.randrange(1, 2 ** rng.randrange(1, 129) + 1)
        points.append((a, b))
    for a, b in points:
        if a:
            assert exact.ln1p(a, b) == mpfr_ln(a + b, b), (a, b)
        else:
            assert exact.ln1p(a, b) == 0


def test_exact_points_answer_at_once():
    assert exact.target(0) == 2**256
    assert exact.ln1p(0, 3) == 0
    assert exact.nlog(2**256 - 1) == 0


@pytest.mark.parametrize("n", [1, 17, 693_147, 1_000_000, 5_000_001, 40_000_000])
@pytest.mark.parametrize("digits", [30, 120, 400])
def test_ln_close_to_a_whole_number(n, digits):
    """Fractions a hair above and below e^(n/10^6): the first precision cannot tell them apart."""
    with gmpy2.context(precision=4000):
        power = gmpy2.exp(gmpy2.mpfr(mpq(n, 10**6)))
        below = int(gmpy2.floor(power * mpz(10**digits)))
    scale = 10**digits
    assert exact.ln1p(below - scale, scale) == n - 1
    assert exact.ln1p(below + 1 - scale, scale) == n


@pytest.mark.parametrize("bits", [8, 16, 64])
def test_any_first_precision_gives_the_same_values(monkeypatch, bits):
    rng = random.Random(4)
    points = [rng.randrange(1, 64 * 10**6) for _ in range(30)]
    wanted = [(exact.target(x), exact.nlog(x << 200), exact.ln1p(x, 10**6)) for x in points]
    monkeypatch.setattr(exact, "_EXP_BITS", bits)
    monkeypatch.setattr(exact, "_LN_BITS", bits)
    exact.target.cache_clear()
    found = [(exact.target(x), exact.nlog(x << 200), exact.ln1p(x, 10**6)) for x in points]
    assert found == wanted


@pytest.mark.parametrize("bits", [4, 9, 33, 128])
def test_bounds_hold_the_true_value(bits):
    """The error analysis itself, where its margins are widest against the value: few bits."""
    rng = random.Random(bits)
    with gmpy2.context(precision=2000):
        for _ in range(500):
            x = rng.randrange(1, 20 * 10**6)
            low, high = exact._exp_bounds(x, bits)
            assert low < gmpy2.exp(gmpy2.mpfr(mpq(x, 10**6))) * mpz(1 << bits) < high
            d = rng.randrange(1, 2**90)
            n = d + rng.randrange(2**100)
            low, high = exact._ln_bounds(n, d, bits)
            assert low <= gmpy2.log(gmpy2.mpfr(mpq(n, d))) * mpz(1 << bits) < high


def test_target_falls_to_zero_where_the_last_hash_is_lost():
    assert exact.nlog(0) == LAST
    assert exact.target(LAST) == 1
    assert exact.target(LAST + 1) == 0 == exact.target(10**30)
    assert exact.ZERO_TARGET_UNAT == LAST + 1


def test_target_and_nlog_agree():
    """A digest u meets target(x) exactly when its score reaches x: u < target(x) ⇔ nlog(u) ≥ x."""
    rng = random.Random(5)
    for x in [rng.randrange(1, 64 * 10**6) for _ in range(300)]:
        goal = exact.target(x)
        assert exact.nlog(goal - 1) >= x > exact.nlog(goal)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (exact.target, (-1,)),
        (exact.work, (LAST + 1,)),
        (exact.ln1p, (-1, 1)),
        (exact.ln1p, (1, 0)),
        (exact.ln1p, (1, -1)),
        (exact.nlog, (-1,)),
        (exact.nlog, (2**256,)),
    ],
)
def test_outside_the_domain(function, arguments):
    with pytest.raises(ValueError, match=r"\w"):
        function(*arguments)

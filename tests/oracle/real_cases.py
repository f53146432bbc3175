"""Cases of target.json and exact.json: what came first, every boundary, and drawn ones."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle import real
from tests.oracle.draws import Draws

FIRST_ZERO = 177_445_679
U64 = 2**64 - 1
U256 = 2**256 - 1
LN2 = 693_147  # the whole number below 10^6 · ln 2

GIVEN_TARGETS = (
    *(0, 1, LN2, LN2 + 1, 10**6, 2_302_585, 12 * 10**6, 23_999_999, 24 * 10**6, 44_361_419),
    64 * 10**6,
)
GIVEN_LN1P = ((0, 7), (1, 1), (1, 10**6), (10**18, 3), (999_999, 10**6), (2**63, 1))
GIVEN_NLOG = (
    *(0, 1, 1 << 128, 1 << 255, U256),
    0x304B89EFEB8E6E1BA8B7A9F7D5E90394751321A12F2AFDC340B6E2C8EE789338,
)


def target_points() -> Iterator[int]:
    """In micro-nats."""
    yield from GIVEN_TARGETS
    yield from range(2, 11)
    for nats in range(2, 65):
        yield from (nats * 10**6 - 1, nats * 10**6, nats * 10**6 + 1)
    for power in (*range(2, 33), 63, 64, 65, 127, 128, 129, 192, 248, 252, 254, 255):
        crossed = real.nlog((1 << (256 - power)) - 1)  # the last x with target ≥ 2^(256 − power)
        yield from (crossed, crossed + 1)
    for small in range(1, 33):
        last = real.nlog(small - 1)  # the last x with target ≥ small
        yield from (last - 1, last, last + 1)
    yield from (FIRST_ZERO - 2, FIRST_ZERO - 1, FIRST_ZERO, FIRST_ZERO + 1, 2**32, 2**63, U64)
    draws = Draws("target")
    yield from (draws.below(64 * 10**6) for _ in range(100))
    yield from (draws.below(FIRST_ZERO) for _ in range(50))


def ln1p_points() -> Iterator[tuple[int, int]]:
    """Pairs (a, b)."""
    yield from GIVEN_LN1P
    yield from ((0, 1), (0, U64), (1, U64), (U64, 1), (U64, U64), (U64 - 1, U64), (2**63 - 1, 1))
    yield from ((1, 2**256), (2**256, 1), (7, 7), (999_999_999, 10**15), (10**9, 10**15))
    for digits in (6, 9, 12, 30, 80):
        for n in (1, 2, 3, 1000, LN2, LN2 + 1, 10**6, 2_300_000, 9_999_999, 40 * 10**6):
            last = real.last_ratio_below(n, 10**digits)
            yield from ((last, 10**digits), (last + 1, 10**digits))
    draws = Draws("ln1p")
    yield from ((draws.sized(128), 1 + draws.sized(128)) for _ in range(100))


def nlog_points() -> Iterator[int]:
    """Draws u."""
    yield from GIVEN_NLOG
    yield from range(2, 17)
    for power in (*range(8, 257, 8), 253, 254, 255):
        yield from ((1 << power) - 2, (1 << power) - 1)
        yield from (u for u in (1 << power, (1 << power) + 1) if u <= U256)
    for x in (1, 2, LN2, LN2 + 1, 10**6, 12 * 10**6, 24 * 10**6, 64 * 10**6, FIRST_ZERO - 40):
        goal = real.target(x)  # u < target(x) exactly where nlog(u) ≥ x
        yield from (u for u in range(goal - 2, goal + 2) if u >= 0)
    draws = Draws("nlog")
    yield from (draws.below(2**256) for _ in range(50))
    yield from (draws.sized(256) for _ in range(50))


def target_cases() -> list[dict[str, object]]:
    """``work`` is missing where the target is 0."""
    found: list[dict[str, object]] = []
    for x in dict.fromkeys(target_points()):
        case: dict[str, object] = {"micro_nats": x, "target": hex(real.target(x))}
        if (work := real.work(x)) is not None:
            case["work"] = str(work)
        found.append(case)
    return found


def exact_cases() -> list[dict[str, object]]:
    """Logarithms of both kinds."""
    found: list[dict[str, object]] = [
        {"ln1p": list(pair), "value": real.ln1p(*pair)} for pair in dict.fromkeys(ln1p_points())
    ]
    for u in dict.fromkeys(nlog_points()):
        found.append({"nlog": hex(u), "value": real.nlog(u)})
    return found

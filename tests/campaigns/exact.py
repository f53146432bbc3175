"""``make campaign-exact``: target, ln1p and nlog against the oracle's multiprecision values.

Half of the points are boundaries, where a value one off shows: arguments beside those at which a
floor changes, powers of two, the least and the greatest. The other half are random, of all sizes.
The first difference ends the run with its point; the same seed gives the same points.

    python -m tests.campaigns.exact [--points N] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

from core import exact
from tests.oracle import real

POINTS = 20_000_000
BATCH = 500
LAST = exact.ZERO_TARGET_UNAT - 1
U256 = 2**256 - 1
Point = tuple[str, tuple[int, ...]]


def sized(rng: random.Random, most_bits: int) -> int:
    """A number of any size up to so many bits."""
    return rng.getrandbits(rng.randint(1, most_bits))


# ------------------------------------------------------------------ points, by the dozen


def ends(rng: random.Random) -> Iterator[Point]:
    """What the functions answer directly, and the least and the greatest arguments."""
    for x in (0, 1, 2, LAST - 1, LAST, LAST + 1, LAST + 2 + sized(rng, 64)):
        yield "target", (x,)
    for u in (0, 1, 2, U256 - 2, U256 - 1, U256):
        yield "nlog", (u,)
    b = 1 + sized(rng, 256)
    for pair in ((0, b), (1, b), (b, 1), (b, b), (b, b + 1), (b + 1, b), (1, 1 << 256)):
        yield "ln1p", pair


def random_targets(rng: random.Random) -> Iterator[Point]:
    """Anywhere below the first zero; two thirds where Θ can be."""
    for _ in range(12):
        yield "target", (rng.randrange(rng.choice((LAST + 2, 64 * 10**6 + 1, 64 * 10**6 + 1))),)


def targets_at_powers(rng: random.Random) -> Iterator[Point]:
    """Beside a power of two: the x at which target falls below 2^k."""
    last = real.nlog((1 << rng.randrange(256)) - 1)
    for x in range(last - 2, last + 4):
        yield "target", (max(0, x),)


def small_targets(rng: random.Random) -> Iterator[Point]:
    """Where the target has few bits, and so falls by whole numbers."""
    last = real.nlog(sized(rng, 20))
    for x in range(last - 1, last + 3):
        yield "target", (x,)


def random_nlogs(rng: random.Random) -> Iterator[Point]:
    """Draws of all sizes, and draws as they come."""
    for _ in range(6):
        yield "nlog", (sized(rng, 256),)
        yield "nlog", (rng.getrandbits(256),)


def nlogs_where_they_change(rng: random.Random) -> Iterator[Point]:
    """nlog(u) ≥ x exactly where u < target(x)."""
    goal = real.target(rng.randrange(1, LAST + 1))
    for u in range(max(0, goal - 2), goal + 2):
        yield "nlog", (u,)


def nlogs_at_powers(rng: random.Random) -> Iterator[Point]:
    """Draws with u + 1 beside a power of two."""
    power = 1 << rng.randrange(257)
    for u in range(max(0, power - 3), min(U256, power + 1) + 1):
        yield "nlog", (u,)


def random_ln1ps(rng: random.Random) -> Iterator[Point]:
    """Both numbers of all sizes, each on its own; and amounts of work as blocks have them."""
    for _ in range(6):
        yield "ln1p", (sized(rng, 256), 1 + sized(rng, 256))
        yield "ln1p", (sized(rng, 64) * rng.randrange(10**6 + 1), 10**6 * (1 + sized(rng, 24)))


def ln1ps_where_they_change(rng: random.Random) -> Iterator[Point]:
    """For some b the last a below n micro-nats, and its neighbours."""
    b = 1 + sized(rng, 256)
    last = real.last_ratio_below(1 + sized(rng, 26), b)
    for a in range(max(0, last - 1), last + 3):
        yield "ln1p", (a, b)


def ln1ps_close_to_nothing(rng: random.Random) -> Iterator[Point]:
    """a/b beside 10^−6, where the first whole micro-nat is, and far below."""
    a = 1 + sized(rng, 128)
    for b in (a * 10**6 - 1, a * 10**6, a * 10**6 + 1, a * 999_999, a << rng.randrange(200)):
        yield "ln1p", (a, b)


BOUNDARIES = (
    *(targets_at_powers, small_targets, nlogs_where_they_change, nlogs_at_powers),
    *(ln1ps_where_they_change, ln1ps_close_to_nothing),
)
RANDOM = (random_targets, random_nlogs, random_ln1ps)


def compare(rng: random.Random, counts: Counter[str], points: int) -> None:
    """At least so many points, half of them boundaries; AssertionError at the first difference."""
    done = Counter[bool]()
    source, is_boundary = ends, True
    while done.total() < points:
        for name, arguments in source(rng):
            found, true = getattr(exact, name)(*arguments), getattr(real, name)(*arguments)
            assert found == true, f"{name}{arguments} is {true}, the node says {found}"
            counts[f"{name}, {'boundary' if is_boundary else 'random'}"] += 1
            done[is_boundary] += 1
        is_boundary = done[True] <= done[False]
        source = rng.choice(BOUNDARIES if is_boundary else RANDOM)


def campaign(points: int, seed: int, told: Callable[[int], None] = lambda done: None) -> Counter:
    """Compare so many points, in batches that ``told`` hears of."""
    rng, counts = random.Random(seed), Counter[str]()
    while (left := points - counts.total()) > 0:
        compare(rng, counts, min(BATCH, left))
        told(counts.total())
    return counts


def main() -> None:
    """Parse the arguments, compare, report."""
    from animica_site.progress import Progress

    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    begun = time.monotonic()
    with Progress("exact functions", total=chosen.points, unit="points") as progress:
        counts = campaign(chosen.points, chosen.seed, progress.at)
    seconds = time.monotonic() - begun
    print(f"\nseed {chosen.seed}: {counts.total():,} points without a difference, {seconds:.0f} s,")
    print(f"{counts.total() / seconds:,.0f} points a second")
    for name, count in sorted(counts.items()):
        print(f"  {name:20} {count:,}")


if __name__ == "__main__":
    main()

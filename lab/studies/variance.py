"""A small miner's income over a month, by blocks alone and with hash shares."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lab.light import Rules
from lab.outcome import Income, Outcome, rewards
from lab.strategies import Miner
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, percent, thin

PARTS = 200
SIZES = ((1e-4, "0.01 %"), (1e-5, "0.001 %"))


def study(bench: Bench) -> Result:
    """One run with two crowds of equal small miners, so that each gives a sample."""
    bench.expect(bench.blocks)
    small = [Miner(name, size * PARTS * bench.rate, parts=PARTS) for size, name in SIZES]
    rest = 1 - sum(size for size, _ in SIZES) * PARTS
    miners = [*small, Miner("others", rest * bench.rate)]
    outcome = bench.run(bench.world(Rules(bench.network), miners, "variance", with_shares=True))
    incomes = outcome.incomes()
    crowds = [
        [incomes.get((place, part), Income()) for part in range(PARTS)]
        for place in range(len(SIZES))
    ]
    rows = [row for place in range(len(SIZES)) for row in _rows(outcome, place, crowds[place])]
    head = [
        "hash of the miner",
        "blocks",
        "shares",
        "deviation / mean",
        "formula",
        "worst twentieth / mean",
        "without income",
    ]
    days = bench.blocks * bench.params.target_interval_ms / 86_400_000
    title = f"Income of {PARTS} equal miners over {days:.0f} days"
    return bench.result("variance", [Table(title, head, rows)], [_plot(crowds[-1])])


def _rows(outcome: Outcome, place: int, crowd: Sequence[Income]) -> list[list[str]]:
    size, name = SIZES[place]
    reward, piece = rewards(outcome.world, 1)
    blocks = size * len(outcome.chain)
    included = sum(len(block.shares) for block in outcome.chain)
    shares = size * included
    plain = 1 / math.sqrt(blocks)
    both = math.sqrt(blocks * reward**2 + shares * piece**2) / (blocks * reward + shares * piece)
    alone = [one.block_reward for one in crowd]
    whole = [one.total for one in crowd]
    return [
        [f"{name}, blocks alone", f"{blocks:.1f}", "", *_spread(alone, plain)],
        [f"{name}, with shares", f"{blocks:.1f}", f"{shares:.1f}", *_spread(whole, both)],
    ]


def _spread(incomes: Sequence[int], formula: float) -> list[str]:
    mean = sum(incomes) / len(incomes) or 1.0
    deviation = math.sqrt(sum((one - mean) ** 2 for one in incomes) / len(incomes))
    worst = sorted(incomes)[len(incomes) // 20]
    none = sum(one == 0 for one in incomes)
    return [
        percent(deviation / mean),
        percent(formula),
        f"{worst / mean:.2f}",
        percent(none / len(incomes)),
    ]


def _plot(crowd: Sequence[Income]) -> Plot:
    """The smallest miners, relative to what they have on average."""
    lines = {
        "blocks alone": [one.block_reward for one in crowd],
        "with shares": [one.total for one in crowd],
    }
    series = []
    for label, incomes in lines.items():
        mean = sum(incomes) / len(incomes) or 1.0
        values = sorted(one / mean for one in incomes)
        parts = [100 * (place + 1) / len(values) for place in range(len(values))]
        series.append(Series(label, thin(values), thin(parts), "steps"))
    return Plot(
        "month",
        f"A month of miners with {SIZES[-1][1]} of the hash",
        "income / mean",
        "miners with at most that, %",
        series,
    )

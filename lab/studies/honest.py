"""Nobody cheats: five miners of unequal size, two with useful work, half a second apart."""

from __future__ import annotations

import math

from consensus.rules.poies import Work
from core.network import PPM
from core.proof import AI, QUANTUM, STORAGE
from lab.light import Rules
from lab.outcome import Outcome
from lab.strategies import Miner
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, percent, thin

DELAY_MS = 500.0
SIZES = (0.40, 0.30, 0.20, 0.09, 0.01)


def study(bench: Bench) -> Result:
    """Run once with shares and useful work."""
    bench.expect(bench.blocks)
    work = {1: (Work(AI, 1_000, PPM),), 3: (Work(QUANTUM, 500, PPM), Work(STORAGE, 700, PPM))}
    miners = [
        Miner(f"miner {place + 1}", size * bench.rate, work=work.get(place, ()))
        for place, size in enumerate(SIZES)
    ]
    world = bench.world(Rules(bench.network), miners, "honest", delay_ms=DELAY_MS, with_shares=True)
    outcome = bench.run(world)
    return bench.result(
        "honest",
        [_summary(outcome), _miners(outcome)],
        [_intervals(outcome), _theta(outcome)],
    )


def _summary(outcome: Outcome) -> Table:
    skip = len(outcome.chain) // 10
    rest = outcome.chain[skip:]
    thetas = [block.theta / 1e6 for block in rest]
    mean = sum(thetas) / len(thetas)
    spread = math.sqrt(sum((theta - mean) ** 2 for theta in thetas) / len(thetas))
    rows = [
        ["mean interval", f"{outcome.mean_interval_ms(skip) / 1000:.2f} s"],
        ["Θ, mean and standard deviation", f"{mean:.3f} ± {spread:.3f} nats"],
        ["blocks that became stale", percent(outcome.stale)],
        ["deepest reorganisation", f"{max(outcome.world.reorgs, default=0)} blocks"],
        ["shares a block", f"{sum(len(block.shares) for block in rest) / len(rest):.1f}"],
    ]
    return Table("The chain (first tenth left out)", ["", "value"], rows)


def _miners(outcome: Outcome) -> Table:
    everything = sum(income.total for income in outcome.incomes().values())
    score = outcome.world.rules.score
    psi = [score(m.work, outcome.world.genesis)[0] for m in outcome.world.miners]
    weights = [size * math.exp(one / 1e6) for size, one in zip(SIZES, psi, strict=True)]
    rows = []
    for place, miner in enumerate(outcome.world.miners):
        income = outcome.income(place)
        share = income.total / everything
        fair = weights[place] / sum(weights)
        rows.append(
            [
                miner.name,
                percent(SIZES[place], 0),
                f"{psi[place] / 1e6:.3f}",
                percent(fair),
                percent(share),
                f"{share / SIZES[place]:.2f}",
                f"{income.blocks:,}",
                f"{income.shares:,}",
            ]
        )
    head = ["", "hash", "ψ a block", "hash · e^ψ", "reward", "reward / hash", "blocks", "shares"]
    return Table("Reward by miner", head, rows)


def _intervals(outcome: Outcome) -> Plot:
    gaps = sorted(gap / 1000 for gap in outcome.intervals_ms())
    left = [1 - place / len(gaps) for place in range(len(gaps))]
    target = outcome.world.rules.at(0).params.target_interval_ms / 1000
    xs = [target * step / 10 for step in range(61)]
    ideal = [math.exp(-x / target) for x in xs]
    series = [
        Series("simulated", thin(gaps), thin(left), "steps"),
        Series("e^(−t/target)", thin(xs), thin(ideal), "dashed"),
    ]
    return Plot("intervals", "Intervals longer than t", "t, seconds", "part", series, "y")


def _theta(outcome: Outcome) -> Plot:
    heights = [float(block.height) for block in outcome.chain]
    thetas = [block.theta / 1e6 for block in outcome.chain]
    return Plot("theta", "Θ", "height", "nats", [Series("Θ", thin(heights), thin(thetas))])

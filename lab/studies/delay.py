"""Stale blocks by network delay, and what they cost the small."""

from __future__ import annotations

import math

from lab.light import Rules
from lab.outcome import Outcome
from lab.strategies import Miner
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, percent

DELAYS_S = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
LARGE = 0.4
SMALL = 0.05


def study(bench: Bench) -> Result:
    """One large miner and twelve small ones, every pair equally far apart."""
    bench.expect(len(DELAYS_S) * bench.blocks)
    outcomes = {delay: _run(bench, delay) for delay in DELAYS_S}
    rows = [
        [
            f"{delay:g} s",
            percent(outcome.stale, 2),
            percent(_formula(bench, delay), 2),
            f"{max(outcome.world.reorgs, default=0)}",
            f"{outcome.fairness(0):.3f}",
            f"{outcome.mean_interval_ms(bench.blocks // 10) / 1000:.2f} s",
        ]
        for delay, outcome in outcomes.items()
    ]
    head = [
        "delay",
        "stale",
        "formula",
        "deepest reorganisation",
        "reward / hash of 40 %",
        "interval",
    ]
    table = Table("By the delay from any miner to any other", head, rows)
    return bench.result("delay", [table], [_plot(bench, outcomes)])


def _run(bench: Bench, delay_s: float) -> Outcome:
    small = [Miner(f"small {n}", SMALL * bench.rate) for n in range(round((1 - LARGE) / SMALL))]
    miners = [Miner("large", LARGE * bench.rate), *small]
    label = f"delay/{delay_s}"
    world = bench.world(Rules(bench.network), miners, label, delay_ms=delay_s * 1000)
    return bench.run(world)


def _formula(bench: Bench, delay_s: float) -> float:
    """Stale blocks if only pairs ever compete: one of two found before their finders hear.

    Θ follows the blocks that last, so stale ones are found on top: solved by iteration.
    """
    every_s = bench.params.target_interval_ms / 1000
    sizes = [LARGE] + [SMALL] * round((1 - LARGE) / SMALL)
    stale = 0.0
    for _ in range(50):
        found = 1 / every_s / ((1 - stale) if bench.params.retarget else 1.0)
        clash = sum(size * -math.expm1(-delay_s * found * (1 - size)) for size in sizes)
        stale = clash / (1 + clash)
    return stale


def _plot(bench: Bench, outcomes: dict[float, Outcome]) -> Plot:
    xs = [step / 10 for step in range(81)]
    series = [
        Series("formula", xs, [round(100 * _formula(bench, x), 3) for x in xs]),
        Series(
            "simulated",
            list(DELAYS_S),
            [round(100 * one.stale, 3) for one in outcomes.values()],
            "dots",
        ),
    ]
    return Plot("stale", "Stale blocks", "delay, seconds", "% of blocks", series)

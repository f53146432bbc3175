"""How Θ settles when the hash rate doubles, halves, grows tenfold, falls to a tenth."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lab.light import Rules
from lab.links import Change
from lab.strategies import Miner
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, thin

FACTORS = ((2.0, "× 2"), (0.5, "÷ 2"), (10.0, "× 10"), (0.1, "÷ 10"))
WARM_UP = 200
NEAR = math.log(1.1)


@dataclass(frozen=True)
class Path:
    """Means over all runs, by blocks after the step: expected interval in nats over the target."""

    error: list[float]
    when_s: list[float]

    def settled(self) -> int | None:
        """The first block from which the mean stays within 10 % of the target."""
        outside = [place for place, error in enumerate(self.error) if abs(error) > NEAR]
        first = outside[-1] + 1 if outside else 0
        return first if first < len(self.error) else None


def study(bench: Bench) -> Result:
    """``blocks`` after the step, ``runs`` times for each factor."""
    bench.expect(len(FACTORS) * bench.runs * (bench.blocks + WARM_UP))
    bench.moving()
    paths = {name: _mean(bench, factor, name) for factor, name in FACTORS}
    rows = [_row(bench, factor, name, paths[name]) for factor, name in FACTORS]
    head = [
        "hash rate",
        "blocks",
        "formula",
        "time",
        "formula",
        "expected interval after 10 min",
    ]
    table = Table("Until the mean expected interval stays within 10 % of the target", head, rows)
    return bench.result("steps", [table], [_plot(bench, paths)])


def _mean(bench: Bench, factor: float, name: str) -> Path:
    errors = [0.0] * bench.blocks
    times = [0.0] * bench.blocks
    for number in range(bench.runs):
        for place, (error, when) in enumerate(_one(bench, factor, f"{name}/{number}")):
            errors[place] += error / bench.runs
            times[place] += when / bench.runs
    return Path(errors, times)


def _one(bench: Bench, factor: float, label: str) -> list[tuple[float, float]]:
    """One run: after each block the next one's expected interval over the target, and the time."""
    step_ms = WARM_UP * bench.params.target_interval_ms
    rules = Rules(bench.network)
    change = Change(float(step_ms), 0, factor)
    world = bench.world(rules, [Miner("all", bench.rate)], label, changes=[change])
    chain = [world.genesis]
    while len(chain) < bench.blocks:
        world.run_until(lambda: world.head() is not chain[-1])
        if world.now >= step_ms:
            chain.append(world.head())
        else:
            chain[-1] = world.head()
    bench.heard(bench.blocks + WARM_UP)
    target_s = bench.params.target_interval_ms / 1000
    rate = bench.rate * factor
    return [
        (
            -math.log(rate * target_s * rules.seal_chance(block, 0)),
            max(0.0, block.found_ms - step_ms) / 1000,
        )
        for block in chain
    ]


def _row(bench: Bench, factor: float, name: str, path: Path) -> list[str]:
    settled = path.settled()
    blocks, seconds = _formula(bench, factor)
    later = next((e for e, t in zip(path.error, path.when_s, strict=True) if t >= 600), 0.0)
    return [
        name,
        "more" if settled is None else f"{settled}",
        f"{blocks:.0f}",
        "more" if settled is None else f"{path.when_s[settled] / 60:.0f} min",
        f"{seconds / 60:.0f} min",
        f"{math.exp(later) * bench.params.target_interval_ms / 1000:.1f} s",
    ]


def _formula(bench: Bench, factor: float) -> tuple[float, float]:
    """Blocks and seconds if all went by expectation and no step were clamped.

    With x nats too few, dx/dn = −(1 − e^−x)·T/τ a block, and a block takes T·e^−x.
    """
    tau_s = bench.params.retarget_tau_ms / 1000
    per_block = bench.params.retarget_tau_ms / bench.params.target_interval_ms
    far, near = abs(math.log(factor)), NEAR
    rising = math.log(math.expm1(far) / math.expm1(near))
    falling = math.log(-math.expm1(-far) / -math.expm1(-near))
    return (
        (per_block * rising, tau_s * falling)
        if factor > 1
        else (
            per_block * falling,
            tau_s * rising,
        )
    )


def _plot(bench: Bench, paths: dict[str, Path]) -> Plot:
    target_s = bench.params.target_interval_ms / 1000
    series = [
        Series(
            name,
            thin([when / 60 for when in path.when_s], digits=2),
            thin([target_s * math.exp(error) for error in path.error], digits=3),
        )
        for name, path in paths.items()
    ]
    return Plot(
        "settling",
        f"Expected interval after a step of the hash rate, mean of {bench.runs} runs",
        "minutes after the step",
        "seconds",
        series,
        "y",
    )

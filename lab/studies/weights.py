"""Cheap blocks against dear ones: branches added as nats, and as work."""

from __future__ import annotations

from consensus.rules.seal import block_work
from lab.forge import Weight, heaviest, steady
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, percent

SHARES = tuple(percent_ / 100 for percent_ in range(5, 51, 5))
SHOWN = (0.1, 0.2, 0.3, 0.4, 0.45)


def study(bench: Bench) -> Result:
    """``blocks`` of the steady chain against the best branch of each forger."""
    lengths = [bench.blocks // 3, bench.blocks, bench.blocks * 3]
    bench.expect(len(SHARES) * len(lengths))
    bench.moving()
    best: dict[tuple[float, int], tuple[Weight, int]] = {}
    for length in lengths:
        for share in SHARES:
            best[share, length] = heaviest(bench.theta, share, length, bench.params)
            bench.heard(1)
    return bench.result(
        "weights",
        [_small(), *(_table(bench, best, length) for length in lengths)],
        [_plot(bench, best)],
    )


def _small() -> Table:
    cheap, dear = block_work(16_000_000), block_work(20_000_000)
    rows = [
        ["3 blocks of 16 nats", "48", f"{3 * cheap:,}"],
        ["2 blocks of 20 nats", "40", f"{2 * dear:,}"],
    ]
    return Table("The smallest example", ["branch", "nats", "draws behind it"], rows)


def _table(bench: Bench, best: dict[tuple[float, int], tuple[Weight, int]], length: int) -> Table:
    main = steady(bench.theta, length)
    rows = []
    for share in SHOWN:
        branch, drop = best[share, length]
        rows.append(
            [
                percent(share, 0),
                f"{drop / 1e6:.2f}",
                f"{branch.blocks:,}",
                f"{branch.nats / main.nats:.3f}",
                f"{branch.work / main.work:.3f}",
            ]
        )
    head = [
        "hash of the forger",
        "Θ lowered by, nats",
        "blocks",
        "nats / chain's",
        "work / chain's",
    ]
    hours = length * bench.params.target_interval_ms / 3_600_000
    return Table(f"Against {length:,} blocks ({hours:.1f} h)", head, rows)


def _plot(bench: Bench, best: dict[tuple[float, int], tuple[Weight, int]]) -> Plot:
    main = steady(bench.theta, bench.blocks)
    xs = [100 * share for share in SHARES]
    branches = [best[share, bench.blocks][0] for share in SHARES]
    series = [
        Series("added as nats", xs, [round(one.nats / main.nats, 4) for one in branches]),
        Series("added as work", xs, [round(one.work / main.work, 4) for one in branches]),
        Series("the chain", [xs[0], xs[-1]], [1.0, 1.0], "dashed"),
    ]
    return Plot(
        "forger",
        f"Best branch of cheap blocks against {bench.blocks:,} honest ones",
        "forger's hash, %",
        "weight / chain's",
        series,
    )

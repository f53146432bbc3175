"""Two parts of the network that do not hear each other for an hour, and how they join again."""

from __future__ import annotations

from lab.light import Block, Rules
from lab.links import Partition
from lab.strategies import Miner
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table, percent, thin
from lab.world import World

SMALLER = 0.4
BEGIN_BLOCKS = 200
LENGTH_BLOCKS = 300


def study(bench: Bench) -> Result:
    """Apart for 300 target intervals, from the 200th on."""
    bench.expect(bench.blocks)
    every = bench.params.target_interval_ms
    cut = Partition(BEGIN_BLOCKS * every, (BEGIN_BLOCKS + LENGTH_BLOCKS) * every, frozenset({0, 1}))
    sizes = (SMALLER / 2, SMALLER / 2, (1 - SMALLER) / 2, (1 - SMALLER) / 2)
    miners = [Miner(f"miner {n + 1}", size * bench.rate) for n, size in enumerate(sizes)]
    world = bench.world(Rules(bench.network), miners, "partition", delay_ms=500, partitions=[cut])
    outcome = bench.run(world)
    small, large = _side(world, cut, True), _side(world, cut, False)
    lost = sum(block not in set(outcome.chain) for block in world.found)
    rows = [
        ["blocks of the smaller part", f"{_apart(small, cut)}", f"{small.theta / 1e6:.2f} nats"],
        ["blocks of the larger part", f"{_apart(large, cut)}", f"{large.theta / 1e6:.2f} nats"],
        ["deepest reorganisation", f"{max(world.reorgs, default=0)}", ""],
        ["blocks lost in all", f"{lost}", percent(outcome.stale)],
    ]
    minutes = LENGTH_BLOCKS * every / 60_000
    title = f"{percent(SMALLER, 0)} of the hash apart from the rest for {minutes:.0f} minutes"
    return bench.result(
        "partition",
        [Table(title, ["", "blocks", "Θ at its end; part"], rows)],
        [_plot(outcome.chain, small)],
    )


def _side(world: World, cut: Partition, inside: bool) -> Block:
    """The heaviest block of one part when the cut ended."""
    own = [
        block
        for block in world.found
        if block.found_ms < cut.end_ms and (block.miner in cut.group) == inside
    ]
    return max(own, key=lambda block: block.work)


def _apart(tip: Block, cut: Partition) -> int:
    return sum(block.found_ms >= cut.begin_ms for block in tip.ancestors(tip.height))


def _plot(chain: list[Block], small: Block) -> Plot:
    lost = small.ancestors(small.height)[::-1]
    kept = set(chain)
    lost = [block for block in lost if block not in kept]
    series = [Series("chain that won", *_points(chain)), Series("chain that lost", *_points(lost))]
    return Plot("partition", "Θ while the network is in two parts", "minutes", "nats", series)


def _points(blocks: list[Block]) -> tuple[list[float], list[float]]:
    times = [block.found_ms / 60_000 for block in blocks]
    return thin(times, digits=2), thin([block.theta / 1e6 for block in blocks])

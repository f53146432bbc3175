"""One seed from the beginning to the last check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.simulator import calm, checks
from tests.simulator.plan import STORM_MS, draw
from tests.simulator.world import World


@dataclass(frozen=True)
class Outcome:
    """What is told of a seed that passed."""

    seed: int
    trace: str
    height: int
    settled_ms: int
    virtual_ms: int
    counts: dict[str, int]
    faults: dict[str, int]


def run(seed: int, told: Callable[[str], None] | None = None, storm_ms: int = STORM_MS) -> Outcome:
    """Let a world happen. Raises ``Broken``, or whatever a node raised."""
    world = World(draw(seed, storm_ms))
    world.told = told
    try:
        world.storm()
        calm.settle(world)
        calm.spread(world)
        calm.drain(world)
        calm.forgive(world)
        checks.check_all(world)
        return Outcome(
            seed,
            world.trace_hash,
            calm.head_of(world.nodes[0])[1],
            world.settled_ms,
            world.schedule.now,
            dict(sorted(world.counts.items())),
            dict(sorted(world.net.faults.items())),
        )
    finally:
        world.close()

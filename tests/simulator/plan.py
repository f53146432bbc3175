"""What will happen in a world, drawn from its seed before it begins."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.simulator.work import NONCES, RIVAL_NONCE, RIVALS, SENDERS

STORM_MS = 150_000
"""How long faults go on."""
SHORT_MS = 45_000
"""How long they do in the test suite."""
BLOCK_MS = 2_000
"""Time between two blocks, on average."""
SKEW_MS = 4_000


@dataclass(frozen=True)
class Link:
    """What it takes from one node to another: ms one way, and up to so many more."""

    delay_ms: int
    jitter_ms: int


@dataclass(frozen=True)
class Partition:
    """For a time nobody in ``apart`` reaches anybody outside.

    ``silent``: connections across stay open and bring nothing until it ends; else they break.
    """

    from_ms: int
    to_ms: int
    apart: frozenset[int]
    silent: bool


@dataclass(frozen=True)
class Crash:
    """A node dies, and comes back later.

    ``at_point``: not between two things that it does, but in the middle of its next import, at the
    fail point of that number.
    """

    at_ms: int
    back_ms: int
    node: int
    at_point: int | None


@dataclass(frozen=True)
class Submission:
    """A wallet hands a transfer to a node."""

    at_ms: int
    node: int
    transfer: tuple[int, int, bool]


@dataclass(frozen=True)
class NodePlan:
    """A node: when it starts, how wrong its clock is, how fast it sends (bytes/ms) and imports."""

    begins_ms: int
    skew_ms: int
    bytes_per_ms: int
    import_ms: int


@dataclass(frozen=True)
class Chances:
    """Of each message, in millionths: how it goes wrong; of each dial and import, in percent.

    Since streams are reliable, a lost message is a broken connection. The next three are what no
    stream does: a transport with faults of its own.
    """

    lost: int
    twice: int
    swapped: int
    altered: int
    dial_fails: int
    database_fails: int


@dataclass(frozen=True)
class Plan:
    """All of it."""

    seed: int
    nodes: tuple[NodePlan, ...]
    links: dict[tuple[int, int], Link]
    chances: Chances
    partitions: tuple[Partition, ...]
    crashes: tuple[Crash, ...]
    submissions: tuple[Submission, ...]
    tick_ms: int
    storm_ms: int


def draw(seed: int, storm_ms: int = STORM_MS) -> Plan:
    """The plan of a seed."""
    rng = random.Random(f"plan {seed}")
    nodes = tuple(_node(rng, number, storm_ms) for number in range(rng.randint(5, 7)))
    numbers = range(len(nodes))
    pairs = [(a, b) for a in numbers for b in numbers if a != b]
    return Plan(
        seed,
        nodes,
        {pair: Link(rng.choice([2, 20, 60, 150]), rng.choice([0, 5, 80])) for pair in pairs},
        _chances(rng),
        tuple(_partition(rng, len(nodes), storm_ms) for _ in range(rng.choice([0, 1, 1, 2, 3]))),
        _crashes(rng, len(nodes), storm_ms),
        _submissions(rng, len(nodes), storm_ms),
        rng.choice([100, 100, 150, 250]),
        storm_ms,
    )


def _node(rng: random.Random, number: int, storm_ms: int) -> NodePlan:
    late = number > 2 and rng.random() < 0.3
    return NodePlan(
        begins_ms=rng.randint(20_000, storm_ms - 20_000) if late else rng.randint(0, 2_000),
        skew_ms=rng.choice([0, 0, rng.randint(-SKEW_MS, SKEW_MS)]),
        bytes_per_ms=rng.choice([5_000, 5_000, 1_000, 30]),
        import_ms=rng.choice([2, 5, 5, 20, 300]),
    )


def _chances(rng: random.Random) -> Chances:
    def some(most: int) -> int:
        return rng.choice([0, 0, rng.randint(1, most)])

    return Chances(
        lost=some(3_000),
        twice=some(2_000),
        swapped=some(2_000),
        altered=some(2_000),
        dial_fails=some(30),
        database_fails=some(4),
    )


def _partition(rng: random.Random, nodes: int, storm_ms: int) -> Partition:
    apart = frozenset(rng.sample(range(nodes), rng.randint(1, nodes // 2)))
    begins = rng.randint(10_000, storm_ms - 30_000)
    lasts = rng.choice([3_000, 25_000, 60_000, 100_000])
    return Partition(begins, min(begins + lasts, storm_ms), apart, rng.random() < 0.5)


def _crashes(rng: random.Random, nodes: int, storm_ms: int) -> tuple[Crash, ...]:
    out: list[Crash] = []
    for node in rng.sample(range(nodes), rng.choice([0, 1, 2, 3])):
        at = rng.randint(5_000, storm_ms - 15_000)
        back = min(at + rng.choice([500, 5_000, 40_000]), storm_ms)
        out.append(Crash(at, back, node, rng.choice([None, rng.randint(0, 25)])))
    return tuple(out)


def _submissions(rng: random.Random, nodes: int, storm_ms: int) -> tuple[Submission, ...]:
    out: list[Submission] = []
    for sender in range(SENDERS):
        count = rng.randint(0, NONCES)
        times = sorted(rng.randint(3_000, storm_ms) for _ in range(count))
        home = rng.randrange(nodes)
        for nonce, at in enumerate(times):
            node = home if rng.random() < 0.5 else rng.randrange(nodes)
            out.append(Submission(at, node, (sender, nonce, False)))
            if nonce == RIVAL_NONCE and sender < RIVALS and rng.random() < 0.7:
                rival = at + rng.choice([0, 200, 3_000])
                out.append(Submission(rival, rng.randrange(nodes), (sender, nonce, True)))
    return tuple(sorted(out, key=lambda s: s.at_ms))

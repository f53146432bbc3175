"""What happens to the network: hash that comes and goes, parts that do not hear each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """From ``at_ms`` on a miner's hash rate is ``factor`` times what it was at the start."""

    at_ms: float
    miner: int
    factor: float


@dataclass(frozen=True)
class Partition:
    """From ``begin_ms`` to ``end_ms`` those in ``group`` and the others do not hear each other."""

    begin_ms: float
    end_ms: float
    group: frozenset[int]


def sent_at(when: float, ends: tuple[int, int], partitions: Sequence[Partition]) -> float:
    """When news of ``when`` leaves the one end for the other: at once, or when a cut heals."""
    for cut in partitions:
        apart = (ends[0] in cut.group) != (ends[1] in cut.group)
        if apart and cut.begin_ms <= when < cut.end_ms:
            when = cut.end_ms
    return when

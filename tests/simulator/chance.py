"""Randomness that can be had again: every node and every link draws from a stream of its own."""

from __future__ import annotations

import random


class SeededChance:
    """A ``p2p.rules.ports.Chance`` on a seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def below(self, end: int) -> int:
        """A whole number from 0 to ``end`` − 1."""
        return self._random.randrange(end)

    def data(self, size: int) -> bytes:
        """Random bytes."""
        return self._random.randbytes(size)

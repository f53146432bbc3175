"""How the tips of waiting transactions spread: a histogram with equal steps, geometry only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_BINS = 12
WIDTH = 600
HEIGHT = 96
_GAP = 4


@dataclass(frozen=True)
class Bin:
    """Transactions with a tip from ``low`` to ``high`` (nANM per gas), and the rectangle."""

    low: int
    high: int
    count: int
    x: int
    y: int
    width: int
    tall: int


def spread(tips: Sequence[int]) -> tuple[Bin, ...]:
    """The histogram of ``tips``; empty without any."""
    if not tips:
        return ()
    low, high = min(tips), max(tips)
    step = -((low - high - 1) // MOST_BINS)
    count = (high - low) // step + 1
    counts = [0] * count
    for tip in tips:
        counts[(tip - low) // step] += 1
    pitch = WIDTH // count
    tallest = max(counts)
    return tuple(
        _bin(place, low + place * step, step, members, pitch, tallest)
        for place, members in enumerate(counts)
    )


def _bin(place: int, low: int, step: int, members: int, pitch: int, tallest: int) -> Bin:
    tall = max(3, HEIGHT * members // tallest) if members else 0
    return Bin(low, low + step - 1, members, place * pitch, HEIGHT - tall, pitch - _GAP, tall)

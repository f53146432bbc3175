"""The threshold's path over the last blocks, and the hash shares that each of them took in.

Only geometry; the template draws it. Plot units are those of the SVG's view box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.header import Header

WIDTH = 600
HEIGHT = 96
_GAP = 2
# Θ that stays the same is a line in the middle, and its last digit is no cliff.
_LEAST_SPAN = 10_000


@dataclass(frozen=True)
class Path:
    """Θ (micro-nats) from old to new as the ``d`` of an SVG path."""

    line: str
    first: int
    last: int
    low: int
    high: int


@dataclass(frozen=True)
class Column:
    """Shares of one block, None where its receipts are pruned, and the rectangle."""

    height: int
    count: int | None
    x: int
    y: int
    width: int
    tall: int


def path(headers: Sequence[Header]) -> Path | None:
    """Θ of headers in rising order; None below two of them."""
    if len(headers) < 2:
        return None
    thetas = [header.theta for header in headers]
    low, high = min(thetas), max(thetas)
    span = max(high - low, _LEAST_SPAN)
    floor = (low + high - span) // 2
    last = len(thetas) - 1
    points = [
        f"{WIDTH * place // last} {HEIGHT - 3 - (HEIGHT - 6) * (theta - floor) // span}"
        for place, theta in enumerate(thetas)
    ]
    return Path("M" + "L".join(points), thetas[0], thetas[-1], low, high)


def columns(counts: Sequence[tuple[int, int | None]], most: int) -> tuple[Column, ...]:
    """A column for each (height, shares); the plot is as high as ``most`` shares."""
    if not counts:
        return ()
    pitch = max(1, WIDTH // len(counts))
    return tuple(_column(place, *one, most, pitch) for place, one in enumerate(counts))


def _column(place: int, height: int, count: int | None, most: int, pitch: int) -> Column:
    tall = max(3, HEIGHT * count // most) if count else 0
    return Column(height, count, place * pitch, HEIGHT - tall, max(1, pitch - _GAP), tall)

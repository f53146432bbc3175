"""The block rhythm: how long each of the last blocks was waited for, as a bar plot.

Only geometry and words; the template draws it. Plot units are those of the SVG's view box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.header import Header

BARS = 60
WIDTH = 600
HEIGHT = 96
_GAP = 2
# A pause of the node would make every other bar invisible: bars end at this many medians.
_CUT_MEDIANS = 4


@dataclass(frozen=True)
class Bar:
    """One interval: the block that ended it, its length in ms, and its rectangle."""

    height: int
    interval_ms: int
    cut: bool
    x: int
    y: int
    width: int
    tall: int


@dataclass(frozen=True)
class Rhythm:
    """The plot: bars from old to new, the line of the target interval, and what they say."""

    bars: tuple[Bar, ...]
    target_ms: int
    target_y: int
    median_ms: int
    shortest_ms: int
    longest_ms: int

    @property
    def cut(self) -> int:
        """How many bars are longer than the plot is high."""
        return sum(bar.cut for bar in self.bars)


def rhythm(headers: Sequence[Header], target_ms: int) -> Rhythm | None:
    """The rhythm of headers in rising order; None when there is no interval to show.

    The one after genesis is left out: genesis has a time that the network file chose.
    """
    spans = [
        (child.height, child.time - parent.time)
        for parent, child in pairwise(headers)
        if parent.height > 0
    ][-BARS:]
    if not spans:
        return None
    lengths = sorted(span for _, span in spans)
    median = lengths[len(lengths) // 2]
    top = max(target_ms * 3 // 2, min(lengths[-1], _CUT_MEDIANS * median), 1)
    bars = tuple(_bar(place, len(spans), *span, top) for place, span in enumerate(spans))
    return Rhythm(
        bars=bars,
        target_ms=target_ms,
        target_y=HEIGHT - HEIGHT * target_ms // top,
        median_ms=median,
        shortest_ms=lengths[0],
        longest_ms=lengths[-1],
    )


def _bar(place: int, count: int, height: int, span: int, top: int) -> Bar:
    pitch = WIDTH // max(count, BARS // 2)
    tall = max(2, HEIGHT * min(span, top) // top)
    left = WIDTH - (count - place) * pitch
    return Bar(height, span, span > top, left, HEIGHT - tall, max(1, pitch - _GAP), tall)

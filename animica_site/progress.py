"""How far long work has come: a bar on a terminal, a plain line now and then elsewhere.

    with Progress("checking blocks", total=1_000, unit="blocks") as progress:
        for block in blocks:
            ...
            progress.advance()

Rate and remaining time come from the last WINDOW_S seconds, so that they follow the work when it
becomes slower or faster. Everything goes to standard error.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

WINDOW_S = 30.0
"""Seconds of the past that rate and remaining time are computed from."""
PLAIN_EVERY_S = 5.0
"""Seconds between two plain lines."""
_DRAWN_EVERY_S = 0.1
_SAMPLES = 64


class Window:
    """A rate over the last seconds, from at most 64 remembered points. Pure."""

    def __init__(self, seconds: float = WINDOW_S) -> None:
        self._seconds = seconds
        self._points: deque[tuple[float, int]] = deque()

    def add(self, now: float, count: int) -> None:
        """Note how far the work is; points closer together than needed replace the last one."""
        points = self._points
        if len(points) > 1 and now - points[-2][0] < self._seconds / _SAMPLES:
            points.pop()
        points.append((now, count))
        while len(points) > 2 and points[1][0] <= now - self._seconds:
            points.popleft()

    def rate(self) -> float | None:
        """Units a second; None before anything can be said."""
        if len(self._points) < 2:
            return None
        (began, first), (now, last) = self._points[0], self._points[-1]
        return (last - first) / (now - began) if now > began else None

    def remaining_s(self, total: int) -> float | None:
        """Seconds until ``total`` at this rate; None where the work stands still."""
        rate = self.rate()
        if not rate or rate < 0:
            return None
        return max(0, total - self._points[-1][1]) / rate


class Progress:
    """One piece of work. ``total`` None: unknown. ``unit`` ``bytes`` is shown as kB, MB, GB."""

    def __init__(
        self,
        what: str,
        *,
        total: int | None = None,
        unit: str = "blocks",
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.count = 0
        self._what = what
        self._total = total
        self._unit = unit
        self._console = console or Console(stderr=True, highlight=False)
        self._clock = clock
        self._window = Window()
        self._told_at = 0.0
        self._bars: Bars | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        self._told_at = self._clock()
        self._window.add(self._told_at, 0)
        if self._console.is_terminal:
            words = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}")
            self._bars = Bars(*words, console=self._console)
            self._task = self._bars.add_task(self._what, total=self._total, told="")
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tell()
        if self._bars is not None:
            self._bars.stop()

    def advance(self, count: int = 1) -> None:
        """``count`` more units are done."""
        self.at(self.count + count)

    def at(self, count: int, total: int | None = None) -> None:
        """``count`` units are done since the start, of ``total`` where that is only known now."""
        self.count = count
        self._total = self._total if total is None else total
        every = PLAIN_EVERY_S if self._bars is None else _DRAWN_EVERY_S
        if self._clock() - self._told_at >= every:
            self._tell()

    def skip(self, count: int) -> None:
        """``count`` units need no work, as after a resume: they say nothing about the rate."""
        self.count += count
        self._window = Window()
        self._window.add(self._clock(), self.count)

    def _tell(self) -> None:
        self._told_at = self._clock()
        self._window.add(self._told_at, self.count)
        if self._bars is None:
            self._console.print(f"{self._what}: {self.words()}", soft_wrap=True, markup=False)
        else:
            self._bars.update(
                self._task, completed=self.count, total=self._total, told=self.words()
            )

    def words(self) -> str:
        """Count, total, rate and remaining time as text."""
        shown = _amount(self.count, self._unit)
        if self._total is not None:
            shown += f" of {_amount(self._total, self._unit)}"
        if self._unit != "bytes":
            shown += f" {self._unit}"
        if (rate := self._window.rate()) is not None:
            shown += f", {_amount(round(rate), self._unit)}/s"
        if self._total is None or self.count >= self._total:
            return shown
        left = self._window.remaining_s(self._total)
        return shown if left is None else f"{shown}, {_time(left)} left"


def _amount(count: int, unit: str) -> str:
    if unit != "bytes":
        return f"{count:,}"
    for size, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= size:
            return f"{count / size:.1f} {name}"
    return f"{count} B"


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"

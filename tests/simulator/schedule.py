"""Virtual time: what is to happen, in order. Nothing here ever waits."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush


class Schedule:
    """Calls what is due, moment after moment; at the same moment in the order of asking."""

    def __init__(self) -> None:
        self.now = 0
        """Milliseconds since the world began."""
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._asked = 0

    def at(self, moment: int, work: Callable[[], None]) -> None:
        """Call ``work`` at a moment, or as soon as possible after it."""
        self._asked += 1
        heappush(self._due, (max(moment, self.now), self._asked, work))

    def after(self, delay: int, work: Callable[[], None]) -> None:
        """Call ``work`` in ``delay`` ms."""
        self.at(self.now + delay, work)

    def run_until(self, moment: int) -> None:
        """Let time pass up to a moment, and do all that is due until then."""
        while self._due and self._due[0][0] <= moment:
            due, _, work = heappop(self._due)
            self.now = max(self.now, due)
            work()
        self.now = max(self.now, moment)


class NodeClock:
    """A node's wall clock: right but for its skew. A ``core.ports.Clock``."""

    def __init__(self, schedule: Schedule, begun_ms: int, skew_ms: int) -> None:
        self._schedule = schedule
        self._zero_ms = begun_ms + skew_ms

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return self._zero_ms + self._schedule.now

"""How fast blocks come in, over the last while, and how long the rest will take."""

from __future__ import annotations

from collections import deque

from p2p.rules.sync import numbers

_SAMPLE_MS = 1_000


class Progress:
    """Samples of (ms, height), a second apart."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int]] = deque()

    def sample(self, ms: int, height: int) -> None:
        """Note the height at a time."""
        samples = self._samples
        if samples and ms - samples[-1][0] < _SAMPLE_MS:
            return
        samples.append((ms, height))
        while samples[0][0] < ms - numbers.RATE_MS:
            samples.popleft()

    def rate_milli(self, ms: int, height: int) -> int:
        """Blocks a second, times 1,000."""
        if not self._samples:
            return 0
        since, start = self._samples[0]
        return max(0, height - start) * 1_000_000 // max(1, ms - since)

    def eta_ms(self, ms: int, height: int, target: int) -> int | None:
        """Time until the target at that rate; None while nothing comes in."""
        rate = self.rate_milli(ms, height)
        if target <= height:
            return 0
        return (target - height) * 1_000_000 // rate if rate else None

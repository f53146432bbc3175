"""Progress of a campaign: a bar with rate and time left on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import time
from collections import deque

_WINDOW = 50
_LINE_EVERY_S = 20
_BAR = 24


class Progress:
    """``total`` pieces of work called ``what``; the time left follows the last 50 pieces."""

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what = total, what
        self._marks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)], maxlen=_WINDOW)
        self._told = time.monotonic()

    def show(self, done: int, note: str = "") -> None:
        """``done`` pieces are done."""
        now = time.monotonic()
        then, before = self._marks[0]
        self._marks.append((now, done))
        rate = (done - before) / max(now - then, 1e-9)
        left = f"{(self._total - done) / rate:.0f} s left" if rate else "no estimate yet"
        text = f"{done}/{self._total} {self._what}, {rate:.1f}/s, {left}{note}"
        if sys.stderr.isatty():
            filled = _BAR * done // max(self._total, 1)
            end = "\n" if done >= self._total else ""
            bar = "#" * filled + "." * (_BAR - filled)
            print(f"\r\x1b[K[{bar}] {text}", end=end, file=sys.stderr, flush=True)
        elif now - self._told >= _LINE_EVERY_S or done >= self._total:
            self._told = now
            print(text, file=sys.stderr, flush=True)

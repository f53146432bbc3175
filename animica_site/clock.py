"""The node's clock: the machine's, plus an offset that only a development network may set."""

from __future__ import annotations

import time


class NodeClock:
    """Unix milliseconds; ``offset_ms`` is kept and is part of now."""

    def __init__(self, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms

    def now_ms(self) -> int:
        """Unix time in milliseconds, offset included."""
        return time.time_ns() // 1_000_000 + self.offset_ms

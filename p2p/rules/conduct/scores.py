"""Points for offences, by peer and by host, halving with time.

A host has points of its own, so that who comes back under a new name does not begin at nothing.
"""

from __future__ import annotations

from collections import OrderedDict

from p2p.rules.limits import SCORES_MOST
from p2p.rules.offences import HALF_LIFE_MS


def decayed(milli: int, elapsed_ms: int) -> int:
    """What is left of points after a time: half each HALF_LIFE_MS, falling evenly in between."""
    halves, rest = divmod(elapsed_ms, HALF_LIFE_MS)
    milli >>= min(halves, 64)
    return milli - milli * rest // (2 * HALF_LIFE_MS)


class Scores:
    """Points in thousandths by a key: a peer's id, or a host's name in bytes."""

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def points(self, key: bytes, now_ms: int) -> int:
        """Whole points that have not decayed."""
        return self._milli(key, now_ms) // 1000

    def add(self, key: bytes, points: int, now_ms: int) -> int:
        """Add points; the sum."""
        milli = self._milli(key, now_ms) + points * 1000
        self._held[key] = milli, now_ms
        self._held.move_to_end(key)
        if len(self._held) > SCORES_MOST:
            self._held.popitem(last=False)
        return milli // 1000

    def forget(self, key: bytes) -> None:
        """Begin at nothing again."""
        self._held.pop(key, None)

    def _milli(self, key: bytes, now_ms: int) -> int:
        milli, at_ms = self._held.get(key, (0, now_ms))
        return decayed(milli, now_ms - at_ms)

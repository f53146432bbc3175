"""The floor: the least tip that is let in, raised by what had to be evicted.

The pool ranks by tip at the next base fee, so the floor is a tip too: a price that held the base
fee of an hour ago would let in too much or too little. Integers alone. Source:
docs/spec/mempool.md.
"""

from __future__ import annotations

from mempool import errors
from mempool.rules.entry import Entry
from mempool.rules.limits import PoolLimits
from mempool.rules.room import Room

WEIGHT = 16
"""An evicted tip moves the average by one part in so many."""
SURGE_PART = 8
"""Above the high watermark the floor is raised by one part in so many, and by 1 nANM at least."""
HALVING_MS = 10 * 60 * 1000
"""Below the low watermark the average halves in this time."""
SLOW = 4
"""Between the watermarks it takes so many times as long; above the high one nothing decays."""

_SCALE = 1 << 16


class Floor:
    """An exponential average of evicted tips (nANM per gas), which decays as the pool empties.

    ``now_ms`` never needs to rise: a clock that was put back lets nothing decay meanwhile.
    """

    def __init__(self, limits: PoolLimits) -> None:
        room = limits.room
        self._low, self._high = room.percent(limits.low_percent), room.percent(limits.high_percent)
        self._scaled = 0
        self._pace = 0
        self._since_ms = 0

    def tip(self, used: Room, now_ms: int) -> int:
        """The least tip that gets in, nANM per gas."""
        self._turn(used, now_ms)
        average = self._decayed(now_ms)
        tip = (average + _SCALE // 2) // _SCALE
        return tip + max(1, tip // SURGE_PART) if self._pace == 0 else tip

    def evicted(self, tip: int, now_ms: int) -> None:
        """A transaction with this tip had to leave for want of room."""
        average = self._decayed(now_ms)
        self._scaled = average + (max(0, tip) * _SCALE - average) // WEIGHT
        self._since_ms = now_ms

    def check(self, entry: Entry, base_fee: int, used: Room, now_ms: int) -> None:
        """Raises ``pool.fee_below_floor``; below the base fee the chain has its own code."""
        floor, tip = self.tip(used, now_ms), entry.tip(base_fee)
        if 0 <= tip < floor:
            raise errors.FeeBelowFloor(
                f"the transaction pays a tip of {tip} nANM per gas at the next base fee, "
                f"the pool's floor is {floor}",
                field="tx.maxTip" if entry.tx.unsigned.max_tip < floor else "tx.maxFee",
                required=floor,
                requiredMaxFee=base_fee + floor,
            )

    def _turn(self, used: Room, now_ms: int) -> None:
        """Decay at the pace that the pool's fullness sets; 0 stands for none."""
        pace = 0
        if not used.exceeds(self._low):
            pace = HALVING_MS
        elif not used.exceeds(self._high):
            pace = HALVING_MS * SLOW
        if pace != self._pace:
            self._scaled, self._since_ms, self._pace = self._decayed(now_ms), now_ms, pace

    def _decayed(self, now_ms: int) -> int:
        """Whole halvings, and the rest of one in a straight line."""
        if not self._pace or now_ms <= self._since_ms:
            return self._scaled
        halvings, rest = divmod(now_ms - self._since_ms, self._pace)
        whole = self._scaled >> halvings
        return whole - whole * rest // (2 * self._pace)

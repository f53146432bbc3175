"""Token buckets: how many requests one IP address may send. Source: docs/spec/rpc.md."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from rpc.errors import RateLimited

ADDRESSES = 10_000


class RateLimit:
    """``rate`` requests a second with bursts of up to ``burst``; a rate of 0 sets no limit.

    Remembers the last 10,000 addresses; a forgotten one starts with a full bucket. Thread-safe.
    """

    def __init__(self, rate: int, burst: int, now: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, ip: str, cost: int) -> None:
        """Spend ``cost`` requests of this address; raises ``RateLimited``, spending nothing."""
        if not self._rate:
            return
        now = self._now()
        with self._lock:
            left, since = self._buckets.pop(ip, (float(self._burst), now))
            left = min(float(self._burst), left + (now - since) * self._rate)
            enough = left >= cost
            self._buckets[ip] = (left - cost if enough else left, now)
            if len(self._buckets) > ADDRESSES:
                self._buckets.popitem(last=False)
        if not enough:
            wait_ms = int((min(cost, self._burst) - left) * 1000 / self._rate) + 1
            raise RateLimited(
                f"more than {self._rate} requests a second", limit=self._rate, retryAfterMs=wait_ms
            )

    def spend(self, ip: str, cost: int) -> None:
        """Spend requests for work that is done already; what the bucket lacks is owed.

        Nobody owes more than one burst.
        """
        if not self._rate or not cost:
            return
        now = self._now()
        with self._lock:
            left, since = self._buckets.pop(ip, (float(self._burst), now))
            left = min(float(self._burst), left + (now - since) * self._rate)
            self._buckets[ip] = (max(left - cost, -float(self._burst)), now)
            if len(self._buckets) > ADDRESSES:
                self._buckets.popitem(last=False)

"""How much a source may ask of the pool: token buckets in count, bytes and verifications.

Pure: the caller gives the time and takes turns. Source: docs/spec/mempool.md.
"""

from __future__ import annotations

from collections import OrderedDict

from mempool import errors
from mempool.rules.limits import LOCAL, SOURCES, Rate, SourceRates

COUNT, BYTES, VERIFICATIONS = range(3)
_NAMES = ("transactions", "bytes", "signature verifications")


class Buckets:
    """Three buckets for each of the last 10,000 sources; ``local`` has none."""

    def __init__(self, rates: SourceRates) -> None:
        self._rates: tuple[Rate, ...] = (rates.count, rates.bytes, rates.verifications)
        self._full = [1_000 * rate.burst for rate in self._rates]
        self._known: OrderedDict[str, tuple[list[int], int]] = OrderedDict()

    def take(self, source: str, now_ms: int, costs: dict[int, int]) -> None:
        """Spend ``costs`` (bucket → tokens); raises ``pool.rate_limited``, spending nothing."""
        if source == LOCAL:
            return
        levels = self._filled(source, now_ms)
        for bucket, cost in costs.items():
            if levels[bucket] < 1_000 * cost:
                raise self._refusal(bucket, cost, levels[bucket])
        for bucket, cost in costs.items():
            levels[bucket] -= 1_000 * cost

    def _filled(self, source: str, now_ms: int) -> list[int]:
        """The source's levels in thousandths of a token, so that every millisecond counts."""
        levels, since = self._known.pop(source, (list(self._full), now_ms))
        passed = max(0, now_ms - since)  # the clock may have been put back
        if passed:
            for bucket, rate in enumerate(self._rates):
                full = self._full[bucket]
                levels[bucket] = min(full, levels[bucket] + passed * rate.per_second)
        self._known[source] = (levels, now_ms)
        if len(self._known) > SOURCES:
            self._known.popitem(last=False)
        return levels

    def _refusal(self, bucket: int, cost: int, level: int) -> errors.RateLimited:
        rate = self._rates[bucket]
        missing = min(1_000 * cost, self._full[bucket]) - level
        return errors.RateLimited(
            f"more than {rate.per_second} {_NAMES[bucket]} a second from one source",
            limit=rate.per_second,
            burst=rate.burst,
            retryAfterMs=missing // rate.per_second + 1,
        )

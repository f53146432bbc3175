"""The pool's bounds: local policy, no part of consensus. Source: docs/spec/mempool.md."""

from __future__ import annotations

from dataclasses import dataclass, field

from mempool.rules.room import Room
from pq.algorithms import ML_DSA_65, SLH_DSA_SHAKE_128S

_MIB = 1024 * 1024

LOCAL = "local"
"""The source of what this process itself hands in; it has no bounds of its own."""


@dataclass(frozen=True)
class Rate:
    """A token bucket: so many tokens a second, at most ``burst`` of them saved up."""

    per_second: int
    burst: int


@dataclass(frozen=True)
class SourceRates:
    """What one source may ask for. ``verifications`` are those of ML-DSA-65 signatures."""

    count: Rate = Rate(1_000, 10_000)
    bytes: Rate = Rate(8 * _MIB, 80 * _MIB)
    verifications: Rate = Rate(600, 10_000)


@dataclass(frozen=True)
class PoolLimits:
    """How much the pool holds. ``size_bytes`` counts encodings, ``min_fee`` is nANM per gas.

    Without a ``min_fee`` the network's floor of the base fee at the next block is the least.
    The watermarks and the share of a source are percent of the pool's room.
    """

    count: int = 20_000
    size_bytes: int = 256 * _MIB
    per_sender: int = 64
    held_per_sender: int = 16
    min_fee: int | None = None
    low_percent: int = 50
    high_percent: int = 90
    source_percent: int = 25
    ttl_ms: int = 3 * 60 * 60 * 1000
    rates: SourceRates = field(default_factory=SourceRates)

    @property
    def room(self) -> Room:
        """All that there is."""
        return Room(self.count, self.size_bytes)

    @property
    def source_room(self) -> Room:
        """What one source may take up while the pool is above its low watermark."""
        return self.room.percent(self.source_percent)


REPLACEMENT_PERCENT = 110
"""A replacement's ``maxFee`` and ``maxTip``, each in percent of what it replaces."""

REPLACEMENT_TIMES = 2
REPLACEMENT_BYTES = 4096
"""A replacement has at most so many times the size of what it replaces, or so many bytes more."""

VERIFICATIONS = {ML_DSA_65: 1, SLH_DSA_SHAKE_128S: 5}
"""What verifying a signature costs, by algorithm, in verifications of ML-DSA-65."""

SOURCES = 10_000
"""So many sources are remembered; a forgotten one starts anew with full buckets."""

"""The pool's bounds: local policy, no part of consensus. Source: docs/spec/mempool.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PoolLimits:
    """How much the pool holds. ``size_bytes`` counts encodings, ``min_fee`` is nANM per gas."""

    count: int = 20_000
    size_bytes: int = 256 * 1024 * 1024
    per_sender: int = 64
    held_per_sender: int = 16
    min_fee: int = 0


REPLACEMENT_PERCENT = 110
"""A replacement's ``maxFee`` and ``maxTip``, each in percent of what it replaces."""

"""What the time is, as the caller says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """``ms`` never runs back and measures intervals; ``wall_ms`` is Unix time, for headers."""

    ms: int
    wall_ms: int

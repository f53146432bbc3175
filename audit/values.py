"""What the audit hands out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """An action as it was recorded. ``before`` and ``after`` are canonical JSON."""

    number: int
    at_ms: int
    who: str
    what: str
    why: str
    before: str
    after: str
    previous: str
    hash: str


@dataclass(frozen=True)
class End:
    """The newest row: its number, 0 where there is none, and its hash in hex."""

    number: int
    hash: str

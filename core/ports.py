"""What pure code and slices ask of the world, as protocols that composition fills.

Tests pass plain objects of the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")

RecordKey = tuple[str, bytes]
"""A record of the state: (module, id), for instance ("account", 34-byte address)."""


class Clock(Protocol):
    """The node's time, offset included where a development network sets one."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""


class StateReader(Protocol):
    """Records of one post-state."""

    def get_many(self, records: Sequence[RecordKey]) -> dict[RecordKey, bytes]:
        """The values (CBOR) of the records that exist; absent records are left out."""


class TaskRunner(Protocol):
    """Runs coarse work beside the caller: threads when embedded, a worker pool when scaled out."""

    def map(self, function: Callable[..., T], items: Sequence[object]) -> list[T]:
        """Apply ``function`` to every item, in parallel, results in order."""

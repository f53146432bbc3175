"""What pure code and slices ask of the world, as protocols that composition fills.

Tests pass plain objects of the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

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


class Pending(Protocol[T_co]):
    """Work that was handed over."""

    def result(self) -> T_co:
        """Wait for it; what it raised is raised here."""

    def add_done_callback(self, function: Callable[[Any], object]) -> None:
        """Call ``function`` when it is done, has failed or was cancelled; at once if it is."""


class TaskRunner(Protocol):
    """Runs coarse work beside the caller: threads when embedded, a worker pool when scaled out."""

    def map(self, function: Callable[..., T], items: Sequence[object]) -> list[T]:
        """Apply ``function`` to every item, in parallel, results in order."""

    def start(self, function: Callable[..., T], item: object) -> Pending[T]:
        """Apply ``function`` to one item beside the caller; never waits."""

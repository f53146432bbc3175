"""Who asks: what a method may know about the connection that a request came through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from mempool import sources


@dataclass(frozen=True, slots=True)
class Filter:
    """Which receipts a subscription is for: any of ``txids`` or from ``sender``; empty: all."""

    txids: frozenset[bytes] = frozenset()
    sender: bytes | None = None

    @property
    def takes_all(self) -> bool:
        """Whether nothing is filtered out."""
        return not self.txids and self.sender is None

    def takes(self, txid: bytes, sender: bytes) -> bool:
        """Whether the receipt of this transaction is wanted."""
        return self.takes_all or txid in self.txids or sender == self.sender


class Socket(Protocol):
    """A WebSocket connection that can hold subscriptions; called from worker threads."""

    def subscribe(self, topic: str, wanted: Filter) -> str:
        """Add a subscription and return its id; raises ``SubscriptionLimit``."""

    def unsubscribe(self, subscription: str) -> bool:
        """Drop a subscription; whether there was one."""


def _free(requests: int) -> None:
    """Where nobody counts."""


@dataclass(frozen=True, slots=True)
class Caller:
    """``ip`` is the peer's address as text; ``socket`` is None on the HTTP doors.

    ``spend`` takes further requests of the caller's allowance for work whose size shows only when
    it is done.
    """

    ip: str
    socket: Socket | None = None
    spend: Callable[[int], None] = field(default=_free, compare=False)

    @property
    def source(self) -> str:
        """What the pool counts this caller as: its IPv4 address, or the network of its IPv6 one."""
        return sources.of_ip(self.ip)

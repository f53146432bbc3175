"""Who asks: what a method may know about the connection that a request came through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


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


@dataclass(frozen=True, slots=True)
class Caller:
    """``ip`` is the peer's address as text; ``socket`` is None on the HTTP doors."""

    ip: str
    socket: Socket | None = None

"""Who asks: what a method may know about the connection that a request came through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Socket(Protocol):
    """A WebSocket connection that can hold subscriptions; safe to call from any thread."""

    def subscribe(self, topic: str, wanted: frozenset[bytes]) -> str:
        """Add a subscription and return its id. ``wanted`` filters; empty means all."""

    def unsubscribe(self, subscription: str) -> bool:
        """Drop a subscription; whether there was one."""


@dataclass(frozen=True, slots=True)
class Caller:
    """``ip`` is the peer's address as text; ``socket`` is None on the HTTP doors."""

    ip: str
    socket: Socket | None = None

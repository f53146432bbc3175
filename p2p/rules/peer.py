"""A connected peer, as far as all parts of the engine share it."""

from __future__ import annotations

from dataclasses import dataclass

from p2p.rules.addresses import Address
from p2p.rules.wire.messages import Identify


@dataclass(slots=True, eq=False)
class Peer:
    """A connection after its handshake.

    ``head``, ``height`` and ``work`` are what the peer claims or has shown last; ``said`` is its
    ``Identify``, without which nothing else is taken from it.
    """

    conn: int
    id: bytes
    alg: int
    address: Address
    outbound: bool
    purpose: str
    since_ms: int
    heard_ms: int
    said: Identify | None = None
    head: bytes = b""
    height: int = 0
    work: int = 0
    latency_ms: int | None = None
    writable: bool = True
    closing: bool = False

    @property
    def name(self) -> str:
        """A short name for logs: the first bytes of its id."""
        return self.id.hex()[:16]

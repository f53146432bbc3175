"""A connected peer, as far as all parts of the engine share it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from p2p.rules.addresses import Address
from p2p.rules.wire.messages import Identify, Message


@dataclass(slots=True, eq=False)
class Peer:
    """A connection after its handshake.

    ``head``, ``height`` and ``work`` are what the peer claims or has shown last; ``said`` is its
    ``Identify``, without which nothing else is taken from it; ``announced``: the parts know of it.
    ``told`` is the head that this node's own ``Identify`` named. ``useful_ms`` is when it last
    brought something that this node wanted. ``bulk`` waits for it to be writable, see
    ``Context.bulk``. ``left`` is the code of its goodbye.
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
    announced: bool = False
    told: bytes = b""
    useful_ms: int = 0
    left: str = ""
    bulk: deque[Callable[[], Message | None]] = field(default_factory=deque)

    @property
    def name(self) -> str:
        """A short name for logs: the first bytes of its id."""
        return self.id.hex()[:16]

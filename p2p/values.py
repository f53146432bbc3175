"""What a running network part tells others: composition hands it to RPC, pages and commands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PeerView:
    """A connected peer. ``work`` and ``height`` are what it claims; times in ms."""

    id: bytes
    alg: str
    address: str
    outbound: bool
    transport: str
    connected_ms: int
    agent: str
    height: int
    head: bytes
    latency_ms: int | None
    points: int
    in_mesh: bool
    pinned: bool
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True)
class SyncView:
    """How far the node is: ``word`` as in `animica status`.

    ``starting``, ``finding peers``, ``syncing``, ``loading a snapshot``, ``following``. ``rate``
    is blocks (or records of a snapshot) a second times 1,000; ``eta_ms`` None: unknown.
    """

    word: str
    height: int
    target: int
    rate_milli: int
    eta_ms: int | None
    records: int = 0


@dataclass(frozen=True)
class BanView:
    """A peer that is kept out."""

    id: bytes
    host: str
    until_ms: int
    times: int
    reason: str


@dataclass(frozen=True)
class NetView:
    """The node's own place in the network."""

    id: bytes
    alg: str
    listen: tuple[str, ...]
    inbound: int
    outbound: int
    known_addresses: int
    bans: tuple[BanView, ...]
    bytes_in: int
    bytes_out: int

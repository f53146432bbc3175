"""Peers, this node's place among them, and how far it is."""

from __future__ import annotations

from typing import Literal, TypedDict

from rpc.results.forms import Hash


class PeerView(TypedDict):
    """A connected peer. `height` and `head` are what it claims.

    `group` is the network that its address lies in (IPv4 /16, IPv6 /32): whole addresses are for
    the node's operators.
    """

    id: Hash
    alg: str
    group: str
    direction: Literal["inbound", "outbound"]
    transport: str
    connectedMs: int
    agent: str
    height: int
    head: Hash
    lag: int
    latencyMs: int | None
    points: int
    inMesh: bool
    pinned: bool
    bytesIn: int
    bytesOut: int


class NetInfo(TypedDict):
    """The node's own place in the network; without a network part `listening` is false."""

    listening: bool
    id: Hash | None
    alg: str | None
    listen: list[str]
    peers: int
    inbound: int
    outbound: int
    knownAddresses: int
    bans: int
    bytesIn: int
    bytesOut: int


class NetVersion(TypedDict):
    """What peers must have in common with this node, and how it names itself."""

    protocol: int
    agent: str
    chainId: int
    genesisHash: Hash


class SyncNews(TypedDict):
    """How far the node is, as its network part sees it.

    `target` is the greatest height that is known to be ahead, `percent` how much of it is here,
    rounded down. `etaMs` is null where nothing can be said. `records` counts those of a snapshot
    that is being loaded.
    """

    state: str
    height: int
    target: int
    percent: int
    blocksPerSecond: float
    etaMs: int | None
    records: int
    peers: int

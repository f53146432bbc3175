"""``net.``: peers and this node's place among them."""

from __future__ import annotations

from rpc import context
from rpc.errors import NodeAbsent
from rpc.registry import method
from rpc.results.net import NetInfo, NetVersion, PeerView


@method("net.peers", errors=[NodeAbsent])
def peers() -> list[PeerView]:
    """Every connected peer, the longest connected first; none where the node has no network part.

    Of a peer's address only the network is told.
    """
    return context.net().peers()


@method("net.info", errors=[NodeAbsent])
def info() -> NetInfo:
    """The node's own id, where it listens, and how many peers it has."""
    return context.net().info()


@method("net.version", errors=[NodeAbsent])
def version() -> NetVersion:
    """Version of handshake and messages, the agent's name, chain id and genesis."""
    return context.net().version()

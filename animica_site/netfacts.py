"""The node among its peers as RPC and pages show it: plain JSON, also without a network part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from core.network import Network
from p2p.rules.addresses import parse
from p2p.rules.limits import VERSION
from p2p.values import NetView, PeerView, SyncView
from rpc.results import net as results


class Peers(Protocol):
    """A running network part; its answers are copies, made when the engine last looked."""

    def net(self) -> NetView:
        """The node's own place."""

    def peers(self) -> tuple[PeerView, ...]:
        """Connected peers."""

    def sync(self) -> SyncView:
        """How far the node is."""


class NetFacts:
    """See ``rpc.context.Net``. ``source`` gives the network part, or None where there is none."""

    def __init__(
        self,
        *,
        network: Network,
        genesis: bytes,
        agent: str,
        height: Callable[[], int],
        source: Callable[[], Peers | None],
    ) -> None:
        self._network = network
        self._genesis = genesis
        self._agent = agent
        self._height = height
        self._source = source

    def version(self) -> results.NetVersion:
        """See ``rpc.context.Net``."""
        return {
            "protocol": VERSION,
            "agent": self._agent,
            "chainId": self._network.chain,
            "genesisHash": _hexed(self._genesis),
        }

    def info(self) -> results.NetInfo:
        """See ``rpc.context.Net``."""
        source = self._source()
        if source is None:
            return _ALONE
        net = source.net()
        return {
            "listening": bool(net.listen),
            "id": _hexed(net.id),
            "alg": net.alg,
            "listen": list(net.listen),
            "peers": net.inbound + net.outbound,
            "inbound": net.inbound,
            "outbound": net.outbound,
            "knownAddresses": net.known_addresses,
            "bans": len(net.bans),
            "bytesIn": net.bytes_in,
            "bytesOut": net.bytes_out,
        }

    def peers(self) -> list[results.PeerView]:
        """See ``rpc.context.Net``."""
        source = self._source()
        if source is None:
            return []
        height = self._height()
        listed = sorted(source.peers(), key=lambda peer: (peer.connected_ms, peer.id))
        return [_peer(peer, height) for peer in listed]

    def sync(self) -> results.SyncNews:
        """See ``rpc.context.Net``."""
        source = self._source()
        if source is None:
            height = self._height()
            return _progress(SyncView("following", height, height, 0, None), 0)
        return _progress(source.sync(), len(source.peers()))


def _progress(sync: SyncView, peers: int) -> results.SyncNews:
    target = max(sync.target, sync.height)
    return {
        "state": sync.word,
        "height": sync.height,
        "target": target,
        "percent": sync.height * 100 // target if target else 100,
        "blocksPerSecond": sync.rate_milli / 1000,
        "etaMs": sync.eta_ms,
        "records": sync.records,
        "peers": peers,
    }


def _peer(peer: PeerView, height: int) -> results.PeerView:
    return {
        "id": _hexed(peer.id),
        "alg": peer.alg,
        "group": parse(peer.address).group,
        "direction": "outbound" if peer.outbound else "inbound",
        "transport": peer.transport,
        "connectedMs": peer.connected_ms,
        "agent": peer.agent,
        "height": peer.height,
        "head": _hexed(peer.head),
        "lag": max(0, height - peer.height),
        "latencyMs": peer.latency_ms,
        "points": peer.points,
        "inMesh": peer.in_mesh,
        "pinned": peer.pinned,
        "bytesIn": peer.bytes_in,
        "bytesOut": peer.bytes_out,
    }


def _hexed(data: bytes) -> str:
    return "0x" + data.hex()


_ALONE: results.NetInfo = {
    "listening": False,
    "id": None,
    "alg": None,
    "listen": [],
    "peers": 0,
    "inbound": 0,
    "outbound": 0,
    "knownAddresses": 0,
    "bans": 0,
    "bytesIn": 0,
    "bytesOut": 0,
}

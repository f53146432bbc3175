"""What composition installs: how the node says it is doing, and the way to its services."""

from __future__ import annotations

from typing import Any, Protocol

from consensus import service as consensus
from consensus.service import Importer
from mempool import service as mempool
from mempool.service import Pool
from rpc import heads
from rpc.errors import NodeAbsent
from rpc.results.net import NetInfo, NetVersion, PeerView, SyncNews


class NodeInfo(Protocol):
    """The running node, as status pages see it. All answers are plain JSON."""

    def status(self) -> dict[str, Any]:
        """The one status object that the command line, the admin and the pages show."""

    def health(self) -> dict[str, Any]:
        """``ready`` (bool) and ``checks``: a list of {name, ok, reason}."""

    def version(self) -> dict[str, Any]:
        """Name and version of the software, protocol version, chain id."""


class Net(Protocol):
    """The node among its peers; a node without a network part says so in the same shape."""

    def info(self) -> NetInfo:
        """The node's own place."""

    def peers(self) -> list[PeerView]:
        """Connected peers, the longest connected first."""

    def version(self) -> NetVersion:
        """What peers must have in common with it."""

    def sync(self) -> SyncNews:
        """How far the node is. Cheap: it is looked at every second."""


class _Slot:
    node: NodeInfo | None = None
    net: Net | None = None


def install(node: NodeInfo | None, net: Net | None = None) -> None:
    """Set the node that this process runs; None when it has stopped. Before ``listeners``."""
    _Slot.node, _Slot.net = node, net
    heads.stop()  # whatever was known of the last node's head is over


def current() -> NodeInfo:
    """The installed node; raises ``NodeAbsent``."""
    if _Slot.node is None:
        raise NodeAbsent("no node is running in this process")
    return _Slot.node


def net() -> Net:
    """The installed node's view of its peers; raises ``NodeAbsent``."""
    if _Slot.net is None:
        raise NodeAbsent("no node is running in this process")
    return _Slot.net


def importer() -> Importer:
    """The running node's block importer; raises ``NodeAbsent``."""
    current()
    return consensus.current()


def pool() -> Pool:
    """The running node's transaction pool; raises ``NodeAbsent``."""
    current()
    return mempool.current()

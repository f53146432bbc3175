"""What composition installs: how the node says it is doing, and the way to its services."""

from __future__ import annotations

from typing import Any, Protocol

from consensus import service as consensus
from consensus.service import Importer
from mempool import service as mempool
from mempool.service import Pool
from rpc import heads
from rpc.errors import NodeAbsent


class NodeInfo(Protocol):
    """The running node, as status pages see it. All answers are plain JSON."""

    def status(self) -> dict[str, Any]:
        """The one status object that the command line, the admin and the pages show."""

    def health(self) -> dict[str, Any]:
        """``ready`` (bool) and ``checks``: a list of {name, ok, reason}."""

    def version(self) -> dict[str, Any]:
        """Name and version of the software, protocol version, chain id."""


class _Slot:
    node: NodeInfo | None = None


def install(node: NodeInfo | None) -> None:
    """Set the node that this process runs; None when it has stopped. Before ``listeners``."""
    _Slot.node = node
    heads.stop()  # whatever was known of the last node's head is over


def current() -> NodeInfo:
    """The installed node; raises ``NodeAbsent``."""
    if _Slot.node is None:
        raise NodeAbsent("no node is running in this process")
    return _Slot.node


def importer() -> Importer:
    """The running node's block importer; raises ``NodeAbsent``."""
    current()
    return consensus.current()


def pool() -> Pool:
    """The running node's transaction pool; raises ``NodeAbsent``."""
    current()
    return mempool.current()

"""The node among its peers, as composition installs it for the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from consensus.errors import NotRunning


class Network(Protocol):
    """Plain JSON, as `net.info`, `net.peers` and the topic `sync` of JSON-RPC have it."""

    def info(self) -> Mapping[str, Any]:
        """The node's own place."""

    def peers(self) -> Sequence[Mapping[str, Any]]:
        """Connected peers, the longest connected first."""

    def sync(self) -> Mapping[str, Any]:
        """How far the node is."""


class _Slot:
    network: Network | None = None


def install(network: Network | None) -> None:
    """Set what this process knows of its peers; None when its node has stopped."""
    _Slot.network = network


def current() -> Network:
    """What composition has installed. Raises ``NotRunning``."""
    if _Slot.network is None:
        raise NotRunning("this process runs no node")
    return _Slot.network

"""Every method of the node, one module per namespace."""

from __future__ import annotations

from rpc.methods import (
    chain,
    contracts,
    gas,
    mempool,
    net,
    node,
    rpc,
    scores,
    state,
    subscriptions,
    tx,
)
from rpc.registry import Registry, registry

__all__ = [
    "chain", "contracts", "gas", "mempool", "net", "node", "rpc", "scores", "state",
    "subscriptions", "tx", "load",
]  # fmt: skip


def load() -> Registry:
    """The registry with all methods of this package in it."""
    return registry

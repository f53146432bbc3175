"""``node.``: how the node is doing."""

from __future__ import annotations

from typing import Any

from rpc import context
from rpc.errors import NodeAbsent
from rpc.registry import method


@method("node.status", errors=[NodeAbsent])
def status() -> dict[str, Any]:
    """The node's status: the same object as `animica status --json` shows."""
    return context.current().status()


@method("node.health", errors=[NodeAbsent])
def health() -> dict[str, Any]:
    """Whether the node is ready to serve, and each check behind that; the same as /readyz."""
    return context.current().health()


@method("node.version", errors=[NodeAbsent])
def version() -> dict[str, Any]:
    """Version of software and protocol; the same as /version."""
    return context.current().version()

"""Peers, and how far this node is."""

from __future__ import annotations

from typing import Any

from chain.service import snapshot
from explorer import network
from explorer.frame import frame


def context() -> dict[str, Any]:
    """The node's own place, its progress and every connected peer."""
    now = network.current()
    with snapshot():
        shown = frame()
    sync = now.sync()
    return {
        "frame": shown,
        "info": now.info(),
        "sync": sync,
        "behind": sync["target"] - sync["height"],
        "rate": format_rate(sync["blocksPerSecond"]),
        "peers": now.peers(),
    }


def format_rate(rate: float) -> str:
    """Blocks a second with what decimals it needs, three at most."""
    return f"{rate:.3f}".rstrip("0").rstrip(".")

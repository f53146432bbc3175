"""What a world's checks ask of the engines about bans."""

from __future__ import annotations

from p2p.rules.book.values import Ban
from tests.simulator.node import Node
from tests.simulator.world import World


def banned(world: World, node: Node) -> list[Ban]:
    """The bans of a node that hold now."""
    return []

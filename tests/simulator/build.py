"""The engine of a simulated node, built as a node builds its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from p2p.rules.context import Context, Settings
from p2p.rules.engine import Engine
from tests.simulator.chance import SeededChance
from tests.simulator.network import PORT, address_of
from tests.simulator.ports import EmptyShelf, LedgerPort, PoolPort

if TYPE_CHECKING:
    from tests.simulator.node import Node


def engine_of(node: Node) -> Engine:
    """A new engine for this life of a node."""
    world = node.world
    seeds = tuple(str(address_of(n)) for n in range(3) if n != node.number)
    settings = Settings(node.id, "simulated", (("tcp", PORT),), seeds=seeds)
    ctx = Context(
        world.network,
        settings,
        LedgerPort(),
        PoolPort(node.pool, node.proofs),
        EmptyShelf(),
        SeededChance(f"engine {world.plan.seed} {node.number} {node.life}"),
    )
    return Engine(ctx, [])

"""The engine of a simulated node, built as a node builds its own, and what it keeps on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from p2p.reads import LedgerReads
from p2p.rules.addresses import Address
from p2p.rules.book import Book
from p2p.rules.book.values import Ban, BookEntry
from p2p.rules.build import make_engine
from p2p.rules.conduct import Conduct
from p2p.rules.context import Context, Settings
from p2p.rules.engine import Engine
from tests.simulator.addresses import PORT, address_of
from tests.simulator.chance import SeededChance

if TYPE_CHECKING:
    from tests.simulator.node import Node

SEEDS = 3
"""The first nodes are known to everybody."""


@dataclass(frozen=True)
class Kept:
    """What a node's engine finds of its last life."""

    bans: tuple[Ban, ...] = ()
    book: tuple[BookEntry, ...] = ()


class EmptyShelf:
    """No node of a world makes snapshots. A ``p2p.rules.ports.Shelf``."""

    def heights(self) -> Sequence[tuple[int, bytes]]:
        """None."""
        return ()

    def manifest(self, hash: bytes) -> bytes | None:
        """Not here."""
        return None

    def chunk(self, hash: bytes, index: int) -> bytes | None:
        """Not here."""
        return None

    def interrupted(self) -> bytes | None:
        """Nothing was being loaded."""
        return None


def engine_of(node: Node) -> Engine:
    """A new engine for this life of a node."""
    world = node.world
    seeds = tuple(str(address_of(n)) for n in range(SEEDS) if n != node.number)
    ctx = Context(
        world.network,
        Settings(node.id, "simulated", (("tcp", PORT),), seeds=seeds),
        LedgerReads(),
        node.reads,
        EmptyShelf(),
        SeededChance(f"engine {world.plan.seed} {node.number} {node.life}"),
        node.moment(),
    )
    return make_engine(ctx, bans=node.kept.bans, book=node.kept.book)


def keep(engine: Engine) -> Kept:
    """What the next life is to find."""
    return Kept(tuple(engine.part(Conduct).bans()), tuple(engine.part(Book).entries()))


def turns_away(engine: Engine, address: Address, wall_ms: int) -> bool:
    """Whether a node does not even begin a handshake with whoever comes from there."""
    return engine.part(Conduct).turns_away(address, wall_ms)


def bans_of(node: Node) -> list[Ban]:
    """The bans of a node that hold now."""
    now_ms = node.clock.now_ms()
    return [ban for ban in keep(node.engine).bans if ban.until_ms > now_ms]

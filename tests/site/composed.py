"""A whole node in the test's process: composed as in production, but with a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from animica_site import composition
from animica_site.composition import Parts
from animica_site.config import NodeConfig
from core.bus import EventBus
from core.network import Network
from p2p.config import PeersConfig
from tests.support import ChainBuilder, FixedClock, InlineRunner, fast_network, key, raise_error


class Composed:
    """The services of a node on the test's database, its bus, and a maker of blocks for it."""

    def __init__(self, network: Network, parts: Parts, bus: EventBus) -> None:
        self.network = network
        self.parts = parts
        self.bus = bus
        self.builder = ChainBuilder(network)
        self.tip = self.builder.genesis
        self.admin: Any = None

    def mine(self, *txs: object) -> None:
        """A block on the last one."""
        self.tip = self.builder.make(self.tip, txs)
        self.parts.importer.import_block(self.tip.raw, source="test")


@contextmanager
def compose(data_dir: Path) -> Iterator[Composed]:
    """A composed node whose miner has not been started."""
    network, bus = fast_network(), EventBus(raise_error)
    config = NodeConfig(
        network=network, data_dir=data_dir, mine_to=key(0).address, peers=PeersConfig()
    )
    clock = FixedClock(network.genesis.time_ms + 86_400_000)
    try:
        parts = composition.build(config=config, clock=clock, runner=InlineRunner(), bus=bus)
        yield Composed(network, parts, bus)
    finally:
        composition.dismantle()

"""How the parts are put together: this is the whole wiring of a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mempool.service import Pool

from animica_site.status import NodeStatus
from chain import service as chain
from consensus import service as consensus
from consensus.events import BlockAdded, ChainReorganised
from consensus.service import Importer
from consensus.witnesses import WitnessChecker
from mempool import service as mempool
from mempool.events import TxAdded
from mining import service as mining
from mining.search import SearchPool
from mining.service import Miner
from rpc import context as rpc_context
from rpc import listeners as rpc_listeners

if TYPE_CHECKING:
    from animica_site.runtime import Node


@dataclass(frozen=True)
class Parts:
    """The services of a running node."""

    importer: Importer
    pool: Pool
    miner: Miner | None
    status: NodeStatus


def build(node: Node) -> Parts:
    """Make every service, load what is stored, and connect events with their listeners."""
    network = node.config.network
    witnesses = WitnessChecker(node.runner)
    importer = Importer(network=network, clock=node.clock, witnesses=witnesses, bus=node.bus)
    importer.start()
    pool = Pool(
        network=network,
        state=chain.reader,
        head=lambda: chain.head().header,
        witnesses=witnesses,
        clock=node.clock,
        bus=node.bus,
    )
    pool.load()
    miner = _make_miner(node, importer, pool)
    status = NodeStatus(
        network=network,
        data_dir=node.config.data_dir,
        clock=node.clock,
        importer=importer,
        pool=pool,
        miner=miner,
    )
    consensus.install(importer)
    mempool.install(pool)
    mining.install(miner)
    rpc_context.install(status)
    _subscribe(node, pool, miner)
    return Parts(importer, pool, miner, status)


def _subscribe(node: Node, pool: Pool, miner: Miner | None) -> None:
    """The event table; docs/events.md is its prose. The pool hears first, so that the miner's
    next template and every reader of the news find it up to date.
    """
    bus = node.bus
    bus.subscribe(BlockAdded, pool.on_block)
    bus.subscribe(ChainReorganised, pool.on_reorg)
    rpc_listeners.subscribe(bus)
    if miner is not None:
        bus.subscribe(BlockAdded, miner.head_changed)
        bus.subscribe(ChainReorganised, miner.head_changed)
        bus.subscribe(TxAdded, miner.tx_added)


def _make_miner(node: Node, importer: Importer, pool: Pool) -> Miner | None:
    config = node.config
    if config.mine_to is None:
        return None
    return Miner(
        network=config.network,
        ledger=chain,
        importer=importer,
        pool=pool,
        search=SearchPool(config.workers),
        clock=node.clock,
        coinbase=config.mine_to,
        block_time_ms=config.block_time_ms,
    )


def dismantle() -> None:
    """Forget the services of this process."""
    rpc_context.install(None)
    mining.install(None)
    mempool.install(None)
    consensus.install(None)

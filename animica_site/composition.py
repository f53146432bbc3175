"""How the parts are put together: this is the whole wiring of a node."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from animica_site import artifacts
from animica_site.artifacts import ArtifactFiles
from animica_site.config import NodeConfig
from animica_site.files import write_private
from animica_site.ledger.shelf import SnapshotMaker, SnapshotShelf
from animica_site.metrics import NodeMetrics
from animica_site.netfacts import NetFacts
from animica_site.pruning import POLICIES, Pruner
from animica_site.status import BEHIND, NodeStatus
from chain import loading
from chain import service as chain
from consensus import proof_pool
from consensus import service as consensus
from consensus.events import BlockAdded, ChainReorganised, ProofAdded
from consensus.proof_pool import ProofPool
from consensus.service import Importer
from consensus.snapshots import SnapshotLoader
from consensus.witnesses import WitnessChecker
from core.bus import EventBus
from core.ports import Clock, TaskRunner
from execution.vm import machine
from execution.vm.codes import CODES
from explorer import network as explorer_network
from mempool import service as mempool
from mempool.events import TxAdded
from mempool.service import Pool
from mining import service as mining
from mining.search import SearchPool
from mining.service import Miner
from p2p import identity
from p2p import service as p2p
from p2p.service import Neighbours, Peers
from pq import addresses
from rpc import context as rpc_context
from rpc import desk as rpc_desk
from rpc import heads as rpc_heads
from rpc import listeners as rpc_listeners
from rpc import software
from rpc.metrics import REGISTRY
from rpc.progress import SyncWatch

log = logging.getLogger("animica.contracts")
log_node = logging.getLogger("animica.node")


@dataclass(frozen=True)
class Parts:
    """The services of a running node."""

    importer: Importer
    pool: Pool
    proofs: ProofPool
    miner: Miner | None
    status: NodeStatus
    pruner: Pruner | None
    sync_watch: SyncWatch
    peers: Peers | None
    maker: SnapshotMaker | None


class _Slot:
    metrics: NodeMetrics | None = None


def build(*, config: NodeConfig, clock: Clock, runner: TaskRunner, bus: EventBus) -> Parts:
    """Make every service, load what is stored, and connect events with their listeners."""
    network = config.network
    folder = config.data_dir / artifacts.FOLDER
    CODES.artifacts = ArtifactFiles(folder, artifacts.engine_of_this_node())
    machine.FAULTS.report = _engine_failed
    witnesses = WitnessChecker(runner)
    importer = Importer(network=network, clock=clock, witnesses=witnesses, bus=bus)
    importer.start()
    pool = Pool(
        network=network,
        state=chain.reader,
        head=lambda: chain.head().header,
        witnesses=witnesses,
        clock=clock,
        bus=bus,
    )
    pool.load()
    proofs = ProofPool(network=network, ledger=chain, clock=clock, bus=bus)
    miner = _make_miner(config, clock, importer, pool, proofs)
    _tidy_load(config)
    shelf = SnapshotShelf(config.data_dir)
    peers = _make_peers(config, clock, importer, pool, proofs, bus, shelf)
    maker = _make_maker(config, shelf, peers)
    net = NetFacts(
        network=network,
        genesis=chain.genesis_hash(),
        agent=_agent(),
        height=lambda: rpc_heads.current()["height"],
        source=lambda: peers,
    )
    status = NodeStatus(
        network=network,
        data_dir=config.data_dir,
        clock=clock,
        importer=importer,
        pool=pool,
        proofs=proofs,
        miner=miner,
        net=None if peers is None else net,
    )
    consensus.install(importer)
    mempool.install(pool)
    proof_pool.install(proofs)
    mining.install(miner)
    p2p.install(peers)
    rpc_context.install(status, net)
    explorer_network.install(net)
    _Slot.metrics = NodeMetrics(
        clock=clock, importer=importer, pool=pool, proofs=proofs, miner=miner, peers=peers, bus=bus
    )
    REGISTRY.register(_Slot.metrics)
    _subscribe(bus, pool, proofs, miner, peers, maker)
    pruner = _make_pruner(config)
    return Parts(importer, pool, proofs, miner, status, pruner, SyncWatch(), peers, maker)


def _subscribe(
    bus: EventBus,
    pool: Pool,
    proofs: ProofPool,
    miner: Miner | None,
    peers: Peers | None,
    maker: SnapshotMaker | None,
) -> None:
    """The event table; docs/events.md is its prose. The pools hear first, so that the miner's
    next template and every reader of the news find them up to date.
    """
    bus.subscribe(BlockAdded, pool.on_block)
    bus.subscribe(ChainReorganised, pool.on_reorg)
    bus.subscribe(ChainReorganised, proofs.on_reorg)
    rpc_listeners.subscribe(bus)
    if peers is not None:
        bus.subscribe(BlockAdded, peers.on_block)
        bus.subscribe(ChainReorganised, peers.on_reorg)
        bus.subscribe(TxAdded, peers.on_tx)
        bus.subscribe(ProofAdded, peers.on_proof)
    if maker is not None:
        bus.subscribe(BlockAdded, maker.on_block)
    if miner is not None:
        bus.subscribe(BlockAdded, miner.head_changed)
        bus.subscribe(ChainReorganised, miner.head_changed)
        bus.subscribe(TxAdded, miner.tx_added)


def _make_miner(
    config: NodeConfig, clock: Clock, importer: Importer, pool: Pool, proofs: ProofPool
) -> Miner | None:
    if config.mine_to is None:
        return None
    return Miner(
        network=config.network,
        ledger=chain,
        importer=importer,
        pool=pool,
        proofs=proofs,
        search=SearchPool(config.workers),
        clock=clock,
        coinbase=config.mine_to,
        block_time_ms=config.block_time_ms,
        collect_shares=config.collect_shares,
        behind=_behind,
    )


def _make_peers(
    config: NodeConfig,
    clock: Clock,
    importer: Importer,
    pool: Pool,
    proofs: ProofPool,
    bus: EventBus,
    shelf: SnapshotShelf,
) -> Peers | None:
    if config.peers is None:
        return None
    node = Neighbours(
        network=config.network,
        clock=clock,
        importer=importer,
        pool=pool,
        proofs=proofs,
        shelf=shelf,
        loader=SnapshotLoader(importer, bus),
        agent=_agent(),
    )
    path = config.data_dir / identity.FILE_NAME
    key = identity.load_or_make(path, write_private, config.peers.identity_alg)
    return Peers(config.peers, node, key)


def _make_maker(
    config: NodeConfig, shelf: SnapshotShelf, peers: Peers | None
) -> SnapshotMaker | None:
    """Snapshots are made for peers, and not while this node itself catches up."""
    if config.peers is None or peers is None or not config.peers.snapshot_every:
        return None
    every = config.peers.snapshot_every
    return SnapshotMaker(shelf, every=every, busy=lambda: peers.sync().word in BEHIND)


def _tidy_load(config: NodeConfig) -> None:
    """A snapshot that was not loaded to its end: gone on with where that is wanted, else dropped.

    The ledger is at genesis meanwhile, and whole.
    """
    now = loading.progress()
    if now is None:
        return
    told = f"a snapshot of block {now.height} is loaded to {now.records} records"
    wanted = config.peers is not None and config.peers.snapshot_sync
    if wanted and chain.head().height == 0:
        log_node.info("%s; that goes on where a peer still offers it", told)
        return
    log_node.warning("%s and is dropped: this node executes every block", told)
    loading.drop()


def _agent() -> str:
    """What this software calls itself among peers."""
    return f"{software.PACKAGE}/{software.version()}"


def _behind() -> bool:
    """Whether the first synchronisation is on and peers have shown a better chain."""
    peers = p2p.running()
    return peers is not None and peers.is_behind()


def _make_pruner(config: NodeConfig) -> Pruner | None:
    if config.prune is None:
        return None
    window = config.network.local.max_reorg_blocks
    keep = window if config.prune_keep is None else config.prune_keep
    return Pruner(parts=POLICIES[config.prune], keep=keep, window=window)


def _engine_failed(address: bytes, error: Exception) -> None:
    """A bug of the engine: the call has failed with ``vm.fault``, on every node alike."""
    log.error("contract engine failed at %s", addresses.to_text(address), exc_info=error)


def dismantle() -> None:
    """Finish the requests in hand and forget the services of this process."""
    if (desk := rpc_desk.install(None)) is not None:
        desk.close()
    if _Slot.metrics is not None:
        REGISTRY.unregister(_Slot.metrics)
        _Slot.metrics = None
    CODES.artifacts = None
    machine.FAULTS.report = None
    rpc_context.install(None)
    explorer_network.install(None)
    p2p.install(None)
    mining.install(None)
    proof_pool.install(None)
    mempool.install(None)
    consensus.install(None)

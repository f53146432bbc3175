"""Prometheus metrics of the node itself; ``docs/metrics.md`` lists them.

Gauges are read when they are asked for; counters follow the events.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, InterfaceError
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from chain import queries
from consensus.events import BlockAdded, ChainReorganised
from consensus.proof_pool import ProofPool
from consensus.service import Importer
from core.bus import EventBus
from core.ports import Clock
from core.proof import NAMES
from mempool.service import Pool
from mining.service import Miner
from p2p.service import Peers


class NodeMetrics:
    """Collects from a running node; registered by composition, taken out when it stops."""

    def __init__(
        self,
        *,
        clock: Clock,
        importer: Importer,
        pool: Pool,
        proofs: ProofPool,
        miner: Miner | None,
        peers: Peers | None,
        bus: EventBus,
    ) -> None:
        self._clock = clock
        self._importer = importer
        self._pool = pool
        self._proofs = proofs
        self._miner = miner
        self._peers = peers
        self._events = CollectorRegistry()
        self._blocks = Counter(
            "animica_blocks_added", "Blocks that extended the head.", registry=self._events
        )
        self._transactions = Counter(
            "animica_transactions_added", "Transactions in those blocks.", registry=self._events
        )
        self._proofs_added = Counter(
            "animica_proofs_added", "Proofs in those blocks.", ["type"], registry=self._events
        )
        for name in NAMES.values():
            self._proofs_added.labels(name)  # each is there from the start, at 0
        self._reorgs = Counter(
            "animica_reorgs", "Reorganisations of the best chain.", registry=self._events
        )
        self._removed = Counter(
            "animica_reorg_blocks_removed", "Blocks they took back.", registry=self._events
        )
        bus.subscribe(BlockAdded, self.block_added)
        bus.subscribe(ChainReorganised, self.reorganised)

    def block_added(self, event: BlockAdded) -> None:
        """Count a block."""
        self._blocks.inc()
        self._transactions.inc(len(event.txids))
        for kind in event.proof_types:
            self._proofs_added.labels(NAMES[kind]).inc()

    def reorganised(self, event: ChainReorganised) -> None:
        """Count a reorganisation; a snapshot that was loaded takes nothing back and is none."""
        if not event.removed:
            return
        self._reorgs.inc()
        self._removed.inc(len(event.removed))

    def collect(self) -> Iterator[Metric]:
        """Everything, for one scrape."""
        yield from self._events.collect()
        yield from self._collect_head()
        yield from self._collect_waiting()
        if self._miner is not None:
            yield from _collect_miner(self._miner)
        if self._peers is not None:
            yield from _collect_peers(self._peers)

    def _collect_head(self) -> Iterator[Metric]:
        """Nothing while the database is away: then the head is not known."""
        try:
            head = queries.head()
        except (DatabaseError, InterfaceError):
            return
        age_ms = max(0, self._clock.now_ms() - head.header.time)
        yield GaugeMetricFamily("animica_head_height", "Head's height.", head.header.height)
        yield GaugeMetricFamily("animica_head_age_seconds", "Head's age.", age_ms / 1000)
        yield GaugeMetricFamily("animica_base_fee", "Head's base fee, nANM.", head.header.base_fee)

    def _collect_waiting(self) -> Iterator[Metric]:
        stats = self._pool.stats()
        txs = GaugeMetricFamily(
            "animica_mempool_transactions", "Waiting transactions.", labels=["state"]
        )
        txs.add_metric(["ready"], stats.ready)
        txs.add_metric(["held"], stats.held)
        yield txs
        yield GaugeMetricFamily("animica_mempool_bytes", "Their size.", stats.bytes)
        proofs = GaugeMetricFamily("animica_pending_proofs", "Waiting proofs.", labels=["type"])
        pending = self._proofs.stats()
        for name, count in pending.by_type.items():
            proofs.add_metric([name], count)
        yield proofs
        yield GaugeMetricFamily("animica_pending_proof_bytes", "Their size.", pending.bytes)
        waiting = GaugeMetricFamily(
            "animica_waiting_blocks", "Blocks that cannot be judged yet.", labels=["why"]
        )
        for why, count in self._importer.waiting().items():
            waiting.add_metric([why], count)
        yield waiting
        alarm = self._importer.alarm is not None
        yield GaugeMetricFamily("animica_refusing_reorg", "1 while a branch is refused.", alarm)


def _collect_miner(miner: Miner) -> Iterator[Metric]:
    stats = miner.stats()
    yield CounterMetricFamily("animica_miner_hashes", "Draws made.", stats.hashes)
    yield CounterMetricFamily("animica_miner_blocks_found", "Blocks sealed.", stats.blocks_found)
    yield CounterMetricFamily(
        "animica_miner_blocks_refused", "Own blocks refused.", stats.blocks_refused
    )
    yield CounterMetricFamily("animica_miner_shares_found", "Shares kept.", stats.shares_found)
    yield GaugeMetricFamily("animica_miner_hash_rate", "Draws a second.", stats.hash_rate)


def _collect_peers(peers: Peers) -> Iterator[Metric]:
    net, sync = peers.net(), peers.sync()
    count = GaugeMetricFamily("animica_peers", "Connected peers.", labels=["direction"])
    count.add_metric(["inbound"], net.inbound)
    count.add_metric(["outbound"], net.outbound)
    yield count
    traffic = CounterMetricFamily(
        "animica_p2p_bytes", "Bytes on the wire between peers.", labels=["direction"]
    )
    traffic.add_metric(["in"], net.bytes_in)
    traffic.add_metric(["out"], net.bytes_out)
    yield traffic
    yield GaugeMetricFamily("animica_p2p_bans", "Peers that are kept out.", len(net.bans))
    yield GaugeMetricFamily("animica_sync_target", "Greatest height known of.", sync.target)
    handshakes = CounterMetricFamily(
        "animica_p2p_handshakes", "Handshakes by their outcome.", labels=["outcome"]
    )
    for outcome, number in sorted(peers.handshakes().items()):
        handshakes.add_metric([outcome], number)
    yield handshakes
    notes = CounterMetricFamily(
        "animica_p2p_notes", "What the peers' engine found worth a note.", labels=["name"]
    )
    for name, number in sorted(peers.notes().items()):
        notes.add_metric([name], number)
    yield notes

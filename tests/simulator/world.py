"""A world: nodes, the network between them, wallets and miners, on one virtual clock."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from chain.values import StoredHeader
from consensus.witnesses import WitnessChecker
from core.errors import Refused
from mempool.events import TxDropped
from p2p.rules.actions import Note
from tests.simulator.network import VirtualNetwork
from tests.simulator.node import Node
from tests.simulator.plan import BLOCK_MS, Crash, Partition, Plan, Submission
from tests.simulator.schedule import Schedule
from tests.simulator.work import transfers
from tests.support import InlineRunner, fast_network

NETWORK = fast_network(params={"target_interval_ms": BLOCK_MS, "theta_max_unat": 3_000_000})
WITNESSES = WitnessChecker(InlineRunner())
"""Shared by all nodes of all worlds: a signature is good or bad wherever it is looked at."""
FLEDGED_MS = 2 * 86_400_000
"""How long after genesis a world begins."""


class Broken(AssertionError):
    """Something that holds in every world does not; ``check`` names it."""

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(f"{check}: {detail}")
        self.check = check


class World:
    """Everything of one seed. ``Storm`` and ``calm`` let it happen; see ``tests.simulator.run``."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.network = NETWORK
        self.witnesses = WITNESSES
        self.schedule = Schedule()
        self.begun_ms = NETWORK.genesis.time_ms + FLEDGED_MS
        self.net = VirtualNetwork(plan, self.schedule)
        self.counts: Counter[str] = Counter()
        self.drops: dict[bytes, str] = {}
        """Why pools let transactions go, by id; of several pools the last word."""
        self.refused: dict[bytes, str] = {}
        """Why the node that was asked did not take a transaction."""
        self.submitted: set[bytes] = set()
        """What some pool has taken from a wallet."""
        self.mined: dict[bytes, bytes] = {}
        """Every block that a node has made, by its hash."""
        self.lost: set[bytes] = set()
        """What may have been lost in a crash."""
        self.rng = random.Random(f"world {plan.seed}")
        self.settled_ms = 0
        self._trace = sha256()
        self.told: Callable[[str], None] | None = None
        """Hears every line of the trace."""
        self.nodes = [Node(self, number) for number in range(len(plan.nodes))]
        for node in self.nodes:
            self.net.add(node)

    # ------------------------------------------------------------ the storm

    def storm(self) -> None:
        """All that the plan says, to its end."""
        at = self.schedule.at
        for node, plan in zip(self.nodes, self.plan.nodes, strict=True):
            at(plan.begins_ms, node.boot)
        for partition in self.plan.partitions:
            self._plan_partition(partition)
        for crash in self.plan.crashes:
            self._plan_crash(crash)
        for submission in self.plan.submissions:
            self._plan_submission(submission)
        self._mine_now_and_then()
        self.run_until(self.plan.storm_ms)
        self.net.calm()
        for node in self.nodes:
            node.boot()

    def _plan_partition(self, partition: Partition) -> None:
        self.schedule.at(partition.from_ms, lambda: self.net.part(partition))
        self.schedule.at(partition.to_ms, lambda: self.net.heal(partition))

    def _plan_crash(self, crash: Crash) -> None:
        node = self.nodes[crash.node]

        def die() -> None:
            if not node.up:
                return
            self.count("crashes")
            if crash.at_point is None:
                node.crash()
            else:
                node.dies_at = crash.at_point

        def rise() -> None:
            node.dies_at = None
            node.boot()

        self.schedule.at(crash.at_ms, die)
        self.schedule.at(max(crash.back_ms, self.plan.nodes[crash.node].begins_ms), rise)

    def _plan_submission(self, submission: Submission) -> None:
        self.schedule.at(
            submission.at_ms, lambda: self.submit(submission.node, submission.transfer)
        )

    def _mine_now_and_then(self) -> None:
        def turn() -> None:
            up = [node for node in self.nodes if node.up]
            if up:
                self.rng.choice(up).mine()
                self.count("blocks")
            if self.schedule.now < self.plan.storm_ms:
                self.schedule.after(round(self.rng.expovariate(1 / BLOCK_MS)), turn)

        self.schedule.after(3_000, turn)

    def submit(self, number: int, name: tuple[int, int, bool]) -> None:
        """A wallet hands a transfer to a node, if it runs."""
        node, tx = self.nodes[number], transfers()[name].tx
        if not node.up:
            self.count("submissions to nobody")
            return
        refusal = node.submit(tx.raw)
        if refusal is None:
            self.submitted.add(tx.txid)
        else:
            self.refused[tx.txid] = refusal.code

    # ------------------------------------------------------------ time

    def run_until(self, moment: int) -> None:
        """Let virtual time pass."""
        self.schedule.run_until(moment)

    def sleep(self, delay: int) -> None:
        """All machines are suspended for so many ms; what was due comes late."""
        self.schedule.now += delay

    def run_for(self, delay: int) -> None:
        """Let so many ms pass."""
        self.run_until(self.schedule.now + delay)

    def close(self) -> None:
        """Free what the nodes hold."""
        for node in self.nodes:
            node.database.close()

    # ------------------------------------------------------------ what is told

    def trace(self, *facts: Any) -> None:
        """Add to the trace, by which two runs are compared."""
        line = repr((self.schedule.now, *facts))
        self._trace.update(line.encode())
        if self.told is not None:
            self.told(line)

    @property
    def trace_hash(self) -> str:
        """The trace so far in one number."""
        return self._trace.hexdigest()

    def count(self, what: str) -> None:
        """Something happened."""
        self.counts[what] += 1

    def noted(self, node: Node, note: Note) -> None:
        """An engine's note."""
        self.counts[f"note {note.name}"] += 1
        if self.told is not None:
            self.told(repr((self.schedule.now, node.number, note.name, dict(note.facts))))

    def dropped(self, event: TxDropped) -> None:
        """A pool let a transaction go."""
        self.drops[event.txid] = event.code

    def watch_refusal(self, node: Node, raw: bytes, hash: bytes, refusal: Refused) -> None:
        """Nobody refuses what another node has made; an altered copy may be anything."""
        if self.mined.get(hash) == raw:
            raise Broken("refused a good block", f"node {node.number}: {refusal}")

    def watch(self, node: Node, head: StoredHeader) -> None:
        """A head never becomes lighter."""
        if head.total_work < node.work:
            raise Broken("work fell", f"node {node.number}: from {node.work} to {head.total_work}")
        node.work = head.total_work

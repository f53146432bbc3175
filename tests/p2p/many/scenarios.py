"""What is done to many nodes, and what must be so afterwards."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.p2p.many import spaces, txs
from tests.p2p.many.nodes import ManyNode, network_file, wait_for
from tests.p2p.many.txs import Senders
from tests.p2p.many.watch import Watch, words
from tests.p2p.many.wire import HARNESS, Wire

START_HEIGHT = 3
HEALED_S = 60.0
"""How long after the healing all nodes may take to agree on one head."""
TX_EVERY_S = 1.0
KILL_EVERY_S, DOWN_S = (2, 8), (1, 8)
UNDER_WAY_S = 2.0
"""So long a block may take to everybody and still be counted."""
MINED_S = 120.0


@dataclass(frozen=True)
class Plan:
    """What to run; times in seconds."""

    nodes: int
    delay_s: float
    loss: float
    blocks: int
    """How far the longer side comes while the network is split."""
    settle_blocks: int
    """Blocks before the split and after the healing, in which propagation is measured."""
    kills_s: float
    interval_ms: int
    theta_unat: int
    seed: str
    folder: Path


@dataclass
class Many:
    """The nodes of a run with everything around them. ``open`` makes it, ``close`` ends it all."""

    plan: Plan
    wire: Wire
    nodes: list[ManyNode]
    watch: Watch
    senders: Senders
    chance: random.Random
    told: list[str] = field(default_factory=list)
    _sent_at: float = 0.0

    @classmethod
    def open(cls, plan: Plan) -> Many:
        """Make namespaces, cables and nodes, and start them."""
        own = spaces.own_device()
        made = [spaces.make(number) for number in range(1, plan.nodes + 1)]
        tuns = {HARNESS: own, **{space.node: space.tun for space in made}}
        wire = Wire(tuns, delay_s=plan.delay_s, loss=plan.loss, seed=plan.seed)
        network = network_file(
            plan.folder, interval_ms=plan.interval_ms, theta_unat=plan.theta_unat
        )
        miners = txs.miners(plan.nodes)
        nodes = [
            ManyNode(
                number=space.node,
                space=space,
                folder=plan.folder / f"node-{space.node}",
                network=network,
                miner=miners[space.node - 1],
                seeds=_seeds(space.node, plan.nodes),
            )
            for space in made
        ]
        senders = Senders(txs.CHAIN, nodes)
        return cls(plan, wire, nodes, Watch(nodes), senders, random.Random(plan.seed))

    def close(self) -> None:
        """End every process; nothing stays behind."""
        self.watch.stop()
        for node in self.nodes:
            if node.running:
                node.kill()
            with suppress(ChildProcessError):
                node.space.close()
        self.wire.close()

    # ------------------------------------------------------------ doing

    def say(self, text: str) -> None:
        """A line of the report, at once."""
        self.told.append(text)
        print(text, flush=True)

    def start(self) -> None:
        """All nodes, until each has peers and they agree on a head."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_ready()
        least = min(2, len(self.nodes) - 1)
        wait_for(f"every node has {least} peers", lambda: min(self.peers()) >= least, 60)
        wait_for("a first common head", lambda: self.agreed(START_HEIGHT), 120)
        self.say(f"{len(self.nodes)} nodes, peers of each: {self.peers()}")

    def go_on(self, blocks: int, seconds: float) -> None:
        """Until the highest node is so many blocks further; transactions come in meanwhile."""
        wanted = self.highest() + blocks

        def far_enough() -> bool:
            self.send_sometimes(self.nodes)
            return self.highest() >= wanted

        wait_for(f"{blocks} blocks", far_enough, seconds)

    def send_sometimes(self, nodes: Sequence[ManyNode]) -> None:
        """A transaction to one of the nodes that run, every TX_EVERY_S."""
        alive = [node for node in nodes if node.running]
        if alive and time.monotonic() - self._sent_at >= TX_EVERY_S:
            self._sent_at = time.monotonic()
            self.senders.send(self.chance.choice(alive))

    # ------------------------------------------------------------ looking

    def heads(self) -> list[dict | None]:
        """Every node's head at about one moment."""
        return [node.head() if node.running else None for node in self.nodes]

    def highest(self) -> int:
        """The greatest height of any node."""
        return max((head["height"] for head in self.heads() if head), default=0)

    def agreed(self, least: int = 0) -> bool:
        """Whether all nodes have one and the same head."""
        heads = self.heads()
        hashes = {head["hash"] if head else None for head in heads}
        return len(hashes) == 1 and None not in hashes and heads[0]["height"] >= least

    def peers(self) -> list[int]:
        """How many peers each node has."""
        return [(node.asked("net.info") or {"peers": -1})["peers"] for node in self.nodes]

    # ------------------------------------------------------------ what must be so

    def check_roots(self) -> None:
        """All nodes hold the same block and state at every height up to the lowest head."""
        common = min(head["height"] for head in self.heads() if head)
        for height in {1, common // 2, common - 1, common} - {0, -1}:
            blocks = [node.rpc("chain.getBlockByNumber", block=height) for node in self.nodes]
            roots = {(block["hash"], tuple(sorted(block["roots"].items()))) for block in blocks}
            assert len(roots) == 1, f"block {height} differs: {roots}"
        for sent in self.chance.sample(self.senders.sent, min(5, len(self.senders.sent))):
            told = [
                node.rpc("state.getAccount", address=sent.sender, block=common)
                for node in self.nodes
            ]
            assert all(one == told[0] for one in told), f"{sent.sender} differs: {told}"
        self.say(f"blocks and roots are the same on all nodes, up to {common}")

    def check_txs(self) -> None:
        """Nothing that was taken is lost, and in the end all of it is mined everywhere."""
        sure = self.senders.sure()
        missing = txs.lost(self.nodes, sure)
        assert not missing, f"{len(missing)} transactions are gone: {[one.txid for one in missing]}"
        left = list(sure)

        def all_mined() -> bool:
            left[:] = txs.unmined(self.nodes, left)
            return not left

        took = wait_for("every transaction is mined everywhere", all_mined, MINED_S, 0.5)
        self.say(f"{len(sure)} transactions kept, all of them mined everywhere {took:.0f} s later")

    def check_ends(self) -> None:
        """Every node stops as told, and no log tells of a defect."""
        for node in self.nodes:
            assert node.stop() == 0, f"node {node.number}: {node.tail()}"
            assert not node.traces(), f"node {node.number}: {node.traces()[0]}"

    def tell_propagation(self, when: str, since: float) -> None:
        """How long blocks took, of those of that time which reached everybody."""
        until = time.monotonic()
        time.sleep(UNDER_WAY_S)
        delays = self.watch.seen.delays(since, until, len(self.nodes))
        self.say(f"propagation {when}: {words(delays, self.plan.delay_s)}")


def _seeds(node: int, count: int) -> tuple[int, ...]:
    """Two others to begin with, so that nobody knows everybody."""
    others = {(node + step - 1) % count + 1 for step in (1, 3)} - {node}
    return tuple(sorted(others))


def partition(many: Many) -> None:
    """Split in halves for some blocks, heal: one head soon, nothing lost, the same roots."""
    plan = many.plan
    since = time.monotonic()
    many.go_on(plan.settle_blocks, 120 + plan.settle_blocks * 30)
    many.tell_propagation("before", since)
    half = plan.nodes // 2
    sides = many.nodes[:half], many.nodes[half:]
    began = [head["height"] for head in many.heads() if head]
    many.wire.cut(*([node.number for node in side] for side in sides))
    wanted = max(began) + plan.blocks

    def far_enough() -> bool:
        many.send_sometimes(many.chance.choice(sides))
        return many.highest() >= wanted

    took = wait_for(f"{plan.blocks} blocks in two halves", far_enough, 60 + plan.blocks * 30)
    apart = [[node.rpc("chain.getHead")["height"] for node in side] for side in sides]
    ends = [{node.rpc("chain.getHead")["hash"] for node in side} for side in sides]
    assert not ends[0] & ends[1], "the halves have heard of each other"
    assert min(map(max, apart)) > min(began), "a half stood still: the test shows nothing"
    many.say(f"apart for {took:.0f} s: heights {apart[0]} and {apart[1]}")
    many.wire.heal()
    took = wait_for("one head after the healing", many.agreed, HEALED_S)
    many.say(f"one head {took:.1f} s after the healing")
    many.check_roots()
    many.check_txs()
    since = time.monotonic()
    many.go_on(plan.settle_blocks, 120 + plan.settle_blocks * 30)
    many.tell_propagation("after", since)
    many.say(f"packets: {many.wire.counts()}")


def kills(many: Many) -> None:
    """Nodes are killed and started again at random; then all is as if nothing had been."""
    until = time.monotonic() + many.plan.kills_s
    down: dict[int, float] = {}  # by index: when the node comes back
    count = 0
    while time.monotonic() < until:
        pause = time.monotonic() + many.chance.uniform(*KILL_EVERY_S)
        while time.monotonic() < pause:
            many.send_sometimes(many.nodes)
            time.sleep(0.2)
        _start_due(many, down, time.monotonic())
        alive = [index for index in range(len(many.nodes)) if index not in down]
        if len(alive) > len(many.nodes) // 2:
            chosen = many.chance.choice(alive)
            many.nodes[chosen].kill()
            down[chosen] = time.monotonic() + many.chance.uniform(*DOWN_S)
            count += 1
    _start_due(many, down, float("inf"))
    for node in many.nodes:
        node.wait_ready()
    took = wait_for("one head after the kills", many.agreed, HEALED_S)
    many.say(f"{count} kills; one head {took:.1f} s after the last start, at {many.highest()}")
    many.check_roots()
    many.check_txs()


def _start_due(many: Many, down: dict[int, float], now: float) -> None:
    for index in [index for index, back in down.items() if back <= now]:
        many.nodes[index].start()
        del down[index]

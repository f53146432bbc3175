"""Whatever peers say in whatever order: nothing grows beyond its bounds, nothing breaks."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from execution.errors import NonceGap, SignatureInvalid
from p2p.rules import events as ev
from p2p.rules.actions import AdmitTxs
from p2p.rules.gossip import blocks, inventory, mesh, news, serving, shown, wanted
from p2p.rules.wire import codec, compact
from p2p.rules.wire.messages import (
    PROOF,
    TX,
    Get,
    GetParts,
    Graft,
    Inv,
    Missing,
    Parts,
    Proofs,
    Prune,
    Txs,
)
from tests.p2p.blocks import DictPool, small
from tests.p2p.gossip.nodes import Net, Node, node


def check_bounds(made: Node) -> None:
    """Every memory of gossip against its number."""
    gossip, peers = made.gossip, len(made.ctx.peers)
    work, held = gossip.inventory.wanted, gossip.inventory
    assert work.busy <= wanted.BUSY_MOST
    assert len(work) <= peers * wanted.ANNOUNCED_MOST + len(work._judged)
    assert work._peers.keys() <= made.ctx.peers.keys()
    for announcer in work._peers.values():
        assert len(announcer.keys) <= wanted.ANNOUNCED_MOST
        assert len(announcer.owed) <= wanted.OWED_MOST
    assert len(held._here) <= inventory.HERE_MOST
    assert len(held._resting) <= inventory.RESTING_MOST
    assert len(gossip.news._log) <= 2 * news.LOG_MOST
    assert gossip.news._knowing.keys() == set(gossip.news._log)
    assert gossip.news._cursors.keys() <= made.ctx.peers.keys()
    assert gossip.news._greetings.keys() <= made.ctx.peers.keys()
    assert all(len(keys) <= news.GREETING_MOST for keys in gossip.news._greetings.values())
    assert gossip.mesh.members.keys() <= made.ctx.peers.keys()
    assert len(gossip.mesh.members) <= mesh.MESH_HIGH + mesh.MESH_OUTBOUND
    assert len(gossip.mesh._backoffs) <= mesh.BACKOFFS
    assert gossip.mesh._credit.keys() <= made.ctx.peers.keys()
    assert len(gossip.blocks._open) <= blocks.OPEN_MOST
    assert len(gossip.blocks._late) <= blocks.LATE_MOST
    assert len(gossip.blocks._sent) <= blocks.COMPACTS_MOST
    assert len(gossip.serving._cache) <= serving.CACHED_BLOCKS
    assert len(gossip.serving._asked) <= serving.ASKED_MOST
    assert len(gossip._shown._peers) <= shown.BLOCKS_MOST
    assert all(known <= made.ctx.peers.keys() for known in gossip._shown._peers.values())


class Storm:
    """Random peers that say random things, sound ones and others."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        made = small()
        self.node = node(pool=DictPool())
        self.node.judges = False
        self.block = made.block
        self.ids = [tx.txid for tx in made.txs] + [bytes([n]) * 32 for n in range(40)]
        self.digests = [one.digest for one in self.block.envelopes] + [bytes(32)]
        self.conns = 0

    def step(self) -> None:
        rng, made = self.rng, self.node
        way = rng.random()
        peers = list(made.ctx.peers)
        if way < 0.08 or not peers:
            self.conns += 1
            made.join(self.conns, outbound=rng.random() < 0.3)
        elif way < 0.12:
            made.handle(ev.PeerLost(rng.choice(peers), "gone"))
        elif way < 0.3:
            made.tick(rng.choice((100, 100, 1_000, 5_000)))
        elif way < 0.4:
            self.judge()
        elif way < 0.45:
            made.add_tx(rng.choice(small().txs))
        elif way < 0.47:
            made.sync.busy = not made.sync.busy
        else:
            made.says(rng.choice(peers), self.message())

    def judge(self) -> None:
        admits = [action for action in self.node.acts if type(action) is AdmitTxs]
        if admits:
            last = admits[-1]
            verdicts = (None, NonceGap("gap"), SignatureInvalid("bad"))
            refusals = tuple(self.rng.choice(verdicts) for _ in last.txids)
            self.node.handle(ev.TxsJudged(last.conn, last.txids, refusals))

    def message(self):
        rng, block = self.rng, self.block
        some = tuple(rng.sample(self.ids, rng.randint(1, 12)))
        kind = rng.choice((TX, PROOF))
        raws = tuple(tx.raw for tx in rng.sample(small().txs, 2))
        short = compact.make(block, rng.randbytes(8), rng.sample(range(5), 2))
        envelopes = tuple(one.encoded for one in block.envelopes)
        return rng.choice((
            Inv(kind, some), Get(kind, some), Missing(rng.choice((1, 2, 3)), some), Txs(raws),
            Inv(PROOF, tuple(self.digests)), Proofs(envelopes), Graft(), Prune(rng.randint(0, 99)),
            Txs((rng.randbytes(9),)), Proofs((rng.randbytes(9),)), short,
            replace(short, header=rng.randbytes(20)), GetParts(block.hash, (0, 9), (1,)),
            compact.parts(block, GetParts(block.hash, tuple(range(5)), (0, 1))),
            Parts(block.hash, raws, envelopes), Parts(bytes(32), (), ()),
        ))  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_a_storm_of_messages_breaks_nothing(seed):
    storm = Storm(seed)
    for step in range(500):
        storm.step()
        if step % 25 == 0:
            check_bounds(storm.node)
    for conn in list(storm.node.ctx.peers):
        storm.node.handle(ev.PeerLost(conn, "gone"))
    check_bounds(storm.node)
    storm.node.tick(300_000)
    assert len(storm.node.gossip.inventory.wanted) == 0
    assert storm.node.gossip.blocks._open == {}


def test_a_flood_of_announcements_stays_within_its_bounds_and_honest_ones_are_served():
    made = node()
    for conn in range(1, 13):
        made.join(conn)
    made.tick(1_000)
    (tx,) = small().txs[:1]
    for round in range(4):
        for conn in range(1, 12):
            for part in range(2):
                first = ((conn * 100 + round) * 10 + part) * 10_000
                ids = tuple((first + n).to_bytes(32, "big") for n in range(1_024))
                made.says(conn, Inv(TX, ids))
        check_bounds(made)
        made.tick(2_000)
    made.says(12, Inv(TX, (tx.txid,)))
    made.tick(2_000)
    assert tx.txid in {id for ask in made.told(12, Get) for id in ask.ids}


def test_pools_agree_after_a_partition_without_new_connections():
    """Announcements are lost both ways; reminders make up for it."""
    nodes = [node(n) for n in (1, 2, 3)]
    net = Net(nodes)
    net.link(nodes[0], nodes[1])
    net.link(nodes[1], nodes[2])
    net.run(1_000)
    net.passes = lambda data: False
    nodes[0].add_tx(small().txs[0])
    nodes[2].add_tx(small().txs[2])
    net.run(5_000)
    net.passes = lambda data: True
    net.run(61_000)
    pools = [set(one.pool.txs) for one in nodes]
    assert pools[0] == pools[1] == pools[2] == {small().txs[0].txid, small().txs[2].txid}
    assert not any(one.blamed for one in nodes)


def test_pools_agree_when_nodes_meet_that_were_apart():
    nodes = [node(n) for n in (1, 2)]
    nodes[0].add_tx(small().txs[0])
    nodes[1].add_tx(small().txs[2])
    net = Net(nodes)
    net.link(*nodes)
    net.run(3_000)
    assert nodes[0].pool.txs.keys() == nodes[1].pool.txs.keys()
    assert len(nodes[0].pool.txs) == 2


def test_the_same_seed_gives_the_same_run():
    def run() -> list[bytes]:
        nodes = [node(n) for n in range(1, 8)]
        net = Net(nodes)
        for at, one in enumerate(nodes):
            for other in nodes[:at]:
                net.link(one, other)
        net.run(1_000)
        for tx in small().txs:
            nodes[0].add_tx(tx)
        nodes[3].add_block(small().block.raw)
        net.run(3_000)
        return [repr(said).encode() for one in nodes for said in one.sent]

    assert run() == run()


def test_a_block_costs_little_where_pools_are_warm():
    """Eight nodes, each linked to all: the short form, crossing on most links, and no more."""
    nodes = [node(n) for n in range(1, 9)]
    net = Net(nodes)
    for at, one in enumerate(nodes):
        for other in nodes[:at]:
            net.link(one, other)
    for tx in small().txs:
        nodes[0].add_tx(tx)
    for envelope in small().block.envelopes:
        nodes[0].add_proof(envelope)
    net.run(5_000)
    assert all(len(one.pool.txs) == 5 for one in nodes)
    net.bytes = 0
    nodes[0].add_block(small().block.raw)
    net.deliver()
    assert all(one.ledger.head_hash == small().block.hash for one in nodes)
    short = len(codec.encode(compact.make(small().block, bytes(8))))
    assert net.bytes <= 2 * 28 * short

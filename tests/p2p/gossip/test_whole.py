"""The engine with all its parts: whatever happens to its short form, a block arrives."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.tx import SignedTx, Witness
from p2p.rules import actions, events
from p2p.rules.build import make_engine
from p2p.rules.conduct import Conduct
from p2p.rules.gossip import Gossip
from p2p.rules.sync import Sync
from p2p.rules.wire import messages as m
from tests.p2p.blocks import NETWORK, DictPool, small
from tests.p2p.sync.ledger import MemoryLedger
from tests.p2p.sync.net import Net
from tests.p2p.sync.net import Node as SyncNode

DAY = 86_400_000


class Node(SyncNode):
    """A node with every part of the engine."""

    def __init__(self, net: Net, number: int, ledger, *, pool=None, filter=None) -> None:
        self.said: list[int] = []
        super().__init__(net, number, ledger, filter=filter)
        self.ctx.pool = DictPool() if pool is None else pool
        self.ctx.shelf = SimpleNamespace(heights=tuple, interrupted=lambda: None)
        self.engine = make_engine(self.ctx)
        self.sync = self.engine.part(Sync)
        self.gossip = self.engine.part(Gossip)

    def do(self, action) -> None:
        if isinstance(action, actions.Send):
            self.said.append(action.data[0])
        super().do(action)

    def mine(self, raw: bytes) -> None:
        """A block of this node's own."""
        self.ledger.take(raw, self.net.moment.wall_ms)
        head = self.ledger.head()
        self.handle(events.HeadMoved(head.header, head.total_work))


@pytest.fixture
def net() -> Net:
    return Net(NETWORK.genesis.time_ms + DAY)


def add(net: Net, **facts) -> Node:
    ledger = MemoryLedger(small().builder.genesis, NETWORK).load([small().first])
    made = Node(net, len(net.nodes) + 1, ledger, **facts)
    net.nodes.append(made)
    net.later(0, made, events.Tick())
    return made


def arrives(net: Net, *nodes: Node, within_ms: int = 8_000) -> bool:
    wanted = small().block.hash
    return net.run(within_ms, lambda: all(one.ledger.head().hash == wanted for one in nodes))


def meet(net: Net, dialler: Node, other: Node) -> None:
    net.join(dialler, other)
    net.run(3_000)
    assert dialler.gossip.mesh.members and other.gossip.mesh.members


def test_a_new_block_travels_in_short_form(net):
    teller, hearer = add(net), add(net, pool=DictPool.of(small().block))
    meet(net, teller, hearer)
    teller.mine(small().block.raw)
    assert arrives(net, hearer, within_ms=300)
    assert not {22, 23, 25, 26} & {*teller.said, *hearer.said}  # no body, no parts


def drop(*kinds: type):
    return lambda message: [] if isinstance(message, kinds) else [message]


def test_without_an_answer_the_whole_block_is_fetched(net):
    teller, hearer = add(net, filter=drop(m.Parts)), add(net)
    meet(net, teller, hearer)
    teller.mine(small().block.raw)
    assert arrives(net, hearer)
    assert 23 in teller.said
    assert not hearer.offences


def test_a_guess_that_fails_is_made_good(net):
    tx = small().block.txs[0]
    pool = DictPool.of(small().block)
    pool.txs[tx.txid] = SignedTx(tx.unsigned, Witness(tx.witness.alg, bytes(3309)))
    teller, hearer = add(net), add(net, pool=pool)
    meet(net, teller, hearer)
    teller.mine(small().block.raw)
    assert arrives(net, hearer)
    assert not hearer.offences


def swap(message: m.Message) -> list[m.Message]:
    if isinstance(message, m.Parts) and message.txs:
        return [replace(message, txs=message.txs[::-1])]
    return [message]


def test_swapped_parts_cost_points_and_the_block_comes_from_another(net):
    liar, honest, hearer = add(net, filter=swap), add(net), add(net)
    meet(net, liar, hearer)
    meet(net, honest, hearer)
    liar.mine(small().block.raw)
    honest.ledger.take(small().block.raw, net.moment.wall_ms)
    assert arrives(net, hearer)
    assert [offence for _, offence in hearer.offences] == ["body_swapped"]


def test_a_short_form_far_ahead_leads_to_synchronisation(net):
    line = small().builder.grow(small().full, 30)
    teller, hearer = add(net), add(net)
    meet(net, teller, hearer)
    for made in (small().full, *line[:-1]):
        teller.ledger.take(made.raw, net.moment.wall_ms)
    teller.mine(line[-1].raw)
    assert net.run(10_000, lambda: hearer.height == line[-1].height)
    assert not hearer.offences


def test_bad_blocks_in_short_form_get_their_sender_banned_and_nobody_else(net):
    """Its hash commits to a wrong state: refused by the importer, told to nobody."""
    bad = small().block
    liar, honest, hearer = add(net), add(net), add(net, pool=DictPool.of(bad))
    hearer.ledger.poison = frozenset([bad.hash])
    meet(net, liar, hearer)
    meet(net, honest, hearer)
    liar.mine(bad.raw)
    net.run(5_000)
    assert hearer.height == honest.height == 1
    assert [offence for _, offence in hearer.offences].count("block_invalid") >= 1
    bans = hearer.engine.part(Conduct).bans()
    assert [ban.id for ban in bans] == [bytes([1]) * 32]
    assert not honest.offences

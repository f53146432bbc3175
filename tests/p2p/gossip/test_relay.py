"""Blocks, transactions and proofs reach every node of a small net, over the mesh alone."""

from __future__ import annotations

import itertools

from p2p.rules.wire import messages as m
from tests.p2p.blocks import small
from tests.p2p.gossip.nodes import Net, node


def line(length: int) -> Net:
    """Nodes in a row, each linked to the next."""
    nodes = [node(n + 1) for n in range(length)]
    net = Net(nodes)
    for one, other in itertools.pairwise(nodes):
        net.link(one, other)
    net.run(1_000)
    return net


def test_everything_reaches_the_end_of_a_line():
    net, made = line(5), small()
    first, last = net.nodes[0], net.nodes[-1]
    for tx in made.txs:
        first.add_tx(tx)
    for envelope in made.block.envelopes:
        first.add_proof(envelope)
    net.run(2_000)
    assert last.pool.txs.keys() == first.pool.txs.keys()
    assert last.pool.envelopes.keys() == first.pool.envelopes.keys()
    first.add_block(made.block.raw)
    net.run(100)
    assert all(one.ledger.head_hash == made.block.hash for one in net.nodes)
    assert not any(one.blamed for one in net.nodes)
    assert not any(type(said) is m.GetParts for one in net.nodes for _, said in one.sent)


def test_a_block_reaches_nodes_without_its_transactions():
    net, made = line(4), small()
    net.nodes[0].add_block(made.block.raw)
    net.run(100)
    assert all(one.ledger.head_hash == made.block.hash for one in net.nodes)
    asked = [said for one in net.nodes for _, said in one.sent if type(said) is m.GetParts]
    # The first hop asks for its transactions; later ones get them prefilled, and ask for proofs.
    assert [len(ask.txs) for ask in asked] == [5, 0, 0]
    assert not any(one.blamed for one in net.nodes)

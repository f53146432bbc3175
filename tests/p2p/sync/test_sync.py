"""Nodes that synchronise: whatever the shape of their chains, to the heaviest."""

from __future__ import annotations

import pytest

from p2p.rules import actions
from tests.p2p.sync.ledger import MemoryLedger
from tests.p2p.sync.net import Net
from tests.support import ChainBuilder, fast_network

NETWORK = fast_network(accounts=1)
BUILDER = ChainBuilder(NETWORK)
TRUNK = BUILDER.grow(BUILDER.genesis, 600)
DAY = 86_400_000


def ledger(line=(), **facts) -> MemoryLedger:
    return MemoryLedger(BUILDER.genesis, NETWORK, **facts).load(line)


def new_net(**facts) -> Net:
    return Net(NETWORK.genesis.time_ms + DAY, **facts)


def test_an_empty_node_takes_a_whole_chain_from_one_peer():
    net = new_net()
    full, empty = net.add(ledger(TRUNK)), net.add(ledger())
    net.join(empty, full)
    assert net.run(60_000, lambda: empty.height == 600)
    assert not empty.offences and not full.offences
    net.run(3_000)
    assert empty.sync.view().word == "following"
    assert [a.on for a in empty.seen if isinstance(a, actions.SetSyncing)] == [True, False]


@pytest.mark.parametrize("fork", [0, 1, 50, 99])
def test_a_branch_is_followed_from_wherever_it_forks(fork):
    net = new_net()
    side = BUILDER.grow(TRUNK[fork - 1] if fork else BUILDER.genesis, 150 - fork, extra=b"b")
    light, heavy = net.add(ledger(TRUNK[:100])), net.add(ledger([*TRUNK[:fork], *side]))
    net.join(light, heavy)
    assert net.run(60_000, lambda: light.ledger.head().hash == side[-1].hash)
    assert not light.offences and not heavy.offences

from __future__ import annotations

import pytest

from p2p.rules.build import make_engine
from p2p.rules.wire import messages as m
from tests.p2p.world import HEAD, World, context, identify


@pytest.fixture
def world():
    return World(make_engine, context())


def test_both_sides_greet(world):
    peer = world.connect()
    assert world.sent(peer) == [
        m.Identify("animica/test", (), 7, HEAD, (1234).to_bytes(32, "big"), 3, ((4, HEAD),))
    ]
    world.say(peer, identify(height=9, head=b"\x22" * 32))
    assert (peer.height, peer.head, peer.work, peer.announced) == (9, b"\x22" * 32, 99, True)
    assert world.ctx.ready == [peer]

from __future__ import annotations

from p2p.rules import actions, events
from p2p.rules.addresses import parse
from p2p.rules.book import Book
from p2p.rules.build import make_engine
from p2p.rules.wire import messages as m
from tests.p2p.world import World, context

SEED = "tcp://127.0.0.1:9000"


def test_a_seed_is_dialled_and_asked_for_others():
    world = World(make_engine, context(seeds=(SEED,)))
    world.wait(100)
    assert world.dials() == [actions.Dial(parse(SEED), "outbound")]
    peer = world.ready(address=SEED, outbound=True, purpose="outbound")
    assert world.sent(peer) == [m.GetPeers()]
    world.say(peer, m.Peers(("tcp://127.0.0.1:9001", "tcp://5.6.7.8:9")))
    world.wait(1_000)
    assert {str(dial.address) for dial in world.dials()} == {
        "tcp://127.0.0.1:9001",
        "tcp://5.6.7.8:9",
    }
    world.handle(events.DialFailed(parse("tcp://5.6.7.8:9"), "nobody"))
    book = world.engine.part(Book)
    assert {str(e.address): e.failures for e in book.entries()}["tcp://5.6.7.8:9"] == 1

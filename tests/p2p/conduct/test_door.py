"""Who is let in, greeted, turned away, and which of two connections stays."""

from __future__ import annotations

import pytest

from p2p.rules.conduct import Conduct
from p2p.rules.limits import DEAD_MS, INBOUND_PER_GROUP
from p2p.rules.wire import messages as m
from tests.p2p.world import HEAD, OWN_ID, World, context, id_of, identify

LOWER, HIGHER = b"\x01" * 32, b"\xff" * 32


@pytest.fixture
def world():
    return World()


def test_both_sides_greet(world):
    peer = world.connect()
    assert world.sent(peer) == [
        m.Identify("animica/test", (), 7, HEAD, (1234).to_bytes(32, "big"), 3, ((4, HEAD),))
    ]
    assert world.ctx.ready == []
    world.say(peer, identify(height=9, head=b"\x22" * 32))
    assert (peer.height, peer.head, peer.work, peer.announced) == (9, b"\x22" * 32, 99, True)
    assert world.ctx.ready == [peer]


def test_bodies_are_told_from_where_their_witnesses_are(world):
    ledger = world.ctx.steady.beneath
    ledger.keeps = type(ledger.keeps)(witnesses_from=5, bodies_from=9)
    assert world.sent(world.connect(), m.Identify)[0].bodies_from == 9


def test_the_node_does_not_talk_to_itself(world):
    peer = world.connect(id=OWN_ID)
    assert world.closed() == {peer.conn: "self"}
    assert world.sent(peer) == [m.Goodbye("self", "this is my own id")]


def test_a_banned_peer_is_not_greeted(world):
    conduct = world.engine.part(Conduct)
    conduct.judge.ban(id_of(7), "", "test")
    peer = world.connect(7)
    assert world.closed() == {peer.conn: "banned"}
    assert world.sent(peer, m.Identify) == []
    dialled = world.connect(7, outbound=True, purpose="outbound")
    assert world.closed() == {dialled.conn: "banned"}


def test_a_banned_host_is_out_but_may_be_dialled(world):
    world.engine.part(Conduct).judge.ban(id_of(7), "5.6.7.8", "test")
    peer = world.connect(8, "tcp://5.6.7.8:999")
    assert world.closed() == {peer.conn: "banned"}
    # Whom this node dials it knows by its id: an attacker can name anybody's host.
    world.connect(9, "tcp://5.6.7.8:999", outbound=True, purpose="outbound")
    assert world.closed() == {}


def test_an_ipv6_host_is_its_network(world):
    world.engine.part(Conduct).judge.ban(id_of(7), "2001:db8:1:2::/64", "test")
    same, other = "tcp://[2001:db8:1:2:ffff::1]:1", "tcp://[2001:db8:1:3::1]:1"
    assert world.closed() == {} and world.connect(8, same).closing
    assert not world.connect(9, other).closing


def test_feelers_are_ended_without_a_word_of_this_node(world):
    peer = world.connect(outbound=True, purpose="feeler")
    assert world.closed() == {peer.conn: "feeler"}
    assert world.sent(peer, m.Identify) == []


# --------------------------------------------------------------------------- seats


def test_a_group_has_few_inbound_seats(world):
    for number in range(INBOUND_PER_GROUP):
        assert not world.connect(address=f"tcp://5.6.{number}.1:1").closing
    assert world.connect(address="tcp://5.6.99.1:1").closing
    assert world.closed()[INBOUND_PER_GROUP + 1] == "full"
    assert not world.connect(address="tcp://5.7.0.1:1").closing


@pytest.mark.parametrize("near", ["127.0.0.1", "10.1.2.3", "192.168.7.7", "[::1]", "[fd00::1]"])
def test_near_addresses_are_no_group(world, near):
    for _ in range(3 * INBOUND_PER_GROUP):
        assert not world.connect(address=f"tcp://{near}:1").closing


def test_dialled_peers_take_no_inbound_seat():
    world = World(context(inbound_most=1))
    for number in range(5):
        address = f"tcp://5.{number}.1.1:1"
        assert not world.connect(address=address, outbound=True, purpose="outbound").closing
    assert not world.connect(address="tcp://6.6.1.1:1").closing


def test_a_newcomer_takes_the_place_of_the_least_useful():
    world = World(context(inbound_most=4))
    peers = []
    for number in range(4):
        world.ms += 1_000
        peers.append(world.ready(address=f"tcp://5.{number}.1.1:1"))
    newcomer = world.connect(address="tcp://6.6.1.1:1")
    assert world.closed() == {peers[-1].conn: "full"}
    assert not newcomer.closing


def test_pinned_peers_have_their_seat():
    world = World(context(inbound_most=1))
    world.ctx.pinned.update((id_of(1), id_of(3)))
    pinned = [world.ready(1, "tcp://5.5.1.1:1"), world.ready(3, "tcp://5.5.2.1:1")]
    assert not any(peer.closing for peer in pinned)
    first = world.ready(2, "tcp://6.6.1.1:1")
    assert not first.closing
    second = world.ready(4, "tcp://7.7.1.1:1")
    assert first.closing != second.closing
    assert not any(peer.closing for peer in pinned)


def test_a_house_full_of_the_deserving_turns_newcomers_away():
    world = World(context(inbound_most=0))
    peer = world.connect()
    assert world.closed() == {peer.conn: "full"}


# --------------------------------------------------------------------------- two of one peer


@pytest.mark.parametrize("id", [LOWER, HIGHER])
@pytest.mark.parametrize("inbound_first", [True, False])
def test_of_crossing_connections_the_lower_ids_stays(world, id, inbound_first):
    first = world.ready(id=id, outbound=not inbound_first, purpose="outbound")
    second = world.ready(id=id, outbound=inbound_first, purpose="outbound")
    begun_here_stays = id == HIGHER
    kept, ended = (first, second) if first.outbound == begun_here_stays else (second, first)
    assert (kept.closing, ended.closing) == (False, True)
    assert world.closed() == {ended.conn: "duplicate"}
    assert world.ctx.ready == [kept]


def test_both_sides_keep_the_same_of_crossing_connections():
    """A dials B while B dials A: whatever comes first on which side, one connection is left."""
    low, high = OWN_ID, b"\x90" * 32
    for order_low in ((0, 1), (1, 0)):
        for order_high in ((0, 1), (1, 0)):
            left = []
            for me, other, order in ((low, high, order_low), (high, low, order_high)):
                world = World(context(id=me))
                peers = {}
                for link in order:  # link 0 was begun by the lower id
                    peers[link] = world.ready(id=other, outbound=(link == 0) == (me == low))
                left.append({link for link, peer in peers.items() if not peer.closing})
            assert left == [{0}, {0}]


@pytest.mark.parametrize("outbound", [True, False])
def test_of_two_connections_of_one_side_the_older_stays(world, outbound):
    first = world.ready(5, outbound=outbound)
    second = world.ready(5, outbound=outbound)
    assert (first.closing, second.closing) == (False, True)
    assert second not in world.ctx.ready and not second.announced


def test_an_older_connection_that_went_silent_yields(world):
    first = world.ready(id=LOWER, outbound=False)
    world.ms += DEAD_MS
    second = world.ready(id=LOWER, outbound=True)
    assert (first.closing, second.closing) == (True, False)


def test_a_second_connection_counts_once_it_is_identified(world):
    first = world.ready(5)
    second = world.connect(5)
    assert not first.closing and not second.closing
    third = world.ready(6)
    assert not third.closing


def test_nor_does_a_first_one_before_it_is(world):
    first = world.connect(5)
    second = world.ready(5)
    assert not first.closing and not second.closing
    world.say(first, identify())
    assert first.closing and not second.closing

"""Points, bans, and what operators ask."""

from __future__ import annotations

import pytest

from p2p.rules import events
from p2p.rules.conduct import Conduct
from p2p.rules.limits import BAN_MS, PINNED_MOST
from p2p.rules.offences import HALF_LIFE_MS, Offence
from tests.p2p.world import WALL_MS, World, id_of


@pytest.fixture
def world():
    return World()


def blame(world, peer, offence=Offence.UNASKED, times=1):
    """Blame from within an event, as parts do."""
    world.handle(events.Tick())
    for _ in range(times):
        world.ctx.blame(peer, offence, "test")
    world.done = world.ctx.actions[:]
    world.ctx.actions.clear()


def judge(world):
    return world.engine.part(Conduct)


@pytest.mark.parametrize("offence", list(Offence))
def test_every_offence_costs_its_points_and_bans_in_the_end(world, offence):
    peer = world.ready()
    blame(world, peer, offence, times=-(-100 // offence.points) - 1)
    assert not peer.closing
    blame(world, peer, offence)
    assert world.closed() == {peer.conn: "banned"}
    (ban,) = judge(world).bans()
    assert (ban.id, ban.host, ban.reason) == (peer.id, "5.6.7.8", offence.label)
    assert ban.until_ms == WALL_MS + world.ms + BAN_MS


def test_points_halve(world):
    peer = world.ready()
    blame(world, peer, times=4)
    assert judge(world).points(peer) == 80
    world.ms += HALF_LIFE_MS
    world.handle(events.Tick())
    assert judge(world).points(peer) == 40
    blame(world, peer, times=2)
    assert judge(world).bans() == () and judge(world).points(peer) == 80


def test_points_wait_for_who_comes_back(world):
    peer = world.ready(3)
    blame(world, peer, times=4)
    world.lose(peer)
    again = world.ready(3, "tcp://9.9.9.9:1")
    assert judge(world).points(again) == 80


def test_a_host_answers_for_its_names(world):
    first = world.ready(3)
    blame(world, first, times=4)
    world.lose(first)
    second = world.ready(4)
    assert judge(world).points(second) == 80
    blame(world, second)
    assert second.closing
    assert world.connect(5).closing


@pytest.mark.parametrize("near", ["127.0.0.1", "172.17.0.1", "[::1]"])
def test_near_hosts_do_not(world, near):
    address = f"tcp://{near}:1"
    first = world.ready(3, address)
    blame(world, first, Offence.MALFORMED)
    assert judge(world).bans()[0].host == ""
    second = world.ready(4, address)
    assert not second.closing and judge(world).points(second) == 0
    assert world.connect(3, address).closing


def test_nor_do_hosts_that_this_node_dialled(world):
    first = world.ready(3, outbound=True)
    blame(world, first, Offence.MALFORMED)
    assert judge(world).bans()[0].host == ""
    assert not world.connect(4).closing


def test_a_ban_ends_all_connections_of_the_host(world):
    first, second = world.ready(3), world.ready(4)
    dialled = world.ready(5, outbound=True)
    blame(world, first, Offence.MALFORMED)
    assert world.closed() == {first.conn: "banned", second.conn: "banned"}
    assert not dialled.closing


def test_who_has_served_a_ban_begins_anew_but_for_its_length(world):
    peer = world.ready(3)
    blame(world, peer, Offence.MALFORMED)
    world.lose(peer)
    world.ms += BAN_MS
    world.handle(events.Tick())
    again = world.ready(3)
    assert not again.closing and judge(world).points(again) == 0
    blame(world, again, Offence.MALFORMED)
    assert judge(world).bans()[0].until_ms == WALL_MS + world.ms + 2 * BAN_MS


def test_what_comes_after_a_goodbye_bans_nobody_twice(world):
    peer = world.ready(3)
    blame(world, peer, Offence.MALFORMED, times=3)
    assert [ban.times for ban in judge(world).bans()] == [1]


# --------------------------------------------------------------------------- operators


def test_an_operator_bans_by_id(world):
    peer, other = world.ready(3), world.ready(4, "tcp://9.9.9.9:1")
    world.handle(events.Asked("ban", peer.id, ban_ms=5_000))
    assert world.closed() == {peer.conn: "banned"}
    (ban,) = judge(world).bans()
    assert (ban.host, ban.reason, ban.until_ms) == ("5.6.7.8", "operator", WALL_MS + 5_000)
    world.handle(events.Asked("ban", id_of(99)))
    assert [ban.host for ban in judge(world).bans()] == ["5.6.7.8", ""]
    assert not other.closing


def test_an_operator_lifts_a_ban_and_what_led_to_it(world):
    peer = world.ready(3)
    blame(world, peer, Offence.MALFORMED)
    world.lose(peer)
    world.handle(events.Asked("unban", peer.id))
    again = world.ready(3)
    assert not again.closing and judge(world).points(again) == 0
    assert judge(world).bans() == ()
    world.handle(events.Asked("unban", id_of(77)))  # nothing to lift


def test_unban_forgets_points_below_a_ban_too(world):
    peer = world.ready(3, outbound=True)
    blame(world, peer, times=4)
    world.handle(events.Asked("unban", peer.id))
    assert judge(world).points(peer) == 0


def test_pinned_peers_are_disconnected_never_banned(world):
    world.handle(events.Asked("pin", id_of(3)))
    peer = world.ready(3)
    blame(world, peer, Offence.MALFORMED)
    assert world.closed() == {peer.conn: "offence"}
    assert judge(world).bans() == ()
    world.lose(peer)
    again = world.ready(3)
    assert not again.closing and judge(world).points(again) == 0
    world.handle(events.Asked("unpin", id_of(3)))
    blame(world, again, Offence.MALFORMED)
    assert world.closed() == {again.conn: "banned"}


def test_a_pin_lifts_a_ban_and_a_ban_a_pin(world):
    world.handle(events.Asked("ban", id_of(3)))
    world.handle(events.Asked("pin", id_of(3)))
    assert not world.connect(3).closing
    world.handle(events.Asked("ban", id_of(3)))
    assert world.connect(3).closing and id_of(3) not in world.ctx.pinned


def test_a_pinned_peer_shares_no_ban_of_its_host(world):
    world.handle(events.Asked("pin", id_of(3)))
    pinned, other = world.ready(3), world.ready(4)
    blame(world, other, Offence.MALFORMED)
    assert world.closed() == {other.conn: "banned"}
    assert not pinned.closing


def test_pins_are_bounded(world):
    for number in range(PINNED_MOST + 5):
        world.handle(events.Asked("pin", id_of(number)))
    assert world.notes("too_many_pinned") == [{"peer": id_of(number).hex()[:16]}]
    world.handle(events.Asked("pin", id_of(0)))
    assert world.notes("too_many_pinned") == []
    world.handle(events.Asked("pin"))
    assert len(world.ctx.pinned) == PINNED_MOST


def test_an_operator_disconnects(world):
    peer, other = world.ready(3), world.ready(4)
    world.handle(events.Asked("disconnect", peer.id))
    assert world.closed() == {peer.conn: "operator"}
    assert not other.closing and judge(world).bans() == ()

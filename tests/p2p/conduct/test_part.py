"""Pings, silence, farewell, messages in their order, floods."""

from __future__ import annotations

import pytest

from p2p.rules import actions, events
from p2p.rules.conduct import Conduct, budgets
from p2p.rules.limits import IDENTIFY_MS, PING_MS, SILENT_MS
from p2p.rules.wire import messages as m
from tests.p2p.world import World, alone, id_of, identify


@pytest.fixture
def world():
    return World()


def offences(world) -> list[str]:
    return [note["offence"] for note in world.notes("peer_offended")]


# --------------------------------------------------------------------------- order


def test_nothing_is_taken_before_identify(world):
    peer = world.connect()
    world.say(peer, m.Ping(1))
    assert offences(world) == ["out_of_order"]
    assert world.sent(peer) == []


def test_identify_comes_once(world):
    peer = world.ready()
    world.say(peer, identify(height=10**6))
    assert offences(world) == ["out_of_order"]
    assert peer.height == 5


def test_what_is_out_of_order_is_not_even_decoded(world, monkeypatch):
    peer = world.connect()
    raw = world.raw(m.Body(bytes(1_000_000)))
    monkeypatch.setattr("p2p.rules.wire.codec.decode", lambda *_, **__: 1 / 0)
    world.handle(events.MessageReceived(peer.conn, raw))
    assert offences(world) == ["out_of_order"]


def test_a_goodbye_may_come_first(world):
    peer = world.connect()
    world.say(peer, m.Goodbye("full", "no seat"))
    assert offences(world) == []
    assert (peer.left, peer.closing) == ("full", True)
    assert world.closed() == {peer.conn: "goodbye"}


def test_after_a_goodbye_nothing_is_said_or_taken(world):
    peer = world.ready()
    world.say(peer, m.Goodbye("stopping", ""))
    assert world.sent(peer) == []
    assert world.say(peer, m.Ping(1)) == []


def test_malformed_messages_ban_at_once(world):
    peer = world.ready()
    world.handle(events.MessageReceived(peer.conn, b"\xfe\x80"))
    assert offences(world) == ["malformed"]
    assert world.closed() == {peer.conn: "banned"}
    world.lose(peer)
    assert world.connect(id=peer.id).closing


def test_messages_of_unknown_connections_are_nothing(world):
    assert world.handle(events.MessageReceived(99, b"\x02")) == []
    assert world.handle(events.PeerLost(99, "")) == []
    assert world.handle(events.Writable(99)) == []


def test_who_does_not_identify_in_time_is_let_go(world):
    peer = world.connect()
    world.wait(IDENTIFY_MS - 100)
    assert not peer.closing
    world.wait(100)
    assert world.closed() == {peer.conn: "identify"}
    assert world.engine.part(Conduct).points(peer) == 0


# --------------------------------------------------------------------------- pings


def test_pings_measure_the_latency(world):
    peer = world.ready()
    world.wait(100)
    (ping,) = world.sent(peer, m.Ping)
    world.ms += 35
    world.say(peer, m.Pong(ping.nonce))
    assert peer.latency_ms == 35
    world.wait(PING_MS)
    assert len(world.sent(peer, m.Ping)) == 1


def test_a_ping_waits_for_its_answer(world):
    peer = world.ready()
    world.wait(2 * PING_MS)
    assert len(world.sent(peer, m.Ping)) == 1


@pytest.mark.parametrize("nonce", [0, 1])
def test_a_pong_of_no_ping_is_unasked(world, nonce):
    peer = world.ready()
    world.say(peer, m.Pong(nonce))
    assert offences(world) == ["unasked"]
    assert peer.latency_ms is None


def test_a_pong_comes_once(world):
    peer = world.ready()
    world.wait(100)
    (ping,) = world.sent(peer, m.Ping)
    world.say(peer, m.Pong(ping.nonce ^ 1))
    assert offences(world) == ["unasked"]
    world.say(peer, m.Pong(ping.nonce))
    assert offences(world) == []
    world.say(peer, m.Pong(ping.nonce))
    assert offences(world) == ["unasked"]


def test_pings_are_answered(world):
    peer = world.ready()
    world.say(peer, m.Ping(77))
    assert world.sent(peer) == [m.Pong(77)]


def test_silence_ends_a_connection_and_costs_nothing(world):
    peer, talker = world.ready(), world.ready(address="tcp://9.9.9.9:1")
    done = []
    for _ in range(SILENT_MS // PING_MS):
        done += world.wait(PING_MS)
        world.say(talker, m.Ping(1))
    assert [(a.conn, a.code) for a in done if isinstance(a, actions.Close)] == [
        (peer.conn, "silent")
    ]
    assert world.engine.part(Conduct).points(peer) == 0
    assert not talker.closing


# --------------------------------------------------------------------------- floods


def test_a_flood_is_dropped_before_it_is_decoded_and_scored_by_the_second(world, monkeypatch):
    peer = world.ready()
    burst = budgets.PEER[0].burst
    for _ in range(burst // 2 - 1):  # a stranger has half, and its identify was one
        world.say(peer, m.Ping(1))
    assert world.sent(peer) == [m.Pong(1)]
    monkeypatch.setattr("p2p.rules.wire.codec.decode", lambda *_, **__: 1 / 0)
    scored = []
    for _ in range(10):
        world.say(peer, m.Ping(1))
        assert world.notes("message_dropped") == [{"over": "messages", "own": True}]
        scored += offences(world)
    assert scored == ["flood"]


@pytest.fixture
def little(monkeypatch):
    """A budget of few messages."""
    monkeypatch.setattr(budgets, "PEER", (budgets.Budget(10, 60), *budgets.PEER[1:]))


def test_who_goes_on_flooding_is_banned(little):
    world = World()
    peer = world.ready()
    for second in range(6):  # five times 20 points, a little decayed, are not quite 100
        for _ in range(budgets.PEER[0].burst + 1):
            world.say(peer, m.Ping(1))
            if peer.closing:
                break
        assert peer.closing == (second == 5)
        world.ms += 1_000
    assert world.engine.part(Conduct).bans()[0].reason == "flood"


def test_many_peers_together_are_held_back_but_not_scored(little, monkeypatch):
    """The budget of all is used up by many within theirs; who sends little still gets through."""
    small = budgets.Budget(second=10, burst=100)
    monkeypatch.setattr(budgets, "ALL", (small, *budgets.ALL[1:]))
    world = World()
    loud = [world.ready(address=f"tcp://5.{n}.1.1:1") for n in range(3)]
    quiet = world.ready(address="tcp://9.9.1.1:1")
    world.ms += 6_000  # they are no strangers any more
    answered = dict.fromkeys(loud, 0)
    for _ in range(50):
        for peer in loud:
            world.say(peer, m.Ping(1))
            answered[peer] += len(world.sent(peer, m.Pong))
            assert offences(world) == []
    assert sum(answered.values()) <= 100
    world.say(quiet, m.Ping(1))
    assert world.sent(quiet) == [m.Pong(1)]
    world.say(loud[0], m.Ping(1))
    assert world.notes("message_dropped") == [{"over": "messages", "own": False}]
    assert world.engine.part(Conduct).points(loud[0]) == 0


# --------------------------------------------------------------------------- restarts


def test_bans_outlast_a_restart(world):
    peer = world.ready(3)
    world.handle(events.MessageReceived(peer.conn, b"\xfe"))
    kept = world.engine.part(Conduct).bans()
    again = World(make=lambda ctx: alone(ctx, bans=kept))
    assert again.connect(3).closing
    assert again.engine.part(Conduct).turns_away(peer.address, again.ctx.now.wall_ms)
    assert not again.connect(4, "tcp://9.9.9.9:1").closing


def test_bans_that_no_longer_count_are_swept_away(world):
    world.handle(events.Asked("ban", id_of(5)))
    world.wait(60_000, step=1_000)
    assert len(world.engine.part(Conduct).bans()) == 1
    world.ms += 2 * 24 * 3600 * 1000
    world.wait(1_000)
    assert world.engine.part(Conduct).bans() == ()

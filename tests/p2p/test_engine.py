"""The engine itself: who hears of what in which order, and bulk answers that wait."""

from __future__ import annotations

import pytest

from p2p.rules import actions, events
from p2p.rules.conduct import Conduct
from p2p.rules.engine import Engine
from p2p.rules.limits import ASKED_MOST, REASON_BYTES
from p2p.rules.offences import Offence
from p2p.rules.part import Part
from p2p.rules.wire import codec
from p2p.rules.wire import messages as m
from tests.p2p.world import World, context, identify


class Listener(Part):
    """Writes down what it hears."""

    def __init__(self, ctx):
        super().__init__(ctx)
        self.heard = []
        self.ends = None

    def messages(self):
        return {m.GetManifest: lambda peer, message: self.heard.append(("asked", peer.conn))}

    def events(self):
        return {
            events.PeerLost: lambda event: self.heard.append(
                ("lost", event.conn, event.conn in self.ctx.peers)
            )
        }

    def peer_ready(self, peer):
        self.heard.append(("ready", peer.conn))
        if self.ends == peer.conn:
            self.ctx.close(peer, "test")

    def peer_gone(self, peer):
        self.heard.append(("gone", peer.conn, peer.conn in self.ctx.peers))

    def tick(self):
        self.heard.append(("tick",))


@pytest.fixture
def world():
    def make(ctx):
        return Engine(ctx, (Conduct(ctx), Listener(ctx)))

    return World(make=make)


def heard(world):
    return world.engine.part(Listener).heard


def test_parts_hear_of_peers_that_identified_themselves(world):
    peer, stranger = world.connect(), world.connect()
    world.say(peer, identify())
    world.say(peer, m.GetManifest(bytes(32)))
    world.lose(peer)
    world.lose(stranger)
    assert heard(world) == [
        ("ready", 1),
        ("asked", 1),
        ("lost", 1, True),
        ("gone", 1, False),
        ("lost", 2, True),
    ]


def test_who_was_announced_and_closed_is_gone_all_the_same(world):
    world.engine.part(Listener).ends = 1
    peer = world.ready()
    assert world.closed() == {1: "test"}
    assert world.ctx.ready == []
    world.say(peer, m.GetManifest(bytes(32)))
    world.lose(peer)
    assert heard(world) == [("ready", 1), ("lost", 1, True), ("gone", 1, False)]


def test_who_is_turned_away_at_identify_is_not_announced(world):
    world.ready(5)
    second = world.ready(5)
    assert second.closing
    world.lose(second)
    assert heard(world) == [("ready", 1), ("lost", 2, True)]


def test_all_parts_hear_of_time(world):
    world.wait(300)
    assert heard(world) == [("tick",)] * 3


def test_nothing_goes_to_a_lost_peer(world):
    peer = world.ready()
    world.ctx.peers[peer.conn].closing = True
    world.ctx.send(peer, m.Ping(1))
    world.ctx.close(peer, "test")
    world.ctx.bulk(peer, lambda: m.Ping(1))
    assert world.ctx.actions == []


def test_two_parts_cannot_name_one_message():
    ctx = context()
    with pytest.raises(AssertionError):
        Engine(ctx, (Listener(ctx), Listener(ctx)))


def test_a_reason_fits_its_goodbye(world):
    peer = world.ready()
    world.ctx.close(peer, "test", "ä" + "\n" + "x" * 500)
    send = world.ctx.actions[0]
    goodbye = codec.decode(send.data, block_bytes=0)
    assert goodbye.reason == "??" + "x" * (REASON_BYTES - 2)


# --------------------------------------------------------------------------- bulk


def bulk_sends(done):
    return [a for a in done if isinstance(a, actions.Send) and a.bulk]


def ask(world, peer, make):
    """Have a part queue a bulk answer within an event."""
    world.ctx.bulk(peer, make)
    done, world.ctx.actions[:] = world.ctx.actions[:], []
    return bulk_sends(done)


def test_one_bulk_message_is_on_its_way_at_a_time(world):
    peer, other = world.ready(), world.ready()
    assert len(ask(world, peer, lambda: m.Body(b"1"))) == 1
    assert ask(world, peer, lambda: m.Body(b"2")) == []
    assert len(ask(world, other, lambda: m.Body(b"3"))) == 1
    (send,) = bulk_sends(world.handle(events.Writable(peer.conn)))
    assert codec.decode(send.data, block_bytes=9) == m.Body(b"2")
    assert bulk_sends(world.handle(events.Writable(peer.conn))) == []
    assert peer.writable and not other.writable


def test_answers_are_made_when_their_turn_comes(world):
    peer = world.ready()
    made = []
    for number in range(3):
        ask(world, peer, lambda number=number: made.append(number) or m.Body(b"x"))
    assert made == [0]
    world.handle(events.Writable(peer.conn))
    assert made == [0, 1]


def test_what_is_not_here_any_more_makes_way(world):
    peer = world.ready()
    ask(world, peer, lambda: m.Body(b"1"))
    for _ in range(5):
        ask(world, peer, lambda: None)
    ask(world, peer, lambda: m.Body(b"2"))
    assert len(bulk_sends(world.handle(events.Writable(peer.conn)))) == 1
    assert not peer.bulk


def test_who_asks_for_too_much_floods(world):
    peer = world.ready()
    for _ in range(1 + ASKED_MOST):
        ask(world, peer, lambda: m.Body(b"x"))
    assert world.engine.part(Conduct).points(peer) == 0
    ask(world, peer, lambda: m.Body(b"x"))
    assert len(peer.bulk) == ASKED_MOST
    assert world.engine.part(Conduct).points(peer) == Offence.FLOOD.points


def test_a_closed_peer_gets_nothing_more(world):
    peer = world.ready()
    for _ in range(3):
        ask(world, peer, lambda: m.Body(b"x"))
    world.ctx.close(peer, "test")
    assert not peer.bulk
    assert bulk_sends(world.handle(events.Writable(peer.conn))) == []


def test_an_answer_may_bring_a_further_one(world):
    peer = world.ready()

    def first():
        world.ctx.bulk(peer, lambda: m.Body(b"2"))
        return m.Body(b"1")

    (send,) = ask(world, peer, first)
    assert codec.decode(send.data, block_bytes=9) == m.Body(b"1")
    (send,) = bulk_sends(world.handle(events.Writable(peer.conn)))
    assert codec.decode(send.data, block_bytes=9) == m.Body(b"2")


def test_an_answer_that_closes_its_peer_is_not_sent(world):
    peer = world.ready()

    def closing():
        world.ctx.close(peer, "test")
        return m.Body(b"1")

    assert ask(world, peer, closing) == []


def test_a_message_that_closes_its_sender_stops_its_answers(world):
    peer = world.ready()

    def closing():
        world.ctx.close(peer, "test")

    ask(world, peer, lambda: m.Body(b"1"))
    ask(world, peer, closing)
    ask(world, peer, lambda: m.Body(b"2"))
    assert bulk_sends(world.handle(events.Writable(peer.conn))) == []

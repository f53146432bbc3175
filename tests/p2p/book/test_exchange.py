"""What peers tell each other of addresses."""

from __future__ import annotations

import pytest

from p2p.rules import events
from p2p.rules.addresses import parse
from p2p.rules.book import Book, exchange
from p2p.rules.book.values import BookEntry
from p2p.rules.limits import ADDRESSES_MOST
from p2p.rules.wire import messages as m
from tests.p2p.world import SeededChance, World, alone, context, id_of, identify

PUBLIC, PRIVATE, LOOPBACK = "tcp://9.9.9.9:1", "tcp://10.0.0.9:1", "tcp://127.0.0.1:9"


def offences(world) -> list[str]:
    return [note["offence"] for note in world.notes("peer_offended")]


def known(world) -> set[str]:
    return {str(e.address) for e in world.engine.part(Book).entries()}


def tried(*texts) -> list[BookEntry]:
    return [BookEntry(parse(text), id_of(99), answered_ms=1) for text in texts]


def teller(world, host="5.6.7.8"):
    return world.ready(address=f"tcp://{host}:1", outbound=True, purpose="outbound")


# --------------------------------------------------------------------------- taking


def test_only_dialled_peers_are_asked():
    world = World()
    peer = teller(world)
    assert world.sent(peer) == [m.GetPeers()]
    other = world.ready(address="tcp://6.6.6.6:1")
    assert world.sent(other) == []
    world.say(other, m.Peers((PUBLIC,)))
    assert offences(world) == ["unasked"] and PUBLIC not in known(world)


def test_one_answer_is_taken():
    world = World()
    peer = teller(world)
    world.say(peer, m.Peers(()))
    assert offences(world) == []
    world.say(peer, m.Peers((PUBLIC,)))
    assert offences(world) == ["unasked"] and PUBLIC not in known(world)


@pytest.mark.parametrize(
    "text",
    [
        *("nonsense", "tcp://9.9.9.9:0", "tcp://name.example:1", "9.9.9.9:1", "TCP://9.9.9.9:1"),
        *("tcp://0.0.0.0:1", "tcp://224.0.0.1:1", "tcp://[::]:1", "tcp://9.9.9.9:01"),
        *("tcp://[::ffff:9.9.9.9]:1", "tcp://[2001:DB8::1]:1", "http://9.9.9.9:1"),
    ],
)
def test_junk_is_scored_and_nothing_of_the_message_taken(text):
    world = World()
    peer = teller(world)
    world.say(peer, m.Peers((PUBLIC, text)))
    assert offences(world) == ["addresses_invalid"]
    assert PUBLIC not in known(world)


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("5.6.7.8", {PUBLIC}),
        ("10.1.1.1", {PUBLIC, PRIVATE}),
        ("127.0.0.1", {PUBLIC, PRIVATE, LOOPBACK}),
        ("node.example", {PUBLIC}),
    ],
)
def test_nobody_sends_this_node_nearer_than_he_is(host, taken):
    world = World(context(outbound_wanted=0))
    peer = teller(world, host)
    world.say(peer, m.Peers((PUBLIC, PRIVATE, LOOPBACK)))
    assert offences(world) == []
    assert known(world) - {f"tcp://{host}:1"} == taken
    assert world.notes("addresses_learnt")[0]["new"] == len(taken)


def test_an_inbound_peer_is_known_by_where_it_listens():
    world = World(context(outbound_wanted=0))
    said = identify(listen=(("tcp", 8546), ("ws", 80)))
    world.ready(address="tcp://5.6.7.8:50000", said=said)
    assert known(world) == {"tcp://5.6.7.8:8546", "ws://5.6.7.8:80"}
    (entry, _) = world.engine.part(Book).entries()
    assert entry.source == "5.6.0.0/16" and not entry.answered_ms


def test_a_dialled_peer_is_known_by_where_it_was_dialled():
    world = World(context(outbound_wanted=0))
    said = identify(listen=(("tcp", 1234),))
    world.ready(address="tcp://5.6.7.8:8546", outbound=True, purpose="asked", said=said)
    assert known(world) == {"tcp://5.6.7.8:8546"}


# --------------------------------------------------------------------------- telling


def ask(world, host="5.6.7.8", **facts) -> tuple[str, ...]:
    peer = world.ready(address=f"tcp://{host}:1", **facts)
    world.say(peer, m.GetPeers())
    (answer,) = world.sent(peer, m.Peers)
    return answer.addresses


def test_only_what_answered_is_told():
    book = [
        *tried(PUBLIC),
        BookEntry(parse("tcp://9.9.9.8:1")),
        BookEntry(parse("tcp://9.9.9.7:1"), answered_ms=1, failures=1),
        BookEntry(parse("tcp://name.example:1"), answered_ms=1, source="operator"),
    ]
    world = World(make=lambda ctx: alone(ctx, book=book))
    assert ask(world) == (PUBLIC,)


def test_connected_peers_are_told_where_they_listen():
    world = World()
    world.ready(address="tcp://6.6.6.6:777", said=identify(listen=(("tcp", 9),)))
    assert ask(world) == ("tcp://6.6.6.6:9",)


def test_nobody_is_told_himself():
    world = World(make=lambda ctx: alone(ctx, book=tried(PUBLIC)))
    assert ask(world, "9.9.9.9", said=identify(listen=(("tcp", 1),))) == ()


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("5.6.7.8", {PUBLIC}),
        ("10.1.1.1", {PUBLIC, PRIVATE}),
        ("127.0.0.1", {PUBLIC, PRIVATE, LOOPBACK}),
    ],
)
def test_nobody_learns_of_what_is_nearer_than_he_is(host, told):
    world = World(make=lambda ctx: alone(ctx, book=tried(PUBLIC, PRIVATE, LOOPBACK)))
    assert set(ask(world, host)) == told


def test_asking_twice_is_out_of_order():
    world = World()
    peer = world.ready()
    world.say(peer, m.GetPeers())
    world.say(peer, m.GetPeers())
    assert world.sent(peer) == [] and offences(world) == ["out_of_order"]
    world.lose(peer)
    again = world.ready()
    world.say(again, m.GetPeers())
    assert world.sent(again, m.Peers) == [m.Peers(())]


def test_an_answer_is_a_bounded_sample():
    book = tried(*(f"tcp://{20 + n}.1.1.1:1" for n in range(150)))
    answers = []
    for seed in range(2):
        world = World(context(seed=seed), make=lambda ctx: alone(ctx, book=book))
        answers.append(ask(world))
    assert [len(set(answer)) for answer in answers] == [ADDRESSES_MOST] * 2
    assert answers[0] != answers[1]


def test_each_address_is_as_likely_in_a_sample():
    addresses = [parse(f"tcp://5.6.7.{n}:1") for n in range(2 * ADDRESSES_MOST)]
    chance = SeededChance()
    counts = dict.fromkeys(map(str, addresses), 0)
    for _ in range(200):
        for text in exchange.sample(chance, addresses):
            counts[text] += 1
    assert min(counts.values()) > 70 and max(counts.values()) < 130


def test_two_nodes_of_a_star_hear_of_each_other():
    """Two nodes dial a third; the second learns of the first from it and dials there."""
    hub = World(context(outbound_wanted=0))
    hub.ready(7, "tcp://127.0.0.1:40000", said=identify(listen=(("tcp", 9002),)))
    told = ask(hub, "127.0.0.1", said=identify(listen=(("tcp", 9003),)))
    leaf = World(context(seeds=("tcp://127.0.0.1:9001",)))
    leaf.wait(100)
    peer = leaf.ready(1, "tcp://127.0.0.1:9001", outbound=True, purpose="outbound")
    leaf.say(peer, m.Peers(told))
    leaf.wait(1_000)
    assert [str(dial.address) for dial in leaf.dials()] == ["tcp://127.0.0.1:9002"]
    assert leaf.handle(events.Writable(peer.conn)) == []

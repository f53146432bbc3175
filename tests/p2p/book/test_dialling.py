"""Whom the node dials, when, and whom it leaves alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from p2p.rules import actions, events, limits
from p2p.rules.addresses import parse
from p2p.rules.book import Book
from p2p.rules.book.dialling import rest_ms, rested
from p2p.rules.book.values import LONG_REST, BookEntry
from p2p.rules.limits import DIAL_MS, DIALS_MOST, FEELER_MS, STALE_LEAST_MS, STEADY_MS, SURPLUS_MS
from p2p.rules.wire import messages as m
from tests.p2p.world import OWN_ID, WALL_MS, World, alone, context, id_of, identify

SEEDS = tuple(f"tcp://{n}.1.1.1:8546" for n in range(20, 50))


def head(world):
    return events.HeadMoved(None, 0)


def dialled(done, purpose=None) -> list[str]:
    return [
        str(a.address) for a in done if isinstance(a, actions.Dial) and purpose in (None, a.purpose)
    ]


class Net:
    """Answers each dial: everybody listed is there, with an id of the address's own."""

    def __init__(self, world, there=None):
        self.world = world
        self.there = there
        self.peers = {}

    def run(self, ms, step=1_000):
        """Dials of so long, each answered at the next step."""
        found = []
        end = self.world.ms + ms
        while self.world.ms < end:
            done = self.world.wait(step, step=step)
            for action in done:
                if isinstance(action, actions.Close):
                    self.world.handle(events.PeerLost(action.conn, action.code))
                if isinstance(action, actions.Dial):
                    found.append((str(action.address), action.purpose))
                    self.answer(action)
            for peer in self.peers.values():  # alive, and not pinging in vain
                peer.heard_ms = self.world.ctx.now.ms
        return found

    def answer(self, dial):
        text = str(dial.address)
        if self.there is not None and text not in self.there:
            self.world.handle(events.DialFailed(dial.address, "nobody"))
            return
        id = id_of(hash_of(text))
        peer = self.world.ready(id=id, address=dial.address, outbound=True, purpose=dial.purpose)
        if peer.closing:
            self.world.lose(peer)
        else:
            self.peers[text] = peer


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode().ljust(32, b".")[:32], "big")


def outbound(world) -> list[str]:
    return [str(p.address) for p in world.ctx.ready if p.purpose == "outbound"]


def book(world) -> Book:
    return world.engine.part(Book)


def entry(world, text) -> BookEntry | None:
    return book(world).shelves.get(parse(text))


# --------------------------------------------------------------------------- how many


def test_the_first_tick_dials_as_many_as_are_wanted():
    world = World(context(seeds=SEEDS))
    assert len(dialled(world.wait(100), "outbound")) == limits.OUTBOUND_WANTED == DIALS_MOST
    assert world.wait(2_000) == []  # none of the dials has come to anything yet


def test_the_wanted_number_is_kept():
    world = World(context(seeds=SEEDS, outbound_wanted=3))
    net = Net(world)
    net.run(5_000)
    assert len(outbound(world)) == 3
    world.lose(net.peers[outbound(world)[0]])
    assert len(net.run(2_000)) == 1
    assert len(outbound(world)) == 3


def test_no_outbound_peers_are_dialled_where_none_are_wanted():
    world = World(context(seeds=SEEDS, outbound_wanted=0))
    assert dialled(world.wait(60_000, step=1_000), "outbound") == []


def test_no_more_dials_than_allowed_are_under_way():
    world = World(context(seeds=SEEDS, outbound_wanted=25))
    done = world.wait(DIAL_MS - 200)
    assert len(dialled(done)) == DIALS_MOST
    done = world.wait(2_000)
    assert len(dialled(done)) == DIALS_MOST  # those that nobody reported on are given up
    assert sum(e.failures for e in book(world).entries()) == DIALS_MOST


def test_outbound_peers_are_of_different_groups():
    texts = [f"tcp://5.6.{n}.1:1" for n in range(30)] + [f"tcp://7.{n}.1.1:1" for n in range(4)]
    world = World(context(seeds=tuple(texts)))
    Net(world).run(10_000)
    groups = Counter(parse(text).group for text in outbound(world))
    assert len(groups) == 5 and set(groups.values()) == {1}


@pytest.mark.parametrize("near", ["127.0.0.1", "10.0.0.{n}", "192.168.1.{n}"])
def test_near_addresses_need_no_different_groups(near):
    texts = tuple(f"tcp://{near.format(n=n)}:{9000 + n}" for n in range(1, 9))
    world = World(context(seeds=texts))
    Net(world).run(5_000)
    assert len(outbound(world)) == 8


def test_the_group_of_a_dial_under_way_is_taken():
    world = World(context(seeds=("tcp://5.6.1.1:1", "tcp://5.6.2.1:1")))
    assert len(dialled(world.wait(5_000))) == 1


# --------------------------------------------------------------------------- whom not


def test_whom_the_node_is_connected_to_is_not_dialled():
    text = "tcp://5.6.7.8:9"
    world = World()
    world.ready(3, "tcp://5.6.7.8:1234", said=identify(listen=(("tcp", 9),)))
    assert entry(world, text) is not None
    assert dialled(world.wait(10_000)) == []


def test_a_known_id_is_not_dialled_at_another_address():
    world = World(make=lambda ctx: alone(ctx, book=[BookEntry(parse(SEEDS[0]), id_of(3))]))
    peer = world.ready(3, "tcp://9.9.9.9:1")
    assert dialled(world.wait(5_000)) == []
    world.lose(peer)
    assert dialled(world.wait(1_000)) == [SEEDS[0]]


def test_a_banned_id_is_not_dialled():
    world = World(make=lambda ctx: alone(ctx, book=[BookEntry(parse(SEEDS[0]), id_of(3))]))
    world.handle(events.Asked("ban", id_of(3), ban_ms=10_000))
    assert dialled(world.wait(9_000)) == []
    assert dialled(world.wait(2_000)) == [SEEDS[0]]


def test_the_node_does_not_dial_itself_twice():
    world = World(context(seeds=SEEDS[:1]))
    world.wait(100)
    peer = world.connect(id=OWN_ID, address=SEEDS[0], outbound=True, purpose="outbound")
    assert peer.closing
    world.lose(peer)
    assert entry(world, SEEDS[0]) is None
    other = world.ready(3, "tcp://9.9.9.9:1", outbound=True, purpose="outbound")
    world.say(other, m.Peers((SEEDS[0],)))
    assert dialled(world.wait(60_000, step=1_000)) == []


# --------------------------------------------------------------------------- failures


def test_how_long_an_address_rests():
    def seconds(failures, **facts):
        return rest_ms(BookEntry(parse(SEEDS[0]), failures=failures, **facts)) // 1_000

    heard_of = [seconds(n, source="src") for n in range(12)]
    assert heard_of == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    for facts in ({"answered_ms": 1}, {"pinned": True}, {"source": "seed"}):
        assert [seconds(n, **facts) for n in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert seconds(LONG_REST - 1, **facts) == 60
        assert seconds(LONG_REST, **facts) == 600 == seconds(10**6)


def test_who_does_not_answer_is_left_alone_for_longer_and_longer():
    world = World(context(seeds=SEEDS[:1]))
    net = Net(world, there=())
    times = []
    for _ in range(600):
        if net.run(1_000):
            times.append(world.ms)
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert gaps == [2_000, 4_000, 8_000, 16_000, 32_000, *[60_000] * 8]
    assert entry(world, SEEDS[0]).failures == len(times)


def test_a_clock_set_back_delays_nothing():
    entry = BookEntry(parse(SEEDS[0]), source="src", tried_ms=1_000_000, failures=9)
    assert not rested(entry, 1_000_000) and not rested(entry, 1_511_999)
    assert rested(entry, 1_512_000) and rested(entry, 999_999)


def test_what_a_handshake_said_before_anybody_proved_who_he_is_changes_nothing():
    """A refusal can be forged on the line: it is a failure like any other."""
    world = World(context(seeds=SEEDS[:1]))
    world.wait(100)
    world.handle(events.DialFailed(parse(SEEDS[0]), "another genesis", "p2p.genesis"))
    assert entry(world, SEEDS[0]).failures == 1
    assert dialled(world.wait(3_000)) == [SEEDS[0]]


def test_failures_are_not_counted_for_ever():
    world = World(context(seeds=SEEDS[:1]))
    for _ in range(50):
        world.handle(events.DialFailed(parse(SEEDS[0]), "nobody"))
    assert entry(world, SEEDS[0]).failures == LONG_REST - 1
    world.handle(events.DialFailed(parse(SEEDS[0]), "nobody"))
    assert entry(world, SEEDS[0]).failures == LONG_REST - 1


@pytest.mark.parametrize(("lasted", "failures"), [(STEADY_MS - 1, 1), (STEADY_MS, 0)])
def test_a_connection_that_does_not_last_is_a_failure(lasted, failures):
    world = World(context(seeds=SEEDS[:1]))
    world.wait(100)
    peer = world.ready(3, SEEDS[0], outbound=True, purpose="outbound")
    world.ms += lasted
    world.handle(events.MessageReceived(peer.conn, b"\x02\xa1enonce\x01"))
    world.lose(peer)
    assert entry(world, SEEDS[0]).failures == failures


def test_a_connection_that_lasts_forgives_failures_before():
    world = World(context(seeds=SEEDS[:1]))
    world.wait(100)
    world.handle(events.DialFailed(parse(SEEDS[0]), "nobody"))
    world.wait(2_000)
    peer = world.ready(3, SEEDS[0], outbound=True, purpose="outbound")
    assert entry(world, SEEDS[0]).failures == 1
    for _ in range(STEADY_MS // 20_000):
        world.wait(20_000, step=1_000)
        world.say(peer, m.Ping(1))
    assert entry(world, SEEDS[0]).failures == 0


def test_who_has_banned_this_node_is_left_alone():
    world = World(context(seeds=SEEDS[:1]))
    world.wait(100)
    peer = world.connect(3, SEEDS[0], outbound=True, purpose="outbound")
    world.say(peer, m.Goodbye("banned", ""))
    world.lose(peer)
    assert dialled(world.wait(500_000, step=1_000)) == []


# --------------------------------------------------------------------------- seeds, anchors


def test_seeds_are_tried_again_however_full_of_falsehoods_the_book_is():
    false = [BookEntry(parse(f"tcp://{n}.2.1.1:1"), source=f"{n}") for n in range(20, 200)]
    world = World(context(seeds=("tcp://9.9.9.9:1",)), make=lambda ctx: alone(ctx, book=false))
    net = Net(world, there=("tcp://9.9.9.9:1",))
    net.run(30_000)
    assert outbound(world) == ["tcp://9.9.9.9:1"]


def test_the_peers_that_stayed_longest_are_dialled_first_after_a_restart():
    world = World(context(seeds=SEEDS))
    net = Net(world)
    net.run(3_000)
    first = outbound(world)
    kept = book(world).entries()
    anchors = [str(e.address) for e in kept if e.anchor]
    assert sorted(anchors) == sorted(first[: limits.ANCHORS])
    more = [BookEntry(parse(f"tcp://{n}.3.1.1:1"), answered_ms=1) for n in range(60, 120)]
    again = World(
        context(seed=9, outbound_wanted=2),
        make=lambda ctx: alone(ctx, book=[*more, *kept]),
    )
    assert sorted(dialled(again.wait(100))) == sorted(anchors)


def test_anchors_that_are_gone_do_no_harm():
    kept = [BookEntry(parse("name.example:1"), anchor=True)] * 50
    world = World(make=lambda ctx: alone(ctx, book=kept))
    assert dialled(world.wait(5_000)) == []


def test_the_book_outlasts_a_restart():
    world = World(context(seeds=SEEDS[:1]))
    Net(world).run(2_000)
    world.ready(50, "tcp://9.9.9.9:1", said=identify(listen=(("tcp", 7), ("ws", 80))))
    kept = book(world).entries()
    again = World(make=lambda ctx: alone(ctx, book=kept))
    texts = {str(e.address): e.answered_ms > 0 for e in book(again).entries()}
    assert texts == {SEEDS[0]: True, "tcp://9.9.9.9:7": False, "ws://9.9.9.9:80": False}


# --------------------------------------------------------------------------- feelers


def test_now_and_then_an_address_is_tested():
    world = World(context(outbound_wanted=0))
    told = world.ready(3, outbound=True, purpose="asked")
    world.say(told, m.Peers(("tcp://9.9.9.9:1",)))
    net = Net(world)
    net.peers["told"] = told
    assert net.run(FEELER_MS + 1_000) == [("tcp://9.9.9.9:1", "feeler")]
    found = entry(world, "tcp://9.9.9.9:1")
    assert (found.answered_ms > 0, found.failures) == (True, 0)
    assert book(world).shelves.tried.get(found.address) is not None
    assert net.run(3 * FEELER_MS) == []


def test_a_feeler_that_finds_nobody_counts_as_a_failure():
    world = World(context(outbound_wanted=0))
    told = world.ready(3, outbound=True, purpose="asked")
    world.say(told, m.Peers(("tcp://9.9.9.9:1",)))
    net = Net(world, there=())
    net.peers["told"] = told
    net.run(FEELER_MS + 1_000)
    assert entry(world, "tcp://9.9.9.9:1").failures == 1


# --------------------------------------------------------------------------- a stale head


def test_a_chain_that_stands_still_gets_one_peer_more():
    world = World(context(seeds=SEEDS, outbound_wanted=2))
    net = Net(world)
    net.run(STALE_LEAST_MS - 1_000)
    assert len(outbound(world)) == 2
    net.run(2_000)
    assert len(outbound(world)) == 3


def test_the_place_of_the_one_more_goes_round_until_the_chain_moves():
    world = World(context(seeds=SEEDS, outbound_wanted=2))
    net = Net(world)
    net.run(STALE_LEAST_MS + 2_000)
    first = outbound(world)
    net.run(STALE_LEAST_MS + 2_000)
    second = outbound(world)
    assert len(first) == len(second) == 3
    assert first[:2] == second[:2] and first[2] != second[2]


def test_who_brought_the_news_stays_and_who_did_not_goes():
    world = World(context(seeds=SEEDS, outbound_wanted=2))
    net = Net(world)
    net.run(STALE_LEAST_MS + 2_000)
    saviour = outbound(world)[-1]
    world.ctx.useful(net.peers[saviour])
    world.handle(head(world))
    net.run(SURPLUS_MS - 1_000)
    assert len(outbound(world)) == 3
    net.run(2_000)
    assert saviour in outbound(world) and len(outbound(world)) == 2


def test_a_chain_that_moves_needs_nobody_more():
    world = World(context(seeds=SEEDS, outbound_wanted=2))
    net = Net(world)
    for _ in range(6):
        net.run(STALE_LEAST_MS // 2)
        world.handle(head(world))
    assert len(outbound(world)) == 2


def test_slow_networks_stand_still_for_longer():
    ctx = context(seeds=SEEDS, outbound_wanted=2)
    slow = 10 * limits.STALE_LEAST_MS // limits.STALE_INTERVALS
    first = ctx.network.sets[-1]
    changed = replace(first, params=replace(first.params, target_interval_ms=slow))
    ctx.network = replace(ctx.network, sets=(changed,))
    world = World(ctx)
    Net(world).run(3 * STALE_LEAST_MS)
    assert len(outbound(world)) == 2


# --------------------------------------------------------------------------- operators


def test_an_operator_has_an_address_dialled_at_once():
    world = World(context(outbound_wanted=0))
    address = parse("node.example:9")
    world.handle(events.Asked("connect", address=address))
    assert dialled(world.wait(100), "asked") == [str(address)]
    world.handle(events.DialFailed(address, "nobody"))
    assert dialled(world.wait(60_000, step=1_000)) == []  # a wish, not a pin
    assert entry(world, str(address)).failures == 1
    world.handle(events.Asked("connect", address=address))
    assert dialled(world.wait(100), "asked") == [str(address)]


def test_wishes_wait_for_room_and_are_bounded():
    world = World(context(outbound_wanted=0))
    for number in range(limits.FIXED_MOST + 3):
        address = parse(f"host{number}.example:9")
        world.handle(events.Asked("connect", address=address))
    net = Net(world, there=())
    assert len(net.run(100, step=100)) == DIALS_MOST
    net.run(40_000)
    assert not book(world).caller.asked
    assert len(book(world).entries()) == limits.FIXED_MOST
    assert entry(world, "host2.example:9") is None
    assert entry(world, str(address)).failures == 1


def test_what_is_pinned_makes_no_room():
    pinned = tuple(f"host{n}.example:9" for n in range(limits.FIXED_MOST))
    world = World(context(pinned=pinned))
    world.handle(events.Asked("connect", address=parse("one.example:1")))
    assert world.notes("too_many_fixed_addresses") == [{"address": "tcp://one.example:1"}]
    peer = world.ready(3, "tcp://5.6.7.8:1", said=identify(listen=(("tcp", 9),)))
    world.handle(events.Asked("pin", peer.id))
    assert world.notes("too_many_fixed_addresses") == [{"address": "tcp://5.6.7.8:9"}]


def test_a_wish_for_whom_one_has_is_nothing():
    world = World(context(seeds=SEEDS[:1]))
    Net(world).run(2_000)
    world.handle(events.Asked("connect", address=parse(SEEDS[0])))
    assert dialled(world.wait(5_000)) == []
    world.handle(events.Asked("connect"))


def test_pinned_addresses_are_kept_connected():
    world = World(context(pinned=(SEEDS[0], "tcp://127.0.0.1:9"), outbound_wanted=0))
    net = Net(world)
    assert {purpose for _, purpose in net.run(2_000)} == {"asked"}
    peer = net.peers[SEEDS[0]]
    assert peer.id in world.ctx.pinned
    world.lose(peer)
    assert [text for text, _ in net.run(4_000)] == [SEEDS[0]]
    assert not any(e.pinned for e in book(world).entries())  # for this run


def test_a_pinned_address_may_get_a_new_identity():
    world = World(context(pinned=(SEEDS[0],), outbound_wanted=0))
    world.wait(100)
    peer = world.ready(3, SEEDS[0], outbound=True, purpose="asked")
    world.lose(peer)
    world.wait(3_000)
    world.ready(4, SEEDS[0], outbound=True, purpose="asked")
    assert world.ctx.pinned == {id_of(4)}


def test_a_banned_peer_gets_no_pin_from_its_address():
    world = World(context(pinned=(SEEDS[0],), outbound_wanted=0))
    world.handle(events.Asked("ban", id_of(3)))
    world.wait(100)
    assert world.connect(3, SEEDS[0], outbound=True, purpose="asked").closing
    assert world.ctx.pinned == set()


def test_an_operator_pins_a_peer_by_its_id():
    world = World(context(seeds=SEEDS[:1], outbound_wanted=1))
    net = Net(world)
    net.run(2_000)
    peer = net.peers[SEEDS[0]]
    world.handle(events.Asked("pin", peer.id))
    assert entry(world, SEEDS[0]).pinned
    (kept,) = book(world).entries()
    again = World(context(outbound_wanted=0), make=lambda ctx: alone(ctx, book=[kept]))
    assert again.ctx.pinned == {peer.id}
    assert dialled(again.wait(100), "asked") == [SEEDS[0]]
    again.handle(events.Asked("unpin", peer.id))
    assert not entry(again, SEEDS[0]).pinned


def test_an_inbound_peer_is_pinned_where_it_listens():
    world = World(context(outbound_wanted=0))
    peer = world.ready(3, "tcp://5.6.7.8:1234", said=identify(listen=(("tcp", 9),)))
    world.handle(events.Asked("pin", id_of(3)))
    assert world.notes("pinned_without_address") == []
    assert entry(world, "tcp://5.6.7.8:9").pinned
    world.lose(peer)
    assert dialled(world.wait(1_000), "asked") == ["tcp://5.6.7.8:9"]


def test_a_pin_without_an_address_is_said_to_be_one():
    world = World()
    world.handle(events.Asked("pin", id_of(3)))
    assert world.notes("pinned_without_address") == [{"peer": id_of(3).hex()[:16]}]


def test_a_pin_by_id_does_not_pass_to_who_answers_there_later():
    kept = BookEntry(parse(SEEDS[0]), id_of(3), pinned=True)
    world = World(context(outbound_wanted=0), make=lambda ctx: alone(ctx, book=[kept]))
    world.wait(100)
    world.ready(4, SEEDS[0], outbound=True, purpose="asked")
    assert world.ctx.pinned == {id_of(3)}
    assert not entry(world, SEEDS[0]).pinned


def test_a_ban_takes_the_pin_off_the_address():
    kept = BookEntry(parse(SEEDS[0]), id_of(3), pinned=True)
    world = World(context(outbound_wanted=0), make=lambda ctx: alone(ctx, book=[kept]))
    world.handle(events.Asked("ban", id_of(3)))
    assert dialled(world.wait(5_000)) == []
    assert not entry(world, SEEDS[0]).pinned


def test_whom_an_operator_disconnects_is_not_dialled_again_at_once():
    world = World(context(seeds=SEEDS[:1]))
    net = Net(world)
    net.run(2_000)
    peer = net.peers.pop(SEEDS[0])
    world.handle(events.Asked("disconnect", peer.id))
    world.lose(peer)
    assert net.run(500_000, step=5_000) == []


# --------------------------------------------------------------------------- odds and ends


def test_reports_of_nothing_known_do_no_harm():
    world = World()
    world.handle(events.DialFailed(parse("tcp://9.9.9.9:1"), "nobody", "p2p.version"))
    world.ready(3, "tcp://9.9.9.8:1", outbound=True, purpose="outbound")
    assert entry(world, "tcp://9.9.9.9:1") is None
    assert entry(world, "tcp://9.9.9.8:1").answered_ms == WALL_MS

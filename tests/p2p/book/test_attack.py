"""A poisoned address book: twenty attackers in three groups tell 20,000 false addresses.

What they reach is a matter of numbers: three source groups have at most 3 x 8 of the 64 buckets
of new addresses, and none of the tried ones.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from core.hashing import sha3
from p2p.rules import actions, events, limits
from p2p.rules.addresses import Address, parse
from p2p.rules.book import Book
from p2p.rules.book.values import BookEntry
from p2p.rules.wire import messages as m
from tests.p2p.world import WALL_MS, World, alone, context, id_of

ATTACKERS, GROUPS, FALSE = 20, 3, 20_000
HONEST_TRIED, HONEST_NEW = 120, 400


def honest(number: int) -> Address:
    return Address("tcp", f"{20 + number % 60}.{number // 60}.7.7", 8546)


def is_false(address: Address) -> bool:
    """Made up, or of the attacker's own hosts, which are in three groups."""
    return address.port == 666


def is_made_up(entry: BookEntry) -> bool:
    return is_false(entry.address) and not entry.answered_ms


def false_addresses(draw: random.Random) -> list[str]:
    """Of as many groups as an attacker can write down; his own hosts are in three."""
    return [
        str(Address("tcp", f"{draw.randrange(100, 220)}.{draw.randrange(256)}.{n % 200}.9", 666))
        for n in range(FALSE)
    ]


def poison(world, draw) -> None:
    """Each attacker connects again and again, and tells as much as one connection may."""
    texts = false_addresses(draw)
    for number, start in enumerate(range(0, FALSE, limits.ADDRESSES_MOST)):
        attacker = number % ATTACKERS
        address = f"tcp://{90 + attacker % GROUPS}.1.{attacker}.1:666"
        peer = world.ready(
            id=id_of(10_000 + number), address=address, outbound=True, purpose="asked"
        )
        chunk = texts[start : start + limits.ADDRESSES_MOST]
        world.say(peer, m.Peers(tuple(dict.fromkeys(chunk))))
        assert world.notes("peer_offended") == []
        world.lose(peer)


def honest_book(tried=HONEST_TRIED, new=HONEST_NEW) -> list[BookEntry]:
    """What a node has that was told honestly by peers of some 30 groups."""
    known = [
        BookEntry(honest(n), id_of(n), f"{20 + n % 31}.0.0.0/16", answered_ms=1, heard_ms=WALL_MS)
        for n in range(tried)
    ]
    heard = [
        BookEntry(honest(tried + n), source=f"{20 + n % 31}.0.0.0/16", heard_ms=WALL_MS)
        for n in range(new)
    ]
    return known + heard


@pytest.fixture(scope="module")
def poisoned():
    kept = honest_book()
    world = World(context(outbound_wanted=0), make=lambda ctx: alone(ctx, book=kept))
    poison(world, random.Random(1))
    return world


def shelves(world):
    return world.engine.part(Book).shelves


def test_the_tried_are_untouched(poisoned):
    """But for the attackers' own hosts, which did answer."""
    tried = list(shelves(poisoned).tried)
    assert sum(not is_false(e.address) for e in tried) == HONEST_TRIED
    assert len(tried) == HONEST_TRIED + ATTACKERS
    assert not any(map(is_made_up, tried))


def test_the_false_fill_their_part_of_the_new_and_no_more(poisoned):
    new = list(shelves(poisoned).new)
    most = GROUPS * limits.NEW_BUCKETS_PER_SOURCE * limits.NEW_BUCKET_MOST
    assert 0.6 * most < sum(map(is_made_up, new)) <= most
    assert sum(not is_false(e.address) for e in new) > 0.95 * HONEST_NEW


def test_few_of_the_nodes_choices_are_made_up(poisoned):
    """Two in five of what is new, so one in ten of all draws; nine in ten of what was told is."""
    chosen = [shelves(poisoned).choose(lambda entry: True) for _ in range(1_000)]
    assert sum(map(is_made_up, chosen)) < 0.13 * len(chosen)
    fresh = [shelves(poisoned).choose(lambda e: e.answered_ms == 0) for _ in range(1_000)]
    assert sum(map(is_made_up, fresh)) < 0.42 * len(fresh)


def outbound_after_restart(world, seed, *, false_answer: bool) -> list[Address]:
    """Whom the node is connected to, a while after it started with the poisoned book."""
    kept = world.engine.part(Book).entries()
    again = World(context(seed=seed), make=lambda ctx: alone(ctx, book=kept))
    answered = []
    for _ in range(40):
        for dial in [a for a in again.wait(1_000, step=1_000) if isinstance(a, actions.Dial)]:
            if is_false(dial.address) and not false_answer:
                again.handle(events.DialFailed(dial.address, "nobody"))
                continue
            answered.append(dial.address)
            id = sha3(str(dial.address).encode())
            again.ready(id=id, address=dial.address, outbound=True, purpose=dial.purpose)
        for peer in again.ctx.peers.values():
            peer.heard_ms = again.ctx.now.ms
    return [peer.address for peer in again.ctx.ready]


def test_false_addresses_keep_no_node_from_honest_peers(poisoned):
    peers = outbound_after_restart(poisoned, 5, false_answer=False)
    assert len(peers) == limits.OUTBOUND_WANTED and not any(map(is_false, peers))
    assert len({address.group for address in peers}) == limits.OUTBOUND_WANTED


def test_even_if_all_of_them_answer_most_peers_are_honest(poisoned):
    """An attacker with 20,000 hosts in all groups, who fills all that the book leaves him."""
    counts = Counter()
    for seed in range(12):
        peers = outbound_after_restart(poisoned, seed, false_answer=True)
        counts["false"] += sum(map(is_false, peers))
        counts["all"] += len(peers)
        assert not all(map(is_false, peers))
    assert counts["false"] < 0.25 * counts["all"]


def test_a_node_that_knows_nobody_yet_finds_honest_peers_too():
    """Nothing tried, sixty honest addresses against the same poison: most draws are honest."""
    kept = honest_book(tried=0, new=60)
    world = World(context(seed=4, outbound_wanted=0), make=lambda ctx: alone(ctx, book=kept))
    poison(world, random.Random(4))
    fresh = [shelves(world).choose(lambda e: e.answered_ms == 0) for _ in range(1_000)]
    assert sum(map(is_made_up, fresh)) < 0.45 * len(fresh)


def test_inbound_attackers_tell_nothing_but_their_own_hosts():
    world = World(context(outbound_wanted=0))
    for number in range(50):
        peer = world.ready(address=f"tcp://90.1.{number}.1:1")
        world.say(peer, m.Peers((f"tcp://100.{number}.1.1:666",)))
        world.lose(peer)
    assert len(shelves(world)) == 0
    assert parse("tcp://100.1.1.1:666") not in {e.address for e in shelves(world)}

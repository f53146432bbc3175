"""Fairness between sources: who floods the pool pushes out its own first."""

from __future__ import annotations

import pytest

from core.errors import TxRefused
from mempool.errors import Full
from mempool.rules.limits import LOCAL, PoolLimits
from mempool.rules.queues import Queues
from mempool.rules.room import Room
from tests.mempool.entries import entry, standing
from tests.mempool.world import BASE_FEE, World, key

LIMITS = PoolLimits(count=20, source_percent=25)  # low mark 10, share 5


def world_of(*sources: str, tip: int = 10) -> World:
    """One transaction of its own sender for each."""
    world = World(LIMITS)
    for number, source in enumerate(sources):
        world.state.set_account(key(number).address, 0, 10**15)
        world.submit(number, source=source, max_tip=tip + number)
    for number in range(len(sources), 40):
        world.state.set_account(key(number).address, 0, 10**15)
    return world


def refused(world: World, *args, **changes) -> str:
    with pytest.raises(TxRefused) as caught:
        world.submit(*args, **changes)
    return caught.value.code


def test_below_the_low_watermark_nobody_has_a_share():
    world = world_of(*["a"] * 10)
    assert len(world.held()) == 10


def test_above_it_a_source_pushes_out_its_own_cheapest():
    world = world_of(*["a"] * 10)
    ids = list(reversed(world.held()))
    new = world.submit(20, source="a", max_tip=50)
    assert world.drops() == {ids[0]: "pool.source_share"}
    assert world.pool.dropped(ids[0]).code == "pool.source_share"
    assert new in world.held()
    asked = world.witnesses.asked
    assert refused(world, 21, source="a", max_tip=5) == "pool.source_share"
    assert world.witnesses.asked == asked


def test_others_and_this_process_come_in_meanwhile():
    world = world_of(*["a"] * 10)
    for number in range(10, 15):
        world.submit(number, source="b", max_tip=1)
    assert refused(world, 15, source="b", max_tip=1) == "pool.source_share"
    for number in range(15, 20):
        world.submit(number, source=LOCAL, max_tip=1)
    assert world.drops() == {}


def test_a_source_within_its_share_grows_up_to_it():
    world = world_of(*["b"] * 8, *["a"] * 4)
    world.submit(12, source="a", max_tip=1)
    assert refused(world, 13, source="a", max_tip=1) == "pool.source_share"


def full() -> World:
    """Ten of a (tips 10 to 19), ten of others (tip 1)."""
    world = world_of(*["a"] * 10)
    for number in range(10, 20):
        world.submit(number, source=f"b{number}", max_tip=1)
    return world


def test_when_there_is_no_room_the_flood_goes_first_though_others_pay_less():
    world = full()
    ids = list(reversed(world.held()))
    for number in range(20, 25):
        world.submit(number, source=f"c{number}", max_tip=30)
    assert world.drops() == dict.fromkeys(ids[:5], "pool.evicted")
    world.submit(25, source="c25", max_tip=30)  # a is down to its share: now the cheapest of all
    (last,) = set(world.drops()) - set(ids[:5])
    assert last in ids[10:]


def test_nobody_evicts_what_pays_as_much_not_even_of_a_flood():
    world = full()
    ids = list(reversed(world.held()))
    world.submit(20, source="c", max_tip=8)  # less than all of a
    (gone,) = world.drops()
    assert gone in ids[10:]


def test_a_held_one_pushes_out_nobody():
    world = world_of(*["a"] * 10)
    assert refused(world, 20, 1, source="a", max_tip=50) == "pool.source_share"


def test_what_others_build_on_stays():
    """The cheapest of a is below another of its sender: the next cheapest leaves."""
    world = world_of(*["a"] * 9)
    top = world.submit(0, 1, source="a", max_tip=500)
    ids = list(reversed(world.held()))
    world.submit(20, source="a", max_tip=50)
    assert world.drops() == {ids[1]: "pool.source_share"}
    assert {top, ids[0]} <= set(world.held())


def test_a_replacement_needs_no_share():
    world = world_of(*["a"] * 10)
    world.submit(0, source="a", max_fee=1_100, max_tip=11)
    assert set(world.drops().values()) == {"pool.replaced"}


def test_a_refused_newcomer_leaves_the_order_as_it_was():
    """Neither heap forgets who is cheapest when a plan fails."""
    world = full()
    for number in range(20, 23):
        assert refused(world, number, source="c", max_tip=1) == "pool.full"
    ids = list(reversed(world.held()))
    world.submit(30, source="c", max_tip=11)  # a's 10 leaves, nothing else of a may
    assert world.drops() == {ids[0]: "pool.evicted"}
    world.submit(31, source="c", max_tip=11)
    assert len(world.drops()) == 2
    assert set(world.drops()) - {ids[0]} <= set(ids[10:])


# ------------------------------------------------------------- many at once, without the pool

RICH = standing(0, 10**15)


def queues_with(*waiting: tuple[int, int, str, int]) -> Queues:
    """Put in as a reorganisation does, with no regard to limits: sender, nonce, source, tip."""
    queues = Queues(LIMITS)
    for arrival, (number, nonce, source, tip) in enumerate(waiting):
        made = entry(key(number), nonce, arrival=arrival, source=source, max_tip=tip)
        queues.readmit(made, RICH)
    for sender in list(queues.senders):
        queues.settle(sender)
    return queues


def test_a_flood_loses_what_is_above_its_share_and_no_more():
    flood = [(number, 0, "a", 500 - number) for number in range(12)]
    others = [(number, 0, f"b{number}", number) for number in range(12, 30)]
    queues = queues_with(*flood, *others)
    gone = [drop.entry.arrival for drop in queues.shrink(BASE_FEE)]
    assert gone == [11, 10, 9, 8, 7, 6, 5, 12, 13, 14]


def test_behind_the_tail_of_a_flood_may_be_the_cheapest_of_all():
    flood = [(number, 0, "a", 500) for number in range(5)]
    others = [(number, 0, f"b{number}", 30) for number in range(10, 25)]
    queues = queues_with((30, 0, "b", 1), (30, 1, "a", 400), *flood, *others)
    assert [drop.entry.arrival for drop in queues.shrink(BASE_FEE)] == [1, 0]


def test_a_plan_that_fails_forgets_nobody():
    flood = [(number, 0, "a", 500) for number in range(5)]
    others = [(number, 0, f"b{number}", 300) for number in range(10, 24)]
    queues = queues_with((30, 0, "a", 10), *flood, *others)
    keys = tuple(number.to_bytes(32, "big") for number in range(200))
    wide = entry(key(40), 0, arrival=99, max_tip=20, access=((key(5).address, keys),))
    room = Room(20, queues.size_bytes)
    queues.sources._room = room  # as full in bytes as in number
    with pytest.raises(Full):
        queues.check_policy(wide, RICH, BASE_FEE)
    queues.remove(queues.senders[key(0).address].tail)
    assert queues.sources._large == set()
    queues.sources._room = Room(18, room.size_bytes)
    assert [victim.arrival for victim in queues.sources.excess(BASE_FEE)] == [0]


def test_the_share_is_free_again_when_blocks_take_it():
    world = world_of(*["a"] * 10)
    for number in range(10, 12):
        world.submit(number, source="b", max_tip=1)
    assert refused(world, 20, source="a", max_tip=1) == "pool.source_share"
    world.mine(*[world.tx(number, max_tip=10 + number) for number in range(6)])
    world.submit(20, source="a", max_tip=1)

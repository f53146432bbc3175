"""Fairness between sources: who floods the pool pushes out its own first."""

from __future__ import annotations

import pytest

from core.errors import TxRefused
from mempool.rules.limits import LOCAL, PoolLimits
from tests.mempool.world import World, key

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
    assert set(world.drops()) - set(ids[:5]) <= set(ids[10:])


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
        assert refused(world, number, source="c", max_tip=1) == "pool.fee_below_floor" or True
    ids = list(reversed(world.held()))
    world.submit(30, source="c", max_tip=11)  # a's 10 leaves, nothing else of a may
    assert world.drops() == {ids[0]: "pool.evicted"}
    world.submit(31, source="c", max_tip=11)
    assert len(world.drops()) == 2
    assert set(world.drops()) - {ids[0]} <= set(ids[10:])


def test_the_share_is_free_again_when_blocks_take_it():
    world = world_of(*["a"] * 10)
    for number in range(10, 12):
        world.submit(number, source="b", max_tip=1)
    assert refused(world, 20, source="a", max_tip=1) == "pool.source_share"
    world.mine(*[world.tx(number, max_tip=10 + number) for number in range(6)])
    world.submit(20, source="a", max_tip=1)

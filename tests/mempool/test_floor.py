"""The floor: it follows what had to leave, rises under pressure and decays with room and time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TxRefused
from mempool.rules.floor import HALVING_MS, SLOW, Floor
from mempool.rules.limits import PoolLimits
from mempool.rules.room import Room
from tests.mempool.entries import entry
from tests.mempool.world import BASE_FEE, World, key

LIMITS = PoolLimits(count=100, size_bytes=100_000)
EMPTY, MIDDLE, FULL = Room(10, 10), Room(70, 10), Room(95, 10)


def pressed(tip: int, times: int) -> Floor:
    """A full pool that had to evict so often."""
    floor = Floor(LIMITS)
    floor.tip(FULL, 0)
    for _ in range(times):
        floor.evicted(tip, 0)
    return floor


def test_it_starts_at_nothing():
    assert Floor(LIMITS).tip(EMPTY, 0) == 0


def test_it_is_the_average_of_what_was_evicted():
    floor = pressed(1_600, 1)
    assert floor.tip(MIDDLE, 0) == 100  # a sixteenth of the way
    assert pressed(1_600, 200).tip(MIDDLE, 0) == 1_600
    mixed = pressed(1_600, 200)
    for _ in range(200):
        mixed.evicted(400, 0)
    assert mixed.tip(MIDDLE, 0) == 400


def test_tips_that_only_wait_for_the_base_fee_count_as_nothing():
    assert pressed(-50, 10).tip(MIDDLE, 0) == 0


def test_above_the_high_watermark_it_surges():
    floor = pressed(1_600, 200)
    assert floor.tip(FULL, 0) == 1_800
    assert floor.tip(Room(90, 10), 0) == 1_600  # at the mark is not above it
    assert floor.tip(Room(10, 90_001), 0) == 1_800  # bytes count as well
    assert Floor(LIMITS).tip(FULL, 0) == 1  # by 1 at least


def test_below_the_low_watermark_it_halves():
    floor = pressed(1_600, 200)
    floor.tip(EMPTY, 0)
    assert floor.tip(EMPTY, HALVING_MS // 2) == 1_200
    assert floor.tip(EMPTY, HALVING_MS) == 800
    assert floor.tip(EMPTY, 3 * HALVING_MS) == 200
    assert floor.tip(EMPTY, 40 * HALVING_MS) == 0


def test_between_the_marks_it_halves_slowly_and_above_not_at_all():
    floor = pressed(1_600, 200)
    assert floor.tip(FULL, 9 * HALVING_MS) == 1_800
    assert floor.tip(MIDDLE, 9 * HALVING_MS) == 1_600
    assert floor.tip(MIDDLE, (9 + SLOW) * HALVING_MS) == 800
    assert floor.tip(Room(51, 10), (9 + 2 * SLOW) * HALVING_MS) == 400
    assert floor.tip(Room(50, 10), (9 + 2 * SLOW) * HALVING_MS) == 400
    assert floor.tip(Room(50, 10), (10 + 2 * SLOW) * HALVING_MS) == 200


def test_a_clock_put_back_is_no_matter():
    floor = pressed(1_600, 200)
    floor.tip(EMPTY, 50_000)
    assert floor.tip(EMPTY, 10) == 1_600


@given(st.integers(0, 10**15), st.lists(st.integers(0, 2 * HALVING_MS), max_size=30))
def test_however_often_it_is_asked_it_only_falls(tip, times):
    asked, once = pressed(tip, 50), pressed(tip, 50)
    asked.tip(EMPTY, 0)
    once.tip(EMPTY, 0)
    seen = [asked.tip(EMPTY, at) for at in sorted(times)]
    assert seen == sorted(seen, reverse=True)
    assert all(0 <= value <= tip for value in seen)
    if times:
        assert seen[-1] == once.tip(EMPTY, max(times))


# ------------------------------------------------------------- in the pool


def test_replacing_is_no_eviction():
    world = World(PoolLimits(count=10))
    for step in range(10):
        world.submit(0, max_fee=1_000 << step, max_tip=100 << step)
    assert world.pool.stats().floor == 0


def test_below_the_base_fee_the_chain_has_its_own_code():
    floor = pressed(1_600, 50)
    floor.check(entry(key(0), 0, arrival=0, max_fee=BASE_FEE - 1), BASE_FEE, FULL, 0)
    with pytest.raises(TxRefused):
        floor.check(entry(key(0), 0, arrival=0, max_fee=BASE_FEE), BASE_FEE, FULL, 0)


def test_an_eviction_raises_what_is_asked():
    world = World(PoolLimits(count=2))
    world.submit(0, max_tip=160)
    world.submit(1, max_tip=800)
    world.submit(2, max_tip=801)  # the 160 leaves: a sixteenth of it is 10
    assert world.pool.stats().floor == 11
    asked = world.witnesses.asked
    with pytest.raises(TxRefused) as caught:
        world.submit(3, max_tip=10)
    assert caught.value.code == "pool.fee_below_floor"
    assert caught.value.facts["field"] == "tx.maxTip"
    assert caught.value.facts["required"] == 11
    assert caught.value.facts["requiredMaxFee"] == BASE_FEE + 11
    with pytest.raises(TxRefused) as caught:
        world.submit(3, max_fee=BASE_FEE + 10, max_tip=50)
    assert caught.value.facts["field"] == "tx.maxFee"
    assert world.witnesses.asked == asked  # before the signature
    with pytest.raises(TxRefused) as caught:
        world.submit(3, max_tip=11)  # at the floor, and yet there is no room
    assert caught.value.code == "pool.full"


def test_what_comes_back_need_not_meet_it():
    world = World(PoolLimits(count=2))
    mined = world.tx(0, max_tip=3)
    fork = world.checkpoint()
    world.mine(mined)
    for number, tip in ((1, 160), (2, 800), (3, 801)):
        world.submit(number, max_tip=tip)
    assert world.pool.stats().floor == 11
    world.mine(world.tx(2, 0, max_tip=9))
    world.reorg(fork, [[world.tx(3, max_tip=9)], [], []], returned=[mined])
    assert mined.txid in world.held()

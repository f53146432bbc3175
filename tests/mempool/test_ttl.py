"""Who has waited too long leaves, whatever happened in between."""

from __future__ import annotations

import pytest

from mempool.rules.limits import PoolLimits
from tests.mempool.world import World

TTL = PoolLimits().ttl_ms
MINUTE = 60_000


@pytest.fixture
def world(monkeypatch):
    """A pool whose copy on disk is a list."""
    made = World()
    rows: dict = {}

    def write(fresh, gone):
        rows.update({row.txid: row for row in fresh})
        for txid in gone:
            del rows[txid]

    monkeypatch.setattr("mempool.store.write", write)
    monkeypatch.setattr("mempool.store.load", lambda: list(rows.values()))
    return made


def test_three_hours():
    assert TTL == 3 * 60 * MINUTE


def test_the_old_leave_and_the_young_stay(world):
    old = world.submit(0)
    world.clock.ms += TTL // 2
    young = world.submit(1)
    world.clock.ms += TTL // 2 - 2 * MINUTE
    world.pool.tick()
    assert world.drops() == {}
    world.clock.ms += 3 * MINUTE
    world.pool.tick()
    assert world.drops() == {old: "pool.ttl"}
    assert world.pool.dropped(old).reason == "it waited longer than 180 minutes"
    assert world.held() == {young: "ready"}


def test_who_built_on_it_is_held(world):
    old = world.submit(0, 0)
    world.clock.ms += TTL
    young = world.submit(0, 1)
    world.clock.ms += MINUTE
    world.pool.tick()
    assert world.drops() == {old: "pool.ttl"}
    assert world.held() == {young: "held"}


def test_a_whole_queue_leaves_for_this_reason_alone(world):
    """Not with ``pool.held_limit``, because 39 wait for the first that left."""
    ids = [world.submit(0, nonce) for nonce in range(40)]
    world.clock.ms += TTL + MINUTE
    world.pool.tick()
    assert world.drops() == dict.fromkeys(ids, "pool.ttl")


def test_a_restart_does_not_give_more_time(world):
    old = world.submit(0)
    world.pool.tick()
    world.clock.ms += TTL // 2
    young = world.submit(1)
    world.pool.flush()
    world.clock.ms += TTL // 2 + MINUTE
    world.pool = world.new_pool()
    world.pool.load()
    assert world.drops() == {old: "pool.ttl"}
    assert world.held() == {young: "ready"}


def test_nor_does_a_reorganisation_to_what_waited(world):
    superseded = world.submit(0)
    fork = world.checkpoint()
    world.mine(world.tx(0, max_tip=11))
    assert world.drops() == {superseded: "tx.nonce_low"}
    world.clock.ms += TTL + MINUTE
    world.reorg(fork, [[], []])
    assert world.drops() == {superseded: "pool.ttl"}


def test_one_that_comes_out_of_a_block_waits_anew(world):
    tx = world.tx(0)
    world.pool.submit(tx.raw)
    fork = world.checkpoint()
    world.mine(tx)
    world.clock.ms += TTL + MINUTE
    world.reorg(fork, [[], []], returned=[tx])
    world.pool.tick()
    assert world.held() == {tx.txid: "ready"}


def test_the_pool_is_not_searched_more_than_once_a_minute(world):
    world.pool.tick()
    old = world.submit(0)
    world.clock.ms += TTL + MINUTE
    world.pool.tick()
    assert world.drops() == {old: "pool.ttl"}
    world.clock.ms -= TTL  # a clock put back holds up nothing
    again = world.submit(0)
    world.pool.tick()
    world.clock.ms += TTL + 2 * MINUTE
    world.pool.tick()
    assert world.held() == {} and world.news[-1].txid == again

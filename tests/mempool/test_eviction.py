"""A full pool: the cheapest last transactions leave, the others stay where they are."""

from __future__ import annotations

import pytest

from core.errors import TxRefused
from mempool.rules.limits import PoolLimits
from mempool.rules.queues import Queues
from tests.mempool.entries import entry, standing
from tests.mempool.world import BASE_FEE, World, key

ROOM = {"base_fee": BASE_FEE, "gas": 10**9, "size": 10**9}


def refused(world: World, *args, **changes) -> str:
    with pytest.raises(TxRefused) as caught:
        world.submit(*args, **changes)
    return caught.value.code


@pytest.fixture
def full():
    """Room for four: sender 0 pays 5 then 1, sender 1 pays 3, sender 2 pays 4."""
    world = World(PoolLimits(count=4))
    world.ids = [
        world.submit(0, 0, max_tip=5),
        world.submit(0, 1, max_tip=1),
        world.submit(1, 0, max_tip=3),
        world.submit(2, 0, max_tip=4),
    ]
    return world


def test_the_cheapest_tail_makes_room(full):
    new = full.submit(3, max_tip=6)
    assert full.drops() == {full.ids[1]: "pool.evicted"}
    assert full.submit(4, max_tip=6)
    assert full.drops() == dict.fromkeys((full.ids[1], full.ids[2]), "pool.evicted")
    assert new in full.held()


def test_who_pays_no_more_stays_outside(full):
    asked = full.witnesses.asked
    assert refused(full, 3, max_tip=1) == "pool.full"
    assert full.witnesses.asked == asked  # refused before the signature was verified
    assert full.drops() == {}


def test_a_transaction_that_others_need_is_never_evicted(full):
    full.submit(0, 1, max_fee=1_100, max_tip=20)  # replaces: sender 0 now pays 5, then 20
    full.submit(3, max_tip=30)  # 3 leaves
    full.submit(4, max_tip=30)  # 4 leaves
    assert refused(full, 5, max_tip=20) == "pool.full"
    full.submit(5, max_tip=21)  # now the 20 leaves, not the 5 before it
    assert full.ids[0] in full.held()


def test_nobody_evicts_what_it_builds_on():
    world = World(PoolLimits(count=1))
    world.submit(0, 0, max_tip=1)
    assert refused(world, 0, 1, max_tip=500) == "pool.full"


def test_held_transactions_evict_nobody(full):
    assert refused(full, 3, 1, max_tip=500) == "pool.full"


def test_a_replacement_needs_no_room(full):
    full.submit(0, 1, max_fee=1_100, max_tip=2)
    assert full.drops() == {full.ids[1]: "pool.replaced"}


def test_the_ranking_follows_the_base_fee():
    world = World(PoolLimits(count=2))
    capped = world.submit(0, max_fee=BASE_FEE + 50, max_tip=50)
    open_ended = world.submit(1, max_fee=1_000, max_tip=20)
    assert refused(world, 3, max_tip=20) == "pool.full"
    world.mine(base_fee=BASE_FEE + 40)  # now they pay 10 and 20
    world.submit(2, max_tip=15)
    assert world.drops() == {capped: "pool.evicted"}
    assert open_ended in world.held()


def test_bytes_are_a_limit_too():
    sizes = entry(key(0), 0, arrival=0).size
    queues = Queues(PoolLimits(size_bytes=3 * sizes))
    rich = standing(0, 10**15)
    for number in range(3):
        made = entry(key(number), 0, arrival=number, max_tip=number)
        queues.add(made, rich, queues.check_policy(made, rich, BASE_FEE))
    wide = entry(key(3), 0, arrival=3, max_tip=9, access=((key(4).address, ()),))
    plan = queues.check_policy(wide, rich, BASE_FEE)
    assert [victim.arrival for victim in plan.victims] == [0, 1]
    queues.add(wide, rich, plan)
    assert queues.size_bytes == wide.size + sizes <= 3 * sizes


def test_victims_of_one_sender_go_from_the_last_nonce_down():
    sizes = entry(key(0), 0, arrival=0).size
    queues = Queues(PoolLimits(size_bytes=3 * sizes))
    rich = standing(0, 10**15)
    for nonce in range(3):
        made = entry(key(0), nonce, arrival=nonce, max_tip=nonce)
        queues.add(made, rich, queues.check_policy(made, rich, BASE_FEE))
    wide = entry(key(3), 0, arrival=3, max_tip=9, access=((key(4).address, ()),))
    victims = queues.check_policy(wide, rich, BASE_FEE).victims
    assert [victim.arrival for victim in victims] == [2, 1]


def test_returning_transactions_are_cut_to_the_limits():
    world = World(PoolLimits(count=2))
    mined = [world.tx(number, max_tip=number + 1) for number in range(3)]
    fork = world.checkpoint()
    world.mine(*mined)
    waiting = world.submit(4, max_tip=9)
    world.reorg(fork, [[], []], returned=mined)
    assert world.held() == {waiting: "ready", mined[2].txid: "ready"}
    assert world.drops() == dict.fromkeys([tx.txid for tx in mined[:2]], "pool.evicted")


def test_what_waits_for_a_nonce_leaves_before_what_a_block_could_take():
    """Tips that nobody can ask for buy no room, and set no floor for those who pay."""
    world = World(PoolLimits(count=4))
    held = [world.submit(number, 1, max_fee=10**6, max_tip=10**6 - number) for number in range(4)]
    ready = [world.submit(number, max_tip=1) for number in range(4, 8)]
    assert world.held() == dict.fromkeys(ready, "ready")
    assert world.drops() == dict.fromkeys(held, "pool.evicted")
    assert world.pool.stats().floor <= 1  # the surge of a full pool
    assert refused(world, 8, max_tip=1) == "pool.full"


def test_one_that_has_become_ready_is_ranked_by_its_tip():
    world = World(PoolLimits(count=4))
    behind = world.submit(0, 1, max_tip=50)
    cheap = world.submit(1, max_tip=2)
    world.submit(2, max_tip=9)
    world.submit(0, 0, max_tip=50)  # and now it is
    world.submit(3, max_tip=20)
    assert world.drops() == {cheap: "pool.evicted"}
    world.mine(world.tx(0, 0, max_tip=51))  # its nonce has been used: 50 is ready as before
    assert world.held()[behind] == "ready"


def test_one_that_has_become_held_loses_its_rank():
    world = World(PoolLimits(count=3))
    until = world.submit(0, 0, max_tip=50, until=1)
    behind = world.submit(0, 1, max_tip=50)
    world.submit(1, max_tip=2)
    world.mine()  # the first expires, and the second waits for its nonce
    world.submit(2, max_tip=2)
    assert world.drops() == {until: "tx.expired"} and world.held()[behind] == "held"
    world.submit(3, max_tip=2)
    assert world.drops() == {until: "tx.expired", behind: "pool.evicted"}

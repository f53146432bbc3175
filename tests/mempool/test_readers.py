"""What the pool tells others."""

from __future__ import annotations

import pytest

from chain.errors import BadCursor, BadLimit
from mempool import service
from mempool.errors import NoPool
from mempool.rules.limits import PoolLimits
from mempool.rules.queues import Queues
from mempool.tips import KEPT_PER_MS, Tips
from tests.mempool.entries import entry, standing
from tests.mempool.world import BASE_FEE, key


def test_an_empty_pool(world):
    stats = world.pool.stats()
    assert (stats.count, stats.bytes, stats.oldest_ms, stats.tip_low) == (0, 0, None, None)
    assert world.pool.content().items == ()
    assert world.pool.by_sender(key(0).address) == ()
    assert world.pool.get(bytes(32)) is None
    assert world.pool.dropped(bytes(32)) is None


def test_stats(world):
    txs = [world.tx(0, 0, max_tip=5), world.tx(0, 2, max_tip=9), world.tx(1, 0, max_tip=7)]
    for tx in txs:
        world.pool.submit(tx.raw)
    stats = world.pool.stats()
    assert (stats.count, stats.ready, stats.held, stats.senders) == (3, 2, 1, 2)
    assert stats.bytes == sum(len(tx.raw) - 1 for tx in txs)
    assert (stats.tip_low, stats.tip_median, stats.tip_high) == (5, 7, 7)
    assert (stats.base_fee, stats.min_fee) == (BASE_FEE, 1)
    assert (stats.limit_count, stats.limit_bytes) == (20_000, 256 * 1024 * 1024)
    assert (stats.floor, stats.fill_percent) == (0, 0)
    assert (stats.low_percent, stats.high_percent) == (50, 90)
    assert stats.oldest_ms == world.pool.by_sender(key(0).address)[0].arrived_ms


def test_what_waits_by_its_id(world):
    first, held = world.submit(0, 0), world.submit(0, 2)
    assert set(world.pool.txids()) == {first, held}
    assert world.pool.waiting(held) == world.pool.get(held).tx
    assert world.pool.waiting(bytes(32)) is None


def test_the_nonce_to_use_next(world):
    world.state.set_account(key(0).address, 7, 10**15)
    assert world.pool.next_nonce(key(0).address) == 7
    world.submit(0, 7)
    world.submit(0, 9)
    assert world.pool.next_nonce(key(0).address) == 8
    assert world.pool.next_nonce(key(50).address) == 0


def test_a_senders_transactions_in_nonce_order(world):
    ids = {nonce: world.submit(0, nonce) for nonce in (3, 0, 1)}
    pooled = world.pool.by_sender(key(0).address)
    assert [p.tx.txid for p in pooled] == [ids[0], ids[1], ids[3]]
    assert [p.state for p in pooled] == ["ready", "ready", "held"]
    assert [p.reason is None for p in pooled] == [True, True, False]


def test_where_each_stands(world):
    first, second = world.submit(0, 0, max_tip=5), world.submit(0, 1, max_tip=30)
    held = world.submit(0, 3, max_tip=7)
    other = world.submit(1, 0, max_tip=30)
    cheap = world.submit(2, 0, max_fee=BASE_FEE, max_tip=9)
    places = {place.pooled.tx.txid: place for place in world.pool.places(key(0).address)}
    assert list(places) == [first, second, held]
    assert [place.position for place in places.values()] == [0, 1, 2]
    assert [place.rank for place in places.values()] == [3, 1, None]
    assert [place.needed for place in places.values()] == [True, True, False]
    assert [place.outbid_at for place in places.values()] == [None, None, 0]
    assert [place.cheaper for place in places.values()] == [None, None, 0]
    (one,) = world.pool.places(key(2).address, cheap)
    assert (one.rank, one.cheaper, one.outbid_at) == (4, 1, 1)  # the held one goes before it
    world.mine(base_fee=BASE_FEE + 1)  # it pays less than nothing now: any tip evicts it
    (one,) = world.pool.places(key(2).address, cheap)
    assert (one.pooled.tip, one.outbid_at) == (-1, 0)
    assert world.pool.places(key(2).address, other) == ()
    assert world.pool.places(key(7).address) == ()


def test_pages_the_latest_first(world):
    ids = [world.submit(number) for number in range(5)]
    seen, cursor = [], None
    while True:
        page = world.pool.content(cursor, 2)
        seen += [pooled.tx.txid for pooled in page.items]
        cursor = page.cursor
        if cursor is None:
            break
        assert len(page.items) == 2
    assert seen == ids[::-1]


@pytest.mark.parametrize("cursor", ["", "-1", "x", "1" * 20, "²"])
def test_a_cursor_of_another_list(world, cursor):
    with pytest.raises(BadCursor):
        world.pool.content(cursor)


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_too_large(world, limit):
    with pytest.raises(BadLimit):
        world.pool.content(None, limit)


def test_the_pool_of_this_process(world):
    with pytest.raises(NoPool):
        service.current()
    service.install(world.pool)
    try:
        assert service.current() is world.pool
    finally:
        service.install(None)


def test_a_large_pool_is_not_sorted_for_each_question():
    queues = Queues(PoolLimits())
    poor = standing(0, 10**15)
    for number in range(KEPT_PER_MS * 3):
        one = entry(key(number), 0, arrival=number, max_tip=number)
        queues.add(one, poor, queues.check_policy(one, poor, BASE_FEE))
    tips = Tips.of(queues, BASE_FEE, now_ms=1_000)
    assert tips.ready == [tip for _, tip in tips.tails] == list(range(KEPT_PER_MS * 3))
    assert tips.oldest_ms == 0
    served = [tips.serves(queues, BASE_FEE, now_ms) for now_ms in (999, 1_000, 1_002, 1_003)]
    assert served == [False, True, True, False]
    assert not tips.serves(queues, BASE_FEE + 1, 1_000)


def test_the_order_is_kept_while_it_serves(world, monkeypatch):
    made = []
    monkeypatch.setattr(Tips, "serves", lambda *_: bool(made))
    monkeypatch.setattr(Tips, "of", lambda *args: made.append(args) or Tips(BASE_FEE, 0, (), (), 0))
    address = key(0).address
    world.submit(0, 0)
    assert (world.pool.stats().tip_low, world.pool.places(address)[0].rank) == (None, 1)
    assert len(made) == 1

"""The copy on disk: what a restart keeps, and that each loss has a reason."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import failpoints
from mempool import store
from mempool.models import PoolTx
from tests.mempool.world import RICH, World, key

pytestmark = pytest.mark.django_db


def waiting() -> list[bytes]:
    return [row.txid for row in store.load() if row.height is None]


def restart(world: World) -> None:
    world.pool.flush()
    world.pool = world.new_pool()
    world.news.clear()
    world.pool.load()


def test_a_restart_keeps_everything(world):
    world.state.store_key(key(1))
    for number, nonce in ((0, 0), (0, 2), (1, 0), (2, 0)):
        world.submit(number, nonce, max_tip=10 + number)
    before, page = world.held(), world.pool.content(None, 10).items
    room = {"base_fee": 100, "gas": 10**9, "size": 10**9}
    chosen = world.pool.select(**room)
    restart(world)
    assert world.held() == before
    assert world.pool.content(None, 10).items == page
    assert world.pool.select(**room) == chosen


def test_a_replaced_nonce_does_not_hold_up_those_behind_it(world):
    for nonce in range(20):
        world.submit(0, nonce)
    world.submit(0, 0, max_fee=1_100, max_tip=11)  # arrived last, comes first
    before = world.held()
    restart(world)
    assert world.held() == before


def test_what_became_invalid_meanwhile_is_dropped_with_a_reason(world):
    used, kept, late = world.submit(0), world.submit(0, 1), world.submit(1, until=1)
    world.pool.flush()
    world.mine(world.tx(0, max_tip=11), announce=False)
    restart(world)
    assert world.held() == {kept: "ready"}
    assert world.drops() == {used: "tx.nonce_low", late: "tx.expired"}
    assert world.pool.dropped(late).code == "tx.expired"
    world.pool.flush()
    assert waiting() == [kept]


def test_rows_are_checked_like_any_submission(world):
    good, forged, garbled = world.submit(0), world.submit(1), world.submit(2)
    world.pool.flush()
    raw = bytearray(PoolTx.objects.get(txid=forged).raw)
    raw[-2000] ^= 1  # inside the signature or the key
    PoolTx.objects.filter(txid=forged).update(raw=bytes(raw))
    PoolTx.objects.filter(txid=garbled).update(raw=b"\xff")
    world.pool = world.new_pool()
    world.pool.load()
    assert world.held() == {good: "ready"}
    assert world.pool.dropped(forged).code in ("tx.signature", "tx.key_mismatch")
    assert world.pool.dropped(garbled).code == "cbor.malformed"


def test_what_a_reorg_may_bring_back_is_kept_too(world):
    """Made invalid, restarted twice, and valid again when the block goes."""
    ours = world.submit(0)
    world.pool.flush()
    fork = world.checkpoint()
    world.mine(world.tx(0, max_tip=11))
    restart(world)
    assert [(row.txid, row.height) for row in store.load()] == [(ours, 1)]
    restart(world)
    assert world.held() == {} and world.drops() == {}
    world.reorg(fork, [[], []])
    assert world.held() == {ours: "ready"}
    world.pool.flush()
    assert [(row.txid, row.height) for row in store.load()] == [(ours, None)]


def test_nor_is_it_kept_for_ever(world):
    world.submit(0)
    world.mine(world.tx(0, max_tip=11))
    world.pool.tick()
    assert len(store.load()) == 1
    world.clock.ms += world.pool.limits.ttl_ms + 60_000
    world.pool.tick()
    assert store.load() == []


def test_a_flush_writes_the_difference(world):
    first = world.submit(0)
    world.pool.flush()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        world.pool.flush()
    assert len(queries) == 0
    second = world.submit(0, max_fee=1_100, max_tip=11)
    world.pool.flush()
    assert [row.txid for row in store.load()] == [second] != [first]


def test_the_stored_form_has_the_key_whatever_the_chain_stores(world):
    world.state.store_key(key(0))
    world.submit(0, pk=False)
    world.pool.flush()
    world.state.records = {}
    world.state.set_account(key(0).address, 0, RICH)
    world.pool = world.new_pool()
    world.pool.load()
    assert len(world.held()) == 1


@pytest.mark.parametrize("point", ["flush.begun", "flush.deleted", "flush.inserted"])
def test_a_flush_that_breaks_off_leaves_the_last_one_whole(world, point):
    gone, kept = world.submit(0), world.submit(1)
    world.pool.flush()
    world.mine(world.tx(0, max_tip=11))
    fresh = world.submit(2)

    def hook(name: str) -> None:
        if name == point:
            raise RuntimeError(name)

    failpoints.install(hook)
    try:
        with pytest.raises(RuntimeError):
            world.pool.flush()
    finally:
        failpoints.install(None)
    assert set(waiting()) == {gone, kept}
    world.pool.flush()
    assert set(waiting()) == {kept, fresh}

"""How fast a source may submit: three buckets that fill with time."""

from __future__ import annotations

import pytest

from core.errors import Refused, TxRefused
from core.tx import SignedTx
from mempool.errors import RateLimited
from mempool.rules import buckets, limits
from mempool.rules.buckets import Buckets
from mempool.rules.limits import LOCAL, PoolLimits, Rate, SourceRates
from pq import signing
from tests.mempool.world import RICH, World, sign, unsigned

RATES = SourceRates(count=Rate(10, 3), bytes=Rate(1_000, 5_000), verifications=Rate(2, 4))
ONE = {buckets.COUNT: 1}


def test_a_burst_then_the_rate():
    taking = Buckets(RATES)
    for _ in range(3):
        taking.take("a", 0, ONE)
    with pytest.raises(RateLimited) as caught:
        taking.take("a", 0, ONE)
    wait = caught.value.facts["retryAfterMs"]
    assert caught.value.facts == {"limit": 10, "burst": 3, "retryAfterMs": 101}
    with pytest.raises(RateLimited):
        taking.take("a", 99, ONE)
    taking.take("a", wait, ONE)


def test_every_millisecond_counts_however_often_one_asks():
    taking = Buckets(RATES)
    for _ in range(3):
        taking.take("a", 0, ONE)
    for now in range(1, 100):
        with pytest.raises(RateLimited):
            taking.take("a", now, ONE)
    taking.take("a", 100, ONE)


def test_no_more_than_a_burst_is_saved_up():
    taking = Buckets(RATES)
    taking.take("a", 0, ONE)
    for _ in range(3):
        taking.take("a", 10**9, ONE)
    with pytest.raises(RateLimited):
        taking.take("a", 10**9, ONE)


def test_a_refusal_spends_nothing():
    taking = Buckets(RATES)
    for _ in range(5):
        with pytest.raises(RateLimited):
            taking.take("a", 0, {buckets.COUNT: 1, buckets.BYTES: 5_001})
    taking.take("a", 0, {buckets.COUNT: 3, buckets.BYTES: 5_000})


def test_sources_do_not_share():
    taking = Buckets(RATES)
    taking.take("a", 0, {buckets.VERIFICATIONS: 4})
    taking.take("b", 0, {buckets.VERIFICATIONS: 4})


def test_this_process_is_not_limited():
    taking = Buckets(RATES)
    for _ in range(100):
        taking.take(LOCAL, 0, {buckets.COUNT: 100, buckets.BYTES: 10**9})


def test_a_clock_put_back_gives_and_takes_nothing():
    taking = Buckets(RATES)
    taking.take("a", 10_000, {buckets.COUNT: 3})
    with pytest.raises(RateLimited):
        taking.take("a", 0, ONE)
    taking.take("a", 100, ONE)


def test_so_many_sources_are_remembered(monkeypatch):
    monkeypatch.setattr(buckets, "SOURCES", 2)
    taking = Buckets(RATES)
    for source in "abc":
        taking.take(source, 0, {buckets.COUNT: 3})
    assert len(taking._known) == 2
    with pytest.raises(RateLimited):
        taking.take("b", 0, ONE)  # remembered
    taking.take("a", 0, ONE)  # forgotten


def test_an_honest_client_at_500_a_second_for_a_minute_is_never_refused():
    """Each with its public key, as in the guide; batches of 50."""
    taking = Buckets(PoolLimits().rates)
    costs = {buckets.COUNT: 1, buckets.BYTES: 5_500, buckets.VERIFICATIONS: 1}
    for batch in range(60 * 500 // 50):
        for _ in range(50):
            taking.take("a", batch * 100, costs)


def test_ten_thousand_at_once_are_taken():
    taking = Buckets(PoolLimits().rates)
    costs = {buckets.COUNT: 1, buckets.BYTES: 5_500, buckets.VERIFICATIONS: 1}
    for _ in range(10_000):
        taking.take("a", 0, costs)


# ------------------------------------------------------------- in the pool


def limited(**rates: Rate) -> World:
    wide = {name: Rate(1, 10**9) for name in ("count", "bytes", "verifications")}
    return World(PoolLimits(rates=SourceRates(**(wide | rates))))


def code(world: World, raw: bytes, source: str) -> str:
    try:
        return world.pool.submit(raw, source).state
    except Refused as refusal:
        return refusal.code


def test_each_submission_counts_whatever_becomes_of_it():
    world = limited(count=Rate(1, 3))
    good = world.tx()
    assert code(world, b"\xff", "a") == "cbor.malformed"
    assert code(world, b"\xff", "a") == "cbor.malformed"  # remembered, and counted
    assert code(world, good.raw, "a") == "ready"
    assert code(world, world.tx(1).raw, "a") == "pool.rate_limited"
    assert code(world, good.raw, "b") == "pool.duplicate"
    assert code(world, world.tx(1).raw, LOCAL) == "ready"


def test_bytes_are_counted_before_they_are_read():
    world = limited(bytes=Rate(1, 6_000))
    assert code(world, world.tx().raw, "a") == "ready"
    assert code(world, b"\xff" * 1_000, "a") == "pool.rate_limited"


def test_verifications_are_counted_only_when_one_is_made():
    world = limited(verifications=Rate(1, 2))
    forged = SignedTx(world.tx().unsigned, world.tx(nonce=1).witness)
    for _ in range(5):
        assert code(world, world.tx(chain=1).raw, "a") == "tx.wrong_chain"
    assert code(world, forged.raw, "a") == "tx.signature"
    assert code(world, forged.raw, "a") == "tx.signature"  # remembered: nothing is verified
    assert code(world, world.tx(1).raw, "a") == "ready"
    asked = world.witnesses.asked
    assert code(world, world.tx(2).raw, "a") == "pool.rate_limited"
    assert world.witnesses.asked == asked
    world.clock.ms += 1_000
    assert code(world, world.tx(2).raw, "a") == "ready"


def test_a_head_that_comes_meanwhile_costs_no_second_verification():
    world = limited(verifications=Rate(1, 1))
    verify = world.witnesses.check_one

    def verify_slowly(signed):
        world.witnesses.check_one = verify
        world.mine()
        verify(signed)

    world.witnesses.check_one = verify_slowly
    assert code(world, world.tx().raw, "a") == "ready"
    assert world.head.height == 1


def test_a_dearer_algorithm_takes_more():
    world = limited(verifications=Rate(1, 5))
    owner = signing.generate_slh()
    world.state.set_account(owner.address, 0, RICH)
    first, second = (sign(owner, unsigned(owner, nonce, gas=100_000)) for nonce in (0, 1))
    assert limits.VERIFICATIONS[owner.alg] == 5
    assert code(world, first.raw, "a") == "ready"
    assert code(world, second.raw, "a") == "pool.rate_limited"


def test_a_refused_one_is_welcome_later():
    """``pool.rate_limited`` says nothing about the bytes."""
    world = limited(count=Rate(1, 1))
    tx = world.tx()
    assert code(world, world.tx(1).raw, "a") == "ready"
    assert code(world, tx.raw, "a") == "pool.rate_limited"
    world.clock.ms += 1_000
    assert code(world, tx.raw, "a") == "ready"


def test_the_wait_is_told():
    world = limited(count=Rate(2, 1))
    world.submit(0, source="a")
    with pytest.raises(TxRefused) as caught:
        world.submit(1, source="a")
    assert 400 <= caught.value.facts["retryAfterMs"] <= 501

"""The token bucket, with a clock of the test's own."""

from __future__ import annotations

import pytest

from rpc.errors import RateLimited
from rpc.limits import ADDRESSES, RateLimit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_refills():
    clock = Clock()
    limit = RateLimit(10, 20, clock)
    for _ in range(20):
        limit.take("a", 1)
    with pytest.raises(RateLimited) as caught:
        limit.take("a", 1)
    assert 100 <= caught.value.facts["retryAfterMs"] <= 101
    limit.take("b", 20)
    clock.now += 0.5
    limit.take("a", 5)
    with pytest.raises(RateLimited):
        limit.take("a", 1)
    clock.now += 1000
    limit.take("a", 20)
    with pytest.raises(RateLimited):
        limit.take("a", 1)


def test_a_refusal_costs_nothing():
    limit = RateLimit(10, 20, Clock())
    with pytest.raises(RateLimited):
        limit.take("a", 21)
    limit.take("a", 20)


def test_zero_sets_no_limit():
    limit = RateLimit(0, 0, Clock())
    for _ in range(10_000):
        limit.take("a", 100)


def test_addresses_are_bounded():
    limit = RateLimit(1, 1, Clock())
    for number in range(ADDRESSES + 5):
        limit.take(str(number), 1)
    assert len(limit._buckets) == ADDRESSES


def test_work_that_is_done_is_owed():
    clock = Clock()
    limit = RateLimit(10, 20, clock)
    limit.spend("a", 25)
    with pytest.raises(RateLimited):
        limit.take("a", 1)
    clock.now += 0.55  # owes 5, gets 5.5
    with pytest.raises(RateLimited):
        limit.take("a", 1)
    clock.now += 0.1
    limit.take("a", 1)
    limit.take("b", 20)


def test_nobody_owes_more_than_a_burst():
    clock = Clock()
    limit = RateLimit(10, 20, clock)
    limit.spend("a", 10**9)
    clock.now += 4.0
    limit.take("a", 20)
    for number in range(ADDRESSES + 5):
        limit.spend(str(number), 1)
    assert len(limit._buckets) == ADDRESSES
    RateLimit(0, 0, clock).spend("a", 10**9)

"""contracts/exchange.py."""

from __future__ import annotations

from math import isqrt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.sources import COIN, DEAF
from tests.contracts.world import NOBODY, World, person

MOST = 2**112 - 1


def make(world):
    """An exchange between two tokens; everybody has units and allows it to move them."""
    ann = person("ann")
    tokens = [world.deploy("fungible_token", n, n, 0, 2**120, NOBODY, by=ann) for n in ("A", "B")]
    exchange = world.deploy("exchange", tokens[0].address, tokens[1].address, by=ann)
    for token in tokens:
        for name in ("ann", "bob", "eve"):
            if name != "ann":
                token.transfer(person(name), 10**15, by=ann)
            token.approve(exchange.address, 2**119, by=person(name))
    return exchange, *tokens


@pytest.fixture
def market(world, people):
    return make(world)


@pytest.fixture
def exchange(market):
    return market[0]


@pytest.fixture
def pool(world, people, exchange):
    """Ann's liquidity: 1,000,000 to 4,000,000."""
    exchange.add(1_000_000, 4_000_000, 0, world.time, by=people.ann)
    return exchange


def solvent(market):
    """Everything that the pool says it has, it has."""
    exchange, *tokens = market
    held = [token.balance_of(exchange.address) for token in tokens]
    return all(a >= b for a, b in zip(held, exchange.reserves(), strict=True))


# ------------------------------------------------------------------ liquidity


def test_a_pair_is_two_tokens(world, people, market):
    exchange, a, b = market
    assert exchange.tokens() == (a.address, b.address)
    with world.refused("exchange.pair"):
        world.deploy("exchange", a.address, a.address, by=people.ann)


def test_the_first_sets_the_price(people, market, pool):
    exchange, a, b = market
    assert exchange.reserves() == (1_000_000, 4_000_000)
    assert exchange.share_of(people.ann) == isqrt(4 * 10**12) - 1_000
    assert exchange.share_supply() == 2_000_000
    assert a.balance_of(exchange.address) == 1_000_000
    assert b.balance_of(exchange.address) == 4_000_000


def test_the_next_pays_in_the_same_ratio(world, people, market, pool):
    exchange, _a, b = market
    before = b.balance_of(people.bob)
    assert exchange.add(100, 10_000, 200, world.time, by=people.bob) == 200
    assert exchange.reserves() == (1_000_100, 4_000_400)
    assert b.balance_of(people.bob) == before - 400  # not the 10,000 that were offered
    assert exchange.events() == [
        ("Added", {"owner": people.bob, "amount_a": 100, "amount_b": 400, "share": 200})
    ]


def test_shares_are_worth_their_part(world, people, market, pool):
    exchange, a, b = market
    share = exchange.add(500_000, 2_000_000, 0, world.time, by=people.bob)
    assert exchange.remove(share, 500_000, 2_000_000, world.time, by=people.bob) == (
        500_000,
        2_000_000,
    )
    assert (a.balance_of(people.bob), b.balance_of(people.bob)) == (10**15, 10**15)
    assert exchange.share_of(people.bob) == 0
    assert exchange.reserves() == (1_000_000, 4_000_000)


def test_the_last_leaves_the_locked_shares(world, people, market, pool):
    pool.remove(pool.share_of(people.ann), 0, 0, world.time, by=people.ann)
    assert pool.share_supply() == 1_000
    assert pool.reserves() == (500, 2_000)
    pool.add(10**6, 10**7, 0, world.time, by=people.bob)
    assert solvent(market)


def test_rounding_is_for_the_pool(world, people, market):
    exchange = market[0]
    exchange.add(1_000_003, 3_000_017, 0, world.time, by=people.ann)
    a, b = exchange.reserves()
    total = exchange.share_supply()
    share = exchange.add(1_000, 1_000_000, 0, world.time, by=people.bob)
    paid_a, paid_b = (now - old for now, old in zip(exchange.reserves(), (a, b), strict=True))
    assert share == 1_000 * total // a
    assert paid_a * total >= share * a
    assert paid_b * total >= share * b
    got = exchange.remove(share, 0, 0, world.time, by=people.bob)
    assert got[0] <= paid_a
    assert got[1] <= paid_b


def test_amounts_have_bounds(world, people, exchange):
    for a, b in [(0, 10**6), (10**6, 0), (-1, 10**6), (MOST + 1, 10**6), (10**6, MOST + 1)]:
        with world.refused("exchange.amount"):
            exchange.add(a, b, 0, world.time, by=people.ann)
    assert exchange.add(MOST, MOST, 0, world.time, by=people.ann) == MOST - 1_000
    exchange.remove(MOST - 1_000, 0, 0, world.time, by=people.ann)  # no product overflows


def test_a_first_deposit_that_is_all_locked(world, people, exchange):
    with world.refused("exchange.shares"):
        exchange.add(1_000, 1_000, 0, world.time, by=people.ann)
    assert exchange.add(1_001, 1_001, 1, world.time, by=people.ann) == 1


def test_too_few_shares(world, people, pool):
    with world.refused("exchange.shares"):
        pool.add(100, 400, 201, world.time, by=people.bob)
    with world.refused("exchange.shares"):
        pool.add(100, 1, 0, world.time, by=people.bob)  # less than one share of B


def test_nobody_removes_what_they_have_not(world, people, pool):
    for share in (1, 0, -1):
        with world.refused("exchange.shares"):
            pool.remove(share, 0, 0, world.time, by=people.bob)
    with world.refused("exchange.shares"):
        pool.remove(pool.share_of(people.ann) + 1, 0, 0, world.time, by=people.ann)


def test_removing_says_the_least(world, people, pool):
    for least in [(501, 2_000), (500, 2_001)]:
        with world.refused("exchange.slippage"):
            pool.remove(1_000, *least, world.time, by=people.ann)
    pool.remove(1_000, 500, 2_000, world.time, by=people.ann)
    assert pool.events() == [
        ("Removed", {"owner": people.ann, "amount_a": 500, "amount_b": 2_000, "share": 1_000})
    ]
    with world.refused("exchange.slippage"):
        pool.remove(1, 0, 0, world.time, by=people.ann)  # nothing of A


def test_nothing_of_b_is_refused_as_well(world, people, exchange):
    exchange.add(4_000_000, 1_000_000, 0, world.time, by=people.ann)
    with world.refused("exchange.slippage"):
        exchange.remove(1, 0, 0, world.time, by=people.ann)


def test_shares_are_given_away(world, people, pool):
    all_of_it = pool.share_of(people.ann)
    pool.transfer_shares(people.bob, 1_000, by=people.ann)
    assert pool.events() == [
        ("ShareMoved", {"source": people.ann, "to": people.bob, "share": 1_000})
    ]
    assert (pool.share_of(people.ann), pool.share_of(people.bob)) == (all_of_it - 1_000, 1_000)
    pool.transfer_shares(people.ann, 0, by=people.bob)
    pool.transfer_shares(people.eve, 1_000, by=people.bob)
    pool.remove(1_000, 1, 1, world.time, by=people.eve)
    for share in (1, -1):
        with world.refused("exchange.shares"):
            pool.transfer_shares(people.ann, share, by=people.bob)


# ------------------------------------------------------------------ swaps


def test_a_swap_pays_the_fee(world, people, market, pool):
    exchange, a, b = market
    out = 4_000_000 * 1_000 * 997 // (1_000_000 * 1_000 + 1_000 * 997)
    assert exchange.quote(a.address, 1_000) == out == 3_984
    assert exchange.swap(a.address, 1_000, out, world.time, by=people.bob) == out
    assert exchange.events() == [
        (
            "Swapped",
            {"trader": people.bob, "token_in": a.address, "amount_in": 1_000, "amount_out": out},
        )
    ]
    assert exchange.reserves() == (1_001_000, 4_000_000 - out)
    assert b.balance_of(people.bob) == 10**15 + out
    assert a.balance_of(people.bob) == 10**15 - 1_000
    assert solvent(market)


def test_a_swap_the_other_way(world, people, market, pool):
    exchange, _a, b = market
    out = exchange.quote(b.address, 4_000)
    assert exchange.swap(b.address, 4_000, 0, world.time, by=people.bob) == out == 996
    assert exchange.reserves() == (1_000_000 - out, 4_004_000)
    assert solvent(market)


def test_there_and_back_loses(world, people, market, pool):
    exchange, a, b = market
    out = exchange.swap(a.address, 10_000, 0, world.time, by=people.bob)
    back = exchange.swap(b.address, out, 0, world.time, by=people.bob)
    assert back < 10_000 * 995 // 1_000


def test_a_swap_says_the_least(world, people, market, pool):
    exchange, a, b = market
    with world.refused("exchange.slippage"):
        exchange.swap(a.address, 1_000, 3_985, world.time, by=people.bob)
    with world.refused("exchange.slippage"):
        exchange.swap(b.address, 1, 0, world.time, by=people.bob)  # would give nothing
    # Somebody is quicker and moves the price: the least holds.
    exchange.swap(a.address, 50_000, 0, world.time, by=people.eve)
    with world.refused("exchange.slippage"):
        exchange.swap(a.address, 1_000, 3_984, world.time, by=people.bob)


@pytest.mark.parametrize("amount", [0, -1, -1_000_000, MOST + 1])
def test_a_swap_of_a_wrong_amount(world, people, market, pool, amount):
    with world.refused("exchange.amount"):
        pool.swap(market[1].address, amount, 0, world.time, by=people.bob)


def test_reserves_have_a_bound(world, people, market, pool):
    with world.refused("exchange.amount"):
        pool.swap(market[1].address, MOST - 999_999, 0, world.time, by=people.ann)
    pool.swap(market[1].address, MOST - 1_000_000, 0, world.time, by=people.ann)
    assert pool.reserves()[1] > 0


def test_the_other_reserve_has_the_same_bound(world, people, market, pool):
    with world.refused("exchange.amount"):
        pool.swap(market[2].address, MOST - 3_999_999, 0, world.time, by=people.ann)
    pool.swap(market[2].address, MOST - 4_000_000, 0, world.time, by=people.ann)
    assert pool.reserves()[0] > 0


def test_a_token_of_another_pair(world, people, pool):
    other = world.deploy("fungible_token", "C", "C", 0, 10**6, NOBODY, by=people.bob)
    with world.refused("exchange.pair"):
        pool.swap(other.address, 1_000, 0, world.time, by=people.bob)


def test_without_liquidity_there_is_no_price(world, people, market):
    exchange, a, _b = market
    with world.refused("exchange.empty"):
        exchange.swap(a.address, 1_000, 0, world.time, by=people.bob)


def test_deadlines(world, people, market, pool):
    late = world.time - 1
    with world.refused("exchange.deadline"):
        pool.add(100, 400, 0, late, by=people.ann)
    with world.refused("exchange.deadline"):
        pool.remove(100, 0, 0, late, by=people.ann)
    with world.refused("exchange.deadline"):
        pool.swap(market[1].address, 1_000, 0, late, by=people.ann)


# ------------------------------------------------------------------ attacks


def test_what_is_sent_without_a_call_moves_no_price(world, people, market):
    """The first depositor's trick: one share, and a gift, so that others' deposits round to 0."""
    exchange, a, b = market
    exchange.add(1_001, 1_001, 0, world.time, by=people.eve)
    for token in (a, b):
        token.transfer(exchange.address, 10**9, by=people.eve)
    assert exchange.reserves() == (1_001, 1_001)
    share = exchange.add(10_000, 10_000, 10_000, world.time, by=people.bob)
    assert exchange.remove(share, 9_999, 9_999, world.time, by=people.bob) == (10_000, 10_000)


@pytest.mark.parametrize("side", [0, 1])
def test_a_token_that_takes_a_cut_does_not_eat_the_pool(world, people, market, side):
    _exchange, a, _b = market
    coin = world.deploy_source(COIN, 1, by=people.ann)
    pair = [a.address, coin.address]
    exchange = world.deploy("exchange", *(pair if side else pair[::-1]), by=people.ann)
    a.approve(exchange.address, 10**12, by=people.ann)
    with world.refused("exchange.payment"):
        exchange.add(10**6, 10**6, 0, world.time, by=people.ann)


def test_a_token_that_stops_paying_fails_the_whole_swap(world, people, market):
    _exchange, a, _b = market
    coin = world.deploy_source(COIN, 0, by=people.ann)
    exchange = world.deploy("exchange", a.address, coin.address, by=people.ann)
    a.approve(exchange.address, 10**12, by=people.ann)
    exchange.add(10**6, 10**6, 0, world.time, by=people.ann)
    coin.freeze(True, by=people.ann)
    with world.refused("exchange.token"):
        exchange.swap(a.address, 1_000, 0, world.time, by=people.ann)
    with world.refused("exchange.token"):
        exchange.remove(1_000, 0, 0, world.time, by=people.ann)


def test_payments_that_were_not_allowed(world, people, market, pool):
    exchange, a, b = market
    for token in (a, b):
        token.approve(exchange.address, 0, by=people.eve)
        with world.refused("exchange.token"):
            exchange.swap(token.address, 1_000, 0, world.time, by=people.eve)
    with world.refused("exchange.token"):
        exchange.add(100, 400, 0, world.time, by=people.eve)
    deaf = world.deploy_source(DEAF, by=people.ann)
    other = world.deploy("exchange", deaf.address, a.address, by=people.ann)
    with world.refused("exchange.token"):
        other.add(10**6, 10**6, 0, world.time, by=people.ann)


steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "a", "b"]),
        st.sampled_from(["ann", "bob", "eve"]),
        st.integers(1, 10**7),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1_001, 10**9), st.integers(1_001, 10**9), steps)
def test_a_share_never_loses_and_no_unit_is_lost(first_a, first_b, steps):
    """What backs a share, √(reserve·reserve)/shares, never falls, whatever is done."""
    world = World()
    market = exchange, a, b = make(world)
    exchange.add(first_a, first_b, 0, world.time, by=person("ann"))
    for what, who, amount in steps:
        (old_a, old_b), old_total = exchange.reserves(), exchange.share_supply()
        with world.allowing_failure():
            if what == "add":
                exchange.add(amount, 10**9, 0, world.time, by=person(who))
            elif what == "remove":
                exchange.remove(amount, 0, 0, world.time, by=person(who))
            else:
                token = a if what == "a" else b
                exchange.swap(token.address, amount, 0, world.time, by=person(who))
        (now_a, now_b), total = exchange.reserves(), exchange.share_supply()
        assert now_a * now_b * old_total**2 >= old_a * old_b * total**2
        assert solvent(market)
    holders = [person(name) for name in ("ann", "bob", "eve")]
    assert sum(exchange.share_of(holder) for holder in holders) + 1_000 == exchange.share_supply()
    for token in (a, b):
        everybody = sum(token.balance_of(x) for x in [*holders, exchange.address])
        assert everybody == token.total_supply()

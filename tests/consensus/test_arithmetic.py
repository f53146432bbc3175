"""What holds for all arguments of consensus arithmetic, each on 100,000 drawn cases and more.

The cases come from fixed seeds, so that a red run can be repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from animica_site import networks
from consensus.rules import fees, issuance
from consensus.rules.retarget import next_theta
from core.network import SUPPLY_LIMIT, Params
from tests.oracle import rules as oracle

CASES = 100_000
SHIPPED = [replace(networks.load(name).at(0).params, retarget=True) for name in networks.NAMES]
UNEVEN = replace(SHIPPED[0], retarget_tau_ms=7_777_777, retarget_step_unat=3)
TIGHT = replace(SHIPPED[0], theta_min_unat=23_999_990, theta_max_unat=24_000_010)


def sized(rng: Random, most_bits: int) -> int:
    """A number of any size up to so many bits."""
    return rng.getrandbits(rng.randint(1, most_bits))


# ------------------------------------------------------------------ base fee and blob fee


def fee_cases(seed: int) -> Iterator[tuple[int, int, int, int]]:
    """(fee, used, limit, floor): half of the time used is at an end or beside the target."""
    rng = Random(seed)
    for _ in range(CASES):
        limit = 2 + sized(rng, 40)
        beside = limit // 2 + rng.randint(-1, 1)
        used = rng.choice((0, beside, limit, *(rng.randint(0, limit) for _ in range(3))))
        floor = 1 + sized(rng, 20)
        yield floor + sized(rng, rng.choice((4, 64))), min(used, limit), limit, floor


def test_a_fee_moves_by_an_eighth_at_most_and_never_below_the_floor():
    for case in fee_cases(1):
        fee, used, limit, floor = case
        after = fees.next_fee(fee, used, limit, floor)
        assert type(after) is int, case
        # An odd limit is more than twice its target, so that a full block goes past the eighth.
        most = max(1, fee * (limit - limit // 2) // (limit // 2) // 8)
        assert max(floor, fee - fee // 8) <= after <= fee + most, case
        if limit % 2 == 0:
            assert after <= fee + max(1, fee // 8), case


def test_a_fee_moves_the_way_the_block_was_full():
    for case in fee_cases(2):
        fee, used, limit, floor = case
        after = fees.next_fee(fee, used, limit, floor)
        if used > limit // 2:
            assert after > fee, case
        else:
            assert after <= fee, case
        assert used != limit // 2 or after == fee, case
        assert used == limit or after <= fees.next_fee(fee, used + 1, limit, floor), case


# ------------------------------------------------------------------ retarget


def retarget_cases(seed: int) -> Iterator[tuple[int, int, Params]]:
    """(Θ, interval, params): many intervals are near the target, many thetas near a bound."""
    rng = Random(seed)
    for _ in range(CASES):
        params = rng.choice((*SHIPPED, UNEVEN, TIGHT))
        goal = params.target_interval_ms
        near = (goal + rng.randint(-9, 9), rng.randint(1, 3 * goal), 1 + sized(rng, 64))
        low, high = params.theta_min_unat, params.theta_max_unat
        margin = min(high - low, sized(rng, 19))
        theta = rng.choice((low + margin, high - margin, rng.randint(low, high)))
        yield theta, max(1, rng.choice(near)), params


def test_theta_moves_by_one_step_at_most_and_within_its_bounds():
    for theta, interval, params in retarget_cases(3):
        after = next_theta(theta, interval, params)
        case = (theta, interval, params)
        assert type(after) is int, case
        assert abs(after - theta) <= params.retarget_step_unat, case
        assert params.theta_min_unat <= after <= params.theta_max_unat, case


def test_theta_moves_against_the_interval_and_alike_both_ways():
    for theta, interval, params in retarget_cases(4):
        after = next_theta(theta, interval, params)
        case = (theta, interval, params)
        goal = params.target_interval_ms
        assert (after - theta) * (goal - interval) >= 0, case
        assert after >= next_theta(theta, interval + 1, params), case
        mirrored = next_theta(theta, 2 * goal - interval, params)  # as much on the other side
        ends = (params.theta_min_unat, params.theta_max_unat)
        assert after in ends or mirrored in ends or after - theta == theta - mirrored, case


# ------------------------------------------------------------------ money


def test_the_subsidy_of_any_height_is_that_of_its_era():
    rng = Random(5)
    for name in ("mainnet", "testnet"):
        params, money = networks.load(name).at(0).params, oracle.NETWORKS[name]
        amounts = [oracle.era_subsidy(era, money) for era in range(45)]
        for _ in range(CASES // 2):
            era, at = rng.randrange(45), rng.choice((0, -1, rng.randrange(money.era_blocks)))
            height = era * money.era_blocks + 1 + at % money.era_blocks
            assert issuance.subsidy(height, params) == amounts[era], (name, height)


@pytest.mark.parametrize("length", [1, 7, 50])
def test_money_block_by_block_is_money_by_era(length):
    """Eras short enough to walk every block of them, well into the tail."""
    params = replace(SHIPPED[0], subsidy_era_blocks=length)
    money = replace(oracle.MAINNET, era_blocks=length)
    total = 0
    for height in range(1, CASES + 1):
        parts = issuance.split_subsidy(issuance.subsidy(height, params), params.subsidy_split)
        total += parts.producer + parts.aicf + parts.treasury
        if height % length == 0 and (height < 50 * length or height % 1_000 == 0):
            assert total == oracle.supply(height, money, claimed=False), height


def test_no_split_makes_or_loses_a_nanm():
    rng = Random(6)
    params = SHIPPED[0]
    for _ in range(CASES):
        amount = sized(rng, 63)
        assert amount < SUPPLY_LIMIT
        for parts in (
            issuance.split_subsidy(amount, params.subsidy_split),
            issuance.split_base_fees(amount, params.base_fee_split),
            issuance.split_tips(amount, params.tip_split),
        ):
            each = (parts.producer, parts.aicf, parts.treasury, parts.burnt, parts.unminted)
            assert min(each) >= 0
            assert sum(each) == amount

"""What score costs who pays himself: the claim of the page, and that it can fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from animica_site import networks
from consensus.rules import poies
from core.network import PPM
from core.proof import AI, NAMES, SCORED
from lab import economy, forge
from lab.economy import Deal

POINTS = 9


def policy_and_reward(name: str):
    rules = networks.load(name).at(0)
    return rules.poies, economy.producer_reward(rules.params)


@pytest.mark.parametrize("name", networks.NAMES)
def test_burning_never_pays_on_a_shipped_network(name):
    policy, reward = policy_and_reward(name)
    assert economy.price_bound(policy) >= reward
    deals = economy.grid(policy, POINTS)
    assert len(deals) == POINTS ** len(SCORED) - 1
    assert max(economy.shared_gain(deal, reward, 0) for deal in deals) < 1
    assert max(economy.shared_gain(deal, reward, 0.3) for deal in deals) < 1
    caps = sum(policy.work(NAMES[kind]).cap_unat for kind in SCORED)
    assert max(deal.psi for deal in deals) == min(policy.gamma_unat, caps)


@pytest.mark.parametrize("name", networks.NAMES)
def test_up_to_the_bound_no_mix_of_types_pays(name):
    policy, _ = policy_and_reward(name)
    bound = round(economy.price_bound(policy))
    assert economy.break_even(policy, POINTS).breaks_even_at > bound
    assert economy.shared_gain(economy.best(policy, POINTS, bound), bound, 0) < 1


def test_a_price_below_the_bound_would_pay():
    policy, reward = policy_and_reward("mainnet")
    cheap = replace(policy, ai=replace(policy.ai, price0=policy.ai.price0 // 4))
    assert economy.price_bound(cheap) < reward
    assert economy.shared_gain(economy.best(cheap, POINTS, reward), reward, 0) > 1.001


def test_a_deal_is_what_the_rules_give():
    policy, _ = policy_and_reward("mainnet")
    price = policy.ai.price0
    assert economy.deal((price, 0, 0), policy).psi == 346_573  # 0.5 · ln 2
    units = poies.creditable_units(price, 0, AI, policy)
    assert units == policy.ai.unit0
    assert economy.deal((0, 0, 0), policy) == Deal((0, 0, 0), 0)
    assert economy.deal((price, 0, price), policy).psi > 2 * 346_573 * 9 // 10


def test_the_cheapest_mix_costs_more_a_nat_the_more_nats_it_gives():
    policy, _ = policy_and_reward("mainnet")
    costs = []
    for psi in (250_000, 1_000_000, policy.gamma_unat):
        found = economy.cheapest(policy, POINTS, psi)
        assert found is not None and found.psi >= psi
        costs.append(found.burnt / found.psi)
    assert costs == sorted(costs)
    assert economy.cheapest(policy, POINTS, policy.gamma_unat + 1) is None


def test_a_large_miner_gains_less_than_a_small_one():
    policy, _ = policy_and_reward("mainnet")
    reward = 10 * policy.ai.price0
    best = economy.best(policy, POINTS, reward)
    gains = [economy.shared_gain(best, reward, share) for share in (0.0, 0.1, 0.3, 0.6)]
    assert gains == sorted(gains, reverse=True) and gains[0] > 1


def test_tips_count_in_the_reward_by_the_producers_part():
    params = networks.load("mainnet").at(0).params
    without = economy.producer_reward(params)
    assert without == 600_000_000
    assert economy.producer_reward(params, PPM) - without == 900_000


# --------------------------------------------------------------------------- cheap blocks


def test_a_forger_of_cheap_blocks_wins_by_nats_and_loses_by_work():
    params = networks.load("mainnet").at(0).params
    main = forge.steady(24_000_000, 240)
    branch, drop = forge.heaviest(24_000_000, 0.4, 240, params)
    assert drop > 0
    assert branch.nats > main.nats
    assert 0.6 < branch.work / main.work <= 2 / 3


def test_a_forger_spends_no_more_than_it_has_and_stays_in_its_time():
    params = networks.load("mainnet").at(0).params
    for drop in (0, 1_000_000, 4_000_000):
        draws = forge.steady(24_000_000, 60).work
        branch = forge.forge(24_000_000, drop, 100, draws, params)
        assert branch.work <= draws
        alone = forge.forge(24_000_000, drop, 100, 2 * draws, params)
        assert alone.blocks > branch.blocks
    assert forge.forge(24_000_000, 0, 10, 0, params).blocks == 0

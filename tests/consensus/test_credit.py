"""Which work is credited, and how many units: never more than was burnt for, however it is cut."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from animica_site import networks
from consensus.errors import VerifierMissing
from consensus.rules import credit, poies, proofs
from consensus.rules.poies import Work
from core.proof import AI, QUANTUM, SCORED, SHARE, STORAGE, VDF, Claim
from tests.consensus.synthetic import VERIFIERS, working_network
from tests.support import ChainBuilder, fast_network, key, new_importer

NETWORK = working_network()
POIES = NETWORK.at(0).poies
PRICE = POIES.ai.price0
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
ALICE = key(1).address
HEADER = BUILDER.draft(BUILDER.genesis, time=BUILDER.genesis.header.time + 1, coinbase=ALICE)
CLAIM = Claim(b"w", ALICE, units=700, quality=1_000_000, until=9, credit_until=5, job=b"j")


@pytest.mark.parametrize("type", [SHARE, AI, QUANTUM, STORAGE, VDF])
def test_who_and_when(type):
    scored = type in SCORED
    for height in (1, 4, 5, 6):
        header = replace(HEADER, height=height)
        assert credit.may_credit(type, CLAIM, header) is (scored and height <= 5)
        other = replace(header, coinbase=key(2).address)
        assert not credit.may_credit(type, CLAIM, other)


def test_units_by_hand():
    """The price of 1,000 units was burnt, 200 were credited before."""
    claim = replace(CLAIM, burnt=PRICE, spent_units=200)
    spent: Counter[bytes] = Counter()
    assert [credit.units(AI, claim, POIES, spent) for _ in range(3)] == [700, 100, 0]
    assert spent == {b"j": 800}
    assert credit.units(AI, replace(claim, job=b"k"), POIES, spent) == 700
    assert credit.units(AI, replace(claim, job=b"l", spent_units=1_001), POIES, spent) == 0
    assert credit.units(AI, replace(claim, job=b"m", burnt=0), POIES, spent) == 0
    assert credit.units(AI, replace(claim, job=b"n", burnt=PRICE - 1), POIES, spent) == 700
    assert poies.creditable_units(PRICE - 1, 0, AI, POIES) == 999


pieces = st.lists(st.integers(0, 3_000), min_size=1, max_size=12)


@given(pieces, st.integers(0, 5 * PRICE), st.integers(0, 2_000), st.randoms(use_true_random=False))
def test_a_job_is_never_credited_more_than_was_burnt_for(parts, burnt, before, rng: Random):
    def credited(order: list[int]) -> int:
        spent: Counter[bytes] = Counter()
        claims = [replace(CLAIM, units=n, burnt=burnt, spent_units=before) for n in order]
        return sum(credit.units(AI, claim, POIES, spent) for claim in claims)

    allowed = burnt * POIES.ai.unit0 // PRICE
    total = credited(parts)
    assert total == max(0, min(sum(parts), allowed - before))
    shuffled = parts[:]
    rng.shuffle(shuffled)
    assert credited(shuffled) == credited([sum(parts)]) == total


@given(pieces, st.integers(0, 5 * PRICE), st.integers(1, 12))
def test_cutting_a_job_over_blocks_brings_no_more_units(parts, burnt, size):
    """The job's record counts what earlier blocks credited."""
    had = 0
    for start in range(0, len(parts), size):
        spent: Counter[bytes] = Counter()
        for n in parts[start : start + size]:
            claim = replace(CLAIM, units=n, burnt=burnt, spent_units=had)
            credit.units(AI, claim, POIES, spent)
        had += spent[b"j"]
    assert had == min(sum(parts), burnt * POIES.ai.unit0 // PRICE)


def test_what_was_capped_is_told():
    alphas = dict.fromkeys(SCORED, 1_000_000)
    small = poies.score([Work(AI, 100, 1_000_000)], alphas, POIES)
    assert not small.capped and not any(one.capped for one in small.types)
    much = poies.score([Work(t, 10**6, 1_000_000) for t in SCORED], alphas, POIES)
    assert much.capped and all(one.capped for one in much.types)
    assert (much.psi, much.uncapped) == (POIES.gamma_unat, 1_700_000)


def test_all_that_useful_work_buys_is_e_to_the_gamma():
    """Draws for a block with all the ψ it may have, against one without."""
    from core.exact import target

    for name in networks.NAMES:
        one = networks.load(name).at(0)
        theta, gamma = one.params.theta_start_unat, one.poies.gamma_unat
        gain = target(theta - gamma) * 1_000 // target(theta)
        assert gain == {2_300_000: 9_974, 3_000_000: 20_085, 3_500_000: 33_115}.get(gamma, 2_718)


@pytest.mark.django_db
def test_a_network_whose_work_nobody_can_verify_does_not_start():
    with pytest.raises(VerifierMissing) as caught:
        new_importer(NETWORK)
    assert caught.value.facts["type"] == AI
    proofs.check_verifiers(fast_network(), proofs.VERIFIERS)
    with pytest.raises(VerifierMissing):
        proofs.check_verifiers(working_network({AI: 10**9}), proofs.VERIFIERS)

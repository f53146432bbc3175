"""Consensus arithmetic against vectors and second implementations; header rules by their codes."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.rules import fees, fork_choice, genesis, issuance, seal
from consensus.rules import header as header_rules
from consensus.rules.header import Ancestry
from consensus.rules.retarget import next_theta
from core import exact
from core.errors import AnimicaError
from core.header import Header
from core.limits import CLOCK_AHEAD_MS, CLOCK_WAIT_MS
from core.proof import AI, QUANTUM, SHARE, STORAGE
from pq import addresses
from tests.support import ChainBuilder, fast_network, key, transfer
from tests.support import seal as find_seal

GIVEN = Path(__file__).parent.parent / "vectors" / "given"
NETWORK = fast_network()
PARAMS = NETWORK.at(0).params


def cases(name: str) -> list[dict]:
    found: list[dict] = json.loads((GIVEN / f"{name}.json").read_text())["cases"]
    assert found
    return found


# ------------------------------------------------------------------ retarget


@pytest.mark.parametrize("case", cases("retarget"), ids=lambda c: f"{c['theta']}-{c['dt']}")
def test_retarget_vectors(case):
    params = replace(
        PARAMS,
        target_interval_ms=case["target"],
        retarget_tau_ms=case["tau"],
        retarget_step_unat=case["dmax"],
        theta_min_unat=case["min"],
        theta_max_unat=case["max"],
    )
    assert next_theta(case["theta"], case["dt"], params) == case["next"]


@given(st.integers(2_000_000, 64_000_000), st.integers(1, 10**7))
def test_retarget_in_rational_numbers(theta, interval):
    moved = Fraction((PARAMS.target_interval_ms - interval) * 10**6, PARAMS.retarget_tau_ms)
    step = max(-PARAMS.retarget_step_unat, min(PARAMS.retarget_step_unat, int(moved)))
    bounded = max(PARAMS.theta_min_unat, min(PARAMS.theta_max_unat, theta + step))
    assert next_theta(theta, interval, PARAMS) == bounded


def test_no_retarget_where_it_is_off():
    off = replace(PARAMS, retarget=False)
    assert next_theta(3_000_000, 10**9, off) == 3_000_000
    # An upgrade may have moved the bounds.
    assert next_theta(5, 10**9, off) == PARAMS.theta_min_unat
    assert next_theta(65_000_000, 1, off) == PARAMS.theta_max_unat


def test_first_block_takes_the_start_whatever_its_interval():
    first = genesis.genesis_block(NETWORK).header
    assert header_rules.expected_theta(Ancestry(first, None), NETWORK) == PARAMS.theta_start_unat


def test_bounds_that_an_upgrade_moves_hold_from_its_first_block_on():
    raised = {"name": "raised", "height": 1, "params": {"theta_min_unat": 2_500_000}}
    raised["params"]["theta_start_unat"] = 2_500_000
    network = fast_network(upgrades=[raised])
    first = genesis.genesis_block(network).header
    assert first.theta == 2_000_000
    assert header_rules.expected_theta(Ancestry(first, None), network) == 2_500_000


# ------------------------------------------------------------------ seal and work


@pytest.mark.parametrize("case", cases("target"), ids=lambda c: str(c["micro_nats"]))
def test_target_vectors(case):
    theta = case["micro_nats"]
    assert seal.threshold(theta, 0) == int(case["target"], 16)
    assert seal.threshold(theta + 5, 5) == int(case["target"], 16)
    assert seal.block_work(theta) == int(case["work"])


def test_more_useful_work_than_theta_leaves_every_draw():
    assert seal.threshold(1, 2) == seal.threshold(5, 5) == 2**256


def header(**changes: Any) -> Header:
    builder = ChainBuilder(NETWORK)
    draft = builder.draft(builder.genesis, time=NETWORK.genesis.time_ms + 1, coinbase=bytes(34))
    return replace(draft, **changes)


def test_seal_is_strict(monkeypatch):
    made = header(nonce=b"01234567")
    monkeypatch.setattr(exact, "target", lambda _: made.draw + 1)
    seal.check_seal(made)
    monkeypatch.setattr(exact, "target", lambda _: made.draw)
    with pytest.raises(AnimicaError) as caught:
        seal.check_seal(made)
    assert caught.value.code == "block.seal"


def test_useful_work_lowers_the_bar_by_what_it_is_worth():
    """S = −ln(u) + ψ ≥ Θ, by decimal logarithms."""
    getcontext().prec = 50
    for number in range(200):
        made = header(theta=2_500_000, psi=700_000, nonce=number.to_bytes(8, "little"))
        score = -(Decimal(made.draw) / 2**256).ln() + Decimal(made.psi) / 10**6
        try:
            seal.check_seal(made)
            sealed = True
        except AnimicaError:
            sealed = False
        assert sealed == (score >= Decimal(made.theta) / 10**6)


CAPS = {AI: 700_000, QUANTUM: 500_000, STORAGE: 500_000}
GAMMA = 1_000_000


@pytest.mark.parametrize(
    ("types", "most"),
    [
        ((), 0),
        ((SHARE,), 0),
        ((SHARE, QUANTUM), CAPS[QUANTUM]),
        ((AI,), CAPS[AI]),
        ((QUANTUM, STORAGE), GAMMA),
        ((AI, QUANTUM, STORAGE), GAMMA),
    ],
)
def test_psi_up_to_what_proofs_may_bring(types, most):
    """What no proof can bring is refused by the header alone, before anything is kept of it."""
    network = fast_network(proof_types=[{"type": t, "from": 7} for t in types])
    seal.check_psi(header(height=7, psi=most), network)
    for height, psi in ((7, most + 1), (6, 1)):
        with pytest.raises(AnimicaError) as caught:
            seal.check_psi(header(height=height, psi=psi), network)
        assert caught.value.code == "block.psi_above_gamma"


# ------------------------------------------------------------------ fees


@given(st.integers(1, 10**12), st.integers(0, 10**8), st.integers(2, 10**8), st.integers(1, 50))
def test_fee_by_an_independent_formula(fee, used, limit, floor):
    fee, used = max(fee, floor), min(used, limit)
    target = limit // 2
    if used == target:
        expected = fee
    elif used > target:
        expected = fee + max(1, int(int(Fraction(fee * (used - target), target)) / Fraction(8)))
    else:
        fall = int(int(Fraction(fee * (target - used), target)) / Fraction(8))
        expected = max(floor, fee - fall)
    assert fees.next_fee(fee, used, limit, floor) == expected


@pytest.mark.parametrize(
    ("fee", "used", "after"),
    [
        *((1, 51, 2), (1, 100, 2), (7, 100, 8), (8, 100, 9), (800, 51, 802), (800, 100, 900)),
        *((800, 50, 800), (800, 49, 798), (800, 0, 700), (1, 0, 1), (7, 0, 7), (8, 0, 7)),
    ],
)
def test_fee_steps(fee, used, after):
    assert fees.next_fee(fee, used, 100, 1) == after


@given(st.integers(1, 10**12), st.integers(0, 10**8))
def test_fee_moves_at_most_an_eighth(fee, used):
    after = fees.next_fee(fee, used, 10**8, 1)
    assert fee - fee // 8 <= after <= fee + max(1, fee // 8)


def test_fees_follow_the_parent_and_the_network():
    parent = header(gas_used=PARAMS.gas_limit, base_fee=800, blob_fee=800, blob_bytes=0)
    assert fees.next_base_fee(parent, PARAMS) == 900
    assert fees.next_blob_fee(parent, PARAMS) == 700
    full = replace(parent, gas_used=0, blob_bytes=PARAMS.blob_bytes_limit)
    assert fees.next_base_fee(full, PARAMS) == 700
    assert fees.next_blob_fee(full, PARAMS) == 900
    assert fees.next_base_fee(replace(full, base_fee=1), PARAMS) == 1
    dear = replace(PARAMS, base_fee_floor=790)
    for used in (0, PARAMS.gas_limit // 2, PARAMS.gas_limit):  # an upgrade raised the floor
        assert fees.next_base_fee(replace(parent, base_fee=500, gas_used=used), dear) == 790


# ------------------------------------------------------------------ issuance


@pytest.mark.parametrize("decay", [0, 1, 125_000, 999_999, 1_000_000])
@pytest.mark.parametrize("tail", [0, 10**7, 10**10])
def test_subsidy_era_by_era(decay, tail):
    params = replace(
        PARAMS,
        subsidy_start=10**10,
        subsidy_era_blocks=3,
        subsidy_decay_ppm=decay,
        subsidy_tail=tail,
    )
    amount, height = 10**10, 1
    for _ in range(120):
        for _ in range(3):
            assert issuance.subsidy(height, params) == max(amount, tail)
            height += 1
        amount = amount * (10**6 - decay) // 10**6


def test_subsidy_without_eras():
    params = replace(PARAMS, subsidy_era_blocks=0, subsidy_start=77, subsidy_tail=99)
    assert issuance.subsidy(1, params) == issuance.subsidy(10**9, params) == 77


def test_a_far_height_costs_nothing():
    params = replace(PARAMS, subsidy_era_blocks=1, subsidy_decay_ppm=125_000)
    assert issuance.subsidy(2**63, params) == PARAMS.subsidy_tail


@given(st.integers(0, 10**13))
def test_splits_lose_nothing(amount):
    part = amount // 10**6
    rest = amount % 10**6

    def share(ppm: int) -> int:
        return part * ppm + rest * ppm // 10**6

    minted = issuance.split_subsidy(amount, PARAMS.subsidy_split)
    assert (minted.aicf, minted.treasury, minted.unminted) == (
        share(150_000),
        share(50_000),
        share(200_000),
    )
    assert minted.producer == amount - minted.aicf - minted.treasury - minted.unminted
    burnt = issuance.split_base_fees(amount, PARAMS.base_fee_split)
    assert (burnt.treasury, burnt.aicf) == (share(250_000), share(250_000))
    assert burnt.burnt == amount - burnt.treasury - burnt.aicf
    assert burnt.producer == burnt.unminted == 0
    tips = issuance.split_tips(amount, PARAMS.tip_split)
    assert (tips.aicf, tips.producer) == (share(100_000), amount - share(100_000))


@pytest.mark.parametrize("name", ["subsidy", "base_fee", "tip"])
def test_what_no_split_names_goes_to_the_remainder(name):
    split = {
        "subsidy": lambda: issuance.split_subsidy(999, replace_all(PARAMS.subsidy_split)).producer,
        "base_fee": lambda: issuance.split_base_fees(999, replace_all(PARAMS.base_fee_split)).burnt,
        "tip": lambda: issuance.split_tips(999, replace_all(PARAMS.tip_split)).producer,
    }[name]
    assert split() == 999


def replace_all(split):
    return replace(split, **dict.fromkeys(split.to_map(), 0))


# ------------------------------------------------------------------ genesis


def test_genesis_of_a_network():
    made = genesis.genesis_block(NETWORK)
    head = made.header
    assert (head.height, head.parent, head.mix, head.nonce) == (0, bytes(32), bytes(32), bytes(8))
    assert (head.psi, head.gas_used, head.blob_bytes, head.extra) == (0, 0, 0, b"")
    assert (head.base_fee, head.blob_fee) == (PARAMS.base_fee_floor, PARAMS.blob_fee_floor)
    assert (head.theta, head.gas_limit) == (PARAMS.theta_start_unat, PARAMS.gas_limit)
    assert (head.beacon.round, head.beacon.out) == (0, bytes(32))
    assert head.coinbase == addresses.of_system("treasury")
    assert head.time == NETWORK.genesis.time_ms
    assert head.policy == NETWORK.pins_at(0)
    assert genesis.genesis_supply(NETWORK) == 10 * 10**15
    assert made.txs == made.proofs == made.envelopes == ()


def test_everything_that_makes_a_network_makes_its_identity():
    own = genesis.genesis_block(NETWORK).hash
    others = [
        replace(NETWORK, chain=9),
        replace(NETWORK, genesis=replace(NETWORK.genesis, time_ms=1)),
        replace(NETWORK, alg_from=((0x1003, 0),)),
        fast_network(accounts=9),
        fast_network(balance=10**15 + 1),
        fast_network(params={"subsidy_tail": 1}),
    ]
    hashes = {genesis.genesis_block(other).hash for other in others}
    assert len(hashes | {own}) == len(others) + 1
    assert genesis.genesis_block(fast_network(local={"max_reorg_blocks": 5})).hash == own


# ------------------------------------------------------------------ fork choice


def test_work_not_nats_decides():
    """16 + 16 + 16 > 20 + 20 nats, but three cheap blocks are less work than two dear ones."""
    cheap = dear = 0
    for _ in range(3):
        cheap = fork_choice.total_work(cheap, header(theta=16_000_000))
    for _ in range(2):
        dear = fork_choice.total_work(dear, header(theta=20_000_000))
    assert fork_choice.outweighs(dear, cheap)
    assert not fork_choice.outweighs(cheap, dear)


def test_useful_work_does_not_make_a_chain_heavier():
    plain = fork_choice.total_work(0, header(theta=3_000_000))
    assert fork_choice.total_work(0, header(theta=3_000_000, psi=1_000_000)) == plain


def test_on_a_tie_the_head_stays():
    assert not fork_choice.outweighs(5, 5)
    assert fork_choice.outweighs(6, 5)


def test_depth():
    fork_choice.check_depth(110, 10, 100)
    with pytest.raises(AnimicaError) as caught:
        fork_choice.check_depth(111, 10, 100)
    assert caught.value.code == "block.reorg_too_deep"
    assert caught.value.facts == {"depth": 101, "most": 100, "fork": 10}


# ------------------------------------------------------------------ header rules


@pytest.fixture(scope="module")
def line():
    """Two blocks, the second with a transaction, so that fees and Θ have something to follow."""
    builder = ChainBuilder(NETWORK)
    first = builder.make(builder.genesis, interval_ms=300)
    second = builder.make(first, [transfer(key(1), key(2).address, 1, nonce=0)], interval_ms=700)
    return [builder.genesis, first, second]


NOW = NETWORK.genesis.time_ms + 500_000
HEADER_FAULTS = [
    ("block.height", lambda h: {"height": h.height + 1}),
    ("block.chain", lambda h: {"chain": h.chain + 1}),
    ("block.policy", lambda h: {"policy": replace(h.policy, poies=bytes(32))}),
    ("block.policy", lambda h: {"policy": replace(h.policy, alg=bytes(32))}),
    ("block.policy", lambda h: {"policy": replace(h.policy, zk=bytes(32))}),
    ("block.policy", lambda h: {"policy": replace(h.policy, params=bytes(32))}),
    ("block.time_not_rising", lambda h: {"time": h.time - 700}),
    ("block.time_ahead", lambda h: {"time": NOW + CLOCK_WAIT_MS + 1}),
    ("block.version", lambda h: {"v": 2}),
    ("block.gas_limit", lambda h: {"gas_limit": h.gas_limit + 1}),
    ("block.gas_used_above_limit", lambda h: {"gas_used": h.gas_limit + 1}),
    (
        "block.blob_bytes_above_limit",
        lambda h: {"blob_bytes": PARAMS.blob_bytes_limit + 1},
    ),
    ("block.theta", lambda h: {"theta": h.theta - 1}),
    ("block.theta", lambda h: {"theta": h.theta + 1}),
    ("block.base_fee", lambda h: {"base_fee": h.base_fee + 1}),
    ("block.blob_fee", lambda h: {"blob_fee": h.blob_fee + 1}),
    ("block.mix", lambda h: {"mix": bytes(32)}),
    ("block.coinbase", lambda h: {"coinbase": addresses.of_system("treasury")}),
    ("block.coinbase", lambda h: {"coinbase": b"\x20\x01" + bytes(32)}),
    ("block.psi_above_gamma", lambda h: {"psi": NETWORK.at(0).poies.gamma_unat + 1}),
]


def judge(line, changed: Header) -> bool:
    ancestry = Ancestry(line[1].header, line[0].header)
    return header_rules.check_header(changed, ancestry, NETWORK, NOW)


def test_a_sound_header_passes(line):
    assert judge(line, line[2].header) is False


@pytest.mark.parametrize(
    ("code", "fault"), HEADER_FAULTS, ids=lambda f: f if isinstance(f, str) else ""
)
def test_each_header_rule(line, code, fault):
    good = line[2].header
    with pytest.raises(AnimicaError) as caught:
        judge(line, replace(good, **fault(good)))
    assert caught.value.code == code
    assert str(caught.value.facts["field"]).startswith("header.")


@pytest.mark.parametrize("i", range(len(HEADER_FAULTS)))
def test_of_two_header_faults_the_earlier_rule_is_named(line, i):
    good = line[2].header
    for j in range(i + 1, len(HEADER_FAULTS)):
        one, two = HEADER_FAULTS[i], HEADER_FAULTS[j]
        changes = {**two[1](good), **one[1](good)}
        if len(changes) < 2 or one[0] == two[0]:
            continue
        with pytest.raises(AnimicaError) as caught:
            judge(line, replace(good, **changes))
        assert caught.value.code == one[0], (one[0], two[0])


@pytest.mark.parametrize(
    ("ahead", "early"),
    [
        (0, False),
        (CLOCK_AHEAD_MS, False),
        (CLOCK_AHEAD_MS + 1, True),
        (CLOCK_WAIT_MS, True),
    ],
)
def test_early_blocks_wait(line, ahead, early):
    assert judge(line, replace(line[2].header, time=NOW + ahead)) is early


def test_time_may_follow_by_one_millisecond(line):
    assert judge(line, replace(line[2].header, time=line[1].header.time + 1)) is False


@pytest.mark.parametrize("extra", [b"", bytes(32)])
@pytest.mark.parametrize("coinbase", [key(9).address, b"\x10\x02" + bytes(32)])
def test_what_a_producer_may_choose(line, extra, coinbase):
    assert judge(line, replace(line[2].header, extra=extra, coinbase=coinbase)) is False


def test_mix_follows_from_parent_and_beacon():
    from hashlib import sha3_256

    parent = header()
    expected = sha3_256(b"animica/mix/v1\x00" + parent.mix + parent.hash + b"b" * 32).digest()
    assert header_rules.expected_mix(parent, b"b" * 32) == expected


def test_the_search_of_the_tests_finds_seals():
    seal.check_seal(find_seal(header()))

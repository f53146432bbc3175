"""What tunes itself by epochs, by a second computation and by what must always hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, getcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from animica_site import networks
from consensus.rules import tuning
from consensus.rules.tuning import Tuning, next_alpha, next_offset
from core import cbor
from core.proof import AI, QUANTUM, SCORED, STORAGE
from tests.support import ChainBuilder, fast_network

MAINNET = networks.load("mainnet").at(0)
POIES, PARAMS = MAINNET.poies, MAINNET.params
WORK = POIES.ai
BLOCKS = PARAMS.epoch_blocks
WANTED = BLOCKS * POIES.shares_per_block // 2
alphas = st.integers(WORK.alpha_min_ppm, WORK.alpha_max_ppm)
psis = st.integers(0, 10**12)


# ------------------------------------------------------------------ α


def test_alpha_by_hand():
    """The target share of AI is one half; α = 0.8."""
    assert next_alpha(800_000, 50, 100, WORK) == 800_000
    assert next_alpha(800_000, 52, 100, WORK) == 784_000  # 0.8 · 0.02 down
    assert next_alpha(800_000, 48, 100, WORK) == 816_000
    assert next_alpha(800_000, 100, 100, WORK) == 750_000  # at most one step of 0.05
    assert next_alpha(800_000, 0, 100, WORK) == 850_000
    assert next_alpha(980_000, 0, 100, WORK) == 1_000_000  # never above its most
    assert next_alpha(510_000, 100, 100, WORK) == 500_000


def test_an_epoch_without_useful_work_says_nothing():
    assert next_alpha(700_000, 0, 0, WORK) == 700_000
    assert next_alpha(400_000, 0, 0, WORK) == WORK.alpha_min_ppm


@given(alphas, psis, psis)
def test_alpha_in_rational_numbers(alpha, psi, others):
    total = psi + others
    share = int(Fraction(psi * 10**6, total)) if total else WORK.alpha_share_ppm
    moved = int(Fraction(alpha * (WORK.alpha_share_ppm - share), 10**6))  # toward zero
    moved = max(-WORK.alpha_step_ppm, min(WORK.alpha_step_ppm, moved))
    bounded = max(WORK.alpha_min_ppm, min(WORK.alpha_max_ppm, alpha + moved))
    assert next_alpha(alpha, psi, total, WORK) == bounded


@given(alphas, psis, psis)
def test_a_type_below_its_share_never_loses_and_above_it_never_gains(alpha, psi, others):
    after = next_alpha(alpha, psi, psi + others, WORK)
    if psi * 10**6 < WORK.alpha_share_ppm * (psi + others):
        assert after >= alpha
    if psi * 10**6 >= (WORK.alpha_share_ppm + 1) * (psi + others):
        assert after <= alpha


# ------------------------------------------------------------------ s


def test_offset_by_hand():
    assert next_offset(3_000_000, WANTED, BLOCKS, POIES) == 3_000_000
    # Twice as many as wanted would be ln 2 = 0.69 nats harder: more than a step.
    assert next_offset(3_500_000, 2 * WANTED, BLOCKS, POIES) == 3_250_000
    assert next_offset(3_500_000, 0, BLOCKS, POIES) == 3_750_000
    fifth = 182_321  # ln 1.2
    assert next_offset(3_500_000, WANTED * 6 // 5, BLOCKS, POIES) == 3_500_000 - fifth
    assert next_offset(3_500_000, WANTED * 5 // 6, BLOCKS, POIES) == 3_500_000 + fifth
    assert next_offset(4_400_000, 0, BLOCKS, POIES) == POIES.share_offset_max_unat
    assert next_offset(2_900_000, 10**9, BLOCKS, POIES) == POIES.share_offset_min_unat


@given(
    st.integers(POIES.share_offset_min_unat, POIES.share_offset_max_unat),
    st.integers(0, BLOCKS * POIES.shares_per_block),
)
def test_offset_by_decimal_logarithms(offset, shares):
    getcontext().prec = 40
    if shares < WANTED:
        moved = int((Decimal(WANTED) / max(1, shares)).ln() * 10**6) if shares else 10**9
    else:
        moved = -int((Decimal(shares) / WANTED).ln() * 10**6)
    step = max(-POIES.share_offset_step_unat, min(POIES.share_offset_step_unat, moved))
    low, high = POIES.share_offset_min_unat, POIES.share_offset_max_unat
    assert next_offset(offset, shares, BLOCKS, POIES) == max(low, min(high, offset + step))


def test_shares_settle_at_half_of_what_fits():
    """With any hash rate within reach s goes where as many shares are found as are wanted."""
    for rate in (Decimal("0.7"), Decimal(1), Decimal("1.4")):
        offset = POIES.share_offset_start_unat
        for _ in range(40):
            found = rate * Decimal(offset - 3_500_000).scaleb(-6).exp() * WANTED
            most = BLOCKS * POIES.shares_per_block
            offset = next_offset(offset, min(most, int(found)), BLOCKS, POIES)
        assert abs(int(found) - WANTED) * 1_000 < WANTED


def test_an_epoch_of_one_block_and_one_share_wants_none():
    one = replace(POIES, shares_per_block=1)
    assert next_offset(3_000_000, 0, 1, one) == 3_000_000
    assert next_offset(3_500_000, 1, 1, one) == 3_250_000


# ------------------------------------------------------------------ the record


def test_the_record_of_genesis():
    start = Tuning.start(POIES)
    assert cbor.decode_own(start.encode()) == {
        "alpha": {"ai": 1_000_000, "quantum": 1_000_000, "storage": 1_000_000},
        "offset": 2_800_000,
        "psi": {"ai": 0, "quantum": 0, "storage": 0},
        "shares": 0,
    }
    assert Tuning.decode(start.encode()) == start


counts = st.fixed_dictionaries({t: st.integers(0, 10**6) for t in SCORED})


@given(st.lists(st.tuples(st.integers(0, 32), counts), max_size=8))
def test_counting_adds_up_until_the_epoch_ends(blocks):
    tuned = Tuning.start(POIES)
    for shares, psi in blocks:
        tuned = Tuning.decode(tuned.counting(shares, psi).encode())
    assert tuned.shares == sum(shares for shares, _ in blocks)
    assert tuned.psi == {t: sum(psi[t] for _, psi in blocks) for t in SCORED}
    after = tuned.next_epoch(PARAMS, POIES)
    assert (after.shares, set(after.psi.values())) == (0, {0})
    assert after == after.within(POIES)


def test_bounds_of_a_new_parameter_set_hold_at_once_and_tuning_goes_on_from_there():
    tuned = replace(Tuning.start(POIES), alphas={AI: 900_000, QUANTUM: 600_000, STORAGE: 500_000})
    narrow = replace(
        POIES,
        ai=replace(WORK, alpha_max_ppm=700_000, alpha_start_ppm=600_000),
        storage=replace(POIES.storage, alpha_min_ppm=550_000),
        share_offset_min_unat=3_000_000,
        share_offset_start_unat=3_000_000,
    )
    within = tuned.within(narrow)
    assert within.alphas == {AI: 700_000, QUANTUM: 600_000, STORAGE: 550_000}
    assert within.share_offset == 3_000_000
    counted = tuned.counting(WANTED, {AI: 100, QUANTUM: 0, STORAGE: 0})
    after = counted.next_epoch(PARAMS, narrow)
    assert after == within.counting(WANTED, {AI: 100}).next_epoch(PARAMS, narrow)
    assert after.alphas[AI] == 650_000  # one step below the new bound, not below the old value


@pytest.mark.parametrize(("height", "ends"), [(1, False), (9, False), (10, True), (20, True)])
def test_epochs_end_at_multiples(height, ends):
    assert tuning.is_epoch_end(height, fast_network().at(0).params) is ends


def test_a_quiet_chain_gets_easier_shares_each_epoch():
    network = fast_network()
    builder = ChainBuilder(network)
    line = builder.grow(builder.genesis, 21)
    offsets = [Tuning.decode(made.records[tuning.RECORD]).share_offset for made in line]
    assert offsets == [1_500_000] * 9 + [1_750_000] * 10 + [2_000_000] * 2

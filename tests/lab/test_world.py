"""The simulator itself: nothing is lost or invented, and every number is what the rules say."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest

from animica_site import networks
from consensus.rules import issuance
from consensus.rules.poies import Work
from consensus.rules.retarget import next_theta
from consensus.rules.seal import block_work
from consensus.rules.tuning import Tuning
from core.limits import SHARE_WINDOW
from core.network import PPM
from core.proof import AI, STORAGE
from lab.light import Rules
from lab.links import Change, Partition
from lab.outcome import Outcome
from lab.strategies import Miner
from lab.studies.bench import Bench
from lab.world import World

MAINNET = networks.load("mainnet")
BENCH = Bench(MAINNET, seed=7, blocks=1_500)
SIZES = (0.5, 0.3, 0.15, 0.05)


def short_epochs():
    """Mainnet with epochs of 50 blocks, so that α and s move."""
    params = replace(MAINNET.at(0).params, epoch_blocks=50)
    return replace(MAINNET, sets=(replace(MAINNET.sets[0], params=params),))


def world(network=MAINNET, seed="seed", work=(), **more) -> World:
    miners = [Miner(f"m{n}", size * BENCH.rate, work=work) for n, size in enumerate(SIZES)]
    return World(Rules(network), miners, BENCH.theta, seed, **more)


@pytest.fixture(scope="module")
def busy() -> Outcome:
    """Delay, shares, useful work and short epochs, all at once."""
    work = (Work(AI, 900, PPM), Work(STORAGE, 300, PPM))
    run = world(short_epochs(), work=work, delay_ms=1_500, with_shares=True)
    return Outcome.of(run, run.run(1_500))


def test_the_chain_is_whole_and_every_block_found_is_on_it_or_stale(busy):
    assert [block.height for block in busy.chain] == list(range(1, 1_501))
    assert busy.chain[0].parent is busy.world.genesis
    assert all(b.parent is a for a, b in zip(busy.chain, busy.chain[1:], strict=False))
    found = set(busy.world.found)
    assert set(busy.chain) <= found
    assert 0.03 < busy.stale < 0.2
    assert all(block.time > block.parent.time for block in found)


def test_theta_is_what_the_rule_gives_for_the_simulated_stamps(busy):
    params = busy.world.rules.at(0).params
    theta, above = BENCH.theta, None
    for block in busy.chain:
        if above is not None and above.parent is not None:
            theta = next_theta(theta, above.time - above.parent.time, params)
        assert block.theta == theta
        above = block


def test_work_is_the_sum_over_the_branch(busy):
    assert busy.chain[-1].work == sum(block_work(block.theta) for block in busy.chain)


def test_rewards_are_what_the_subsidy_mints(busy):
    params, poies = busy.world.rules.at(0).params, busy.world.rules.at(0).poies
    minted = 0
    for block in busy.chain:
        parts = issuance.split_subsidy(issuance.subsidy(block.height, params), params.subsidy_split)
        minted += parts.producer
        minted += parts.unminted // poies.shares_per_block * len(block.shares)
    incomes = busy.incomes()
    assert sum(income.total for income in incomes.values()) == minted
    assert sum(income.blocks for income in incomes.values()) == len(busy.chain)


def test_shares_follow_their_rules(busy):
    most = busy.world.rules.at(0).poies.shares_per_block
    line, seen = set(busy.chain), set()
    stale_paid = 0
    for block in busy.chain:
        assert len(block.shares) <= most
        for share in block.shares:
            assert share not in seen
            seen.add(share)
            assert block.height - SHARE_WINDOW <= share.parent.height < block.height
            assert share.parent in line or share.parent is busy.world.genesis
            assert share.block not in line
            assert share.found_ms <= block.found_ms
            stale_paid += share.block is not None
    assert len(seen) > 15_000
    assert stale_paid > 20


def test_what_tunes_itself_is_a_replay_of_the_tuner(busy):
    rules = busy.world.rules
    tuned = Tuning.start(rules.at(0).poies)
    moved = set()
    for block in busy.chain:
        _, parts = rules.score(busy.world.miners[block.miner].work, block.parent)
        tuned = tuned.counting(len(block.shares), parts)
        if block.height % 50 == 0:
            tuned = tuned.next_epoch(rules.at(0).params, rules.at(0).poies)
        assert block.tuning == tuned
        moved.add((tuned.alphas[AI], tuned.share_offset))
    assert len(moved) > 10


def test_honest_miners_get_what_they_hash(busy):
    run = world(seed="fair")
    outcome = Outcome.of(run, run.run(6_000))
    for place, size in enumerate(SIZES):
        spread = math.sqrt(size * (1 - size) * 6_000)
        assert abs(outcome.income(place).blocks - size * 6_000) < 4 * spread
    assert outcome.stale == 0


def test_intervals_are_exponential_with_the_targets_mean():
    run = world(seed="gaps")
    gaps = Outcome.of(run, run.run(6_000)).intervals_ms(500)
    assert abs(sum(gaps) / len(gaps) - 12_000) < 300
    late = sum(gap > 24_000 for gap in gaps) / len(gaps)
    assert abs(late - math.exp(-2)) < 0.02


def test_useful_work_is_worth_a_factor_of_hash():
    work = (Work(AI, 3_000, PPM),)
    miners = [
        Miner("works", 0.3 * BENCH.rate, work=work),
        Miner("hashes", 0.7 * BENCH.rate),
    ]
    run = World(Rules(BENCH.fixed()), miners, BENCH.theta, "work")
    outcome = Outcome.of(run, run.run(6_000))
    psi = outcome.chain[-1].psi or run.rules.score(work, run.genesis)[0]
    weight = 0.3 * math.exp(psi / 1e6)
    assert psi > 500_000
    assert abs(outcome.income(0).blocks / 6_000 - weight / (weight + 0.7)) < 0.026


def test_a_seed_gives_one_run_and_another_seed_another():
    first, again, other = (world(seed=seed, delay_ms=500) for seed in ("a", "a", "b"))
    stamps = [
        [block.time for block in Outcome.of(run, run.run(200)).chain]
        for run in (first, again, other)
    ]
    assert stamps[0] == stamps[1] != stamps[2]


def test_hash_that_leaves_lowers_theta():
    run = world(seed="step", changes=[Change(0.0, place, 0.25) for place in range(4)])
    outcome = Outcome.of(run, run.run(1_500))
    tail = [block.theta / 1e6 for block in outcome.chain[-500:]]
    assert abs(sum(tail) / 500 - (BENCH.theta / 1e6 - math.log(4))) < 0.1


def test_parts_of_a_network_do_not_hear_each_other_until_it_heals():
    cut = Partition(100_000.0, 1_500_000.0, frozenset({0}))
    run = world(seed="cut", delay_ms=300, partitions=[cut])
    run.run_until(lambda: run.now > cut.end_ms - 1)
    heads = {miner.place: miner.head for miner in run.miners}
    assert heads[0] not in run.miners[1].known and heads[1] not in run.miners[0].known
    run.run_until(lambda: run.now > cut.end_ms + 200_000)
    tips = Counter(miner.head.ancestors(10)[9] for miner in run.miners)
    assert len(tips) == 1
    assert max(run.reorgs) > 10

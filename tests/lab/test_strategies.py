"""What clever miners do is what is said of them, and the rules that stop them are the node's."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from random import Random

import pytest

from animica_site import networks
from consensus.errors import TimeNotRising
from consensus.rules.poies import Work
from consensus.rules.retarget import next_theta
from core.limits import CLOCK_AHEAD_MS
from core.network import PPM
from core.proof import AI, QUANTUM, STORAGE
from lab.light import Rules
from lab.outcome import Outcome
from lab.strategies import Forker, Lagger, Miner, Pusher, Selfish, Walker, Withholder, Zigzag
from lab.studies.bench import Bench
from lab.studies.selfish import crossing, revenue, threshold
from lab.world import World

MAINNET = networks.load("mainnet")
BENCH = Bench(MAINNET, seed=7, blocks=3_000)


def against(strategy, share=0.3, blocks=3_000, rules=None, seed="s", **more) -> Outcome:
    miners = [
        Miner("clever", share * BENCH.rate, strategy),
        Miner("others", (1 - share) * BENCH.rate),
    ]
    run = World(rules or Rules(MAINNET), miners, BENCH.theta, seed, **more)
    return Outcome.of(run, run.run(blocks))


@pytest.mark.parametrize("strategy", [Pusher(5_000), Lagger(), Zigzag(5_000)])
def test_stamps_that_others_take_gain_nothing(strategy):
    outcome = against(strategy)
    assert outcome.stale == 0
    assert abs(outcome.fairness(0) - 1) < 4 * math.sqrt(0.7 / 0.3 / 3_000)
    assert abs(outcome.mean_interval_ms(300) / 12_000 - 1) < 0.03


def test_stamps_further_ahead_are_held_back_by_others_and_lose():
    outcome = against(Pusher(30_000), share=0.2)
    assert outcome.fairness(0) < 0.6
    own = [block for block in outcome.world.found if block.miner == 0]
    assert all(block.time - block.found_ms > CLOCK_AHEAD_MS for block in own)


def test_a_walk_needs_times_that_fall():
    walker = Walker(36_000_000, 192_000)
    free = against(walker, rules=Rules(MAINNET, rising=False))
    assert free.chain[-1].theta < BENCH.theta - 3_000_000
    with pytest.raises(TimeNotRising):
        against(walker, blocks=100)


def lowest(theta: int, stamps: list[int]) -> tuple[int, float]:
    """Θ after a chain with these stamps, and the least that the page promises."""
    params = MAINNET.at(0).params
    start = theta
    for earlier, later in pairwise([0, *stamps]):
        theta = next_theta(theta, later - earlier, params)
    owed = (len(stamps) * params.target_interval_ms - stamps[-1]) * 1_000_000
    return theta, start + owed / params.retarget_tau_ms - len(stamps)


@pytest.mark.parametrize("seed", range(20))
def test_no_rising_stamps_lower_theta_below_what_their_last_one_allows(seed):
    chance = Random(seed)
    gaps = [
        int(chance.expovariate(1 / chance.choice((10, 12_000, 300_000)))) + 1 for _ in range(99)
    ]
    stamps = list(accumulate(gaps))
    theta, least = lowest(40_000_000, stamps)
    assert theta >= least
    falling = [stamps[0], stamps[0] - 36_000_000]
    falling += [falling[1] + 192_000 * step for step in range(1, 40)]
    theta, least = lowest(40_000_000, falling)
    assert theta < least


def test_a_withholder_includes_its_own_shares_only():
    outcome = against(Withholder(), share=0.5, blocks=400, with_shares=True)
    own = [share.miner for block in outcome.chain if block.miner == 0 for share in block.shares]
    assert own and set(own) == {0}
    others = [share.miner for block in outcome.chain if block.miner == 1 for share in block.shares]
    assert set(others) == {0, 1}


@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 0.0), (0.4, 0.0), (0.3, 0.5), (0.35, 1.0)])
def test_selfish_mining_earns_what_eyal_and_sirer_say(alpha, gamma):
    miners = [
        Miner("selfish", alpha * BENCH.rate, Selfish()),
        Miner("first", (1 - alpha) * gamma * BENCH.rate, favours=0),
        Miner("last", (1 - alpha) * (1 - gamma) * BENCH.rate),
    ]
    parts = []
    for seed in range(2):
        run = World(Rules(BENCH.fixed()), miners_anew(miners), BENCH.theta, f"es{seed}")
        outcome = Outcome.of(run, run.run(5_000))
        parts.append(outcome.income(0).blocks / 5_000)
    assert abs(sum(parts) / 2 - revenue(alpha, gamma)) < 0.025


def miners_anew(miners):
    return [
        Miner(one.name, one.hash_rate, Selfish() if n == 0 else one.strategy, favours=one.favours)
        for n, one in enumerate(miners)
    ]


def test_the_thresholds_are_where_the_formula_crosses_honest_income():
    for gamma in (0.0, 0.5, 0.9):
        least = threshold(gamma)
        assert abs(revenue(least, gamma) - least) < 1e-9
    grid = {(alpha, 0.5): revenue(alpha, 0.5) for alpha in (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)}
    assert abs(crossing(0.5, grid) - 0.25) < 1e-9


def fork(share: float, works: tuple[Work, ...], credit_until: int, seed: str):
    plan = Forker(depth=6, credit_until=credit_until)
    forker = Miner("forker", share * BENCH.rate, plan, work=works)
    others = Miner("others", (1 - share) * BENCH.rate)
    run = World(Rules(MAINNET), [forker, others], BENCH.theta, seed)
    run.run_until(lambda: plan.won or others.head.height > 60)
    return plan, others


def test_a_fork_of_kept_proofs_wins_while_they_count_and_not_after():
    full = (Work(AI, 8_000, PPM), Work(QUANTUM, 8_000, PPM), Work(STORAGE, 8_000, PPM))
    won = [fork(0.3, full, 32, f"w{n}")[0].won for n in range(10)]
    assert sum(won) >= 9
    bare = [fork(0.2, full, 0, f"b{n}")[0].won for n in range(10)]
    assert sum(bare) <= 2
    plan, others = fork(0.3, full, 32, "head")
    run_head = others.head
    assert plan.won and plan.last is not None
    assert all(
        block.psi > 0 for block in plan.last.ancestors(plan.last.height) if block.height <= 32
    )
    assert run_head.height >= 6

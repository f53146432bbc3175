"""The node and the reference model in lock-step: short random runs of all kinds of steps.

The long run is ``make campaign-lockstep``.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.campaigns import lockstep as campaign
from tests.model.steps import STEPS, Steps

pytestmark = pytest.mark.django_db

seeds = st.integers(0, 2**32 - 1)


class Machine(RuleBasedStateMachine):
    """Steps in any order. Each has its own seed, so that leaving one out changes no other."""

    pair: Steps

    @initialize(seed=seeds)
    def genesis(self, seed: int) -> None:
        self.pair = Steps(Random(seed))

    @rule(name=st.sampled_from(sorted(STEPS)), seed=seeds)
    def step(self, name: str, seed: int) -> None:
        self.pair.rng.seed(seed)
        getattr(self.pair, name)()

    @rule(seeds=st.lists(seeds, min_size=1, max_size=4))
    def grow(self, seeds: list[int]) -> None:
        for seed in seeds:
            self.pair.rng.seed(seed)
            self.pair.extend()

    @rule()
    def compare_deeply(self) -> None:
        self.pair.compare_deeply()

    def teardown(self) -> None:
        if hasattr(self, "pair"):
            self.pair.compare_deeply()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_node_and_model_agree_whatever_happens():
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=max(4, settings().max_examples // 25),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_episode_of_the_campaign_meets_everything():
    counts: Counter[str] = Counter()
    for number in range(2):
        campaign.episode(f"suite/{number}", 200, counts)
    assert counts["steps"] >= 400
    for verdict in ("added", "side", "reorg", "orphan", "early", "known", "templates"):
        assert counts[verdict], verdict
    for family in ("block.", "tx.", "cbor.", "field.", "proof."):
        assert sum(counts[code] for code in counts if code.startswith(family)) > 3, family
    assert counts["transactions of the best chains"] > 50
    assert counts["proofs of share"] > 50
    for met in ("proofs that bring ψ", "blocks under an upgrade", "ends of epochs"):
        assert counts[met], met

"""A few short worlds from storm to calm; ``make test-simulator`` runs more, and long ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from tests.campaigns import simulator as campaign
from tests.simulator.plan import SHORT_MS
from tests.simulator.planted import PLANTED
from tests.simulator.run import Outcome, run
from tests.simulator.seeds import KEPT, SUITE


@cache
def world(seed: int) -> Outcome:
    return run(seed, storm_ms=SHORT_MS)


@pytest.mark.parametrize("seed", SUITE)
def test_a_world_comes_to_one_chain(seed):
    outcome = world(seed)
    assert outcome.height > 10
    assert outcome.counts["note block_told"] > 50


def test_the_worlds_of_the_suite_meet_what_they_are_for():
    met = [world(seed).counts | world(seed).faults for seed in SUITE]
    for what in ("worlds with bans", "deaths while importing", "partitions", "altered", "shares"):
        assert any(what in counts for counts in met), what


def test_a_world_happens_the_same_way_in_another_process():
    seed = SUITE[-1]
    command = [sys.executable, "-m", "tests.campaigns.simulator", "--short", "--seed", str(seed)]
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["trace"] == world(seed).trace


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name):
    (entry,) = [entry for entry in KEPT["planted"] if entry["fault"] == name]
    line = campaign.one(entry["seed"], name, short=True)
    assert (line["passed"], line["check"]) == (False, entry["check"])


def test_a_campaign_goes_on_where_it_was_stopped(tmp_path):
    results = tmp_path / "results.jsonl"
    results.write_text('{"seed": 1, "passed": true}\n{"seed": 2, "passed": false}\n')
    assert campaign.known(results) == {1, 2}
    assert campaign.campaign([1, 2], 1, results) == 0
    assert len(results.read_text().splitlines()) == 2

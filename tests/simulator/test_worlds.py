"""A few worlds from storm to calm; ``make test-simulator`` runs more of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.campaigns import simulator as campaign
from tests.simulator.planted import PLANTED
from tests.simulator.run import run
from tests.simulator.seeds import KEPT, SUITE


@pytest.mark.parametrize("seed", SUITE)
def test_a_world_comes_to_one_chain(seed):
    outcome = run(seed)
    assert outcome.height > 20


def test_a_world_happens_the_same_way_in_another_process():
    command = [sys.executable, "-m", "tests.campaigns.simulator", "--seed", str(SUITE[0])]
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["trace"] == run(SUITE[0]).trace


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name):
    (entry,) = [entry for entry in KEPT["planted"] if entry["fault"] == name]
    line = campaign.one(entry["seed"], name)
    assert not line["passed"]
    assert line["check"] == entry["check"]

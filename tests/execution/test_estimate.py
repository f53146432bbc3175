"""The least gas of runs whose need is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import receipt
from execution.estimate import RUNS_MOST, SPENT_PARTS, least_gas
from execution.kinds import Outcome

MOST = 40_000_000


def needs(gas: int, used: int, runs: list[int] | None = None):
    """A run that succeeds from ``gas`` up and then uses ``used``."""

    def run(given: int) -> Outcome:
        if runs is not None:
            runs.append(given)
        if given < gas:
            return Outcome(receipt.OUT_OF_GAS, given)
        return Outcome(receipt.OK, used)

    return run


@given(st.integers(0, 500_000), st.integers(0, 300_000))
def test_the_least_is_found(used, kept_back):
    need = used + kept_back
    found = least_gas(needs(need, used), MOST)
    assert found.gas == need
    assert found.outcome.status == receipt.OK


def test_what_was_used_is_tried_first():
    runs: list[int] = []
    assert least_gas(needs(70_000, 70_000, runs), MOST).gas == 70_000
    assert runs == [MOST, 70_000]


def test_a_run_that_fails_with_all_of_it_has_no_least():
    found = least_gas(needs(MOST + 1, 5), MOST)
    assert found.gas is None and found.outcome.status == receipt.OUT_OF_GAS and found.spent == MOST


def test_what_needs_exactly_the_most():
    assert least_gas(needs(MOST, 1_000_000), MOST).gas == MOST
    assert least_gas(needs(0, 0), 0).gas == 0


@pytest.mark.parametrize("used", [MOST - 1, MOST // 2, 100])
def test_the_search_is_bounded_and_ends_with_what_succeeds(used):
    runs: list[int] = []
    need = MOST - 1
    found = least_gas(needs(need, used, runs), MOST)
    assert found.gas is not None and found.gas >= need
    assert len(runs) <= RUNS_MOST and found.spent <= SPENT_PARTS * MOST

"""contracts/counter.py."""

from __future__ import annotations

import pytest


@pytest.fixture
def counter(world, people):
    return world.deploy("counter", 5, by=people.ann)


def test_it_counts_from_its_start(world, people, counter):
    assert counter.get() == 5
    assert counter.add(by=people.bob) == 6
    assert counter.add(4, by=people.eve) == 10
    assert counter.events() == [("Counted", {"who": people.eve, "count": 10})]
    assert counter.get() == 10
    assert counter.add(100, by=people.bob) == 110


def test_it_starts_at_zero_when_nothing_is_said(world, people):
    assert world.deploy("counter", by=people.ann).get() == 0


def test_only_the_owner_sets_it_back(world, people, counter):
    with world.refused("counter.owner"):
        counter.reset(by=people.bob)
    counter.reset(by=people.ann)
    assert counter.get() == 0
    assert counter.events() == [("Counted", {"who": people.ann, "count": 0})]


@pytest.mark.parametrize("step", [0, -1, -(2**255), 101, 2**255 - 1])
def test_a_step_is_a_small_one_up(world, people, counter, step):
    with world.refused("counter.step"):
        counter.add(step, by=people.bob)


def test_it_takes_no_money(world, people, counter):
    with world.refused("vm.not_payable"):
        counter.add(by=people.bob, value=1)

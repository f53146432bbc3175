"""Attacks that take several blocks: walking Θ down by timestamps, and forks of cheap blocks.

As in ``test_attacks``, each is shown to fail, and to succeed where the rule is taken away.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import service
from consensus.rules import fork_choice, seal
from consensus.rules import header as header_rules
from consensus.rules.retarget import next_theta
from core.errors import AnimicaError
from core.limits import CLOCK_AHEAD_MS
from tests.support import ChainBuilder, Made, fast_network, import_all, new_importer

# ------------------------------------------------------------------ timestamps

DEAR = fast_network(params={"theta_start_unat": 4_000_000})
PARAMS = DEAR.at(0).params
STEP_MS = PARAMS.target_interval_ms + PARAMS.retarget_step_unat * PARAMS.retarget_tau_ms // 10**6
"""The interval that makes the next block easier by a whole step."""
NOW = DEAR.genesis.time_ms + 10_000


def walked() -> list[Made]:
    """One jump far back, which costs one step up; then forward, each block one step down."""
    builder = ChainBuilder(DEAR)
    line = [builder.make(builder.genesis)]
    time = 1_000
    for _ in range(9):
        line.append(builder.make(line[-1], time=time))
        time += STEP_MS
    return line


@pytest.mark.django_db
def test_timestamps_cannot_walk_theta_down():
    line = walked()
    importer = new_importer(DEAR, now=NOW)
    importer.import_block(line[0].raw, source="test")
    with pytest.raises(AnimicaError) as caught:
        importer.import_block(line[1].raw, source="test")
    assert caught.value.code == "block.time_not_rising"


@pytest.mark.django_db
def test_without_rising_times_they_would(monkeypatch):
    """The clock stands still all the while, and Θ reaches its least."""
    monkeypatch.setattr(header_rules, "check_time", lambda header, parent, now_ms: False)
    line = walked()
    assert import_all(new_importer(DEAR, now=NOW), line) == ["added"] * len(line)
    assert line[0].header.theta == 4_000_000
    assert line[-1].header.theta == PARAMS.theta_min_unat


@pytest.mark.django_db
def test_nor_by_times_that_are_yet_to_come():
    """Up to 5 s ahead counts at once; what is further ahead does not become the head."""
    builder = ChainBuilder(DEAR)
    first = builder.make(builder.genesis, time=NOW + CLOCK_AHEAD_MS)
    second = builder.make(first, time=first.header.time + STEP_MS)
    assert import_all(new_importer(DEAR, now=NOW), [first, second]) == ["added", "early"]
    assert service.head().hash == first.hash


@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=200), st.integers(4, 60))
def test_theta_falls_by_at_most_the_time_that_passed(intervals, start_nats):
    """However rising times are chosen: a nat for each τ."""
    theta = start = start_nats * 10**6
    for interval in intervals:
        theta = next_theta(theta, interval, PARAMS)
    assert (start - theta) * PARAMS.retarget_tau_ms <= sum(intervals) * 10**6


# ------------------------------------------------------------------ cheap blocks

HASTY = fast_network(params={"retarget_tau_ms": 1_000})
BUILDER = ChainBuilder(HASTY)
COMMON = BUILDER.make(BUILDER.genesis)
DEAR_BRANCH = BUILDER.grow(COMMON, 8, interval_ms=1)
CHEAP_BRANCH = BUILDER.grow(COMMON, 16, interval_ms=60_000, extra=b"cheap")


def nats(line: list[Made]) -> int:
    return sum(made.header.theta for made in line)


def test_the_cheap_branch_has_more_nats_and_less_work():
    assert nats(CHEAP_BRANCH) > nats(DEAR_BRANCH)
    assert 5 * (CHEAP_BRANCH[-1].work - COMMON.work) < DEAR_BRANCH[-1].work - COMMON.work
    draws = sum(seal.block_work(made.header.theta) for made in DEAR_BRANCH)
    assert DEAR_BRANCH[-1].work == COMMON.work + draws


@pytest.mark.django_db
def test_many_cheap_blocks_do_not_outweigh_few_dear_ones():
    importer = new_importer(HASTY)
    import_all(importer, [COMMON, *DEAR_BRANCH])
    assert set(import_all(importer, CHEAP_BRANCH)) == {"side"}
    assert service.head().hash == DEAR_BRANCH[-1].hash


@pytest.mark.django_db
def test_adding_nats_they_would(monkeypatch):
    monkeypatch.setattr(fork_choice, "block_work", lambda theta: theta)
    importer = new_importer(HASTY)
    import_all(importer, [COMMON, *DEAR_BRANCH])
    assert "reorg" in import_all(importer, CHEAP_BRANCH)
    assert service.head().hash == CHEAP_BRANCH[-1].hash

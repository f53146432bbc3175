from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from p2p.rules.conduct.scores import Scores, decayed
from p2p.rules.limits import SCORES_MOST
from p2p.rules.offences import HALF_LIFE_MS

milli = st.integers(0, 10**9)
times = st.integers(0, 100 * HALF_LIFE_MS)


def test_decay_by_example():
    assert decayed(100_000, 0) == 100_000
    assert decayed(100_000, HALF_LIFE_MS // 2) == 75_000
    assert decayed(100_000, HALF_LIFE_MS) == 50_000
    assert decayed(100_000, 3 * HALF_LIFE_MS) == 12_500
    assert decayed(100_000, 10**18) == 0


@given(milli, times, times)
def test_points_never_rise_with_time(points, first, second):
    sooner, later = sorted((first, second))
    assert 0 <= decayed(points, later) <= decayed(points, sooner) <= points


@given(milli, st.integers(0, 60))
def test_each_half_life_halves(points, halves):
    assert decayed(points, halves * HALF_LIFE_MS) == points >> halves


def test_those_who_did_wrong_longest_ago_are_forgotten_first():
    scores = Scores()
    scores.add(b"first", 10, 0)
    scores.add(b"second", 10, 0)
    for number in range(SCORES_MOST - 2):
        scores.add(b"%d" % number, 1, 0)
    scores.add(b"first", 10, 0)
    scores.add(b"one more", 1, 0)
    assert len(scores) == SCORES_MOST
    assert (scores.points(b"first", 0), scores.points(b"second", 0)) == (20, 0)

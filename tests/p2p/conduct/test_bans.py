from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from p2p.rules.book.values import Ban
from p2p.rules.conduct.bans import Bans, length_ms, times_left
from p2p.rules.limits import BAN_MOST_MS, BAN_MS, BAN_STEP_MS, BANS_MOST
from tests.p2p.world import id_of

HOUR = 3600 * 1000


def test_lengths():
    hours = [length_ms(times) // HOUR for times in range(1, 8)]
    assert hours == [1, 2, 4, 8, 16, 24, 24]
    assert length_ms(10**9) == BAN_MOST_MS


def test_a_ban_ends_by_itself():
    bans = Bans()
    bans.add(id_of(1), "5.6.7.8", "test", 0)
    for id, host in ((id_of(1), ""), (id_of(2), "5.6.7.8"), (id_of(1), "5.6.7.8")):
        assert bans.holds(id, host, BAN_MS - 1)
        assert not bans.holds(id, host, BAN_MS)
    assert not bans.holds(id_of(2), "5.6.7.9", 0)
    assert not bans.holds(id_of(2), "", 0)


def test_repeats_double_and_good_days_count():
    bans = Bans()
    lengths = []
    now = 0
    for _ in range(4):
        ban = bans.add(id_of(1), "", "test", now)
        lengths.append((ban.until_ms - now) // BAN_MS)
        now = ban.until_ms
    assert lengths == [1, 2, 4, 8]
    now += 2 * BAN_STEP_MS  # four bans, of which two days take two away
    assert bans.add(id_of(1), "", "test", now).times == 3


def test_a_new_name_of_a_banned_host_is_a_repeat():
    bans = Bans()
    first = bans.add(id_of(1), "5.6.7.8", "test", 0)
    second = bans.add(id_of(2), "5.6.7.8", "test", first.until_ms)
    assert second.times == 2


def test_no_more_than_the_most_of_which_the_oldest_go():
    bans = Bans()
    for number in range(BANS_MOST + 3):
        bans.add(id_of(number), f"host {number}", "test", 0)
    assert len(bans) == BANS_MOST == len(bans._by_host)
    assert [bans.holds(id_of(n), "", 0) for n in range(5)] == [False] * 3 + [True] * 2
    assert not bans.holds(b"", "host 0", 0)
    bans.add(id_of(3), "", "again", 0)
    bans.add(id_of(10**6), "", "new", 0)
    assert bans.holds(id_of(3), "", 0) and not bans.holds(id_of(4), "", 0)


def test_lifting_one_ban_leaves_those_of_others():
    bans = Bans()
    bans.add(id_of(1), "5.6.7.8", "test", 0)
    bans.add(id_of(2), "5.6.7.8", "test", 0)
    bans.lift(id_of(1))
    assert bans.holds(id_of(3), "5.6.7.8", 0)
    assert not bans.holds(id_of(1), "", 0)
    bans.lift(id_of(2))
    assert not bans.holds(id_of(3), "5.6.7.8", 0)
    assert bans.lift(id_of(2)) is None
    assert len(bans._by_host) == 0


def test_a_new_ban_replaces_the_one_before():
    bans = Bans()
    bans.add(id_of(1), "5.6.7.8", "test", 0)
    bans.add(id_of(2), "", "test", 0)
    bans.add(id_of(1), "9.9.9.9", "again", 0)
    assert [(ban.id, ban.host) for ban in bans.kept()] == [(id_of(2), ""), (id_of(1), "9.9.9.9")]
    assert not bans.holds(b"", "5.6.7.8", 0) and bans.holds(b"", "9.9.9.9", 0)
    assert len(bans._by_host) == 1


def test_what_is_kept_comes_back():
    bans = Bans()
    bans.add(id_of(1), "5.6.7.8", "test", 0)
    bans.add(id_of(2), "", "test", 5, lasting_ms=77)
    again = Bans()
    again.restore(bans.kept(), 10)
    assert again.kept() == bans.kept()
    assert again.holds(id_of(9), "5.6.7.8", 10)
    late = Bans()
    late.restore(bans.kept(), 10 * BAN_STEP_MS)
    assert late.kept() == ()


def test_too_many_are_not_restored_either():
    bans = Bans()
    bans.restore((Ban(id_of(n), "", 100, 1, "") for n in range(BANS_MOST + 1)), 0)
    assert len(bans) == BANS_MOST and not bans.holds(id_of(0), "", 0)


def test_nonsense_lengths_are_no_bans_in_the_past():
    assert Bans().add(id_of(1), "", "test", 0, lasting_ms=-5).until_ms == BAN_MS


@given(st.integers(1, 1000), st.integers(0, 10**12), st.integers(0, 10**12))
def test_counts_fall_with_time_and_no_ban_is_for_ever(times, first, second):
    ban = Ban(id_of(1), "", 1000, times, "")
    sooner, later = sorted((first, second))
    assert 0 <= times_left(ban, later) <= times_left(ban, sooner) <= times
    assert times_left(ban, ban.until_ms + times * BAN_STEP_MS) == 0

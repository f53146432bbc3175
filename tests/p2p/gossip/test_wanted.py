"""Questions for announced ids: one peer at a time, bounded, and fair to those who deliver."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from p2p.rules.gossip import wanted as numbers
from p2p.rules.gossip.wanted import Wanted
from p2p.rules.wire.messages import TX


def key(number: int) -> tuple[int, bytes]:
    return TX, number.to_bytes(32, "big")


def announced(wanted: Wanted, conn: int, first: int, count: int, now: int = 0) -> None:
    for number in range(first, first + count):
        wanted.announced(conn, key(number), now)


def test_asks_one_peer_and_the_next_when_it_is_silent():
    wanted = Wanted()
    for conn in (1, 2, 3):
        wanted.announced(conn, key(1), 0)
    assert wanted.questions(0) == {1: [key(1)]}
    assert wanted.questions(0) == {}
    wanted.tick(1_999)
    assert wanted.questions(1_999) == {}
    wanted.tick(2_000)
    assert wanted.questions(2_000) == {2: [key(1)]}
    assert wanted.denied(2, key(1))
    assert wanted.questions(2_100) == {3: [key(1)]}
    wanted.tick(4_100)
    assert len(wanted) == 0


def test_an_answer_that_comes_late_is_welcome_once():
    wanted = Wanted()
    wanted.announced(1, key(1), 0)
    wanted.announced(2, key(1), 0)
    wanted.questions(0)
    wanted.tick(2_000)
    assert wanted.questions(2_000) == {2: [key(1)]}
    assert wanted.arrived(1, key(1), 2_500) is True
    assert wanted.arrived(2, key(1), 2_600) is False  # asked too, and no longer needed
    assert wanted.arrived(2, key(1), 2_700) is None
    assert wanted.arrived(1, key(1), 2_700) is None
    wanted.settled(key(1))
    assert len(wanted) == 0


def test_an_answer_to_what_came_from_elsewhere_is_no_offence():
    wanted = Wanted()
    wanted.announced(1, key(1), 0)
    wanted.questions(0)
    wanted.settled(key(1))
    assert wanted.arrived(1, key(1), 20) is False
    assert wanted.arrived(1, key(1), 30) is None
    wanted.announced(1, key(2), 0)
    wanted.questions(0)
    wanted.settled(key(2))
    assert wanted.denied(1, key(2))
    assert not wanted.denied(1, key(2))


def test_who_was_asked_twice_may_answer_twice():
    """Asked, too slow, announced and asked again: both answers are on their way."""
    wanted = Wanted()
    wanted.announced(1, key(1), 0)
    wanted.questions(0)
    wanted.tick(2_000)
    wanted.announced(1, key(1), 3_000)
    assert wanted.questions(3_000) == {1: [key(1)]}
    assert wanted.arrived(1, key(1), 3_100) is True
    assert wanted.arrived(1, key(1), 3_200) is False
    assert wanted.arrived(1, key(1), 3_300) is None


def test_a_late_answer_waits_when_no_place_is_free(monkeypatch):
    monkeypatch.setattr(numbers, "BUSY_MOST", 2)
    wanted = Wanted()
    wanted.announced(1, key(1), 0)
    wanted.announced(2, key(1), 0)
    wanted.questions(0)
    wanted.tick(2_000)
    announced(wanted, 3, 5, 2, 2_000)
    assert set(wanted.questions(2_000, [key(5), key(6)])) == {3}
    assert wanted.arrived(1, key(1), 2_100) is False
    assert wanted.busy == 2
    wanted.settled(key(5))
    assert wanted.questions(2_200) == {2: [key(1)]}


def test_answers_owed_are_bounded():
    wanted = Wanted()
    for round in range(40):
        now = round * 2_000
        announced(wanted, 1, round * 1_000, 1_000, now)
        wanted._peers[1].allowed = numbers.BUSY_PER_PEER
        wanted.questions(now)
        wanted.tick(now + 2_000)
    assert len(wanted._peers[1].owed) == numbers.OWED_MOST


def test_nobody_asked():
    wanted = Wanted()
    assert wanted.arrived(1, key(1), 0) is None
    assert not wanted.denied(1, key(1))
    wanted.announced(1, key(1), 0)
    assert wanted.arrived(1, key(1), 0) is None
    assert wanted.arrived(2, key(1), 0) is None
    assert not wanted.denied(2, key(1))
    assert wanted.announcers(key(1)) == [1]
    assert wanted.announcers(key(2)) == []
    wanted.settled(key(2))
    wanted.passed_over(1, key(2))
    assert not wanted.denied(1, key(1))  # it has not got it after all
    assert len(wanted) == 0


def test_a_verdict_against_one_answer_leads_to_the_next_announcer():
    wanted = Wanted()
    wanted.announced(1, key(1), 0)
    wanted.announced(2, key(1), 0)
    wanted.questions(0)
    assert wanted.arrived(1, key(1), 10)
    assert not wanted.denied(1, key(1))  # it has sent it: nothing changes
    assert wanted.questions(20) == {}
    wanted.passed_over(1, key(1))
    assert wanted.questions(20) == {2: [key(1)]}
    assert wanted.arrived(2, key(1), 30)
    wanted.passed_over(2, key(1))
    assert len(wanted) == wanted.busy == 0


def test_a_verdict_that_never_comes_is_given_up():
    wanted = Wanted()
    wanted.announced(1, key(1), 0)
    wanted.questions(0)
    wanted.arrived(1, key(1), 0)
    wanted.tick(numbers.JUDGE_MS - 1)
    assert wanted.busy == 1
    wanted.tick(numbers.JUDGE_MS)
    assert len(wanted) == wanted.busy == 0


def test_what_nobody_delivers_is_forgotten():
    wanted = Wanted()
    announced(wanted, 1, 0, 300)
    wanted.tick(numbers.WANTED_MS - 1)
    assert len(wanted) == 300
    wanted.tick(numbers.WANTED_MS)
    assert len(wanted) == 0


def test_a_peer_that_leaves_is_replaced():
    wanted = Wanted()
    announced(wanted, 1, 0, 4)
    announced(wanted, 2, 2, 4)
    asks = wanted.questions(0)
    assert asks == {1: [key(n) for n in range(4)], 2: [key(4), key(5)]}
    assert wanted.arrived(1, key(3), 10)
    wanted.gone(1)
    wanted.gone(7)
    assert wanted.questions(20) == {2: [key(2), key(3)]}
    assert len(wanted) == 4
    wanted.gone(2)
    assert len(wanted) == wanted.busy == 0


def test_places_of_a_peer_are_few_at_first_and_grow_with_deliveries():
    wanted = Wanted()
    announced(wanted, 1, 0, 1_000)
    (asked,) = wanted.questions(0).values()
    assert len(asked) == numbers.BUSY_AT_FIRST
    for one in asked:
        wanted.arrived(1, one, 1)
        wanted.settled(one)
    (asked,) = wanted.questions(2).values()
    assert len(asked) == 2 * numbers.BUSY_AT_FIRST


def test_silent_peers_keep_few_places_and_do_not_starve_others():
    """More silent announcers than there are places: an honest one is asked all the same."""
    wanted, now = Wanted(), 0
    for conn in range(100, 160):
        announced(wanted, conn, conn * 10_000, 400)
    for now in range(0, 20_000, 1_000):
        wanted.tick(now)
        wanted.questions(now)
        assert wanted.busy <= numbers.BUSY_MOST
    # Everyone who was asked has fallen to the least.
    wanted.announced(1, key(1), now)
    asks = wanted.questions(now, [key(1)])
    assert asks == {1: [key(1)]}
    for conn in range(100, 160):
        assert wanted._peers[conn].busy <= numbers.BUSY_AT_FIRST


def test_places_taken_up_by_idle_ids_do_not_hide_later_ones():
    wanted = Wanted()
    for conn in (8, 9):
        announced(wanted, conn, conn * 10_000, numbers.ANNOUNCED_MOST)
    wanted.questions(0)
    assert len(wanted._idle) < numbers.SCANNED_MOST
    announced(wanted, 7, 70_000, numbers.ANNOUNCED_MOST)
    wanted.announced(1, key(1), 0)
    found = [ask for _ in range(3) for ask in wanted.questions(0).get(1, [])]
    assert found == [key(1)]


def test_who_delivers_is_asked_before_who_does_not():
    wanted = Wanted()
    announced(wanted, 1, 0, 5)
    wanted.questions(0)
    wanted.tick(2_000)
    wanted.announced(1, key(9), 2_000)
    wanted.announced(2, key(9), 2_000)
    assert wanted.questions(2_000) == {2: [key(9)]}


def test_false_announcers_are_named_after_enough_silence_and_only_then():
    wanted, now, named = Wanted(), 0, []
    for round in range(40):
        announced(wanted, 1, round * 1_000, 200, now)
        wanted.questions(now)
        now += 2_000
        wanted.tick(now)
        named += wanted.false_announcers()
    silences = named.count(1) * numbers.FALSE_MOST // numbers.SILENCE
    assert set(named) == {1}
    assert numbers.BUSY_AT_FIRST <= silences <= numbers.BUSY_AT_FIRST + 40 * 96
    assert wanted.false_announcers() == []


def test_a_slow_peer_is_never_named():
    """It answers everything, five seconds late."""
    wanted, owed = Wanted(), []
    for now in range(0, 120_000, 1_000):
        announced(wanted, 1, now * 10, 50, now)
        wanted.tick(now)
        owed += [(now + 5_000, one) for one in wanted.questions(now).get(1, [])]
        while owed and owed[0][0] <= now:
            assert wanted.arrived(1, owed.pop(0)[1], now) is not None
        assert wanted.false_announcers() == []


def test_announcements_are_bounded():
    wanted = Wanted()
    announced(wanted, 1, 0, numbers.ANNOUNCED_MOST + 50)
    assert len(wanted) == numbers.ANNOUNCED_MOST
    for conn in range(2, 20):
        wanted.announced(conn, key(0), 0)
    assert len(wanted.announcers(key(0))) == numbers.ANNOUNCERS_MOST
    wanted.announced(1, key(0), 0)
    assert wanted.announcers(key(0)).count(1) == 1


class Machine(RuleBasedStateMachine):
    """Anything in any order: the books balance."""

    conns = st.integers(1, 4)
    keys = st.integers(0, 9).map(key)

    def __init__(self) -> None:
        super().__init__()
        self.wanted, self.now = Wanted(), 0
        self.asked: list[tuple[int, tuple[int, bytes]]] = []

    @rule(conn=conns, key=keys)
    def announce(self, conn, key):
        self.wanted.announced(conn, key, self.now)

    @rule()
    def ask(self):
        for conn, keys in self.wanted.questions(self.now).items():
            self.asked += [(conn, key) for key in keys]

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def answer(self, data):
        conn, key = self.asked.pop(data.draw(st.integers(0, len(self.asked) - 1)))
        if conn in self.wanted._peers:
            assert self.wanted.arrived(conn, key, self.now) is not None

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def deny(self, data):
        conn, key = self.asked.pop(data.draw(st.integers(0, len(self.asked) - 1)))
        if conn in self.wanted._peers:
            assert self.wanted.denied(conn, key)

    @rule(conn=conns, key=keys)
    def say_no(self, conn, key):
        if (conn, key) not in self.asked:
            assert not self.wanted.denied(conn, key)
            assert self.wanted.arrived(conn, key, self.now) is None

    @rule(key=keys)
    def settle(self, key):
        self.wanted.settled(key)

    @rule(conn=conns, key=keys)
    def refuse(self, conn, key):
        if (conn, key) not in self.asked:
            self.wanted.passed_over(conn, key)

    @rule(ms=st.sampled_from((100, 2_000, 60_000)))
    def wait(self, ms):
        self.now += ms
        self.wanted.tick(self.now)

    @rule(conn=conns)
    def leave(self, conn):
        self.wanted.gone(conn)
        self.asked = [pair for pair in self.asked if pair[0] != conn]

    @invariant()
    def books_balance(self):
        wanted = self.wanted
        wants = wanted._wants
        lists = (wanted._idle, wanted._asked, wanted._judged)
        assert sum(map(len, lists)) == len(wants)
        for state, listed in enumerate(lists):
            assert all(wants[key].state.value == state for key in listed)
        for conn, peer in wanted._peers.items():
            assert {key for key, want in wants.items() if conn in want.announcers} == set(peer.keys)
            busy = [w for w in wants.values() if w.conn == conn and w.state.value]
            assert peer.busy == len(busy)
        asked_now = [(want.conn, key) for key, want in wants.items() if want.state.value == 1]
        assert set(asked_now) <= set(self.asked)
        assert all(want.announcers for want in wants.values() if want.state.value == 0)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

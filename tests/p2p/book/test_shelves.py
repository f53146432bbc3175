"""Where addresses have their places, and who can take these from whom."""

from __future__ import annotations

import pytest

from p2p.rules import limits
from p2p.rules.addresses import Address, parse
from p2p.rules.book.buckets import Buckets, draw
from p2p.rules.book.shelves import Shelves
from p2p.rules.book.values import LONG_REST, OPERATOR, SEED, BookEntry
from tests.p2p.world import SeededChance, id_of

DAY = 24 * 3600 * 1000


def at(number: int) -> Address:
    """An address of a group of its own, as long as numbers are small."""
    return Address("tcp", f"{20 + number % 200}.{number // 200 % 200}.{number // 40_000}.1", 8546)


@pytest.fixture
def shelves():
    return Shelves(SeededChance())


def always(entry):
    return True


# --------------------------------------------------------------------------- buckets


def test_draws_depend_on_all_parts_and_the_secret():
    drawn = {
        draw(secret, 2**32, *parts)
        for secret in (b"a", b"b")
        for parts in (("x", "y"), ("xy", ""), ("", "xy"), ("x", "z"))
    }
    assert len(drawn) == 8
    assert draw(b"a", 7, "x") == draw(b"a", 7, "x") < 7


def test_every_bucket_is_as_likely_whatever_it_holds():
    buckets = Buckets(2, 100)
    for number in range(99):
        buckets.add(0, BookEntry(at(number)))
    buckets.add(1, BookEntry(at(1000)))
    chance = SeededChance()
    lone = sum(buckets.choose(chance, always).address == at(1000) for _ in range(400))
    assert 150 < lone < 250


def test_buckets_give_only_what_is_usable():
    buckets = Buckets(8, 4)
    for number in range(8):
        buckets.add(number, BookEntry(at(number), failures=number))
    chance = SeededChance()
    assert buckets.choose(chance, lambda entry: entry.failures == 5).address == at(5)
    assert buckets.choose(chance, lambda entry: False) is None
    buckets.remove(at(5))
    buckets.remove(at(5))
    assert buckets.get(at(5)) is None and len(buckets) == 7 == len(list(buckets))


# --------------------------------------------------------------------------- new


def test_an_address_is_heard_of_once(shelves):
    assert shelves.learn(at(1), "src", 5)
    assert not shelves.learn(at(1), "other", 9)
    assert list(shelves) == [BookEntry(at(1), source="src", heard_ms=9)]
    assert not shelves.learn(at(1), "other", 7)
    assert shelves.get(at(1)).heard_ms == 9


@pytest.mark.parametrize("text", ["name.example:1", "0.0.0.0:1", "224.0.0.1:1"])
def test_names_and_no_hosts_are_not_learnt(shelves, text):
    assert not shelves.learn(parse(text), "src", 0)
    assert len(shelves) == 0


def test_what_one_source_tells_is_bounded(shelves):
    for number in range(6_000):
        shelves.learn(at(number), "src", 0)
    assert len(shelves.new) <= limits.NEW_BUCKETS_PER_SOURCE * limits.NEW_BUCKET_MOST
    assert len(shelves.new) > limits.NEW_BUCKET_MOST


def test_what_is_told_of_one_group_is_bounded(shelves):
    for number in range(5_000):
        shelves.learn(Address("tcp", f"5.6.{number // 250}.{number % 250}", 1), "src", 0)
    assert len(shelves.new) == limits.NEW_BUCKET_MOST


def test_no_number_of_sources_fills_more_than_there_is(shelves):
    for number in range(6_000):
        shelves.learn(at(number), f"src{number % 500}", 0)
    assert len(shelves.new) <= limits.NEW_BUCKETS * limits.NEW_BUCKET_MOST


def full_of_new(shelves):
    for number in range(2_000):
        shelves.learn(Address("tcp", f"5.6.{number // 250}.{number % 250}", 1), "src", 0)
    entries = list(shelves.new)
    assert len(entries) == limits.NEW_BUCKET_MOST
    return entries


def test_a_full_bucket_takes_nothing_while_its_entries_are_good(shelves):
    before = full_of_new(shelves)
    newcomer = Address("tcp", "5.6.99.1", 1)
    assert not shelves.learn(newcomer, "src", limits.POOR_MS - 1)
    assert list(shelves.new) == before


def test_what_fails_makes_room(shelves):
    poor = full_of_new(shelves)[7].address
    for _ in range(limits.POOR_FAILURES):
        shelves.failed(poor, 1)
    assert shelves.learn(Address("tcp", "5.6.99.1", 1), "src", 2)
    assert shelves.get(poor) is None and len(shelves.new) == limits.NEW_BUCKET_MOST


def test_what_was_not_heard_of_for_long_makes_room(shelves):
    oldest = full_of_new(shelves)[0].address
    assert shelves.learn(Address("tcp", "5.6.99.1", 1), "src", limits.POOR_MS)
    assert shelves.get(oldest) is None


# --------------------------------------------------------------------------- tried


def test_who_answers_is_tried(shelves):
    shelves.learn(at(1), "src", 5)
    shelves.answered(at(1), id_of(1), 9)
    assert list(shelves.new) == []
    assert list(shelves.tried) == [
        BookEntry(at(1), id_of(1), source="src", heard_ms=5, answered_ms=9)
    ]
    shelves.answered(at(1), id_of(2), 11)
    assert shelves.get(at(1)).id == id_of(2)
    shelves.answered(at(2), id_of(3), 9)  # forgotten meanwhile, but it answered
    assert len(shelves.tried) == 2


def test_hearsay_never_displaces_the_tried(shelves):
    for number in range(100):
        shelves.answered(at(number), id_of(number), 1)
    before = set(shelves.tried)
    for number in range(6_000):
        shelves.learn(at(500 + number), f"src{number % 64}", 2)
    assert set(shelves.tried) == before


def test_one_group_reaches_few_of_the_tried_places(shelves):
    for number in range(3_000):
        address = Address("tcp", f"5.6.{number // 250}.{number % 250}", 1)
        shelves.answered(address, id_of(number), 1)
    most = limits.TRIED_BUCKETS_PER_GROUP * limits.TRIED_BUCKET_MOST
    assert limits.TRIED_BUCKET_MOST < len(shelves.tried) <= most


def full_of_tried(shelves):
    """Answers of one group until a bucket has no room; the last stays among the new."""
    for number in range(3_000):
        address = Address("tcp", f"5.6.{number // 250}.{number % 250}", 1)
        shelves.learn(address, "src", 0)
        shelves.answered(address, id_of(number), 1 + number)
        if shelves.doubted:
            return address
    raise AssertionError


def test_who_answered_longest_ago_is_doubted_before_it_yields(shelves):
    newcomer = full_of_tried(shelves)
    (doubted,) = shelves.doubted
    assert shelves.new.get(newcomer).answered_ms > 0
    assert shelves.choose_to_test(always).address == doubted
    assert shelves.choose_to_test(lambda entry: entry.address != doubted).address == newcomer
    shelves.answered(doubted, id_of(1), 9_000)
    assert not shelves.doubted and shelves.tried.get(doubted) is not None


def test_who_fails_the_tests_yields(shelves):
    newcomer = full_of_tried(shelves)
    (doubted,) = shelves.doubted
    for _ in range(limits.POOR_FAILURES):
        shelves.failed(doubted, 9_000)
    assert not shelves.doubted
    shelves.answered(newcomer, id_of(77), 9_001)
    assert shelves.tried.get(newcomer) is not None
    assert shelves.get(doubted) is None


def test_doubts_are_bounded_and_forget_what_is_gone(shelves):
    for number in range(40):
        shelves._doubt(at(number))
    assert len(shelves.doubted) == limits.DOUBTED_MOST
    assert shelves.choose_to_test(always) is None and not shelves.doubted


def test_most_draws_are_of_the_tried(shelves):
    for number in range(50):
        shelves.learn(at(number), "src", 0)
        shelves.answered(at(100 + number), id_of(number), 1)
    tried = sum(shelves.choose(always).answered_ms > 0 for _ in range(1_000))
    assert 700 < tried < 800
    assert shelves.choose(lambda entry: entry.answered_ms == 0) is not None
    assert shelves.choose(lambda entry: False) is None


# --------------------------------------------------------------------------- fixed


def test_operators_addresses_have_places_of_their_own(shelves):
    name = parse("seed.example:1")
    shelves.learn(at(1), "src", 5)
    shelves.answered(at(2), id_of(2), 6)
    for address in (name, at(1), at(2)):
        assert shelves.fix(address, SEED)
    assert (len(shelves.new), len(shelves.tried), len(shelves)) == (0, 0, 3)
    assert shelves.get(at(2)).answered_ms == 6
    shelves.answered(name, id_of(3), 7)
    assert shelves.fixed[name].id == id_of(3)
    assert not shelves.learn(at(1), "src", 10) and shelves.get(at(1)).heard_ms == 10


def test_fixed_addresses_are_bounded(shelves):
    for number in range(limits.FIXED_MOST):
        assert shelves.fix(at(number), (OPERATOR, SEED)[number % 2], pinned=number < 8)
    assert shelves.fix(at(999), OPERATOR)
    assert shelves.fix(at(3), OPERATOR, pinned=True)
    assert len(shelves.fixed) == limits.FIXED_MOST
    assert at(8) not in shelves.fixed and at(0) in shelves.fixed
    for number in range(1_000, 1_000 + limits.FIXED_MOST):
        shelves.fix(at(number), SEED)
    assert not shelves.fix(at(2_000), OPERATOR)


def test_a_pin_stays_until_it_is_lifted(shelves):
    shelves.fix(at(1), OPERATOR, pinned=True)
    shelves.fix(at(1), OPERATOR)
    assert shelves.fixed[at(1)].pinned
    shelves.answered(at(1), id_of(1), 0)
    shelves.unpin(id_of(2))
    assert shelves.fixed[at(1)].pinned
    shelves.unpin(id_of(1), at(2))
    assert shelves.fixed[at(1)].pinned
    shelves.unpin(id_of(1), at(1))
    assert not shelves.fixed[at(1)].pinned


def test_the_nodes_own_addresses_are_forgotten_and_not_learnt_again(shelves):
    shelves.learn(at(0), "src", 0)
    shelves.answered(at(1), id_of(1), 0)
    shelves.fix(at(2), SEED)
    for number in range(3):
        shelves.is_own(at(number))
    assert len(shelves) == 0
    assert not shelves.learn(at(1), "src", 0)
    for number in range(3, 30):
        shelves.is_own(at(number))
    assert len(shelves.own) == limits.OWN_MOST
    assert not shelves.learn(at(29), "src", 0)


# --------------------------------------------------------------------------- dials


def test_dials_and_failures_are_written_down(shelves):
    shelves.learn(at(1), "src", 0)
    shelves.dialled(at(1), 5)
    shelves.failed(at(1), 6)
    shelves.failed(at(1), 7)
    assert (shelves.get(at(1)).tried_ms, shelves.get(at(1)).failures) == (7, 2)
    shelves.steady(at(1))
    assert shelves.get(at(1)).failures == 0
    shelves.rest(at(1), 9)
    assert shelves.get(at(1)).failures == LONG_REST
    shelves.failed(at(1), 10)
    assert shelves.get(at(1)).failures == LONG_REST
    for unknown in (shelves.dialled, shelves.failed, shelves.rest):
        unknown(at(2), 1)
    shelves.steady(at(2))
    assert shelves.get(at(2)) is None


# --------------------------------------------------------------------------- restarts


def test_what_is_kept_comes_back(shelves):
    shelves.learn(at(1), "src", 5)
    shelves.answered(at(2), id_of(2), 6)
    shelves.fix(at(3), OPERATOR)
    shelves.fix(at(4), OPERATOR, pinned=True)
    again = Shelves(SeededChance(2))
    for entry in list(shelves):
        again.restore(entry, 10)
    assert set(again) == set(shelves)
    assert again.tried.get(at(2)) and again.new.get(at(1)) and {at(3), at(4)} == set(again.fixed)


def test_nearly_all_of_a_full_book_comes_back_under_another_secret(shelves):
    for number in range(2_000):
        shelves.answered(at(number), id_of(number), 1)
        shelves.learn(at(5_000 + number), f"src{number % 300}", 1)
    again = Shelves(SeededChance(2))
    for entry in shelves:
        again.restore(entry, 10)
    assert len(again.tried) > 0.85 * len(shelves.tried)
    assert len(again.new) > 0.85 * len(shelves.new)


def test_what_this_run_was_told_goes_before_what_is_kept(shelves):
    shelves.fix(at(1), SEED)
    shelves.restore(BookEntry(at(1), id_of(1), "src", answered_ms=5, anchor=True), 10)
    assert shelves.fixed == {at(1): BookEntry(at(1), id_of(1), SEED, answered_ms=5)}
    shelves.restore(BookEntry(at(1), pinned=True), 10)
    assert shelves.fixed[at(1)].pinned
    shelves.learn(at(2), "now", 20)
    shelves.restore(BookEntry(at(2), source="then"), 20)
    assert shelves.get(at(2)).source == "now"


def test_kept_nonsense_finds_no_place(shelves):
    shelves.restore(BookEntry(parse("seed.example:1"), source=SEED), 0)
    for number in range(limits.FIXED_MOST + 5):
        shelves.restore(BookEntry(at(number), source=OPERATOR), 0)
    assert len(shelves) == limits.FIXED_MOST

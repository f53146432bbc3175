"""What the network part keeps over a restart: the book, the bans, and operators' wishes."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from p2p import store
from p2p.errors import TooManyWishes
from p2p.kept import ADDRESS_CHARS, ADDRESSES_MOST, BANS_MOST, NAME_CHARS, WISHES_MOST
from p2p.models import Ban as BanRow
from p2p.models import KnownAddress, Wish
from p2p.rules.addresses import HOST_CHARS, Address, parse
from p2p.rules.book.values import Ban, BookEntry
from p2p.rules.events import Asked

pytestmark = pytest.mark.django_db
LAST = 2**63 - 1


def entry(number: int, **more) -> BookEntry:
    host = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return BookEntry(Address("tcp", host, 8546), **more)


def by_address(entries) -> list[BookEntry]:
    return sorted(entries, key=lambda one: str(one.address))


def writes(queries: CaptureQueriesContext) -> list[str]:
    return [q["sql"] for q in queries if not q["sql"].startswith("SELECT")]


# ------------------------------------------------------------------ the book


def test_an_empty_book_and_no_bans():
    assert store.load_book() == []
    assert store.load_bans() == []
    assert store.take_wishes() == []


times = st.integers(0, LAST)
entries = st.builds(
    BookEntry,
    address=st.builds(
        Address,
        st.sampled_from(["tcp", "ws"]),
        st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1", "node.example"]),
        st.integers(1, 65535),
    ),
    id=st.one_of(st.just(b""), st.binary(min_size=32, max_size=32)),
    source=st.sampled_from(["", "192.0.0.0/16", "2001:db8::/32"]),
    heard_ms=times,
    tried_ms=times,
    answered_ms=times,
    failures=st.integers(0, 2**31),
    anchor=st.booleans(),
    pinned=st.booleans(),
)
books = st.lists(entries, max_size=6, unique_by=lambda one: str(one.address))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(books, books)
def test_the_table_holds_what_was_saved_last(first, second):
    for book in (first, second):
        store.save_book(book)
        assert store.load_book() == by_address(book)


def test_what_did_not_change_is_not_written():
    book = [entry(n, heard_ms=n) for n in range(200)]
    store.save_book(book)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        store.save_book(book)
    assert len(seen) == 1 and not writes(seen)
    changed = [entry(0, heard_ms=7), *book[1:-1], entry(999)]
    with CaptureQueriesContext(connection) as seen:
        store.save_book(changed)
    written = [sql for sql in writes(seen) if "INSERT" in sql or "DELETE" in sql]
    assert len(written) == 2  # one row goes; one is new and one other than before
    assert store.load_book() == by_address(changed)


def test_a_full_book_goes_in_and_comes_out():
    book = [entry(n, id=n.to_bytes(32, "big")) for n in range(ADDRESSES_MOST)]
    with CaptureQueriesContext(connection) as seen:
        store.save_book(book)
    assert len(seen) < 80
    assert store.load_book() == by_address(book)
    with pytest.raises(AssertionError):
        store.save_book([*book, entry(ADDRESSES_MOST)])
    assert len(store.load_book()) == ADDRESSES_MOST


def test_the_longest_address_has_room():
    longest = Address("quic", "a" * HOST_CHARS, 65535)
    assert parse(str(longest)) == longest
    assert len(str(longest)) <= ADDRESS_CHARS
    store.save_book([BookEntry(longest, source="b" * HOST_CHARS)])
    assert store.load_book() == [BookEntry(longest, source="b" * HOST_CHARS)]
    assert HOST_CHARS <= NAME_CHARS


def test_a_row_that_is_no_address_is_left_out_and_told(caplog):
    store.save_book([entry(1)])
    KnownAddress.objects.filter().update(address="nonsense")
    assert store.load_book() == []
    assert "a stored address is none" in caplog.text
    store.save_book([entry(1)])
    assert store.load_book() == [entry(1)]
    assert KnownAddress.objects.count() == 1


# ------------------------------------------------------------------ bans

bans = st.lists(
    st.builds(
        Ban,
        st.sampled_from([bytes([n]) * 32 for n in range(3)]),
        st.sampled_from(["", "192.0.2.1", "192.0.2.2"]),
        times,
        st.integers(1, 1000),
        st.text(st.characters(codec="ascii", categories=["L"]), max_size=20),
    ),
    max_size=6,
    unique_by=lambda ban: (ban.id, ban.host),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(bans, bans)
def test_the_bans_are_those_saved_last(first, second):
    for some in (first, second):
        store.save_bans(some)
        assert store.load_bans() == sorted(some, key=lambda b: (b.until_ms, b.id, b.host))
        with CaptureQueriesContext(connection) as seen:
            store.save_bans(some)
        assert not writes(seen)


def test_a_peer_is_banned_once_a_host():
    BanRow.objects.create(peer=b"\1" * 32, host="h", until_ms=1, times=1)
    with pytest.raises(IntegrityError):
        BanRow.objects.create(peer=b"\1" * 32, host="h", until_ms=2, times=1)


def test_so_many_bans_and_no_more():
    some = [Ban(n.to_bytes(32, "big"), "", n, 1, "r" * 500) for n in range(BANS_MOST)]
    store.save_bans(some[:300])
    assert store.load_bans()[299].reason == "r" * 128
    with pytest.raises(AssertionError):
        store.save_bans([*some, Ban(b"", "", 1, 1, "")])


# ------------------------------------------------------------------ wishes

PEER = b"\7" * 32


def test_wishes_are_taken_once_and_in_order():
    asked = [
        Asked("ban", PEER, None, 3_600_000),
        Asked("connect", b"", parse("ws://[2001:db8::1]:80")),
        Asked("unban", PEER),
    ]
    for number, wish in enumerate(asked):
        store.add_wish(wish, number)
    assert store.take_wishes() == asked
    assert store.take_wishes() == []


def test_no_wish_costs_no_transaction():
    with CaptureQueriesContext(connection) as seen:
        store.take_wishes()
    assert len(seen) == 1 and not writes(seen)


def test_a_bounded_number_of_wishes_waits():
    for number in range(WISHES_MOST):
        store.add_wish(Asked("unban", PEER), number)
    with pytest.raises(TooManyWishes) as refused:
        store.add_wish(Asked("unban", PEER), 1)
    assert refused.value.facts == {"limit": WISHES_MOST}
    assert len(store.take_wishes()) == WISHES_MOST
    store.add_wish(Asked("unban", PEER), 1)


def test_a_wish_that_names_no_address_is_dropped_and_told(caplog):
    store.add_wish(Asked("connect", b"", parse("192.0.2.1:1")), 1)
    store.add_wish(Asked("ban", PEER), 2)
    Wish.objects.filter(verb="connect").update(address="?")
    assert store.take_wishes() == [Asked("ban", PEER)]
    assert "a stored address is none" in caplog.text

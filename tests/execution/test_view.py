"""The journalled view against a naive model: whole copies of a dict."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from execution.accounts import Account
from execution.view import View
from tests.support import DictState

RECORDS = [(module, bytes([n])) for module in ("account", "key", "storage") for n in range(3)]
ACCOUNTS = [("account", bytes([n])) for n in range(3, 6)]
records = st.sampled_from(RECORDS)
values = st.none() | st.binary(min_size=1, max_size=2)


class Journal(RuleBasedStateMachine):
    @initialize(start=st.dictionaries(records, st.binary(min_size=1, max_size=2)))
    def begin(self, start):
        self.start = start
        self.model = dict(start)
        self.view = View(DictState(start))
        self.marks: list[tuple[int, dict]] = []

    @rule(record=records, value=values)
    def write(self, record, value):
        self.view.set(*record, value)
        if value is None:
            self.model.pop(record, None)
        else:
            self.model[record] = value

    @rule(id=st.sampled_from([bytes([n]) for n in range(3, 6)]), number=st.integers(0, 2))
    def write_account(self, id, number):
        account = Account(balance=number)
        self.view.set_account(id, account)
        assert self.view.account(id) == account
        self.model.pop(("account", id), None)
        if number:
            self.model[("account", id)] = account.encode()

    @rule(id=st.sampled_from([bytes([n]) for n in range(3, 6)]), number=st.integers(0, 2))
    def write_account_record(self, id, number):
        value = Account(nonce=number).encode()
        self.view.set("account", id, value)
        assert self.view.account(id) == Account(nonce=number)
        self.model.pop(("account", id), None)
        if value is not None:
            self.model[("account", id)] = value

    @rule(record=records)
    def read(self, record):
        assert self.view.get(*record) == self.model.get(record)

    @rule(some=st.lists(records))
    def prefetch(self, some):
        self.view.prefetch(some)

    @rule()
    def mark(self):
        self.marks.append((self.view.checkpoint(), dict(self.model)))

    @rule(data=st.data())
    def go_back(self, data):
        if self.marks:
            index = data.draw(st.integers(0, len(self.marks) - 1))
            mark, model = self.marks[index]
            self.marks = self.marks[:index]
            self.view.rollback(mark)
            self.model = dict(model)

    @invariant()
    def changes_are_what_differs(self):
        if not hasattr(self, "start"):
            return
        now, before = self.view.changes()
        differing = [r for r in RECORDS + ACCOUNTS if self.model.get(r) != self.start.get(r)]
        assert now == {r: self.model.get(r) for r in differing}
        assert before == {r: self.start.get(r) for r in differing}


TestJournal = Journal.TestCase
TestJournal.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_back_to_checkpoints_inside_each_other():
    a, b = ("account", b"a"), ("account", b"b")
    view = View(DictState({a: b"0"}))
    outer = view.checkpoint()
    view.set(*a, b"1")
    inner = view.checkpoint()
    view.set(*a, b"2")
    view.set(*b, b"2")
    view.set(*a, None)
    view.rollback(inner)
    assert view.changes() == ({a: b"1"}, {a: b"0"})
    view.rollback(inner)
    view.set(*b, b"3")
    view.rollback(outer)
    assert view.changes() == ({}, {})
    assert (view.get(*a), view.get(*b)) == (b"0", None)


def test_records_are_read_once():
    state = DictState({("account", b"a"): b"1"})
    view = View(state)
    view.prefetch([("account", b"a"), ("account", b"b"), ("account", b"a")])
    view.get("account", b"a")
    view.get("account", b"b")
    view.prefetch([("account", b"b"), ("key", b"c")])
    assert state.reads == [("account", b"a"), ("account", b"b"), ("key", b"c")]


def test_an_account_that_becomes_empty_is_no_record():
    view = View(DictState({("account", b"a"): Account(0, 5).encode()}))
    view.set_account(b"a", Account())
    assert view.get("account", b"a") is None
    assert view.changes()[0] == {("account", b"a"): None}
    view.credit(b"b", 0)
    assert list(view.changes()[0]) == [("account", b"a")]


def test_credit_keeps_nonce_and_code():
    code = b"\x07" * 32
    view = View(DictState({("account", b"a"): Account(3, 5, code).encode()}))
    view.credit(b"a", 7)
    assert view.account(b"a") == Account(3, 12, code)


def test_debit_takes_what_is_there_and_no_more():
    view = View(DictState({}))
    view.set_account(b"a", Account(3, 10, b"c" * 32))
    view.debit(b"a", 4)
    assert view.account(b"a") == Account(3, 6, b"c" * 32)
    with pytest.raises(AssertionError):
        view.debit(b"a", 7)
    assert view.account(b"a").balance == 6


def test_account_records():
    assert Account().encode() is None
    assert Account.decode(None) == Account()
    for account in (Account(1), Account(0, 1), Account(0, 0, bytes(32)), Account(2**64 - 1, 9)):
        assert Account.decode(account.encode()) == account

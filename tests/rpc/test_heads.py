"""The kept head: never an old one, and no question to the database while it stays."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace

import pytest

from consensus.events import BlockAdded, ChainReorganised
from core.bus import EventBus
from rpc import context, heads, listeners
from tests.rpc.played import PlayedInfo

REORG = ChainReorganised(*[None] * len(fields(ChainReorganised)))


@pytest.fixture
def ledger(monkeypatch):
    state = SimpleNamespace(head="a", asked=0, on_ask=lambda: None)

    def head():
        state.asked += 1
        found = state.head
        state.on_ask()
        return found

    monkeypatch.setattr(heads.queries, "head", head)
    monkeypatch.setattr(heads.views, "block_summary", lambda block: {"hash": block})
    yield state
    heads.stop()


def current() -> str:
    return heads.current()["hash"]


def test_without_news_of_heads_the_database_is_asked_each_time(ledger):
    assert current() == "a"
    ledger.head = "b"
    assert current() == "b"
    assert ledger.asked == 2


@pytest.mark.parametrize("event", [BlockAdded(None, ()), REORG])
def test_with_news_it_is_asked_once_a_head(ledger, event):
    bus = EventBus(lambda event, error: None)
    listeners.subscribe(bus)
    assert [current() for _ in range(5)] == ["a"] * 5
    assert ledger.asked == 1
    ledger.head = "b"
    bus.publish(event)
    assert [current() for _ in range(5)] == ["b"] * 5
    assert ledger.asked == 2


def test_a_head_that_moves_while_it_is_read_is_not_kept(ledger):
    heads.follow()

    def move() -> None:
        ledger.head = "b"
        ledger.on_ask = lambda: None
        heads.moved()

    ledger.on_ask = move
    assert current() == "a"
    assert current() == "b"


def test_another_node_in_the_process_starts_afresh(ledger):
    heads.follow()
    assert current() == "a"
    context.install(None)
    ledger.head = "b"
    assert current() == "b"
    ledger.head = "c"
    assert current() == "c"
    context.install(PlayedInfo())
    heads.follow()
    assert current() == "c"
    context.install(None)

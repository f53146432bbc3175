"""What is kept over a restart is written when it has to be, and again where that failed."""

from __future__ import annotations

from threading import Event as Flag

import pytest
from django.db import OperationalError

from p2p import keeper as module
from p2p.keeper import Keeper, Kept
from p2p.rules.events import Asked
from tests.p2p.net.ends import WAIT_S


class Store:
    """The tables, which may be away."""

    def __init__(self) -> None:
        self.saved: list[tuple[str, object]] = []
        self.wishes: list[list[Asked]] = []
        self.away = 0
        self.turned = Flag()

    def save_book(self, book: object) -> None:
        if self.away:
            self.away -= 1
            raise OperationalError("gone")
        self.saved.append(("book", book))

    def save_bans(self, bans: object) -> None:
        self.saved.append(("bans", bans))
        self.turned.set()

    def take_wishes(self) -> list[Asked]:
        found = self.wishes.pop(0) if self.wishes else []
        self.turned.set()
        return found

    def load_book(self) -> str:
        return "book"

    def load_bans(self) -> str:
        return "bans"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    monkeypatch.setattr(module, "store", made)
    monkeypatch.setattr(module, "WISHES_MS", 10)
    return made


def test_what_the_last_run_left(store):
    assert module.load() == Kept("book", "bans")


def test_the_latest_is_written(store):
    keeper = Keeper(lambda wish: None)
    keeper.save(Kept("old", "old"))
    keeper.save(Kept("book", "bans"))
    keeper.start()
    assert store.turned.wait(WAIT_S)
    keeper.stop()
    assert store.saved == [("book", "book"), ("bans", "bans")]


def test_what_comes_last_is_written_at_the_end(store):
    keeper = Keeper(lambda wish: None)
    keeper.start()
    keeper.save(Kept("book", "bans"))
    keeper.stop()
    assert store.saved == [("book", "book"), ("bans", "bans")]


def test_wishes_are_passed_on(store):
    wishes = [Asked("unban", b"a"), Asked("connect")]
    store.wishes = [[], wishes]
    heard, done = [], Flag()
    keeper = Keeper(lambda wish: (heard.append(wish), done.set() if len(heard) == 2 else None))
    keeper.start()
    assert done.wait(WAIT_S)
    keeper.stop()
    assert heard == wishes


def test_what_could_not_be_written_is_written_later(store, caplog):
    store.away = 2
    keeper = Keeper(lambda wish: None)
    keeper.save(Kept("book", "bans"))
    keeper.start()
    while not store.saved:
        assert store.turned.wait(WAIT_S)
    keeper.stop()
    assert store.saved[0] == ("book", "book")
    assert caplog.text.count("cannot be used") == 2


def test_newer_facts_replace_those_that_could_not_be_written(store):
    keeper = Keeper(lambda wish: None)
    store.away = 1
    keeper._turn(Kept("old", "old"), stopping=True)
    assert keeper._latest == Kept("old", "old")
    keeper.save(Kept("new", "new"))
    keeper.start()
    keeper.stop()
    assert store.saved == [("book", "new"), ("bans", "new")]

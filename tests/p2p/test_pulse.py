"""The engine's thread: what it hands on, and what it does when something fails."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

from p2p.hands import Hands
from p2p.net.inbox import Inbox
from p2p.net.limits import SENDS_BATCH
from p2p.pulse import Pulse
from p2p.rules.actions import (
    AdmitProof,
    AdmitTxs,
    BeginSnapshot,
    Close,
    Dial,
    ImportBlock,
    Note,
    RefusedBranch,
    Send,
    SetSyncing,
    StoreChunk,
)
from p2p.rules.events import HeadMoved, MessageReceived, Tick
from p2p.rules.steady import Steady
from tests.p2p.test_work import Told


class Recorder:
    """Every port of the hands; notes what it was asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.syncing = False

    def __getattr__(self, name: str) -> Any:
        return lambda what: self.calls.append((name, what))


def hands_of(port: Recorder) -> Hands:
    return Hands(
        switchboard=port, importing=port, admitting=port, loading=port, importer=port
    )  # fmt: skip


# ------------------------------------------------------------------ hands


def test_network_actions_are_handed_over_together_and_in_order():
    port = Recorder()
    hands = hands_of(port)
    actions = [Send(1, b"a"), Dial(None, "asked"), Close(1, "goodbye")]
    hands.do(actions[:2])
    hands.do(actions[2:])
    assert port.calls == []
    hands.flush()
    hands.flush()
    assert port.calls == [("perform", actions)]


def test_a_full_batch_goes_by_itself():
    port = Recorder()
    hands_of(port).do([Send(1, b"x")] * SENDS_BATCH)
    assert [name for name, _ in port.calls] == ["perform"]


def test_everything_else_goes_to_who_can():
    port = Recorder()
    block, txs, proof = ImportBlock(b"", 1, b""), AdmitTxs(1, "", (), ()), AdmitProof(1, None)
    begin, chunk = BeginSnapshot(None, ()), StoreChunk(b"", 0, b"", b"", ())
    branch = RefusedBranch(b"", 1, 2, 3)
    hands_of(port).do([block, txs, proof, begin, chunk, branch, SetSyncing(on=True)])
    assert [what for _, what in port.calls] == [block, txs, proof, begin, chunk, branch]
    assert [name for name, _ in port.calls] == ["do"] * 5 + ["alarm"]
    assert port.syncing


def test_notes_are_counted_and_logged(caplog):
    hands = hands_of(Recorder())
    with caplog.at_level(logging.INFO, "animica.p2p"):
        hands.do([Note("debug", "dull"), Note("warning", "odd", {"peer": "ab", "name": "x"})])
        hands.do([Note("warning", "odd")])
    assert hands.notes == {"dull": 1, "odd": 2}
    first = caplog.records[0]
    # A fact may have a name that lines of the log have themselves.
    assert (first.getMessage(), first.peer, first.name_) == ("odd", "ab", "x")
    assert len(caplog.records) == 2


# ------------------------------------------------------------------ the thread


class Engine:
    """Answers each event with what ``answers`` gives for its type."""

    def __init__(self) -> None:
        self.told = Told()
        self.answers: dict[type, Any] = {}
        self.head = lambda: SimpleNamespace(header="header", total_work=5)
        steady = Steady(SimpleNamespace(head=lambda: self.head()))
        self.ctx = SimpleNamespace(
            ledger=steady,
            steady=steady,
            peers={},
            actions=[],
            close=lambda peer, code, reason: self.ctx.actions.append(Close(peer.conn, code)),
        )

    def handle(self, event: Any, now: Any) -> list[Any]:
        assert now.wall_ms == 123
        self.told(event)
        answer = self.answers.get(type(event), [])
        return answer() if callable(answer) else answer

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]


class World:
    def __init__(self) -> None:
        self.port = Recorder()
        self.engine = Engine()
        self.inbox = Inbox(lambda conn: None)
        self.ended: list[Engine] = []
        self.ticks = 0
        self.trouble: Exception | None = None
        self.pulse = Pulse(
            engine=self.engine,
            inbox=self.inbox,
            hands=hands_of(self.port),
            clock=SimpleNamespace(now_ms=lambda: 123),
            after_tick=self._ticked,
            at_end=self.ended.append,
        )

    def _ticked(self, engine: Engine) -> None:
        self.ticks += 1
        if self.trouble is not None:
            raise self.trouble

    @property
    def done(self) -> list[Any]:
        return [each for name, batch in self.port.calls if name == "perform" for each in batch]


@pytest.fixture
def world() -> World:
    return World()


def test_events_are_handled_and_actions_done(world):
    world.engine.answers[MessageReceived] = [Send(1, b"answer")]
    world.pulse.start()
    world.inbox.post_of(1, MessageReceived(1, b"question"))
    world.engine.told.first(2)
    world.pulse.stop()
    assert world.engine.of(MessageReceived) == [MessageReceived(1, b"question")]
    assert Send(1, b"answer") in world.done
    assert world.engine.of(Tick) and world.ticks == len(world.engine.of(Tick))


def test_peers_hear_a_goodbye_at_the_end(world):
    world.engine.ctx.peers = {3: SimpleNamespace(conn=3)}
    world.pulse.start()
    world.engine.told.first(1)
    world.pulse.stop()
    assert world.done[-1] == Close(3, "stopping")
    assert world.ended == [world.engine]


def failing(world: World, error: Exception) -> Any:
    def fail() -> list[Any]:
        world.engine.ctx.actions.append(Send(9, b"decided before"))
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "closed"), [(OperationalError("gone"), False), (ZeroDivisionError(), True)]
)
def test_an_event_that_fails_costs_nothing_else(world, error, closed, caplog):
    """A fault of the database blames nobody; a message that meets a defect comes only once."""
    world.engine.answers[MessageReceived] = failing(world, error)
    world.pulse.handle(MessageReceived(4, b""))
    world.pulse.handle(Tick())
    world.pulse._hands.flush()
    assert world.done == [Send(9, b"decided before")] + [Close(4, "fault")] * closed
    assert world.engine.ctx.actions == []
    assert len(caplog.records) == 1


def test_hands_that_fail_do_not_end_the_thread(world, caplog):
    world.engine.answers[Tick] = [Note("no such level", "x")]
    world.pulse.handle(Tick())
    assert "could not be done" in caplog.text


def test_the_head_is_read_where_it_moved(world):
    world.pulse._look_at_head((b"old",))
    assert world.engine.told == [HeadMoved("header", 5, (b"old",))]


def test_a_head_that_was_read_for_views_is_not_taken_for_the_new_one(world):
    world.engine.ctx.ledger.head()
    world.engine.head = lambda: SimpleNamespace(header="next", total_work=6)
    world.pulse._look_at_head(())
    assert world.engine.told == [HeadMoved("next", 6)]


def test_a_head_that_could_not_be_read_is_read_later(world, caplog):
    good = world.engine.head

    def away() -> Any:
        raise OperationalError("gone")

    world.engine.head = away
    world.pulse._look_at_head((b"old",))
    world.pulse._look_at_head((b"older",))
    assert world.engine.told == []
    world.engine.head = good
    world.pulse._tick()
    world.pulse._tick()
    assert world.engine.of(HeadMoved) == [HeadMoved("header", 5, (b"old", b"older"))]


@pytest.mark.parametrize("trouble", [OperationalError("gone"), ZeroDivisionError()])
def test_what_follows_a_tick_may_fail(world, trouble, caplog):
    world.trouble = trouble
    world.pulse._tick()
    world.pulse._tick()
    assert world.ticks == 2 and len(caplog.records) == 2

"""The threads that work for the engine: order, verdicts, faults that are nobody's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Event as Flag
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

from chain.errors import StateBroken
from chain.values import SnapshotLoad
from consensus.errors import StateRootWrong
from core.errors import Refused
from mempool.errors import Duplicate
from mempool.values import Admission
from p2p import load, work
from p2p.load import Loading
from p2p.rules.actions import (
    AdmitProof,
    AdmitTxs,
    BeginSnapshot,
    ImportBlock,
    RefusedBranch,
    StoreChunk,
)
from p2p.rules.events import BlockJudged, ProofJudged, SnapshotStored, TxsJudged
from p2p.rules.refusals import Unjudged
from p2p.work import Admitting, Importing, Queue
from tests.p2p.net.ends import WAIT_S


class Told(list):
    """What came of it; ``first`` waits until so many verdicts are there."""

    def __init__(self) -> None:
        super().__init__()
        self._more = Flag()

    def __call__(self, event: Any) -> None:
        self.append(event)
        self._more.set()

    def first(self, count: int) -> list[Any]:
        while len(self) < count:
            self._more.clear()
            assert len(self) >= count or self._more.wait(WAIT_S), list(self)
        return self[:count]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Start a worker; it is stopped at the end."""

    def started(worker: Any) -> Any:
        worker.start()
        request.addfinalizer(worker.stop)
        return worker

    return started


# ------------------------------------------------------------------ queues


def test_a_queue_keeps_order_and_bound():
    queue: Queue[int] = Queue(2)
    assert [queue.put(number) for number in (1, 2, 3)] == [True, True, False]
    assert (queue.take(), queue.take_now(), queue.take_now()) == (1, 2, None)
    queue.put(5)
    queue.put_back([3, 4])
    assert [queue.take() for _ in range(3)] == [3, 4, 5]


def test_a_closed_queue_lets_go_of_all():
    queue: Queue[int] = Queue(2)
    found: list[object] = []
    thread = Thread(target=lambda: found.append(queue.take()))
    thread.start()
    queue.close()
    thread.join(WAIT_S)
    queue.put(1)
    assert found == [None] and queue.take() is None and queue.take_now() is None


# ------------------------------------------------------------------ blocks


class Importer:
    """Looks one block ahead, as the real one does; what it says is in the block's bytes."""

    def __init__(self) -> None:
        self.rows: list[list[bytes]] = []
        self.gate = Flag()
        self.gate.set()
        self.heard: list[tuple[Any, ...]] = []
        self.deep = SimpleNamespace(heard_of=lambda *facts: self.heard.append(facts))

    def between_blocks(self, task: Callable[[], None]) -> None:
        task()

    def import_blocks(self, raws: Iterable[bytes], *, source: str) -> Iterator[Any]:
        assert source == "peers"
        self.rows.append([])
        self.gate.wait(WAIT_S)
        ahead: list[bytes] = []
        source_of = iter(raws)
        while True:
            while len(ahead) < 2 and (raw := next(source_of, None)) is not None:
                ahead.append(raw)
            if not ahead:
                return
            raw = ahead.pop(0)
            self.rows[-1].append(raw)
            if raw in ERRORS:
                raise ERRORS[raw]
            yield SimpleNamespace(outcome=raw.decode())


ERRORS = {
    b"refused": StateRootWrong("not this root", field="roots.state"),
    b"database": OperationalError("gone"),
    b"broken": StateBroken("the head is not stored"),
    b"defect": ZeroDivisionError(),
}


def block(number: int, raw: bytes = b"added") -> ImportBlock:
    return ImportBlock(bytes([number]), number, raw)


def test_waiting_blocks_go_as_one_row_and_each_is_judged(told, run):
    importer = Importer()
    importer.gate.clear()
    importing = run(Importing(importer, told))
    for number in range(5):
        importing.do(block(number, b"side" if number == 3 else b"added"))
    importer.gate.set()
    assert told.first(5) == [
        BlockJudged(bytes([number]), number, "side" if number == 3 else "added")
        for number in range(5)
    ]
    assert len(importer.rows) == 1


def test_what_comes_behind_a_refused_block_is_judged_all_the_same(told, run):
    importer = Importer()
    importer.gate.clear()
    importing = run(Importing(importer, told))
    for number, raw in enumerate([b"added", b"refused", b"orphan", b"added"]):
        importing.do(block(number, raw))
    importer.gate.set()
    verdicts = told.first(4)
    assert [(one.height, one.outcome) for one in verdicts] == [
        (0, "added"),
        (1, ""),
        (2, "orphan"),
        (3, "added"),
    ]
    refusal = verdicts[1].refusal
    assert (type(refusal), refusal.facts) == (StateRootWrong, {"field": "roots.state"})
    # A fresh one: nothing holds on to what the block had passed through.
    assert refusal is not ERRORS[b"refused"] and refusal.__traceback__ is None
    assert not any(one.fault for one in verdicts)


@pytest.mark.parametrize("raw", [b"database", b"broken", b"defect"])
def test_a_fault_of_this_node_is_told_as_one(told, run, raw, caplog):
    importing = run(Importing(Importer(), told))
    importing.do(block(1, raw))
    assert told.first(1) == [BlockJudged(b"\x01", 1, "", None, fault=True)]
    importing.do(block(2))
    assert told.first(2)[1] == BlockJudged(b"\x02", 2, "added")
    assert "could not be judged" in caplog.text


def test_blocks_beyond_the_bound_are_answered_at_once(told, monkeypatch):
    monkeypatch.setattr(work, "IMPORTS_MOST", 1)
    importing = Importing(Importer(), told)
    importing.do(block(1))
    importing.do(block(2))
    assert told == [BlockJudged(b"\x02", 2, "", None, fault=True)]
    importing.stop()


def test_alarms_come_in_their_turn(told, run):
    importer = Importer()
    importer.gate.clear()
    importing = run(Importing(importer, told))
    importing.do(block(1))
    importing.do(block(2))
    importing.alarm(RefusedBranch(b"h" * 32, 9, 1234, 3))
    importing.do(block(3))
    importer.gate.set()
    told.first(3)
    assert importer.heard == [(b"h" * 32, 1234, 3)]
    assert importer.rows == [[b"added", b"added"], [b"added"]]


def test_an_alarm_that_fails_is_nobodys_verdict(told, run, caplog):
    importer = Importer()
    importer.deep = SimpleNamespace(heard_of=raising(OperationalError("gone")))
    importing = run(Importing(importer, told))
    importing.alarm(RefusedBranch(b"h" * 32, 9, 1234, 3))
    importing.do(block(1))
    assert told.first(1) == [BlockJudged(b"\x01", 1, "added")]


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail


# ------------------------------------------------------------------ transactions and proofs


ENVELOPE = SimpleNamespace(digest=b"d" * 32)


def txs(count: int = 2) -> AdmitTxs:
    ids = tuple(bytes([number]) * 32 for number in range(count))
    return AdmitTxs(7, "peer:ab", ids, tuple(one[:4] for one in ids))


def admitting(told: Told, *, submit: Any = None, add: Any = None) -> Admitting:
    pool = SimpleNamespace(submit_many=submit or raising(AssertionError()))
    return Admitting(pool, SimpleNamespace(add=add or raising(AssertionError())), told)


def test_transactions_are_judged_one_by_one(told, run):
    known = Duplicate("the transaction is in the pool", txid="0x00")

    def submit(raws, source):
        assert (raws, source) == (txs(3).raws, "peer:ab")
        return [Admission(txs().txids[0], "ready"), known, OperationalError("gone")]

    run(admitting(told, submit=submit)).do(txs(3))
    (judged,) = told.first(1)
    assert (judged.conn, judged.txids) == (7, txs(3).txids)
    assert [type(one) for one in judged.refusals] == [type(None), Duplicate, Unjudged]
    assert judged.refusals[1].facts == {"txid": "0x00"}


@pytest.mark.parametrize("error", [OperationalError("gone"), ZeroDivisionError()])
def test_a_pool_that_fails_blames_nobody(told, run, error, caplog):
    worker = run(admitting(told, submit=raising(error), add=raising(error)))
    worker.do(txs(2))
    worker.do(AdmitProof(7, ENVELOPE))
    judged, proof = told.first(2)
    assert isinstance(judged, TxsJudged) and isinstance(proof, ProofJudged)
    assert [type(one) for one in judged.refusals] == [Unjudged] * 2
    assert type(proof.refusal) is Unjudged
    assert "could not be judged" in caplog.text


def test_proofs_are_judged(told, run):
    outcomes: list[Exception | None] = [None, StateRootWrong("say")]

    def add(envelope):
        assert envelope is ENVELOPE
        if (error := outcomes.pop(0)) is not None:
            raise error

    worker = run(admitting(told, add=add))
    worker.do(AdmitProof(7, ENVELOPE))
    worker.do(AdmitProof(8, ENVELOPE))
    taken, refused = told.first(2)
    assert taken == ProofJudged(7, ENVELOPE.digest, None)
    assert (refused.conn, type(refused.refusal)) == (8, StateRootWrong)


def test_what_is_too_much_to_admit_is_answered_at_once(told, monkeypatch):
    monkeypatch.setattr(work, "ADMISSIONS_MOST", 0)
    worker = admitting(told)
    worker.do(txs(2))
    worker.do(AdmitProof(7, ENVELOPE))
    assert [type(one) for one in (*told[0].refusals, told[1].refusal)] == [Unjudged] * 3
    worker.stop()


# ------------------------------------------------------------------ snapshots


class Loader:
    """Two chunks and it is whole; says what it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.error = error

    def begin(self, headers: Any) -> SnapshotLoad:
        self.asked.append(f"begin {headers}")
        return self._load(b"0", 0)

    def store(self, **chunk: Any) -> SnapshotLoad:
        self.asked.append(f"store {chunk['index']}")
        if self.error is not None:
            raise self.error
        return self._load(b"1" if chunk["index"] == 0 else None, chunk["index"] + 1)

    def finish(self, hash: bytes) -> None:
        self.asked.append("finish")

    @staticmethod
    def _load(following: bytes | None, chunks: int) -> SnapshotLoad:
        return SnapshotLoad(b"h" * 32, 5, following, chunks, 10 * chunks)


BEGIN = BeginSnapshot(SimpleNamespace(hash=b"h" * 32), ["headers"])


def chunk(index: int) -> StoreChunk:
    return StoreChunk(b"h" * 32, index, b"a", b"b", [])


def test_a_snapshot_is_loaded_step_by_step(told, run):
    loader = Loader()
    worker = run(Loading(loader, told))
    for action in (BEGIN, chunk(0), chunk(1)):
        worker.do(action)
    assert told.first(3) == [
        SnapshotStored(b"h" * 32, b"0", 0, 0),
        SnapshotStored(b"h" * 32, b"1", 1, 10),
        SnapshotStored(b"h" * 32, None, 2, 20),
    ]
    assert loader.asked == ["begin ['headers']", "store 0", "store 1", "finish"]


@pytest.mark.parametrize(
    ("error", "refusal", "fault"),
    [
        (StateRootWrong("not its root"), StateRootWrong, False),
        (OperationalError("gone"), type(None), True),
        (ZeroDivisionError(), type(None), True),
    ],
)
def test_a_step_that_fails(told, run, error, refusal, fault):
    worker = run(Loading(Loader(error), told))
    worker.do(chunk(0))
    (stored,) = told.first(1)
    assert (type(stored.refusal), stored.fault, stored.following) == (refusal, fault, None)
    assert not isinstance(stored.refusal, Refused) or stored.refusal is not error


def test_chunks_beyond_the_bound_are_answered_at_once(told, monkeypatch):
    monkeypatch.setattr(load, "LOADS_MOST", 0)
    worker = Loading(Loader(), told)
    worker.do(chunk(0))
    worker.do(BEGIN)
    assert told == [SnapshotStored(b"h" * 32, None, fault=True)] * 2
    worker.stop()

"""Threads that do what the engine asks for and tell it what came of it.

Each has a bounded queue and its own connections to the database. A fault of this node is told as
one and blamed on nobody.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from threading import Condition, Thread
from typing import Generic, TypeVar

from django.db import Error as DatabaseFault
from django.db import connections

from consensus.proof_pool import ProofPool
from consensus.service import Importer
from core.errors import NodeFault, Refused
from mempool.service import Pool
from p2p.net.limits import ADMISSIONS_MOST, IMPORTS_MOST, STOP_MS
from p2p.rules.actions import AdmitProof, AdmitTxs, ImportBlock, RefusedBranch
from p2p.rules.events import BlockJudged, Event, ProofJudged, TxsJudged
from p2p.rules.refusals import Unjudged

log = logging.getLogger("animica.p2p")

T = TypeVar("T")
Post = Callable[[Event], None]


class Queue(Generic[T]):
    """Items for one thread, in order, so many at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: deque[T] = deque()
        self._some = Condition()
        self._closed = False

    def put(self, item: T) -> bool:
        """Append an item; False where there is no room."""
        with self._some:
            if len(self._items) >= self._most:
                return False
            self._items.append(item)
            self._some.notify()
            return True

    def put_back(self, items: Iterable[T]) -> None:
        """What was taken and not worked on comes first again."""
        with self._some:
            self._items.extendleft(reversed(tuple(items)))

    def take(self) -> T | None:
        """The next item, waited for; None once the queue is closed."""
        with self._some:
            while not self._items and not self._closed:
                self._some.wait()
            return None if self._closed else self._items.popleft()

    def take_now(self) -> T | None:
        """The next item if one is there."""
        with self._some:
            return self._items.popleft() if self._items and not self._closed else None

    def close(self) -> None:
        """End the thread after the item in hand; the others are let go."""
        with self._some:
            self._closed = True
            self._some.notify_all()


class Worker(Generic[T]):
    """A thread around a queue; subclasses say what is done with an item."""

    def __init__(self, name: str, most: int, post: Post) -> None:
        self._queue: Queue[T] = Queue(most)
        self._post = post
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End after the item in hand."""
        self._queue.close()
        if self._thread.is_alive():
            self._thread.join(STOP_MS / 1000)
            if self._thread.is_alive():
                log.error("the thread %s did not end in time", self._thread.name)

    def _run(self) -> None:
        try:
            while (item := self._queue.take()) is not None:
                self._work(item)
        finally:
            connections.close_all()

    def _work(self, item: T) -> None:
        raise NotImplementedError


class Importing(Worker[ImportBlock | RefusedBranch]):
    """Imports blocks in their order, those that wait in a row as one row."""

    def __init__(self, importer: Importer, post: Post) -> None:
        super().__init__("p2p-import", IMPORTS_MOST, post)
        self._importer = importer

    def do(self, action: ImportBlock) -> None:
        """Have a block imported."""
        if not self._queue.put(action):
            self._post(BlockJudged(action.hash, action.height, "", fault=True))

    def alarm(self, branch: RefusedBranch) -> None:
        """Have the importer hear of a branch that this node does not follow."""
        if not self._queue.put(branch):
            log.error("no room to raise the alarm about %s", branch.hash.hex())

    def _work(self, item: ImportBlock | RefusedBranch) -> None:
        given: deque[ImportBlock] = deque()
        try:
            if isinstance(item, RefusedBranch):
                self._raise_alarm(item)
                return
            row = self._importer.import_blocks(self._row(item, given), source="peers")
            for result in row:
                done = given.popleft()
                self._post(BlockJudged(done.hash, done.height, result.outcome))
        except Refused as refusal:
            self._judge(given, refusal=fresh(refusal))
        except (DatabaseFault, NodeFault) as fault:
            log.error("a block of a peer could not be judged: %s", fault)
            connections.close_all()  # a broken connection is not asked again
            self._judge(given, fault=True)
        except Exception:
            log.exception("a block of a peer could not be judged")
            connections.close_all()
            self._judge(given, fault=True)

    def _raise_alarm(self, branch: RefusedBranch) -> None:
        heard_of = self._importer.deep.heard_of
        self._importer.between_blocks(
            lambda: heard_of(branch.hash, branch.work, branch.fork_height)
        )

    def _row(self, first: ImportBlock, given: deque[ImportBlock]) -> Iterator[bytes]:
        item: ImportBlock | RefusedBranch | None = first
        while isinstance(item, ImportBlock):
            given.append(item)
            yield item.raw
            item = self._queue.take_now()
        if item is not None:
            self._queue.put_back([item])

    def _judge(
        self, given: deque[ImportBlock], *, refusal: Refused | None = None, fault: bool = False
    ) -> None:
        """The first of those given out is the one that it is about; the others come again."""
        if not given:
            return  # it was an alarm, which nobody waits for
        failed = given.popleft()
        self._queue.put_back(given)
        self._post(BlockJudged(failed.hash, failed.height, "", refusal, fault))


class Admitting(Worker[AdmitTxs | AdmitProof]):
    """Hands transactions and proofs of peers to the pools."""

    def __init__(self, pool: Pool, proofs: ProofPool, post: Post) -> None:
        super().__init__("p2p-admit", ADMISSIONS_MOST, post)
        self._pool = pool
        self._proofs = proofs

    def do(self, action: AdmitTxs | AdmitProof) -> None:
        """Have transactions or a proof admitted."""
        if not self._queue.put(action):
            self._unjudged(action, "too many wait to be admitted")

    def _work(self, item: AdmitTxs | AdmitProof) -> None:
        try:
            if isinstance(item, AdmitTxs):
                self._post(TxsJudged(item.conn, item.txids, self._submit(item)))
            else:
                self._post(ProofJudged(item.conn, item.envelope.digest, self._add(item)))
        except (DatabaseFault, NodeFault) as fault:
            log.error("what a peer sent could not be judged: %s", fault)
            connections.close_all()
            self._unjudged(item, "the database does not answer")
        except Exception:
            log.exception("what a peer sent could not be judged")
            connections.close_all()
            self._unjudged(item, "this node failed")

    def _submit(self, item: AdmitTxs) -> tuple[Refused | None, ...]:
        outcomes = self._pool.submit_many(item.raws, item.source)
        refusals: list[Refused | None] = []
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                refusals.append(fresh(outcome))
            elif isinstance(outcome, DatabaseFault):
                refusals.append(Unjudged("the database does not answer"))
            else:
                refusals.append(None)
        return tuple(refusals)

    def _add(self, item: AdmitProof) -> Refused | None:
        try:
            self._proofs.add(item.envelope)
        except Refused as refusal:
            return fresh(refusal)
        return None

    def _unjudged(self, item: AdmitTxs | AdmitProof, why: str) -> None:
        if isinstance(item, AdmitTxs):
            refusals = tuple(Unjudged(why) for _ in item.txids)
            self._post(TxsJudged(item.conn, item.txids, refusals))
        else:
            self._post(ProofJudged(item.conn, item.envelope.digest, Unjudged(why)))


def fresh(refusal: Refused) -> Refused:
    """The same refusal without its traceback, which holds on to everything it passed."""
    return type(refusal)(refusal.message, **refusal.facts)

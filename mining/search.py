"""Worker processes that share one search for a nonce. Source: docs/spec/mining.md.

Ranges are sized to keep a worker busy for about ``range_ms``: long enough that messages cost
nothing, short enough that a new head is worked on at once and a lost worker loses little.

The workers are plain child processes on socket pairs. ``multiprocessing`` would start each by
running the parent's main module again, and fork is unsafe beside the node's threads.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Lock
from time import monotonic

from mining.errors import WorkersLost
from mining.nonces import NONCE_LIMIT, Answer, Order, carry_out, search_range

__all__ = ["SearchPool", "ShareHunt", "search_range"]

log = logging.getLogger("animica.mining")

MOST_WORKERS = 256
_ROOT = Path(__file__).resolve().parent.parent
_FIRST_COUNT = 20_000
_LEAST_COUNT = 1_000
_MOST_COUNT = 8_000_000
_POLL_S = 0.02
_ANSWER_WITHIN_S = 30.0
_DEATHS_IN_A_ROW = 8


@dataclass(eq=False)
class _Worker:
    """A child process, the range it holds, and its measured speed (hashes a second)."""

    process: subprocess.Popen[bytes]
    connection: Connection
    order: Order | None = None
    since: float = 0.0
    rate: int = 0


class _Ranges:
    """Hands out the ranges of one search: first those that a lost worker left, then new ones."""

    def __init__(self, start: int) -> None:
        self._next = start
        self._returned: deque[tuple[int, int]] = deque()

    def take(self, count: int) -> tuple[int, int] | None:
        """A range (start, count); None when every nonce is handed out."""
        if self._returned:
            return self._returned.popleft()
        count = min(count, NONCE_LIMIT - self._next)
        if count <= 0:
            return None
        start, self._next = self._next, self._next + count
        return start, count

    def give_back(self, start: int, count: int) -> None:
        """A range that nobody finished."""
        self._returned.append((start, count))


@dataclass
class ShareHunt:
    """What to do with draws below ``threshold`` that seal no block.

    ``take`` gets their nonces as they are found, in the thread that searches, and says whether it
    wants more.
    """

    threshold: int
    take: Callable[[int], bool]


@dataclass
class _Search:
    """One search while it runs; ``hunt`` as long as shares are wanted."""

    job: int
    seal_prefix: bytes
    threshold: int
    ranges: _Ranges
    hunt: ShareHunt | None
    found: int | None = None

    def order(self, start: int, count: int) -> Order:
        """A range of it, to be carried out."""
        below = self.hunt.threshold if self.hunt else 0
        return Order(self.job, self.seal_prefix, start, count, self.threshold, below)

    def take(self, answer: Answer) -> None:
        """What a range has brought."""
        if answer.nonce is not None:
            self.found = answer.nonce
        for nonce in answer.shares:
            if self.hunt is not None and not self.hunt.take(nonce):
                self.hunt = None


class SearchPool:
    """``workers`` processes that search together; 0 searches in the caller's thread.

    Safe to call from any thread; searches run one at a time.
    """

    def __init__(self, workers: int, *, range_ms: int = 100) -> None:
        if not 0 <= workers <= MOST_WORKERS:
            raise ValueError(f"workers is 0 to {MOST_WORKERS}")
        if range_ms < 50:
            raise ValueError("range_ms is at least 50")
        self.size = workers
        self.hashes = 0
        """Hashes tried since the pool was made."""
        self._range_ms = range_ms
        self._workers: list[_Worker] = []
        self._own_rate = 0
        self._job = 0
        self._deaths = 0
        self._stopping = False
        self._turn = Lock()

    @property
    def rate(self) -> int:
        """Hashes a second while searching, all workers together; 0 until measured."""
        return self._own_rate + sum(worker.rate for worker in self._workers)

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.process.pid for worker in self._workers]

    def start(self) -> None:
        """Start the processes; returns at once."""
        with self._turn:
            self._stopping = False
            self._fill()

    def stop(self) -> None:
        """End a search that runs, then the processes. Takes well under a second."""
        self._stopping = True
        with self._turn:
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.connection.close()
        # A range may have a while to go and holds nothing worth saving.
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.wait()

    def search(
        self,
        seal_prefix: bytes,
        threshold: int,
        cancelled: Callable[[], bool],
        start: int = 0,
        hunt: ShareHunt | None = None,
    ) -> int | None:
        """A nonce from ``start`` on whose draw is below ``threshold``, or None once ``cancelled``.

        ``cancelled`` is asked at least every 20 ms with processes, after each range without.
        ``hunt`` gets shares that are found on the way; those of ranges that are still out when the
        search ends are lost.
        None also after ``stop``. Raises ``WorkersLost`` when processes do not stay alive.
        """
        with self._turn:
            self._job += 1
            search = _Search(self._job, seal_prefix, threshold, _Ranges(start), hunt)
            if self.size == 0:
                return self._search_here(search, cancelled)
            if not self._stopping:
                self._fill()
                self._collect(search, 0)  # what workers still had to say of the search before
            while search.found is None and not cancelled() and not self._stopping:
                self._feed(search)
                self._collect(search, _POLL_S)
            return search.found

    def _fill(self) -> None:
        while len(self._workers) < self.size:
            self._workers.append(_spawn())

    def _search_here(self, search: _Search, cancelled: Callable[[], bool]) -> int | None:
        while not cancelled() and not self._stopping:
            part = search.ranges.take(self._count_for(self._own_rate))
            if part is None:
                return None
            answer = carry_out(search.order(*part))
            self._own_rate = self._measured(answer, self._own_rate)
            search.take(answer)
            if search.found is not None:
                return search.found
        return None

    def _feed(self, search: _Search) -> None:
        """Give every idle worker a range, and end those that have been silent for too long."""
        now = monotonic()
        for worker in list(self._workers):
            if worker.order is not None:
                if now - worker.since > _ANSWER_WITHIN_S:
                    self._replace(worker, search)
                continue
            part = search.ranges.take(self._count_for(worker.rate))
            if part is None:
                return
            worker.order = search.order(*part)
            worker.since = now
            try:
                worker.connection.send(worker.order)
            except OSError:
                self._replace(worker, search)

    def _collect(self, search: _Search, timeout_s: float) -> None:
        """Take the answers that are there, waiting up to ``timeout_s`` for the first of them."""
        workers: dict[object, _Worker] = {worker.connection: worker for worker in self._workers}
        for ready in wait([worker.connection for worker in self._workers], timeout_s):
            worker = workers[ready]
            try:
                answer: Answer = worker.connection.recv()
            except (EOFError, OSError):
                self._replace(worker, search)
                continue
            worker.order = None
            worker.rate = self._measured(answer, worker.rate)
            self._deaths = 0
            if answer.job == search.job:
                search.take(answer)

    def _replace(self, worker: _Worker, search: _Search) -> None:
        """Put a new process in a lost one's place; its range goes to whoever is free next."""
        worker.connection.close()
        worker.process.kill()
        status = worker.process.wait()
        log.warning("miner worker %d ended with status %d; replaced", worker.process.pid, status)
        if worker.order is not None and worker.order.job == search.job:
            search.ranges.give_back(worker.order.start, worker.order.length)
        self._workers.remove(worker)
        self._deaths += 1
        if self._deaths >= _DEATHS_IN_A_ROW:
            self._deaths = 0
            raise WorkersLost(
                f"{_DEATHS_IN_A_ROW} miner workers ended in a row, the last with status {status}",
                status=status,
            )
        self._workers.append(_spawn())

    def _count_for(self, rate: int) -> int:
        if rate == 0:
            return _FIRST_COUNT
        return max(_LEAST_COUNT, min(_MOST_COUNT, rate * self._range_ms // 1000))

    def _measured(self, answer: Answer, before: int) -> int:
        """Count the hashes; the speed moves a quarter of the way to what was just measured."""
        self.hashes += answer.hashes
        if answer.hashes < _LEAST_COUNT:
            return before  # too short to time
        now = answer.hashes * 1_000_000_000 // max(1, answer.elapsed_ns)
        return now if before == 0 else (3 * before + now) // 4


def _spawn() -> _Worker:
    ours, theirs = socket.socketpair()
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "mining.worker", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": path},
            # Out of the terminal's process group: Ctrl-C is the node's to handle.
            start_new_session=True,
        )
    finally:
        theirs.close()
    return _Worker(process, Connection(ours.detach()))

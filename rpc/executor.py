"""Owned threads for work that touches the database, with a bounded queue.

A thread keeps its database connection between jobs, because opening one per request costs more
than the request. Handing a job over and its result back costs more than a short job too, since
loop and thread then fight for the interpreter. So they take turns: one wake-up serves all jobs
of a turn of the loop, and one more brings back what the thread has done. A tick sees to it that
a slow job keeps neither the jobs behind it waiting nor the results before it.
Source: docs/spec/rpc.md.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from django.db import connections

from rpc.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")

TICK_SECONDS = 0.002
CLOSE_SECONDS = 2.0


class Executor:
    """``threads`` workers and at most ``queue`` jobs waiting for one; more raise ``Busy``."""

    def __init__(self, threads: int, queue: int) -> None:
        self._most = threads + queue
        self._closed = False
        self._jobs: deque[tuple[_Turns, asyncio.Future[Any], Callable[[], Any]]] = deque()
        self._wakes: SimpleQueue[bool] = SimpleQueue()
        self._turns: _Turns | None = None
        self._threads = [
            threading.Thread(target=self._work, name=f"rpc-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job on one of the threads; its exception is raised here."""
        loop = asyncio.get_running_loop()
        turns = self._turns
        if turns is None or turns.loop is not loop:
            turns = self._turns = _Turns(loop, self._wake)
        if self._closed or turns.unfinished >= self._most:
            raise Busy(f"{self._most} requests are being served or waiting", limit=self._most)
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.append((turns, future, lambda: job(*args, **kwargs)))
        turns.begin()
        return await future

    def close(self) -> None:
        """Finish the queued jobs and end the threads with their database connections.

        After ``CLOSE_SECONDS`` what is still queued is forgotten: whoever asked has gone, and the
        threads end with the process.
        """
        self._closed = True
        for _ in self._threads:
            self._wakes.put(False)
        until = time.monotonic() + CLOSE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._jobs.clear()

    def _wake(self) -> None:
        if self._jobs:
            self._wakes.put(True)

    def _work(self) -> None:
        try:
            while self._wakes.get():
                self._drain()
            self._drain()
        finally:
            connections.close_all()

    def _drain(self) -> None:
        """Do jobs until there are none; the threads that are awake share them."""
        turns: _Turns | None = None
        while True:
            try:
                turns, future, job = self._jobs.popleft()
            except IndexError:
                break
            turns.done.append((future, *_outcome(job)))
        if turns is not None:
            turns.call_loop()


def _outcome(job: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Result and exception of a job; drops a connection that an error has left unusable.

    Age is no reason to close one: these threads live as long as the node.
    """
    try:
        return job(), None
    except BaseException as error:  # noqa: BLE001 - it is raised where the job was asked for
        return None, error
    finally:
        for connection in connections.all(initialized_only=True):
            if connection.errors_occurred:
                connection.close_if_unusable_or_obsolete()


class _Turns:
    """Jobs on their way from one event loop and back. All but ``call_loop`` runs on the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self.loop = loop
        self.unfinished = 0
        self.done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._wake = wake
        self._waking = False
        self._tick: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Count a job in; a thread is woken once the loop has taken in all that it can."""
        self.unfinished += 1
        if not self._waking:
            self._waking = True
            self.loop.call_soon(self._end_of_turn)
        if self._tick is None:
            self._tick = self.loop.call_later(TICK_SECONDS, self._on_tick)

    def _end_of_turn(self) -> None:
        self._waking = False
        self._wake()

    def _on_tick(self) -> None:
        self._tick = None
        self._deliver()
        if self.unfinished:
            self._wake()  # jobs that still wait get a thread more
            self._tick = self.loop.call_later(TICK_SECONDS, self._on_tick)

    def call_loop(self) -> None:
        """From a thread that has run out of jobs: have the results fetched."""
        try:
            self.loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:
            self.done.clear()  # the loop has ended, and with it everyone who asked

    def _deliver(self) -> None:
        while self.done:
            future, result, error = self.done.popleft()
            self.unfinished -= 1
            if future.done():
                continue  # cancelled: nobody waits for it
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

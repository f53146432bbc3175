"""Owned threads for work that touches the database, with a bounded queue.

A thread keeps its database connection between jobs, because opening one per request costs more
than the request. Results go back to the loop in groups: waking it is half the cost of a short
job, and a pool of the standard library pays it for each. Source: docs/spec/rpc.md.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from django.db import connections

from rpc.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")
_Job = tuple["_Returns", "asyncio.Future[Any]", Callable[[], Any]]


class Executor:
    """``threads`` workers and at most ``queue`` jobs waiting for one; more raise ``Busy``."""

    def __init__(self, threads: int, queue: int) -> None:
        self._most = threads + queue
        self._unfinished = 0
        self._closed = False
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._returns: _Returns | None = None
        self._threads = [
            threading.Thread(target=self._work, name=f"rpc-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job on one of the threads; its exception is raised here."""
        if self._closed or self._unfinished >= self._most:
            raise Busy(f"{self._most} requests are being served or waiting", limit=self._most)
        loop = asyncio.get_running_loop()
        if self._returns is None or self._returns.loop is not loop:
            self._returns = _Returns(loop)
        future: asyncio.Future[T] = loop.create_future()
        self._unfinished += 1
        future.add_done_callback(self._finished)
        self._jobs.put((self._returns, future, lambda: job(*args, **kwargs)))
        return await future

    def _finished(self, _: object) -> None:
        self._unfinished -= 1

    def close(self) -> None:
        """Finish the queued jobs and end the threads with their database connections."""
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        try:
            while (entry := self._jobs.get()) is not None:
                returns, future, job = entry
                if not future.cancelled():
                    returns.add(future, *_outcome(job))
        finally:
            connections.close_all()


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


class _Returns:
    """Finished jobs on their way to one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._called = False

    def add(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        """From a worker: queue an outcome, and wake the loop unless that is done already."""
        self._done.append((future, result, error))
        if not self._called:
            self._called = True
            try:
                self.loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:
                self._done.clear()  # the loop has ended, and with it everyone who asked

    def _deliver(self) -> None:
        """On the loop. The flag falls first: an outcome added after this look wakes it again."""
        self._called = False
        while self._done:
            future, result, error = self._done.popleft()
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

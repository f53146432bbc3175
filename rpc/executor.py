"""Owned threads for work that touches the database, with a bounded queue.

A thread keeps its database connection between jobs, because opening one per request costs more
than the request. Source: docs/spec/rpc.md.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

from rpc.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")


class Executor:
    """``threads`` workers and at most ``queue`` jobs waiting for one; more raise ``Busy``."""

    def __init__(self, threads: int, queue: int) -> None:
        self._threads = threads
        self._most = threads + queue
        self._unfinished = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="rpc")

    def submit(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a job; its result or exception is in the future."""
        with self._lock:
            if self._unfinished >= self._most:
                raise Busy(f"{self._most} requests are being served or waiting", limit=self._most)
            self._unfinished += 1
        future = self._pool.submit(_on_sound_connections, lambda: job(*args, **kwargs))
        future.add_done_callback(self._finished)
        return future

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like ``submit``, awaited."""
        return await asyncio.wrap_future(self.submit(job, *args, **kwargs))

    def _finished(self, _: object) -> None:
        with self._lock:
            self._unfinished -= 1

    def close(self) -> None:
        """Finish queued jobs, close every thread's connections, end the threads."""
        together = threading.Barrier(self._threads)

        def close_own() -> None:
            # The barrier makes each thread take exactly one of these jobs.
            together.wait(timeout=10)
            connections.close_all()

        for future in [self._pool.submit(close_own) for _ in range(self._threads)]:
            future.result()
        self._pool.shutdown()


def _on_sound_connections(job: Callable[[], T]) -> T:
    """Run a job; afterwards drop a connection that an error has left unusable."""
    try:
        return job()
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()

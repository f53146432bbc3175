"""The embedded task runner: coarse work on a bounded pool of threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class ThreadRunner:
    """Threads suffice where the library releases the interpreter lock, as signatures do."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="verify")

    def map(self, function: Callable[..., T], items: Sequence[object]) -> list[T]:
        """Apply ``function`` to every item in parallel; results in order, first error raised."""
        if len(items) < 2:
            return [function(item) for item in items]
        return list(self._pool.map(function, items))

    def start(self, function: Callable[..., T], item: object) -> Future[T]:
        """Apply ``function`` to one item on the next free thread."""
        return self._pool.submit(function, item)

    def close(self) -> None:
        """Wait for running work and end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

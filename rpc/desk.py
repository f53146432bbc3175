"""What both doors and the WebSocket share: the methods, their threads, the callers' allowance.

One desk per process; ``current()`` makes it from the settings on first use.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import ParamSpec, TypeVar

from django.conf import settings

from core.errors import AnimicaError
from rpc import methods
from rpc.caller import Caller
from rpc.dispatch import Dispatcher, failure
from rpc.executor import Executor
from rpc.limits import RateLimit
from rpc.metrics import Counting
from rpc.registry import Registry

RATE = 2_000
BURST = 4_000
THREADS = 8
QUEUE = 256

P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """Serves requests of all doors. ``rate`` is in requests a second and IP; 0 sets no limit."""

    def __init__(
        self,
        registry: Registry,
        *,
        rate: int = RATE,
        burst: int = BURST,
        threads: int = THREADS,
        queue: int = QUEUE,
    ) -> None:
        self._limit = RateLimit(rate, burst)
        self._executor = Executor(threads, queue)
        self._dispatcher = Dispatcher(registry, self._limit, Counting())

    async def answer(self, body: bytes, caller: Caller) -> bytes:
        """The JSON-RPC answer to a body; empty when there is none to send."""
        charged = Caller(caller.ip, caller.socket, partial(self._limit.spend, caller.ip))
        try:
            return await self.run(caller.ip, self._dispatcher.dispatch, body, charged)
        except AnimicaError as error:
            return failure(None, error)

    async def run(self, ip: str, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run other work of a caller; raises ``RateLimited`` or ``Busy`` before it starts."""
        self._limit.take(ip, 1)
        return await self._executor.run(job, *args, **kwargs)

    def charge(self, ip: str, cost: int) -> None:
        """Spend more requests of a caller for work that is larger; raises ``RateLimited``."""
        self._limit.take(ip, cost)

    def spend(self, ip: str, cost: int) -> None:
        """Take requests of a caller for work that is done; what is lacking is owed."""
        self._limit.spend(ip, cost)

    async def run_own(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work of the node itself; raises ``Busy``."""
        return await self._executor.run(job, *args, **kwargs)

    def close(self) -> None:
        """Finish what is queued and end the threads with their database connections."""
        self._executor.close()


class _Slot:
    desk: Desk | None = None
    lock = Lock()


def install(desk: Desk | None) -> Desk | None:
    """Make a desk this process's and return the one before; None: made anew when next needed."""
    with _Slot.lock:
        previous, _Slot.desk = _Slot.desk, desk
        return previous


def current() -> Desk:
    """This process's desk."""
    if _Slot.desk is None:
        with _Slot.lock:
            if _Slot.desk is None:
                _Slot.desk = from_settings()
    return _Slot.desk


def from_settings() -> Desk:
    """A desk of all methods with the sizes in ``RPC_RATE``, ``RPC_BURST`` and ``RPC_THREADS``."""
    rate = getattr(settings, "RPC_RATE", RATE)
    return Desk(
        methods.load(),
        rate=rate,
        burst=getattr(settings, "RPC_BURST", 2 * rate),
        threads=getattr(settings, "RPC_THREADS", THREADS),
    )

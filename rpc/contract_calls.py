"""Calls of contracts for callers: read, run, charged by their gas, shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from chain import contracts
from consensus import calls
from consensus.calls import Asked, Called
from core.receipt import OK, REVERTED
from core.tx import UnsignedTx
from execution.estimate import Least
from rpc import readings, views
from rpc.caller import Caller
from rpc.errors import Busy
from rpc.results.contracts import CallView

GAS_PER_REQUEST = 100_000
"""A call costs its caller one request for so much gas: half a millisecond of a core."""
AT_ONCE = 4
# Contracts may run for long; those who wait would keep threads from other readers.
_places = BoundedSemaphore(AT_ONCE)


def run(asked: Asked, height: int | None, caller: Caller) -> Called:
    """Run a call for a caller; raises ``Busy`` and as ``consensus.calls.run``."""
    with _place():
        called = calls.run(asked, height=height)
    _spend(caller, called.outcome.gas)
    return called


def least(unsigned: UnsignedTx, most: int, caller: Caller) -> Least:
    """Search for the least gas for a caller; raises ``Busy`` and as ``consensus.calls.least``."""
    with _place():
        found = calls.least(unsigned, most)
    _spend(caller, found.spent)
    return found


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise Busy(f"{AT_ONCE} contracts are being run", limit=AT_ONCE)
    try:
        yield
    finally:
        _places.release()


def _spend(caller: Caller, gas: int) -> None:
    """Charge gas that was used; what the allowance lacks is owed, and later requests wait."""
    caller.spend(gas // GAS_PER_REQUEST)


def view(asked: Asked, called: Called) -> CallView:
    """What a call did, with its result and events read by the interfaces of the contracts."""
    outcome, header = called.outcome, called.header
    faces = contracts.faces({asked.to} | {log.address for log in outcome.logs})
    succeeded = outcome.status == OK
    face = faces.get(asked.to)
    return {
        "status": outcome.status,  # type: ignore[typeddict-item]
        "outcome": views.OUTCOMES[outcome.status],
        "ret": views.hexed(outcome.ret),
        "result": readings.result(face, asked.data, outcome.ret) if succeeded else None,
        "reason": outcome.ret.decode("utf-8", "replace") if outcome.status == REVERTED else None,
        "failure": views.failure(outcome.status, outcome.ret),
        "gasUsed": outcome.gas,
        "logs": readings.events(outcome.logs, faces),
        "height": header.height,
        "blockHash": views.hexed(header.hash),
    }

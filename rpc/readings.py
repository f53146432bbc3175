"""Calls, results and events read by the interfaces of their contracts, added to plain views.

The bytes stay in the view; what no interface explains has the reading null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chain import contracts
from chain.values import TxOutcome
from core.receipt import OK, Log
from core.tx import UnsignedTx
from execution.abi import readings
from execution.abi.readings import Reading, Value
from execution.lang.tree import Module
from rpc import views
from rpc.results.contracts import EventView, ReadingView, ValueView
from rpc.results.tx import LogView, ReceiptView

CALL, DEPLOY = "call", "deploy"
Faces = dict[bytes, Module]


def value(found: Value) -> ValueView:
    """A value in its JSON form."""
    return {"name": found.name, "type": str(found.type), "value": found.json}


def reading(found: Reading | None) -> ReadingView | None:
    """A reading in its JSON form."""
    if found is None:
        return None
    return {"name": found.name, "values": [value(one) for one in found.values]}


def of_tx(unsigned: UnsignedTx, contract: bytes | None = None) -> ReadingView | None:
    """What a call or deployment asks of its contract; None for other kinds.

    ``contract`` is what a deployment has made.
    """
    body = unsigned.body
    if unsigned.kind == CALL:
        return _of_bytes(body.get("to"), body.get("data"), readings.of_call)
    if unsigned.kind == DEPLOY:
        return _of_bytes(contract, body.get("args"), readings.of_init)
    return None


def _of_bytes(
    contract: object, data: object, read: Callable[[Module, bytes], Reading | None]
) -> ReadingView | None:
    if not isinstance(contract, bytes) or not isinstance(data, bytes):
        return None
    face = contracts.faces([contract]).get(contract)
    return None if face is None else reading(read(face, data))


def of_receipt(found: TxOutcome, data: bytes | None) -> ReceiptView:
    """A receipt with its events and, where the calldata is kept, its result read."""
    view = views.receipt(found)
    logs = found.receipt.logs
    called = found.recipient if found.kind == CALL and found.receipt.status == OK else None
    if not logs and called is None:
        return view
    faces = contracts.faces({log.address for log in logs} | ({called} if called else set()))
    view["logs"] = events(logs, faces)
    if called is not None:
        view["result"] = result(faces.get(called), data, found.receipt.ret)
    return view


def result(face: Module | None, data: bytes | None, ret: bytes) -> ValueView | None:
    """What a successful call gave back, by the function that its calldata asked for."""
    name = None if data is None else readings.asked_function(data)
    function = None if face is None or name is None else readings.function_of(face, name)
    found = None if function is None else readings.of_result(function, ret)
    return None if found is None else value(found)


def events(logs: Sequence[Log], faces: Faces) -> list[EventView]:
    """Events with their readings."""
    return [{**views.event(log), "reading": _event(log, faces)} for log in logs]


def with_readings(lines: Sequence[LogView], logs: Sequence[Log]) -> list[LogView]:
    """The same for lines that have a place each."""
    faces = contracts.faces({log.address for log in logs})
    pairs = zip(lines, logs, strict=True)
    return [{**line, "reading": _event(log, faces)} for line, log in pairs]


def _event(log: Log, faces: Faces) -> ReadingView | None:
    face = faces.get(log.address)
    return None if face is None else reading(readings.of_event(face, log))

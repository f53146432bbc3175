"""Calls, results and events read by the interfaces of their contracts, added to plain views.

The bytes stay in the view; what no interface explains has the reading null.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def of_tx(unsigned: UnsignedTx, contract: bytes | None = None) -> dict[str, ReadingView | None]:
    """``reading`` of a call or deployment, nothing for other kinds.

    ``contract`` is what a deployment has made.
    """
    if unsigned.kind == CALL:
        to, data = unsigned.body.get("to"), unsigned.body.get("data")
        face = contracts.faces([to]).get(to) if isinstance(to, bytes) else None
        fits = face is not None and isinstance(data, bytes)
        return {"reading": reading(readings.of_call(face, data)) if fits else None}
    if unsigned.kind == DEPLOY:
        face = contracts.faces([contract]).get(contract) if contract is not None else None
        args = unsigned.body.get("args")
        fits = face is not None and isinstance(args, bytes)
        return {"reading": reading(readings.of_init(face, args)) if fits else None}
    return {}


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

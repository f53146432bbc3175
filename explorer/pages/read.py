"""Transactions and their events as the contracts' interfaces read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chain import contracts
from chain.values import LogLine, TxOutcome
from core.receipt import OK, Log
from core.tx import UnsignedTx
from execution.abi import readings
from execution.abi.readings import Reading, Value
from execution.lang.tree import Module

_CALL, _DEPLOY = "call", "deploy"


@dataclass(frozen=True)
class Event:
    """An event, read by the interface where that fits; ``line`` says where it is, in a list."""

    log: Log
    reading: Reading | None
    line: LogLine | None = None


def of_waiting(unsigned: UnsignedTx) -> dict[str, Any]:
    """What a transaction that waits asks of a contract."""
    to, data = unsigned.body.get("to"), unsigned.body.get("data")
    if unsigned.kind != _CALL or not isinstance(to, bytes) or not isinstance(data, bytes):
        return {}
    face = contracts.faces([to]).get(to)
    return {} if face is None else {"asked": readings.of_call(face, data)}


def of_mined(mined: TxOutcome, unsigned: UnsignedTx | None) -> dict[str, Any]:
    """What a mined transaction asked, gave back and emitted; ``unsigned`` None where pruned."""
    logs, contract = mined.receipt.logs, mined.recipient
    if mined.kind not in (_CALL, _DEPLOY):
        contract = None
    wanted = {log.address for log in logs} | ({contract} if contract else set())
    faces = contracts.faces(wanted) if wanted else {}
    found: dict[str, Any] = {"events": [Event(log, event(faces, log)) for log in logs]}
    face = None if contract is None else faces.get(contract)
    if mined.kind == _DEPLOY and contract is not None:
        found["deployed"] = contract
    if face is not None and unsigned is not None:
        found |= _asked(face, unsigned, mined)
    return found


def event(faces: dict[bytes, Module], log: Log) -> Reading | None:
    """An event by the interface of the contract that emitted it."""
    face = faces.get(log.address)
    return None if face is None else readings.of_event(face, log)


def _asked(face: Module, unsigned: UnsignedTx, mined: TxOutcome) -> dict[str, Any]:
    data = unsigned.body.get("args" if mined.kind == _DEPLOY else "data")
    if not isinstance(data, bytes):
        return {}
    if mined.kind == _DEPLOY:
        return {"asked": readings.of_init(face, data)}
    return {"asked": readings.of_call(face, data), "result": _result(face, data, mined)}


def _result(face: Module, data: bytes, mined: TxOutcome) -> Value | None:
    name = readings.asked_function(data)
    function = None if name is None else readings.function_of(face, name)
    if function is None or mined.receipt.status != OK:
        return None
    return readings.of_result(function, mined.receipt.ret)

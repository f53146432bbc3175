"""``/api/v1/contracts``: checking and rehearsing contract source that is on no chain.

Stateless: what is sent is all there is, and nothing is kept. Source: docs/spec/rpc.md.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any

import orjson

from consensus.calls import GAS_MOST
from core import cbor
from core.hashing import sha3
from core.receipt import REVERTED
from execution import lang
from execution.abi import calls, readings
from execution.lang.interface import interface_of
from execution.lang.tree import Function, Module
from execution.rehearsal import PROGRAMS, Ran, Rehearsal, Sent, intrinsic
from pq import addresses
from rpc import readings as shown
from rpc import rehearsed, views
from rpc.dispatch import error_view
from rpc.errors import Busy, ParseFailed
from rpc.rehearsed import Plan, Step

BODY_BYTES = 64 * 1024
"""The largest body of a request."""
BYTES_PER_REQUEST = 64
"""A check costs one request for so many bytes: checking and compiling them takes 0.4 ms."""
AT_ONCE = 2
# Each takes up to 400 ms of a core; those who wait would keep threads from other readers.
_places = BoundedSemaphore(AT_ONCE)


class Used:
    """Gas that a rehearsal used, for whoever charges it."""

    gas = 0


def check(raw: bytes) -> dict[str, Any]:
    """Interface, code hash and gas of a source. Raises SourceRefused, ParamsInvalid, Busy."""
    source = rehearsed.source_of(_document(raw))
    with _Place():
        module = lang.parse_and_check(source)
        PROGRAMS.of(sha3(source), source)  # a constant may have no value
        return {
            "codeHash": views.hexed(sha3(source)),
            "sizeBytes": len(source),
            "interface": interface_of(module),
            "deployment": _deployment(source, calls.init_of(module)),
        }


def _deployment(source: bytes, init: Function) -> dict[str, Any]:
    """Gas of deploying: of all of it where ``init`` can run without arguments."""
    body = {"code": source, "args": cbor.encode([]), "value": 0}
    sent = Sent("deploy", body, rehearsed.account("deployer"), GAS_MOST)
    found: dict[str, Any] = {"intrinsicGas": intrinsic(sent), "gas": None, "failure": None}
    if all(parameter.default for parameter in init.parameters):
        ran = Rehearsal(GAS_MOST).run(sent)
        if ran.receipt is not None:
            found["gas"] = ran.receipt.gas_used if ran.succeeded else None
            found["failure"] = views.failure(ran.receipt.status, ran.receipt.ret)
    return found


def simulate(raw: bytes, used: Used) -> dict[str, Any]:
    """Deploy a source on an empty state and call it. Raises as ``check``."""
    document = _document(raw)
    source = rehearsed.source_of(document)
    with _Place():
        module = lang.parse_and_check(source)
        PROGRAMS.of(sha3(source), source)
        plan = rehearsed.plan_of(document, module)
        stage = Rehearsal(plan.gas)
        try:
            return _play(stage, plan, source, module)
        finally:
            used.gas = plan.gas - stage.gas_left


def _play(stage: Rehearsal, plan: Plan, source: bytes, module: Module) -> dict[str, Any]:
    contract = addresses.of_contract(plan.deploy.sender, 0)
    body = {"code": source, "args": plan.deploy.data, "value": plan.deploy.value}
    deployed = stage.run(Sent("deploy", body, plan.deploy.sender, plan.deploy.gas))
    results = []
    if deployed.succeeded:
        for step in plan.calls:
            body = {"to": contract, "data": step.data, "value": step.value}
            results.append(
                _result(stage.run(Sent("call", body, step.sender, step.gas)), step, module)
            )
    return {
        "contract": views.address_text(contract),
        "codeHash": views.hexed(sha3(source)),
        "deployment": _result(deployed, plan.deploy, module),
        "calls": results,
        "gasUsed": plan.gas - stage.gas_left,
    }


def _result(ran: Ran, step: Step, module: Module) -> dict[str, Any]:
    """What a transaction came to; ``refused`` where a block would not have held it."""
    if ran.receipt is None:
        refused = None if ran.refused is None else error_view(ran.refused)
        return {"function": step.function.name, "refused": refused}
    done = ran.receipt
    result = readings.of_result(step.function, done.ret) if ran.succeeded else None
    return {
        "function": step.function.name,
        "status": done.status,
        "outcome": views.OUTCOMES[done.status],
        "gasUsed": done.gas_used,
        "ret": views.hexed(done.ret),
        "result": None if result is None else shown.value(result),
        "reason": done.ret.decode("utf-8", "replace") if done.status == REVERTED else None,
        "failure": views.failure(done.status, done.ret),
        "line": ran.line,
        "events": [
            {**views.event(log), "reading": shown.reading(readings.of_event(module, log))}
            for log in done.logs
        ],
    }


def _document(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ParseFailed(f"the body is not JSON: {error}") from None


class _Place:
    """One of the places for checks and rehearsals; raises ``Busy`` where none is free."""

    def __enter__(self) -> None:
        if not _places.acquire(blocking=False):
            raise Busy(f"{AT_ONCE} contracts are being checked", limit=AT_ONCE)

    def __exit__(self, *_: object) -> None:
        _places.release()

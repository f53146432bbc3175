"""One request body in, one answer out: JSON-RPC 2.0, strictly.

Nothing here knows of HTTP or sockets; both doors and the WebSocket call ``Dispatcher.dispatch``
on an owned thread. An empty answer means that there is nothing to send (notifications only).
Source: JSON-RPC 2.0; docs/spec/rpc.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from time import perf_counter
from typing import Any, Protocol

import orjson
import structlog
from django.db import DatabaseError, InterfaceError

from core.errors import AnimicaError, NodeFault
from rpc.caller import Caller
from rpc.errors import (
    BatchEmpty,
    BatchTooLong,
    BodyTooLong,
    DatabaseAway,
    EnvelopeInvalid,
    InternalError,
    ParseFailed,
    number_of,
)
from rpc.params import SAFE_INTEGER
from rpc.registry import Method, Registry

BODY_BYTES = 2 * 1024 * 1024
"""The largest body of a request; whoever reads bodies keeps to it while reading."""
BATCH_REQUESTS = 100

# These have their own line in the log by the time they are answered.
_LOGGED = (DatabaseAway, InternalError)
_ID_TYPES = (str, int, float, type(None))

log = structlog.get_logger("rpc")


class Allowance(Protocol):
    """A budget of requests per caller."""

    def take(self, ip: str, cost: int) -> None:
        """Spend ``cost`` requests; raises ``RateLimited``."""


class Observer(Protocol):
    """Counts what was answered."""

    def answered(self, method: str, code: str, seconds: float) -> None:
        """A request of a known method (else "") ended with an error code, "" when served."""


class Dispatcher:
    """Parses, calls and answers. Stateless beyond what it is made of, so any thread may call it.

    ``allowance`` is charged for the second and later requests of a batch; the first has been
    paid for at the door, before anything was parsed.
    """

    def __init__(self, registry: Registry, allowance: Allowance, observer: Observer) -> None:
        self._registry = registry
        self._allowance = allowance
        self._observer = observer

    def dispatch(self, body: bytes, caller: Caller) -> bytes:
        """Answer one body, bounded by its reader; never raises for anything a caller may send."""
        try:
            document = _parse(body)
            if type(document) is not list:
                return b"".join(self._answers([self._read(document)], caller))
            self._check_batch(document, caller)
        except AnimicaError as error:
            self._observer.answered("", error.code, 0.0)
            return failure(None, error)
        asked = [self._read(item) for item in document]
        answers = [answer for run in _runs(asked) for answer in self._answers(run, caller)]
        return b"[" + b",".join(answers) + b"]" if answers else b""

    def _check_batch(self, batch: list[Any], caller: Caller) -> None:
        if not batch:
            raise BatchEmpty("the batch is empty")
        if len(batch) > BATCH_REQUESTS:
            raise BatchTooLong(
                f"the batch has {len(batch)} requests, the limit is {BATCH_REQUESTS}",
                limit=BATCH_REQUESTS,
            )
        if len(batch) > 1:
            self._allowance.take(caller.ip, len(batch) - 1)

    def _read(self, request: Any) -> _Asked:
        """What a request asks for, as far as it can be read."""
        asked = _Asked()
        try:
            asked.id = _id_of(request)
            name, asked.params = _call_of(request)
            asked.expects_answer = "id" in request  # a broken envelope is always answered
            asked.method = self._registry.find(name)
        except AnimicaError as error:
            asked.error = error
        return asked

    def _answers(self, run: Sequence[_Asked], caller: Caller) -> list[bytes]:
        """Answer requests of one run; nothing for notifications."""
        started = perf_counter()
        outcomes = _outcomes(run, caller)
        seconds = (perf_counter() - started) / len(run)
        answers = []
        for asked, outcome in zip(run, outcomes, strict=True):
            name = asked.method.name if asked.method else ""
            if not isinstance(outcome, AnimicaError):
                outcome = _guarded(name, _success, asked.id, outcome)
            error = outcome if isinstance(outcome, AnimicaError) else None
            if isinstance(error, NodeFault) and not isinstance(error, _LOGGED):
                log.error("rpc.fault", method=name, code=error.code, reason=error.message)
            self._observer.answered(name, error.code if error else "", seconds)
            if asked.expects_answer:
                answers.append(failure(asked.id, error) if error else outcome)
        return answers


@dataclass(slots=True)
class _Asked:
    """A request; ``error`` says why it cannot be served."""

    id: object = None
    expects_answer: bool = True
    method: Method | None = None
    params: Any = None
    error: AnimicaError | None = None


def _runs(batch: Sequence[_Asked]) -> Iterator[list[_Asked]]:
    """The requests of a batch in order, neighbours together whose method takes many at once."""

    def kind(asked: _Asked) -> object:
        return asked.method if asked.method and asked.method.many else asked

    for _, run in groupby(batch, key=lambda asked: id(kind(asked))):
        yield list(run)


def _outcomes(run: Sequence[_Asked], caller: Caller) -> list[Any]:
    """The result of each request of a run, or its error."""
    first = run[0]
    if first.error is not None or first.method is None:
        return [first.error]
    method, name = first.method, first.method.name
    if method.many is None or len(run) == 1:
        return [_guarded(name, method.call, first.params, caller)]
    bound = [_guarded(name, method.bind, asked.params) for asked in run]
    values = [value for value in bound if not isinstance(value, AnimicaError)]
    found = _guarded(name, method.many, values, caller)
    each = repeat(found) if isinstance(found, AnimicaError) else iter(found)
    return [value if isinstance(value, AnimicaError) else next(each) for value in bound]


def _guarded(name: str, function: Callable[..., Any], *args: Any) -> Any:
    """What a function gives; its error instead of raising it."""
    try:
        return function(*args)
    except AnimicaError as error:
        return error
    except (DatabaseError, InterfaceError) as error:
        return database_away(error)
    except Exception:
        fault = defect()
        log.exception("rpc.internal", method=name, reference=fault.facts["reference"])
        return fault


def database_away(error: Exception) -> DatabaseAway:
    """The error that stands for a database that failed under a request; the log has its words."""
    log.error("rpc.database", reason=str(error).strip())
    return DatabaseAway("the node's database does not answer")


def defect() -> InternalError:
    """The error that stands for an unexpected exception, with a number to find it in the log."""
    reference = secrets.token_hex(6)
    return InternalError("the node failed while serving the request", reference=reference)


def failure(request_id: object, error: AnimicaError) -> bytes:
    """The JSON-RPC error answer for an error of the tree."""
    return orjson.dumps(
        {
            "jsonrpc": "2.0",
            "id": request_id,
            "error": {
                "code": number_of(type(error)),
                "message": error.message,
                "data": error_view(error),
            },
        }
    )


def error_view(error: AnimicaError) -> dict[str, Any]:
    """``AnimicaError.view`` in plain JSON: large numbers become text, bytes become hex."""
    return {name: _plain(value) for name, value in error.view().items()}


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int):
        return value if abs(value) <= SAFE_INTEGER else str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str) or value is None else str(value)


def _success(request_id: object, result: object) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "id": request_id, "result": result})


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ParseFailed(f"the body is not JSON: {error}") from None


def body_too_long(limit: int) -> BodyTooLong:
    """The refusal of a body over ``limit`` bytes."""
    return BodyTooLong(f"the body has more than {limit} bytes", field="body", limit=limit)


def _id_of(request: Any) -> object:
    """The id to answer with; raises ``EnvelopeInvalid`` where there can be none."""
    if type(request) is not dict:
        raise EnvelopeInvalid("a request is a JSON object", field="request")
    request_id = request.get("id")
    if type(request_id) not in _ID_TYPES:
        raise EnvelopeInvalid("id must be text, a number or null", field="id")
    return request_id


def _call_of(request: dict[str, Any]) -> tuple[str, Any]:
    """Method name and params; raises ``EnvelopeInvalid`` naming the member."""
    if request.get("jsonrpc") != "2.0":
        raise EnvelopeInvalid('jsonrpc must be "2.0"', field="jsonrpc")
    name = request.get("method")
    if type(name) is not str:
        raise EnvelopeInvalid("method must be text", field="method")
    params = request.get("params")
    if "params" in request and type(params) not in (list, dict):
        raise EnvelopeInvalid("params must be an array or an object", field="params")
    return name, params

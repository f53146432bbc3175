"""The HTTP surface as both doors serve it: routes, statuses, host check, CORS.

A door makes a ``Request`` of what it received, calls ``serve`` and writes the ``Reply``.
Source: docs/spec/rpc.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http.request import split_domain_port, validate_host

from core.errors import AnimicaError, NodeFault
from rpc import blocks, context, contract_calls, desk, metrics, openrpc, workshop
from rpc.caller import Caller
from rpc.dispatch import BODY_BYTES, database_away, defect, error_view, failure
from rpc.errors import (
    BodyTooLong,
    BodyTooSlow,
    Busy,
    HostRefused,
    HttpMethodRefused,
    RateLimited,
)

JSON = "application/json"
_PREFLIGHT_SECONDS = "600"
_STATUSES: dict[type[AnimicaError], int] = {
    HttpMethodRefused: 405,
    BodyTooSlow: 408,
    BodyTooLong: 413,
    RateLimited: 429,
    Busy: 503,
    NodeFault: 503,
    AnimicaError: 400,
}

log = structlog.get_logger("rpc")


class ClientGone(Exception):
    """The connection ended before the request was complete: nobody is left to answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """``read(limit)`` gives the body; it raises ``BodyTooLong`` before it keeps more than that."""

    method: str
    path: str
    ip: str
    host: str
    origin: str
    read: Callable[[int], Awaitable[bytes]]


# A block costs its sender one request for each so many bytes.
BLOCK_BYTES_PER_REQUEST = 4096
BLOCKS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer for a door to write."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[Request], Awaitable[Reply]]


async def serve(request: Request) -> Reply:
    """Answer a request to one of ``ROUTES``; raises only ``ClientGone``."""
    try:
        check_host(request.host)
        reply = await _route(request)(request)
    except AnimicaError as error:
        reply = refusal(error)
    except ClientGone:
        raise
    except (DatabaseError, InterfaceError) as error:
        reply = refusal(database_away(error))
    except Exception:
        fault = defect()
        reference = fault.facts["reference"]
        log.exception("http.internal", path=request.path, reference=reference)
        reply = Reply(500, orjson.dumps({"error": error_view(fault)}))
    if not request.origin:
        return reply
    return Reply(reply.status, reply.body, reply.content_type, reply.headers + _cors(request))


def refusal(error: AnimicaError) -> Reply:
    """``{"error": view}`` with the status of the error's class."""
    status = next(_STATUSES[base] for base in type(error).__mro__ if base in _STATUSES)
    headers: tuple[tuple[str, str], ...] = ()
    if isinstance(error, HttpMethodRefused):
        headers = (("allow", str(error.facts["allowed"])),)
    elif isinstance(error, RateLimited | Busy):
        headers = (("retry-after", "1"),)
    return Reply(status, orjson.dumps({"error": error_view(error)}), JSON, headers)


def check_host(host: str) -> None:
    """Refuse a Host header outside ``ALLOWED_HOSTS``: a page may have rebound its name to us."""
    if not _host_allowed(host, tuple(settings.ALLOWED_HOSTS)):
        raise HostRefused(f"the host {host[:100]!r} is not served here", field="Host")


@lru_cache(maxsize=1024)
def _host_allowed(host: str, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, allowed)


def origin_allowed(origin: str) -> bool:
    """Whether pages of this origin may read answers: ``CORS_ALLOWED_ORIGINS``, ``*`` for all."""
    allowed = settings.CORS_ALLOWED_ORIGINS
    return origin in allowed or "*" in allowed


def _cors(request: Request) -> tuple[tuple[str, str], ...]:
    if not origin_allowed(request.origin):
        return (("vary", "origin"),)
    return (("vary", "origin"), ("access-control-allow-origin", request.origin))


def _route(request: Request) -> Handler:
    methods = ROUTES[request.path]
    handler = methods.get("GET" if request.method == "HEAD" else request.method)
    if handler is not None:
        return handler
    allowed = ", ".join([*methods, "OPTIONS"])
    if request.method == "OPTIONS":
        return _preflight(allowed)
    raise HttpMethodRefused(f"{request.path} does not answer {request.method}", allowed=allowed)


def _preflight(allowed: str) -> Handler:
    async def answer(_: Request) -> Reply:
        headers = (
            ("allow", allowed),
            ("access-control-allow-methods", allowed),
            ("access-control-allow-headers", "content-type"),
            ("access-control-max-age", _PREFLIGHT_SECONDS),
        )
        return Reply(204, headers=headers)

    return answer


async def _rpc(request: Request) -> Reply:
    try:
        body = await request.read(BODY_BYTES)
    except (BodyTooLong, BodyTooSlow) as error:
        return Reply(200, failure(None, error))
    answer = await desk.current().answer(body, Caller(request.ip))
    return Reply(200 if answer else 204, answer)


async def _submit_block(request: Request) -> Reply:
    with _reading:
        raw = await request.read(blocks.most_bytes())
        desk.current().charge(request.ip, len(raw) // BLOCK_BYTES_PER_REQUEST)
        result = await desk.current().run(request.ip, blocks.submit, raw)
    return Reply(200, orjson.dumps(result))


async def _check_contract(request: Request) -> Reply:
    raw = await _source(request)
    result = await desk.current().run_own(workshop.check, raw)
    return Reply(200, orjson.dumps(result))


async def _simulate_contract(request: Request) -> Reply:
    raw = await _source(request)
    used = workshop.Used()
    try:
        result = await desk.current().run_own(workshop.simulate, raw, used)
    finally:
        desk.current().spend(request.ip, used.gas // contract_calls.GAS_PER_REQUEST)
    return Reply(200, orjson.dumps(result))


async def _source(request: Request) -> bytes:
    """The body of a request about a source. Its length is owed: nobody's allowance is too small."""
    desk.current().charge(request.ip, 1)
    raw = await request.read(workshop.BODY_BYTES)
    desk.current().spend(request.ip, len(raw) // workshop.BYTES_PER_REQUEST)
    return raw


class _Places:
    """So many block bodies may be in memory at once; one more is refused before it is read."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    def __enter__(self) -> None:
        if self._taken >= self._most:
            raise Busy(f"{self._most} blocks are being read", limit=self._most)
        self._taken += 1

    def __exit__(self, *_: object) -> None:
        self._taken -= 1


_reading = _Places(BLOCKS_AT_ONCE)


async def _openrpc(_: Request) -> Reply:
    return Reply(200, openrpc.encoded())


async def _healthz(_: Request) -> Reply:
    return Reply(200, orjson.dumps({"alive": True}))


async def _readyz(request: Request) -> Reply:
    health: dict[str, Any] = await desk.current().run(request.ip, context.current().health)
    return Reply(200 if health["ready"] else 503, orjson.dumps(health))


async def _version(request: Request) -> Reply:
    return Reply(200, orjson.dumps(await desk.current().run(request.ip, context.current().version)))


async def _metrics(request: Request) -> Reply:
    text = await desk.current().run(request.ip, metrics.exposition)
    return Reply(200, text, metrics.CONTENT_TYPE)


ROUTES: dict[str, dict[str, Handler]] = {
    "/rpc": {"POST": _rpc},
    "/openrpc.json": {"GET": _openrpc},
    "/healthz": {"GET": _healthz},
    "/readyz": {"GET": _readyz},
    "/version": {"GET": _version},
    "/metrics": {"GET": _metrics},
    "/api/v1/blocks": {"POST": _submit_block},
    "/api/v1/contracts/check": {"POST": _check_contract},
    "/api/v1/contracts/simulate": {"POST": _simulate_contract},
}
"""Path and HTTP method of everything that is served in front of Django."""

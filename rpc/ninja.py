"""The door inside Django: the same requests as a django-ninja API, for servers without the router.

Both endpoints hand over to ``rpc.http``, so checks and answers are those of the other door.
"""

from __future__ import annotations

import asyncio

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from rpc.dispatch import body_too_long
from rpc.http import Reply, Request, serve

_READ_BYTES = 65_536
# Everything but POST: rpc.http answers these too, so that both doors refuse alike.
_METHODS = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]

api = NinjaAPI(
    title="Animica node",
    urls_namespace="rpc",
    docs_url=None,  # the page would load scripts from another host
    openapi_url="/api/v1/openapi.json",
)


@api.api_operation([*_METHODS, "POST"], "/rpc", include_in_schema=False)
async def rpc(request: HttpRequest) -> HttpResponse:
    """JSON-RPC 2.0; the methods are described at /openrpc.json."""
    return await _serve(request)


@api.post("/api/v1/blocks", summary="Submit a block")
async def submit_block(request: HttpRequest) -> HttpResponse:
    """Import a whole block.

    The body is the block's canonical CBOR. Answers {hash, height, outcome}, or {error} with the
    code of the first broken rule and status 400, or 413 for a body over the block limit.
    """
    return await _serve(request)


@api.api_operation(_METHODS, "/api/v1/blocks", include_in_schema=False)
async def submit_block_otherwise(request: HttpRequest) -> HttpResponse:
    """What a page of another origin may send, and the refusal of other HTTP methods."""
    return await _serve(request)


@api.post("/api/v1/contracts/check", summary="Check contract source")
async def check_contract(request: HttpRequest) -> HttpResponse:
    """Check a source that is on no chain.

    The body is `{"source": text}`, at most 64 KiB. Answers {codeHash, sizeBytes, interface,
    deployment}, or {error} with line, column, why and instead, and status 400.
    """
    return await _serve(request)


@api.post("/api/v1/contracts/simulate", summary="Deploy and call contract source in memory")
async def simulate_contract(request: HttpRequest) -> HttpResponse:
    """Deploy a source on an empty state and call it; nothing is kept.

    The body is `{"source": text, "init": {"args", "sender", "value"}, "calls": [{"function",
    "args", "sender", "value", "gas"}], "gas"}`. Answers {contract, codeHash, deployment, calls,
    gasUsed}, or {error} as above.
    """
    return await _serve(request)


@api.api_operation(_METHODS, "/api/v1/contracts/check", include_in_schema=False)
async def check_contract_otherwise(request: HttpRequest) -> HttpResponse:
    """As for blocks."""
    return await _serve(request)


@api.api_operation(_METHODS, "/api/v1/contracts/simulate", include_in_schema=False)
async def simulate_contract_otherwise(request: HttpRequest) -> HttpResponse:
    """As for blocks."""
    return await _serve(request)


async def _serve(request: HttpRequest) -> HttpResponse:
    async def read(limit: int) -> bytes:
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise body_too_long(limit)
        # Django has the body in memory or in a file by now; a file is not read in the loop.
        return await asyncio.to_thread(_read, request, limit)

    reply = await serve(
        Request(
            method=request.method or "",
            path=request.path,
            ip=str(request.META.get("REMOTE_ADDR") or "local"),
            host=request.headers.get("host", ""),
            origin=request.headers.get("origin", ""),
            read=read,
        )
    )
    return _response(reply)


def _read(request: HttpRequest, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := request.read(_READ_BYTES):
        size += len(part)
        if size > limit:
            raise body_too_long(limit)
        parts.append(part)
    return b"".join(parts)


def _response(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
    for name, value in reply.headers:
        response[name] = value
    return response


urls = api.urls
"""To be mounted at the root: ``path("", rpc.ninja.urls)``."""

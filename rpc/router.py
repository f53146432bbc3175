"""The door in front of Django: an ASGI app that answers the routes of ``rpc.http`` itself.

Django's middleware would cost more than the answer. Everything else goes on to the inner app.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from core.errors import AnimicaError
from rpc.dispatch import body_too_long
from rpc.errors import BodyTooSlow, OriginRefused
from rpc.http import ROUTES, ClientGone, Reply, Request, check_host, origin_allowed, serve

BODY_SECONDS = 30

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Router:
    """``inner`` answers every other path, and WebSockets once host and origin are checked."""

    def __init__(self, inner: App) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI 3)."""
        kind = scope["type"]
        if kind == "http":
            if scope["path"] not in ROUTES:
                await self._inner(scope, receive, send)
                return
            try:
                reply = await serve(_request(scope, receive))
            except ClientGone:
                return
            await _write(reply, send)
        elif kind == "websocket":
            await self._open_socket(scope, receive, send)
        elif kind == "lifespan":
            await _lifespan(receive, send)

    async def _open_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        try:
            check_host(headers.get(b"host", ""))
            _check_origin(headers.get(b"origin", ""), headers.get(b"host", ""))
        except AnimicaError:
            await refuse_socket(scope, receive, send)
            return
        await self._inner(scope, receive, send)


async def refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI app that refuses the handshake; the client sees HTTP 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def _headers(scope: Scope) -> dict[bytes, str]:
    return {name: value.decode("latin-1") for name, value in scope["headers"]}


def _request(scope: Scope, receive: Receive) -> Request:
    headers = _headers(scope)
    declared = headers.get(b"content-length", "")

    async def read(limit: int) -> bytes:
        if declared.isdecimal() and int(declared) > limit:
            raise body_too_long(limit)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await _read(receive, limit)
        except TimeoutError:
            raise BodyTooSlow(f"the body took more than {BODY_SECONDS} s") from None

    return Request(
        method=scope["method"],
        path=scope["path"],
        ip=peer(scope),
        host=headers.get(b"host", ""),
        origin=headers.get(b"origin", ""),
        read=read,
    )


async def _read(receive: Receive, limit: int) -> bytes:
    """The whole body, counted as it comes: a declared length may be absent or untrue."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise body_too_long(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def peer(scope: Scope) -> str:
    """The peer's IP address; "local" where the transport has none."""
    client = scope.get("client")
    return str(client[0]) if client else "local"


def _check_origin(origin: str, host: str) -> None:
    """Browsers let any page open a socket: only pages of this host or of the list may."""
    if not origin or origin_allowed(origin):
        return
    if origin.partition("://")[2].lower() != host.lower():
        raise OriginRefused(f"the origin {origin[:100]!r} is not allowed", field="Origin")


async def _write(reply: Reply, send: Send) -> None:
    headers = [
        (b"content-type", reply.content_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
    ]
    headers += [(name.encode(), value.encode()) for name, value in reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    """The node orders its own start and stop, so there is nothing to do but to agree."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return

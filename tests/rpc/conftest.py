"""Both doors, a table of small methods, and a node whose services are played by the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import orjson
import pytest
from django.core.asgi import get_asgi_application
from django.test import override_settings

from consensus import service as consensus
from mempool import service as mempool
from rpc import context, desk, hub
from rpc.desk import Desk
from rpc.registry import Registry
from rpc.router import Router
from tests.rpc import methods, played

DOORS = ("router", "ninja")


@pytest.fixture
def node() -> Iterator[played.Services]:
    """The services that composition would install."""
    services = played.Services()
    before = (consensus._current, mempool._current)
    context.install(services.info, services.net)
    consensus.install(services.importer)
    mempool.install(services.pool)
    yield services
    context.install(None)
    consensus._current, mempool._current = before


@pytest.fixture
def use_desk() -> Iterator:
    """Install desks for one test; each is closed and the process's own comes back."""
    opened = []
    first = desk.install(None)

    def use(registry: Registry, **sizes: int) -> Desk:
        made = Desk(registry, **{"rate": 0, "threads": 2, "queue": 50, **sizes})
        opened.append(made)
        desk.install(made)
        return made

    yield use
    desk.install(first)
    for made in opened:
        made.close()


@pytest.fixture
def new_hub() -> Iterator[hub.Hub]:
    fresh = hub.Hub()
    before = hub.install(fresh)
    yield fresh
    hub.install(before)


@dataclass
class Door:
    """A client at one of the doors."""

    name: str
    http: httpx.AsyncClient

    async def post(self, body: object, **options) -> httpx.Response:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self.http.post("/rpc", content=raw, **options)

    async def ask(self, body: object) -> object:
        answer = await self.post(body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        return orjson.loads(answer.content)

    async def call(self, method: str, params: object = None) -> object:
        body = {"jsonrpc": "2.0", "id": 7, "method": method}
        answer = await self.ask(body if params is None else {**body, "params": params})
        assert answer["jsonrpc"] == "2.0" and answer["id"] == 7
        return answer

    async def result(self, method: str, params: object = None) -> object:
        answer = await self.call(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    async def error(self, method: str, params: object = None) -> tuple[int, dict]:
        answer = await self.call(method, params)
        assert set(answer) == {"jsonrpc", "id", "error"}, answer
        assert {"code", "reason", "hint"} <= set(answer["error"]["data"])
        return answer["error"]["code"], answer["error"]["data"]


@pytest.fixture(params=DOORS)
async def door(request) -> AsyncIterator[Door]:
    with override_settings(
        ROOT_URLCONF="tests.rpc.urls",
        ALLOWED_HOSTS=["node.test"],
        CORS_ALLOWED_ORIGINS=["https://dapp.test"],
    ):
        app = get_asgi_application()
        if request.param == "router":
            app = Router(app)
        transport = httpx.ASGITransport(app=app, client=("10.1.2.3", 4))
        async with httpx.AsyncClient(transport=transport, base_url="http://node.test") as http:
            yield Door(request.param, http)


@pytest.fixture
def test_methods(use_desk) -> Desk:
    """A desk of the small methods in ``tests.rpc.methods``."""
    return use_desk(methods.registry)

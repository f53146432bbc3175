"""What is beside JSON-RPC: raw blocks through both doors, health and description at the router."""

from __future__ import annotations

import httpx
import orjson
import pytest
from django.test import override_settings

from chain.errors import ChainEmpty
from rpc import context, openrpc, router
from rpc.methods import load
from rpc.router import Router

pytestmark = pytest.mark.usefixtures("node")


@pytest.fixture(autouse=True)
def node_desk(use_desk):
    return use_desk(load())


async def test_raw_blocks_are_imported(door, node):
    answer = await door.http.post("/api/v1/blocks", content=b"\x01\x02")
    assert answer.status_code == 200
    assert answer.json() == {"hash": "0x" + "0b" * 32, "height": 3, "outcome": "added"}
    assert node.importer.seen == [b"\x01\x02"]


async def test_refused_blocks_say_why(door, node):
    node.importer.refusal = node.block_refusal
    answer = await door.http.post("/api/v1/blocks", content=b"\x01")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "test.block"
    assert answer.json()["error"]["field"] == "header.time"


@pytest.mark.parametrize("declared", [True, False])
async def test_blocks_over_the_limit_never_reach_the_importer(door, node, declared):
    limit = node.importer.network.at(0).params.block_bytes

    async def parts(extra: int):
        for _ in range(limit // 100_000):
            yield bytes(100_000)
        yield bytes(limit % 100_000 + extra)

    over = bytes(limit + 1) if declared else parts(1)
    answer = await door.http.post("/api/v1/blocks", content=over)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "rpc.body_too_long"
    assert node.importer.seen == []
    answer = await door.http.post("/api/v1/blocks", content=parts(0))
    assert answer.status_code == 200
    assert node.importer.seen == [bytes(limit)]


async def test_blocks_take_post_only(door):
    answer = await door.http.get("/api/v1/blocks")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"


async def test_without_a_node_the_answer_says_so(door, node):
    context.install(None)
    answer = await door.http.post("/api/v1/blocks", content=b"\x01")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "rpc.node_absent")
    number, data = await door.error("chain.getChainId")
    assert (number, data["code"]) == (-32050, "rpc.node_absent")


@pytest.fixture
async def http():
    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"inner"})

    transport = httpx.ASGITransport(app=Router(inner))
    with override_settings(ALLOWED_HOSTS=["node.test"]):
        async with httpx.AsyncClient(transport=transport, base_url="http://node.test") as client:
            yield client


async def test_other_paths_go_to_django(http):
    for path in ("/", "/rpc/", "/admin/", "/api/v1/blocks/x"):
        assert (await http.get(path)).status_code == 418


async def test_health_and_version(http, node):
    assert (await http.get("/healthz")).json() == {"alive": True}
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    node.info.ready = False
    assert (await http.get("/readyz")).status_code == 503
    assert (await http.get("/version")).json()["name"] == "animica-node"
    assert (await http.head("/healthz")).status_code == 200
    assert (await http.post("/healthz")).status_code == 405
    node.info.health = lambda: (_ for _ in ()).throw(ChainEmpty("no chain"))
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["error"]["code"]) == (503, "chain.empty")


async def test_defects_outside_jsonrpc_are_not_shown_either(http, node):
    node.info.health = lambda: 1 // 0
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "rpc.internal")
    assert "division" not in answer.text


async def test_description(http):
    answer = await http.get("/openrpc.json")
    assert answer.content == openrpc.encoded()


async def test_metrics_count_methods_by_their_own_names(http):
    for name in ("rpc_listMethods", "rpc.listMethods", "no.such"):
        body = {"jsonrpc": "2.0", "id": 1, "method": name}
        await http.post("/rpc", content=orjson.dumps(body))
    text = (await http.get("/metrics")).text
    assert 'animica_rpc_requests_total{code="ok",method="rpc.listMethods"}' in text
    assert 'animica_rpc_requests_total{code="rpc.method_unknown",method="unknown"}' in text
    assert "no.such" not in text


async def test_a_body_that_stalls_is_given_up(http, monkeypatch):
    import asyncio

    monkeypatch.setattr(router, "BODY_SECONDS", 0.05)

    async def stalled():
        yield b'{"json'
        await asyncio.sleep(5)
        yield b"rpc"

    answer = await http.post("/rpc", content=stalled())
    assert answer.status_code == 200
    assert answer.json()["error"]["data"]["code"] == "rpc.body_too_slow"
    assert (await http.post("/api/v1/blocks", content=stalled())).status_code == 408


async def test_a_client_that_leaves_is_not_answered():
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/rpc", "client": None,
        "headers": [(b"host", b"localhost")],
    }  # fmt: skip
    await Router(None)(scope, receive, send)
    assert sent == []


async def test_lifespan_is_agreed_to():
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message["type"])

    await Router(None)({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_blocks_do_not_take_all_threads(door, node, use_desk):
    import asyncio
    import threading

    from rpc import blocks

    use_desk(load(), threads=8)
    gate = threading.Event()
    imported = node.importer.import_block

    def slow(raw, *, source):
        gate.wait(20)
        return imported(raw, source=source)

    node.importer.import_block = slow
    posts = [
        asyncio.ensure_future(door.http.post("/api/v1/blocks", content=b"\x01"))
        for _ in range(blocks.AT_ONCE + 1)
    ]
    done, _ = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    refused = [post.result() for post in done]
    assert [answer.json()["error"]["code"] for answer in refused] == ["rpc.busy"]
    assert refused[0].status_code == 503
    gate.set()
    assert sorted(post.status_code for post in await asyncio.gather(*posts)) == [200] * 4 + [503]

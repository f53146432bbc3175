"""JSON-RPC and subscriptions over a WebSocket, from the application that servers run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace

import orjson
import pytest
from channels.testing import WebsocketCommunicator
from django.db import connections
from django.test import override_settings

from animica_site.asgi import application
from consensus.events import BlockAdded, ChainReorganised
from core.bus import EventBus
from mempool.events import TxAdded, TxDropped
from pq import addresses
from rpc import consumers, hub, listeners, news, outbox
from rpc.methods import load
from rpc.progress import SyncWatch
from tests.chain import builder, conftest
from tests.rpc.played import ALICE, transfer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("node", "new_hub")]


@pytest.fixture(autouse=True)
def node_desk(use_desk):
    return use_desk(load())


@pytest.fixture(autouse=True)
def hosts():
    with override_settings(ALLOWED_HOSTS=["node.test"], CORS_ALLOWED_ORIGINS=["https://d.test"]):
        yield


@pytest.fixture
def bus() -> EventBus:
    def fail(event: object, error: Exception) -> None:
        raise AssertionError(f"{event}: {error!r}")

    made = EventBus(fail)
    listeners.subscribe(made)
    return made


class Client:
    def __init__(self, path: str = "/ws", **headers: str) -> None:
        named = {"host": "node.test", **headers}
        self.socket = WebsocketCommunicator(
            application, path, headers=[(k.encode(), v.encode()) for k, v in named.items()]
        )

    async def __aenter__(self) -> Client:
        connected, _ = await self.socket.connect()
        assert connected
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.disconnect()

    async def receive(self) -> dict:
        return orjson.loads(await self.socket.receive_from(timeout=5))

    async def ask(self, method: str, params: object = (), request_id: int = 1) -> dict:
        body = {"jsonrpc": "2.0", "id": request_id, "method": method}
        params = list(params) if isinstance(params, tuple) else params
        await self.socket.send_to(text_data=orjson.dumps({**body, "params": params}).decode())
        return await self.receive()

    async def subscribe(self, topic: str, **params: object) -> str:
        answer = await self.ask("subscribe", {"topic": topic, **params})
        assert "result" in answer, answer
        return answer["result"]

    async def news(self) -> dict:
        message = await self.receive()
        assert set(message) == {"jsonrpc", "method", "params"}, message
        assert message["method"] == "subscription"
        return message["params"]

    async def silent(self) -> bool:
        return await self.socket.receive_nothing(timeout=0.1, interval=0.01)


def publish(bus: EventBus, *events: object) -> None:
    """From another thread, as the importer does."""
    thread = threading.Thread(target=lambda: [bus.publish(event) for event in events])
    thread.start()
    thread.join()


@pytest.fixture
def chain(db) -> list[builder.Node]:
    first = builder.genesis(dict.fromkeys(range(10), 1_000))
    conftest.start(first)
    return [first]


async def in_thread(work: Callable[..., None], *args: object) -> None:
    """Database work off the loop, in a thread that leaves no connection behind."""

    def run() -> None:
        try:
            work(*args)
        finally:
            connections.close_all()

    await asyncio.to_thread(run)


async def grow(chain: list[builder.Node], **more: object) -> BlockAdded:
    node = builder.pay(chain[-1], **more)
    await in_thread(conftest.append, node)
    chain.append(node)
    return BlockAdded(node.block.header, tuple(tx.txid for tx in node.block.txs))


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


async def test_the_same_methods_answer(chain):
    async with Client() as client:
        assert (await client.ask("chain.getHead"))["result"]["height"] == 0
        assert (await client.ask("chain.getHed"))["error"]["code"] == -32601
        await client.socket.send_to(text_data="{")
        assert (await client.receive())["error"]["data"]["code"] == "rpc.parse"
        batch = [{"jsonrpc": "2.0", "id": i, "method": "chain_getChainId"} for i in (1, 2)]
        await client.socket.send_to(bytes_data=orjson.dumps(batch))
        assert [answer["result"] for answer in await client.receive()] == [31337, 31337]
        notice = {"jsonrpc": "2.0", "method": "chain.getChainId"}
        await client.socket.send_to(text_data=orjson.dumps(notice).decode())
        assert await client.silent()


async def test_new_heads(chain, bus):
    async with Client() as client, Client() as other:
        subscription = await client.subscribe("newHeads")
        await other.subscribe("reorgs")
        publish(bus, await grow(chain))
        news = await client.news()
        assert (news["subscription"], news["topic"]) == (subscription, "newHeads")
        assert news["result"]["hash"] == hexed(chain[-1].hash)
        assert news["result"] == (await client.ask("chain.getHead"))["result"]
        assert await other.silent()


async def test_unsubscribing_ends_the_news(chain, bus):
    async with Client() as client:
        subscription = await client.subscribe("newHeads")
        kept = await client.subscribe("newHeads")
        assert (await client.ask("unsubscribe", (subscription,)))["result"] is True
        publish(bus, await grow(chain))
        assert (await client.news())["subscription"] == kept
        answer = await client.ask("unsubscribe", (subscription,))
        assert answer["error"]["data"]["code"] == "rpc.subscription_unknown"


async def test_subscriptions_end_with_their_socket(chain, bus, new_hub):
    async with Client() as client:
        await client.subscribe("newHeads")
    publish(bus, await grow(chain))
    assert not new_hub._listeners and new_hub._loop is None
    async with Client() as client:
        assert await client.silent()
        await client.subscribe("newHeads")
        publish(bus, await grow(chain))
        assert (await client.news())["result"]["height"] == 2


async def test_pending_and_dropped_transactions(bus):
    async with Client() as client:
        await client.subscribe("pendingTxs")
        await client.subscribe("droppedTxs")
        tx = transfer()
        publish(bus, TxAdded(tx, "held"), TxDropped(tx.txid, "pool.evicted", "too cheap", 5))
        added = await client.news()
        assert added["topic"] == "pendingTxs"
        assert (added["result"]["txid"], added["result"]["state"]) == (hexed(tx.txid), "held")
        assert added["result"]["from"] == addresses.to_text(ALICE)
        dropped = await client.news()
        assert dropped["topic"] == "droppedTxs"
        assert dropped["result"] == {
            "txid": hexed(tx.txid), "code": "pool.evicted", "reason": "too cheap",
        }  # fmt: skip


async def test_how_far_the_node_is_when_it_changes(node, bus):
    watch = SyncWatch()
    async with Client() as client, Client() as other:
        subscription = await client.subscribe("sync")
        await other.subscribe("newHeads")
        await in_thread(watch.tick)
        told = await client.news()
        assert told == {"subscription": subscription, "topic": "sync", "result": node.net.far}
        await in_thread(watch.tick)
        assert await client.silent()
        node.net.far = {**node.net.far, "height": 2, "percent": 50}
        await in_thread(watch.tick)
        assert (await client.news())["result"]["percent"] == 50
        assert await other.silent()


async def test_news_that_are_lost_say_so(node, bus, monkeypatch):
    async with Client() as client:
        await client.subscribe("sync")
        monkeypatch.setattr(hub, "render", lambda *_: 1 // 0)
        await in_thread(SyncWatch().tick)
        lost = await client.receive()
        assert lost["method"] == "overflow"
        assert lost["params"] == {"dropped": 1, "resumeFrom": None}


async def test_receipts_by_txid_and_sender(chain, bus):
    async with Client() as every, Client() as by_id, Client() as by_sender:
        planned = builder.pay(chain[-1], moves=[(1, 2, 5), (3, 4, 6), (1, 5, 7)])
        txids = [tx.txid for tx in planned.block.txs]
        await every.subscribe("receipts")
        await by_id.subscribe("receipts", txids=[hexed(txids[1])])
        await by_sender.subscribe("receipts", **{"from": addresses.to_text(builder.address(1))})
        publish(bus, await grow(chain, moves=[(1, 2, 5), (3, 4, 6), (1, 5, 7)]))
        got = [(await every.news())["result"]["txid"] for _ in range(3)]
        assert got == [hexed(txid) for txid in txids]
        one = (await by_id.news())["result"]
        asked = await by_id.ask("tx.getTransactionReceipt", (hexed(txids[1]),))
        assert one == asked["result"]
        got = [(await by_sender.news())["result"]["txid"] for _ in range(2)]
        assert got == [hexed(txids[0]), hexed(txids[2])]
        for client in (every, by_id, by_sender):
            assert await client.silent()


async def test_reorgs(chain, bus):
    from chain import service

    await grow(chain)
    removed = chain[-1]
    added = builder.pay(chain[0], moves=[(1, 2, 3)], work=20, salt=b"b")

    def replace() -> None:
        with service.unit() as unit:
            unit.unwind_to(chain[0].hash)
            conftest.put(unit, added)

    await in_thread(replace)
    async with Client() as client:
        await client.subscribe("reorgs")
        await client.subscribe("newHeads")
        await client.subscribe("receipts")
        publish(
            bus,
            ChainReorganised(
                old_head=removed.block.header,
                new_head=added.block.header,
                fork_height=0,
                removed=(removed.hash,),
                added=(added.hash,),
                txids=tuple(tx.txid for tx in added.block.txs),
                returned=(),
            ),
        )
        news = [await client.news() for _ in range(3)]
        assert [item["topic"] for item in news] == ["reorgs", "newHeads", "receipts"]
        assert news[0]["result"] == {
            "oldHead": {"hash": hexed(removed.hash), "height": 1},
            "newHead": {"hash": hexed(added.hash), "height": 1},
            "forkHeight": 0,
            "removed": [hexed(removed.hash)],
            "added": [hexed(added.hash)],
        }
        assert news[1]["result"]["hash"] == hexed(added.hash)
        assert news[2]["result"]["txid"] == hexed(added.block.txs[0].txid)


async def test_a_block_that_left_the_chain_again_has_no_receipts(chain, bus):
    """Its height now belongs to another block, whose receipts are that block's news."""
    from chain import service

    gone = await grow(chain, moves=[(1, 2, 3)])
    other = builder.pay(chain[0], moves=[(3, 4, 5)], work=20, salt=b"b")

    def replace() -> None:
        with service.unit() as unit:
            unit.unwind_to(chain[0].hash)
            conftest.put(unit, other)

    await in_thread(replace)
    async with Client() as client:
        await client.subscribe("receipts")
        publish(bus, gone)
        assert await client.silent()


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "topic"),
        ({"topic": "none"}, "topic"),
        ({"topic": "newHeads", "txids": []}, "txids"),
        ({"topic": "receipts", "txids": ["0x00"]}, "txids"),
        ({"topic": "receipts", "from": "x"}, "from"),
    ],
)
async def test_bad_subscriptions_are_named(params, field):
    async with Client() as client:
        data = (await client.ask("subscribe", params))["error"]["data"]
        assert (data["code"], data["field"]) == ("rpc.params", field)


async def test_subscriptions_are_bounded():
    async with Client() as client:
        for _ in range(consumers.SUBSCRIPTIONS_MOST):
            last = await client.subscribe("newHeads")
        answer = await client.ask("subscribe", ("newHeads",))
        assert answer["error"]["data"]["code"] == "rpc.subscription_limit"
        await client.ask("unsubscribe", (last,))
        await client.subscribe("newHeads")


async def test_long_messages_are_refused_and_end_the_connection():
    async with Client() as client:
        await client.socket.send_to(text_data=" " * (consumers.MESSAGE_BYTES + 1))
        assert (await client.receive())["error"]["data"]["code"] == "rpc.body_too_long"
        closing = await client.socket.receive_output(timeout=5)
        assert (closing["type"], closing["code"]) == ("websocket.close", 1009)


async def test_sockets_are_bounded(monkeypatch):
    monkeypatch.setattr(hub, "SOCKETS_MOST", 1)
    async with Client() as first:
        second = Client()
        connected, _ = await second.socket.connect()
        assert connected
        assert (await second.receive())["error"]["data"]["code"] == "rpc.busy"
        closing = await second.socket.receive_output(timeout=5)
        assert (closing["type"], closing["code"]) == ("websocket.close", 1013)
        await second.socket.disconnect()
        assert (await first.ask("chain.getChainId"))["result"] == 31337


@pytest.mark.parametrize(
    ("path", "headers", "allowed"),
    [
        ("/ws", {}, True),
        ("/ws", {"origin": "http://node.test"}, True),
        ("/ws", {"origin": "https://d.test"}, True),
        ("/ws", {"origin": "https://evil.test"}, False),
        ("/ws", {"origin": "null"}, False),
        ("/ws", {"host": "evil.test"}, False),
        ("/ws", {"host": "evil.test", "origin": "http://evil.test"}, False),
        ("/other", {}, False),
    ],
)
async def test_hosts_origins_and_paths(path, headers, allowed):
    client = Client(path, **headers)
    connected, _ = await client.socket.connect()
    assert connected is allowed
    if allowed:
        await client.socket.disconnect()


async def test_a_slow_socket_is_told_what_it_missed(chain, bus, monkeypatch):
    """The writer is stopped while blocks arrive, as a peer that does not read would stop it."""
    monkeypatch.setattr(outbox, "NEWS_MOST", 2)
    may_send = asyncio.Event()
    may_send.set()
    plain_send = consumers.RpcConsumer.send

    async def send(self, *args, **kwargs):
        await may_send.wait()
        await plain_send(self, *args, **kwargs)

    monkeypatch.setattr(consumers.RpcConsumer, "send", send)
    fourth_loss = asyncio.Event()
    plain_lose = outbox.Outbox.lose

    def lose(self, height):
        plain_lose(self, height)
        if self._dropped == 4:
            fourth_loss.set()

    monkeypatch.setattr(outbox.Outbox, "lose", lose)
    async with Client() as client:
        await client.subscribe("newHeads")
        await client.subscribe("pendingTxs")
        may_send.clear()
        publish(bus, *[await grow(chain) for _ in range(6)], TxAdded(transfer(), "ready"))
        await asyncio.wait_for(fourth_loss.wait(), 10)
        may_send.set()
        # One was with the writer, two in the queue; the rest of the seven is lost.
        assert [(await client.news())["result"]["height"] for _ in range(3)] == [1, 2, 3]
        notice = await client.receive()
        assert notice == {
            "jsonrpc": "2.0", "method": "overflow", "params": {"dropped": 4, "resumeFrom": 4},
        }  # fmt: skip
        publish(bus, await grow(chain))
        assert (await client.news())["result"]["height"] == 7


async def test_news_that_cannot_be_rendered_are_reported_as_missed(chain, bus, monkeypatch):
    def broken(event, interest):
        raise ZeroDivisionError

    monkeypatch.setattr(hub, "render", broken)
    async with Client() as client, Client() as other:
        await client.subscribe("newHeads")
        await other.subscribe("pendingTxs")
        publish(bus, await grow(chain))
        notice = await client.receive()
        assert notice["params"] == {"dropped": 1, "resumeFrom": 1}
        assert await other.silent()


async def test_events_waiting_are_bounded(chain, bus, monkeypatch):
    monkeypatch.setattr(hub, "EVENTS_MOST", 1)
    async with Client() as client:
        await client.subscribe("newHeads")
        events = [await grow(chain) for _ in range(4)]
        # In one go on the loop, so that the hub's task cannot take any in between.
        for event in events:
            hub.current()._take(event)
        heights, missed = [], 0
        while len(heights) + missed < 4:
            message = await client.receive()
            if message["method"] == "overflow":
                missed += message["params"]["dropped"]
                assert message["params"]["resumeFrom"] == 2
            else:
                heights.append(message["params"]["result"]["height"])
        assert (heights, missed) == ([1], 3)


async def test_publishing_without_sockets_costs_nothing(bus, monkeypatch):
    monkeypatch.setattr(hub, "render", lambda *_: 1 / 0)
    publish(bus, TxAdded(transfer(), "ready"), TxDropped(b"", "x.y", "z", 5))
    hub.current()._loop = SimpleNamespace(
        call_soon_threadsafe=lambda *_: (_ for _ in ()).throw(RuntimeError("closed"))
    )
    publish(bus, TxAdded(transfer(), "ready"))


def test_nothing_is_rendered_that_nobody_wants(node):
    event = news.SyncMoved(node.net.far)
    assert news.render(event, news.Interest({"newHeads"})) == []
    assert [one.topic for one in news.render(event, news.Interest({"sync"}))] == ["sync"]

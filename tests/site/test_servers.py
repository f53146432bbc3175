"""One conversation with three servers: the node's own, daphne, and plain uvicorn."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from animica_site import networks
from core.network import Network
from pq import addresses
from tests.site.nodes import (
    ANIMICA,
    Process,
    Rpc,
    environment,
    free_port,
    running,
    wait_for,
)
from tests.site.test_devnet import verify_state
from tests.support import ChainBuilder, key, transfer

SERVERS = ("own", "daphne", "uvicorn")
INTERVAL_MS = 3_000
CHAIN = 1337
STOP_S = 5.0

pytestmark = pytest.mark.timeout(400)


@dataclass
class Served:
    """A node behind one of the servers."""

    name: str
    process: Process
    base: str
    rpc: Rpc
    network: Network

    def socket(self, **options: Any) -> ClientConnection:
        url = self.base.replace("http", "ws", 1) + "/ws"
        return connect(url, proxy=None, open_timeout=30, **options)


class Talk:
    """JSON-RPC on a socket; what is not an answer is kept as news."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.topics: dict[str, str] = {}
        self.news: list[tuple[str, Any]] = []
        self.count = 0

    def ask(self, method: str, params: Any = ()) -> Any:
        self.count += 1
        request = {"jsonrpc": "2.0", "id": self.count, "method": method, "params": params}
        self.socket.send(json.dumps(request))
        while True:
            message = json.loads(self.socket.recv(timeout=30))
            if message.get("id") == self.count:
                return message
            self.take(message)

    def subscribe(self, topic: str, **options: Any) -> str:
        subscription = str(self.ask("subscribe", {"topic": topic, **options})["result"])
        self.topics[subscription] = topic
        return subscription

    def take(self, message: dict[str, Any]) -> None:
        assert message["method"] == "subscription" and "id" not in message, message
        params = message["params"]
        assert self.topics[params["subscription"]] == params["topic"]
        self.news.append((params["topic"], params["result"]))

    def hear(self, topic: str, seconds: float = 60) -> Any:
        """The next news of a topic, in order; other news stay."""
        until = time.monotonic() + seconds
        while True:
            for index, (heard, result) in enumerate(self.news):
                if heard == topic:
                    del self.news[index]
                    return result
            assert time.monotonic() < until, f"no {topic}: {self.news}"
            try:
                self.take(json.loads(self.socket.recv(timeout=1)))
            except TimeoutError:
                continue


def network_file(folder: Path) -> Path:
    """A devnet that begins now, with three funded keys of the tests."""
    table = networks.load_table("devnet")
    table["genesis"]["time_ms"] = time.time_ns() // 1_000_000
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(key(number).address), "balance": 10**15}
        for number in range(3)
    ]
    table["params"]["target_interval_ms"] = INTERVAL_MS
    # Cheap enough for the test to seal a heavier branch of its own.
    table["params"]["theta_start_unat"] = table["params"]["theta_min_unat"]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "network.json"
    path.write_text(json.dumps(table))
    return path


@contextmanager
def served(name: str, folder: Path) -> Iterator[Served]:
    """A mining node behind the server of that name."""
    file = network_file(folder)
    port, miner = free_port(), addresses.to_text(key(9).address)
    data = folder / "data"
    app = "animica_site.asgi:application"
    own = ["--network", file, "--data-dir", data, "--http-port", port, "--mine", miner]
    own += ["--no-p2p"]
    command = {
        "own": [*ANIMICA, "node", *own],
        "daphne": [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", port, app],
        "uvicorn": [sys.executable, "-m", "uvicorn", "--port", port, app],
    }[name]
    env = {
        "ANIMICA_HOST_NODE": "1",
        "ANIMICA_NETWORK": str(file),
        "ANIMICA_DATA_DIR": str(data),
        "ANIMICA_MINE_TO": miner,
    }
    base = f"http://127.0.0.1:{port}"
    with running(
        list(map(str, command)), folder, env=environment(**({} if name == "own" else env))
    ) as process:
        process.wait_until(lambda: alive(base))
        yield Served(name, process, base, Rpc(base + "/rpc"), networks.load(str(file)))


def alive(base: str) -> bool:
    try:
        return httpx.get(base + "/healthz", trust_env=False).json() == {"alive": True}
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("name", SERVERS)
def test_one_conversation(name: str, tmp_path: Path) -> None:
    with served(name, tmp_path) as node:
        over_http(node)
        with node.socket() as socket:
            talk = Talk(socket)
            over_the_socket(talk)
            txid = a_transaction_is_mined(node, talk)
            a_heavier_branch_wins(node, talk, txid)
            refused_sockets(node)
            ended_cleanly(node)
            with pytest.raises(ConnectionClosed):
                while True:
                    socket.recv(timeout=10)
    verify_state(tmp_path / "data")


def over_http(node: Served) -> None:
    assert node.rpc("chain.getChainId") == CHAIN
    head = node.rpc("chain.getHead")
    assert node.rpc("chain.getBlockByHash", hash=head["hash"])["hash"] == head["hash"]
    assert node.rpc.refusal("chain.getHaed").code == "rpc.method_unknown"
    assert node_refusal(node, b"{") == "rpc.parse"
    post = node.rpc.http.post
    batch = [
        {"jsonrpc": "2.0", "id": 1, "method": "chain.getChainId"},
        {"jsonrpc": "2.0", "method": "chain.getChainId"},
        {"jsonrpc": "2.0", "id": 2, "method": "state.getBalance", "params": ["x"]},
    ]
    answers = post(node.rpc.url, json=batch).json()
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["error"]["data"]["code"].startswith(("rpc.params", "address."))
    quiet = post(node.rpc.url, json=batch[1])
    assert (quiet.status_code, quiet.content) == (204, b"")
    assert node.rpc.http.get(node.rpc.url).status_code == 405
    page = node.rpc.http.get(node.base + "/")
    assert page.status_code == 200 and "text/html" in page.headers["content-type"]
    assert node.rpc.http.get(node.base + "/metrics").status_code == 200
    block = node.rpc.http.post(node.base + "/api/v1/blocks", content=b"\xff")
    assert block.status_code == 400 and block.json()["error"]["code"].startswith("cbor.")


def node_refusal(node: Served, body: bytes) -> str:
    answer = node.rpc.http.post(node.rpc.url, content=body)
    assert answer.status_code == 200
    return str(answer.json()["error"]["data"]["code"])


def over_the_socket(talk: Talk) -> None:
    assert talk.ask("chain.getChainId")["result"] == CHAIN
    assert talk.ask("subscribe", ["nothing"])["error"]["data"]["code"] == "rpc.params"
    assert talk.ask("nothing")["error"]["data"]["code"] == "rpc.method_unknown"
    once = talk.subscribe("newHeads")
    assert talk.ask("unsubscribe", [once])["result"] is True
    assert talk.ask("unsubscribe", [once])["error"]["data"]["code"] == "rpc.subscription_unknown"
    talk.socket.send("[")
    assert json.loads(talk.socket.recv(timeout=30))["error"]["code"] == -32700


def a_transaction_is_mined(node: Served, talk: Talk) -> str:
    """pendingTxs, newHeads and receipts of one transfer; a receipt of another is not wanted."""
    mine = transfer(key(1), key(2).address, 5, nonce=0, chain=CHAIN)
    other = transfer(key(2), key(1).address, 7, nonce=0, chain=CHAIN)
    txid = "0x" + mine.txid.hex()
    for topic in ("newHeads", "pendingTxs", "reorgs"):
        talk.subscribe(topic)
    talk.subscribe("receipts", txids=[txid])
    for tx in (other, mine):
        sent = node.rpc("tx.sendRawTransaction", raw="0x" + tx.raw.hex())
        assert sent["state"] == "ready"
    pending = [talk.hear("pendingTxs")["txid"] for _ in range(2)]
    assert pending == ["0x" + other.txid.hex(), txid]
    receipt = talk.hear("receipts")
    assert (receipt["txid"], receipt["status"]) == (txid, 0)
    assert receipt == node.rpc("tx.getTransactionReceipt", txid=txid)
    head = talk.hear("newHeads")
    while head["height"] < receipt["height"]:
        head = talk.hear("newHeads")
    assert head["hash"] == receipt["blockHash"]
    assert not any(topic == "receipts" for topic, _ in talk.news)
    return txid


def a_heavier_branch_wins(node: Served, talk: Talk, txid: str) -> None:
    """Blocks brought by RPC outweigh the miner's; its transaction comes back to the pool."""
    builder = ChainBuilder(node.network)
    tip, outcome = builder.genesis, ""
    while outcome != "reorg":
        tip = builder.make(tip, interval_ms=1, coinbase=key(8).address)
        outcome = node.rpc("chain.submitBlock", raw="0x" + tip.raw.hex())["outcome"]
        assert outcome in ("side", "reorg") and tip.height < 60
    news = talk.hear("reorgs")
    assert news["forkHeight"] == 0
    assert news["newHead"] == {"hash": "0x" + tip.hash.hex(), "height": tip.height}
    assert news["added"] == ["0x" + made.hash.hex() for made in tip.path()]
    assert len(news["removed"]) == news["oldHead"]["height"]
    # The branch had no transactions, so the miner takes them again, into a block on top of it.
    receipt = talk.hear("receipts")
    assert receipt["txid"] == txid and receipt["height"] > tip.height
    assert node.rpc("chain.getBlockByHash", hash="0x" + tip.hash.hex())["canonical"] is True


def refused_sockets(node: Served) -> None:
    with pytest.raises(InvalidStatus) as refusal, node.socket(origin="https://elsewhere.test"):
        pass
    assert refusal.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as refusal:
        connect(node.base.replace("http", "ws", 1) + "/elsewhere", proxy=None)
    assert refusal.value.response.status_code == 403


def ended_cleanly(node: Served) -> None:
    workers = node.process.descendants()
    assert len(workers) == 1
    code, seconds = node.process.end(signal.SIGTERM)
    # uvicorn, once it has shut down in good order, ends by the signal that it got.
    assert code == (-signal.SIGTERM if node.name == "uvicorn" else 0), node.process.err
    assert seconds <= STOP_S
    assert "Traceback" not in node.process.err + node.process.out
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_a_hosted_node_that_cannot_start_says_why(tmp_path: Path) -> None:
    env = environment(
        ANIMICA_HOST_NODE="1",
        ANIMICA_NETWORK="nowhere",
        ANIMICA_DATA_DIR=str(tmp_path / "data"),
    )
    command = [sys.executable, "-c", "import animica_site.asgi"]
    with running(command, tmp_path, env=env) as process:
        wait_for(lambda: process.popen.poll() is not None, 90)
        assert process.popen.returncode == 1
        assert "[network.unknown]" in process.err and "next: " in process.err
        assert "Traceback" not in process.err

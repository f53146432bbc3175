"""Real nodes that are peers: they meet, sync, relay, die and come back; strangers at their ports.

Blocks are made here and handed to one of the nodes, so that no test waits for luck.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from animica_site import networks
from core.network import Network
from pq import addresses
from tests.site.nodes import ANIMICA, Node, devnet, environment, follower, wait_for
from tests.support import BALANCE, ChainBuilder, Made, key, transfer

pytestmark = pytest.mark.timeout(300)


@dataclass
class Chain:
    """Blocks of the fast network on top of each other, given to nodes over RPC."""

    folder: Path
    network: Network = field(init=False)
    tip: Made = field(init=False)

    def __post_init__(self) -> None:
        table = networks.load_table("fast")
        table["genesis"]["allocations"] = [
            {"address": addresses.to_text(key(number).address), "balance": BALANCE}
            for number in range(10)
        ]
        self.file.write_text(json.dumps(table))
        self.network = networks.parse(table)
        self.builder = ChainBuilder(self.network)
        self.tip = self.builder.genesis

    @property
    def file(self) -> Path:
        return self.folder / "network.json"

    def grow(self, node: Node, count: int, txs: Sequence[Any] = ()) -> None:
        """So many blocks for a node, the first with these transactions."""
        for _ in range(count):
            self.tip = self.builder.make(self.tip, txs)
            submit(node, self.tip)
            txs = ()


def submit(node: Node, block: Made) -> None:
    node.rpc("chain.submitBlock", raw="0x" + block.raw.hex())


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="module")
def first(chain: Chain) -> Iterator[Node]:
    """The node that the others connect to."""
    with follower(chain.folder / "first", chain.file, "--json-logs") as node:
        yield node


def agree(chain: Chain, *nodes: Node) -> None:
    """All come to have the last block that was made; its header binds their whole state."""
    wanted = "0x" + chain.tip.hash.hex()
    wait_for(lambda: all(node.head()["hash"] == wanted for node in nodes))
    assert len({node.rpc("node.status")["supply"] for node in nodes}) == 1


def waiting(node: Node) -> set[str]:
    return {one["tx"]["txid"] for one in node.rpc("mempool.content")["items"]}


def send(node: Node, tx: Any) -> str:
    return str(node.rpc("tx.sendRawTransaction", raw="0x" + tx.raw.hex())["txid"])


def test_a_node_syncs_relays_dies_and_catches_up(chain: Chain, first: Node, tmp_path: Path) -> None:
    chain.grow(first, 40)
    to_first = "--connect", first.facts["p2p"]
    with follower(tmp_path, chain.file, *to_first) as second:
        (peer,) = wait_for(lambda: second.rpc("net.peers"))
        assert (peer["direction"], peer["transport"], peer["pinned"]) == ("outbound", "tcp", True)
        assert peer["id"] == first.facts["peerId"]
        (other,) = wait_for(lambda: first.rpc("net.peers"))
        assert (other["direction"], other["id"]) == ("inbound", second.facts["peerId"])
        agree(chain, first, second)
        wait_for(lambda: second.rpc("node.status")["state"] == "following")
        # Transactions go both ways, those too that have to wait for others.
        txs = [transfer(key(1), key(2).address, 5, nonce=nonce) for nonce in (1, 0)]
        txs.append(transfer(key(3), key(2).address, 7, nonce=0))
        sent = {send(first, txs[0]), send(second, txs[1]), send(second, txs[2])}
        wait_for(lambda: waiting(first) == waiting(second) == sent)
        # Blocks too: the other has all that is in this one, and is told in short form.
        chain.grow(second, 1, [txs[1], txs[0], txs[2]])
        agree(chain, first, second)
        assert waiting(first) == waiting(second) == set()
        receipts = [
            [node.rpc("tx.getTransactionReceipt", txid=txid) for txid in sorted(sent)]
            for node in (first, second)
        ]
        assert receipts[0] == receipts[1] and all(receipts[0])
        assert second.process.end(signal.SIGKILL)[0] == -signal.SIGKILL
    wait_for(lambda: not first.rpc("net.peers"))
    chain.grow(first, 100)
    with follower(tmp_path, chain.file, *to_first) as second:
        agree(chain, first, second)
        # A heavier branch at one of them is one at the other.
        fork = chain.tip.parent.parent
        for block in chain.builder.grow(fork, 3, extra=b"branch"):
            submit(second, block)
            chain.tip = block
        agree(chain, first, second)
        ended(second)
    # The address of the last run is remembered.
    with follower(tmp_path, chain.file) as second:
        wait_for(lambda: second.rpc("net.peers"))
        chain.grow(first, 1)
        agree(chain, first, second)
        ended(second)
    assert "Traceback" not in first.process.err


def ended(node: Node) -> None:
    """It stops well, and soon."""
    code, seconds = node.process.end()
    assert code == 0 and seconds < 5, (seconds, node.process.err)
    assert "Traceback" not in node.process.err


def test_peers_come_by_the_http_port_too(chain: Chain, first: Node, tmp_path: Path) -> None:
    chain.grow(first, 3)
    address = base(first).replace("http://", "ws://")
    with follower(tmp_path, chain.file, "--connect", address) as second:
        (peer,) = wait_for(lambda: second.rpc("net.peers"))
        assert (peer["transport"], peer["id"]) == ("ws", first.facts["peerId"])
        agree(chain, first, second)
        tx = transfer(key(4), key(2).address, 5, nonce=0)
        txid = send(second, tx)
        wait_for(lambda: waiting(first) == {txid})
        chain.grow(first, 1, [tx])
        agree(chain, first, second)
        ended(second)
    wait_for(lambda: not first.rpc("net.peers"))
    assert "Traceback" not in first.process.err


def base(node: Node) -> str:
    return str(node.facts["explorer"]).rstrip("/")


GARBAGE = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff" * 70_000, b"\0\0\0\x02\xa0\xa0", b"\0" * 9]


@pytest.mark.parametrize("junk", GARBAGE, ids=["http", "giant", "no hello", "empty"])
def test_strangers_are_sent_away_and_nothing_else_happens(first: Node, junk: bytes) -> None:
    host, port = re.fullmatch(r"tcp://(.+):(\d+)", first.facts["p2p"]).groups()
    address = host, int(port)
    with socket.create_connection(address, timeout=20) as sock, suppress(ConnectionError):
        sock.sendall(junk)
        while sock.recv(65_536):
            pass
    assert first.rpc("node.health")["ready"]
    metrics = first.rpc.http.get(f"{base(first)}/metrics").text
    refused = re.findall(r'animica_p2p_handshakes_total{outcome="p2p\.\w+"} (\S+)', metrics)
    assert sum(map(float, refused)) >= 1


def test_a_web_page_is_no_peer(first: Node) -> None:
    """A browser says from where its page comes; peers have no such thing."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    plain = first.rpc.http.get(f"{base(first)}/p2p", headers={**headers, "Origin": base(first)})
    assert plain.status_code == 403


def test_a_devnet_says_where_its_peers_are_and_keeps_to_its_own_chain(
    first: Node, tmp_path: Path
) -> None:
    options = ("--no-mine", "--accounts", "1", "--p2p-port", "0", "--connect", first.facts["p2p"])
    with devnet(tmp_path, *options) as other:
        assert other.facts["p2p"].startswith("tcp://127.0.0.1:")
        assert other.facts["p2p"] in other.process.out
        assert other.rpc("net.info")["id"] == other.facts["peerId"]
        wait_for(lambda: refusals(other, "p2p.refused_by_peer"))
        assert refusals(first, "p2p.chain_differs")
        assert other.rpc("net.peers") == []
        assert other.rpc("node.status")["state"] == "finding peers"
        shown = subprocess.run(
            [*ANIMICA, "status", "--node", other.base],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert f"0 (0 outbound), listening at {other.facts['p2p']}" in shown.stdout
        ended(other)


def refusals(node: Node, code: str) -> float:
    text = node.rpc.http.get(f"{base(node)}/metrics").text
    found = re.search(rf'^animica_p2p_handshakes_total{{outcome="{code}"}} (\S+)$', text, re.M)
    return float(found[1]) if found else 0.0


def test_an_address_that_this_node_cannot_dial_is_refused_before_it_starts(tmp_path: Path) -> None:
    done = subprocess.run(
        [*ANIMICA, "node", "--data-dir", str(tmp_path / "none"), "--connect", "quic://192.0.2.1:1"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1 and "[p2p.address_invalid]" in done.stderr
    assert "tcp and ws" in done.stderr and not (tmp_path / "none").exists()

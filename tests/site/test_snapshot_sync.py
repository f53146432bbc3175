"""Real nodes: one without blocks loads the state of another over TCP, and goes on from there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from p2p.rules.limits import SNAPSHOT_DEPTH
from tests.site.ledgers import HEIGHT, Ledger, builder, chain
from tests.site.nodes import Node, follower, wait_for

pytestmark = pytest.mark.timeout(120)

MORE = SNAPSHOT_DEPTH + 2


def data_of(folder: Path) -> Ledger:
    """On SQLite, whatever the suite runs on: the nodes of ``follower`` are."""
    folder.mkdir()
    return Ledger(folder, None)


@pytest.fixture
def server(tmp_path) -> Ledger:
    """A node's data: 30 blocks, and the snapshot of the last one on its shelf."""
    ledger = data_of(tmp_path / "server")
    ledger.fill()
    shelf = ledger.data / "snapshots"
    shelf.mkdir()
    ledger.ok("snapshot", "create", "--out", shelf / f"{HEIGHT}-made")
    return ledger


def go_on(node: Node) -> None:
    """So many blocks more that the snapshot is deep enough to be served."""
    for one in builder().grow(chain()[HEIGHT], MORE):
        node.rpc("chain.submitBlock", raw="0x" + one.raw.hex())


def node(ledger: Ledger, *options: str):
    """``animica node`` on a ledger's data."""
    network = ledger.folder / "fast.json"
    assert network.exists()
    return follower(ledger.folder, network, *options)


@contextmanager
def _after(good: Node, fresh: Ledger, *options: str) -> Iterator[Node]:
    go_on(good)
    with node(fresh, *options, good.facts["p2p"]) as mine:
        yield mine


def test_a_node_without_blocks_loads_the_state_of_another_and_goes_on(server, tmp_path):
    fresh = data_of(tmp_path / "fresh")
    liar = data_of(tmp_path / "liar")
    fresh.command("status")  # writes the network file
    shutil.copytree(server.folder, liar.folder, dirs_exist_ok=True)
    chunk = liar.data / "snapshots" / f"{HEIGHT}-made" / "chunks" / "000000"
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)

    with node(liar) as bad:
        go_on(bad)
        with node(fresh, "--snapshot-sync", "--seed", bad.facts["p2p"]) as mine:
            assert wait_for(lambda: mine.rpc("net.info")["bans"]) == 1
            assert mine.head()["height"] == 0
            assert mine.rpc("node.status")["state"] != "following"

    options = ("--snapshot-sync", "--json-logs", "--connect")
    with node(server) as good, _after(good, fresh, *options) as mine:
        head = mine.height(HEIGHT + MORE)
        assert head["hash"] == good.head()["hash"]
        status = mine.rpc("node.status")
        assert status["history"]["snapshotAt"] == HEIGHT
        assert status["supply"] == good.rpc("node.status")["supply"]
        refusal = mine.rpc.refusal("chain.getBlockByNumber", block=5)
        assert refusal.code == "chain.pruned" and refusal.data["keptFrom"] == HEIGHT + 1
        assert mine.rpc("chain.getHeaders", fromHeight=5, count=1)[0]["height"] == 5
        assert mine.rpc("chain.getBlockByNumber", block=HEIGHT + 1)["status"] == "executed"
        assert "snapshot_loaded" in mine.process.err
    assert f"hold together: head {HEIGHT + MORE}" in fresh.ok("verify-db")

"""``animica peers``: reads a running node over RPC, leaves wishes in its data beside it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing

import pytest
from click.testing import CliRunner

from animica_site.commands import peers as command
from tests.rpc.played import PlayedNet, played_peer
from tests.site.conftest import data_of
from tests.site.nodes import ANIMICA, ROOT, Node, environment, follower, wait_for

pytestmark = pytest.mark.timeout(300)

ID = "0x" + "07" * 32


class PlayedClient:
    """A node that answers as ``tests.rpc.played`` does."""

    net = PlayedNet()

    def __init__(self, url: str) -> None:
        assert url == "http://node"

    def __enter__(self) -> PlayedClient:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, method: str) -> object:
        name = {"chain.getSyncStatus": "sync", "net.info": "info", "net.peers": "peers"}[method]
        return getattr(self.net, name)()


@pytest.fixture
def net(monkeypatch) -> PlayedNet:
    made = PlayedNet()
    monkeypatch.setattr(PlayedClient, "net", made)
    monkeypatch.setattr(command, "NodeClient", PlayedClient)
    return made


def shown(*words: str) -> str:
    result = CliRunner().invoke(command.peers, [*words, "--node", "http://node"])
    assert result.exit_code == 0, result.output
    return result.output


def test_one_screen_about_the_peers(net):
    net.listed = [
        played_peer(height=4_321, lag=12, pinned=True),
        played_peer(id=ID, direction="inbound", latencyMs=None, inMesh=False, agent=""),
    ]
    screen = shown()
    assert screen == shown("list")
    lines = screen.splitlines()
    assert lines[0] == ("sync       syncing, block 1 of 4 (25 %), 1.5 blocks/s, about 2 s to go")
    assert lines[1] == "id         0x" + "01" * 32
    assert lines[5].split() == ["network", "height", "behind", "ms", "points", "software", "id"]
    out, came = (line.split() for line in lines[6:])
    assert out == ["out", "*m", "192.0.0.0/16", "4,321", "12", "12", "0", "a/1", "0x" + "02" * 32]
    assert came == ["in", "192.0.0.0/16", "4", "-", "-", "0", "-", ID]
    assert [line.index("0x") for line in lines[6:]] == [lines[5].index("id")] * 2


def test_what_a_peer_says_never_steers_the_terminal(net):
    net.listed = [played_peer(agent="a\x1b[2Jb\u202e")]
    assert "a?[2Jb?" in shown()


def test_nobody_is_there(net):
    net.listed = []
    net.far = {**net.far, "etaMs": None}
    assert len(shown().splitlines()) == 4
    told = {**net.info(), "id": None}
    net.info = lambda: told
    assert shown().splitlines()[1] == "network    none: this node asks no others"


def test_json(net):
    facts = json.loads(shown("list", "--json"))
    assert facts == {"sync": net.far, "info": net.info(), "peers": net.listed}
    assert json.loads(shown("--json")) == facts


def test_a_node_that_does_not_answer():
    result = CliRunner().invoke(command.peers, ["list", "--node", "http://127.0.0.1:9"])
    assert result.exit_code == 1 and "Hint:" in result.output


# ------------------------------------------------------------------ on the data of a node


def animica_peers(node: Node, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ANIMICA, "peers", *words, "--data-dir", str(data_of(node))],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )


def rows(node: Node, query: str) -> list[tuple]:
    with closing(sqlite3.connect(data_of(node) / "node.sqlite3")) as database:
        return database.execute(query).fetchall()


def test_a_wish_is_left_beside_a_running_node(quiet):
    done = animica_peers(quiet, "ban", ID, "--hours", "3", "--why", "it  floods us")
    assert done.returncode == 0, done.stderr
    assert "refuses new ones" in done.stdout and "No node has taken this yet" in done.stdout
    assert rows(quiet, "SELECT verb, peer, ban_ms FROM p2p_wish") == [
        ("ban", bytes.fromhex(ID[2:]), 3 * 3_600_000)
    ]
    ((who, what, why),) = rows(quiet, "SELECT who, what, why FROM audit_auditrow")
    assert who.endswith(" (command line)") and (what, why) == ("peer.ban", "it floods us")
    refused = animica_peers(quiet, "connect", "nowhere", "--why", "to see")
    assert refused.returncode == 1 and "p2p.address_invalid" in refused.stderr
    assert len(rows(quiet, "SELECT 1 FROM audit_auditrow")) == 1


def test_where_no_chain_is_nothing_is_made(tmp_path):
    done = subprocess.run(
        [*ANIMICA, "peers", "unban", ID, "--why", "x", "--data-dir", str(tmp_path / "none")],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1 and "no chain is stored" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_running_node_does_what_is_asked(tmp_path):
    with (
        follower(tmp_path / "one", "fast") as one,
        follower(tmp_path / "two", "fast", "--seed", one.facts["p2p"]) as two,
    ):
        (peer,) = wait_for(lambda: one.rpc("net.peers"))
        assert peer["id"] == two.facts["peerId"] in shown_by(one)
        done = animica_peers(one, "ban", peer["id"], "--why", "to see")
        assert done.returncode == 0 and "The running node has taken it" in done.stdout
        wait_for(lambda: not one.rpc("net.peers") and one.rpc("net.info")["bans"] == 1)
        page = one.rpc.http.get(one.base + "/network").text
        assert "No peer is connected" in page and one.facts["peerId"] in page
        for words in (["unban", peer["id"]], ["connect", two.facts["p2p"]]):
            done = animica_peers(one, *words, "--why", "enough")
            assert "The running node has taken it" in done.stdout, done.stderr
        wait_for(lambda: one.rpc("net.peers"))
        assert one.rpc("net.info")["bans"] == 0
        asked = rows(one, "SELECT what FROM audit_auditrow ORDER BY number")
        assert asked == [("peer.ban",), ("peer.unban",), ("peer.connect",)]


def shown_by(node: Node) -> str:
    return subprocess.run(
        [*ANIMICA, "peers", "--node", node.base],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout

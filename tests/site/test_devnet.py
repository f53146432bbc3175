"""``animica devnet`` as people meet it: real processes, real signals, a real data directory."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha3_256
from pathlib import Path
from typing import Any

import cbor2
import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from websockets.sync.client import connect

from pq import addresses, signing
from tests.site.nodes import (
    ANIMICA,
    ROOT,
    Node,
    devnet,
    environment,
    read_json,
    refused,
    wait_for,
)
from wallet.transactions import Fees, transfer

KEYS = {
    "chainId", "rpc", "ws", "explorer", "admin", "metrics", "genesisHash", "accounts", "adminLogin",
}  # fmt: skip
# A machine that is busy otherwise may need several times as long as a free one.
pytestmark = pytest.mark.timeout(400)
STOP_S = 5.0
CONTINUE_S = 5.0
FIRST_BLOCK_S = 20.0
ANM = 10**9


def key_of(node: Node, index: int) -> signing.PrivateKey:
    return signing.from_seed(bytes.fromhex(node.facts["accounts"][index]["seed"]))


def pay(node: Node, index: int, nonce: int, value: int = ANM, **options: Any) -> str:
    """Submit a transfer of a funded account to the next one; its txid."""
    accounts = node.facts["accounts"]
    options = {"fees": Fees(100, 1), "keep": False, **options}
    tx = transfer(
        key_of(node, index),
        to=addresses.from_text(accounts[(index + 1) % len(accounts)]["address"]),
        value=value,
        chain=1337,
        nonce=nonce,
        **options,
    )
    return str(node.rpc("tx.sendRawTransaction", raw="0x" + tx.raw.hex())["txid"])


# ------------------------------------------------------------------ what it says


def test_json_out_holds_the_documented_keys(paced: Node) -> None:
    facts = paced.facts
    assert set(facts) == KEYS
    assert facts["chainId"] == 1337
    assert set(facts["adminLogin"]) == {"user", "password"}
    assert facts["genesisHash"] == paced.rpc("chain.getBlockByNumber", block=0)["hash"]
    assert len(facts["accounts"]) == 10
    mode = (paced.process.folder / "facts.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_seeds_of_the_json_are_those_of_the_addresses(paced: Node) -> None:
    seen = set()
    for account in paced.facts["accounts"]:
        assert set(account) == {"address", "alg", "seed", "balance"}
        assert account["alg"] == 0x1003 and account["balance"] == str(1_000_000 * ANM)
        seed = bytes.fromhex(account["seed"])
        assert len(seed) == 32
        public = MLDSA65PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
        assert addresses.from_text(account["address"]) == b"\x10\x03" + sha3_256(public).digest()
        seen.add(account["address"])
    assert len(seen) == 10


def test_the_banner_says_the_same_and_marks_the_keys(paced: Node) -> None:
    banner = wait_for(lambda: "Ctrl-C" in paced.process.out and paced.process.out)
    facts = paced.facts
    for name in ("explorer", "rpc", "ws", "admin", "metrics"):
        assert facts[name] in banner.split()
    login = facts["adminLogin"]
    assert f"user {login['user']}, password {login['password']}" in banner
    for account in facts["accounts"]:
        assert account["address"] in banner and account["seed"] in banner
    assert "TEST ACCOUNTS" in banner and "1337" in banner


def test_every_address_answers(paced: Node) -> None:
    facts, base = paced.facts, paced.base
    with httpx.Client(timeout=30, trust_env=False) as http:
        page = http.get(facts["explorer"])
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
        metrics = http.get(facts["metrics"])
        assert metrics.status_code == 200
        assert metrics.headers["content-type"].startswith("text/plain")
        assert re.search(r"^animica_rpc_requests_total", metrics.text, re.MULTILINE)
        assert http.get(base + "/healthz").json() == {"alive": True}
        paced.height(1)
        ready = http.get(base + "/readyz")
        assert ready.status_code == 200 and ready.json()["ready"] is True
        version = http.get(base + "/version").json()
        assert (version["name"], version["chainId"]) == ("animica-node", 1337)
        described = http.get(base + "/openrpc.json").json()
        assert described == paced.rpc("rpc.discover")
        assert http.get(base + "/static/explorer/explorer.css").status_code == 200
        missing = http.get(base + "/nothing/here")
        assert missing.status_code == 404 and "text/html" in missing.headers["content-type"]
    with connect(facts["ws"], proxy=None) as socket:
        socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "chain.getChainId"}))
        assert json.loads(socket.recv(timeout=30))["result"] == 1337


def test_the_printed_login_opens_the_admin(paced: Node) -> None:
    login, address = paced.facts["adminLogin"], paced.facts["admin"]

    def sign_in(password: str) -> str:
        with httpx.Client(timeout=30, trust_env=False, follow_redirects=True) as http:
            form = http.get(address)
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
            assert form.status_code == 200 and token
            answer = http.post(
                str(form.url),
                data={
                    "username": login["user"],
                    "password": password,
                    "csrfmiddlewaretoken": token[1],
                },
                headers={"referer": str(form.url)},
            )
            assert answer.status_code == 200
            return answer.text

    assert 'id="logout-form"' in sign_in(login["password"])
    assert 'id="logout-form"' not in sign_in(login["password"] + "x")


def test_the_first_block_comes_quickly(paced: Node) -> None:
    first = paced.height(1) and paced.rpc("chain.getBlockByNumber", block=1)
    again = paced.rpc("chain.getBlockByNumber", block=2) or paced.height(2)
    assert again["time"] - first["time"] >= 1_000
    assert paced.process.start_s < FIRST_BLOCK_S


def test_json_logs_are_one_object_a_line(paced: Node) -> None:
    paced.height(1)

    def lines() -> list[dict[str, Any]]:
        # The last line may be in the making.
        return [json.loads(line) for line in paced.process.err.split("\n")[:-1]]

    def of_a_block() -> list[dict[str, Any]]:
        return [line for line in lines() if re.match("sealed block 1 ", line["event"])]

    (sealed,) = wait_for(of_a_block)
    assert sealed["logger"] == "animica.mining" and sealed["level"] == "debug"
    for line in lines():
        assert {"event", "level", "logger", "timestamp"} <= set(line)
        assert line["level"] in ("debug", "info"), line


# ------------------------------------------------------------------ animica status


def status(*options: str) -> subprocess.CompletedProcess[str]:
    command = [*ANIMICA, "status", *options]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60
    )


def test_status_shows_one_screen(paced: Node) -> None:
    paced.height(1)
    shown = status("--node", paced.base)
    assert shown.returncode == 0, shown.stderr
    rows = dict(line.split(maxsplit=1) for line in shown.stdout.splitlines())
    assert {"state", "network", "head", "mempool", "proofs", "miner", "disk"} <= set(rows)
    assert rows["state"] == "following" and "1337" in rows["network"]


def test_status_as_json_is_the_object_of_the_node(paced: Node) -> None:
    paced.height(1)
    shown = json.loads(status("--node", paced.facts["rpc"], "--json").stdout)
    assert set(shown) == set(paced.rpc("node.status"))
    assert shown["chainId"] == 1337 and shown["miner"]["blocksFound"] >= 1
    assert shown["miner"]["coinbase"] == paced.facts["accounts"][0]["address"]
    assert shown["warnings"] == []


def test_the_miner_finds_hash_shares_and_blocks_have_them(paced: Node) -> None:
    paced.height(3)
    status = paced.rpc("node.status")
    assert status["miner"]["sharesFound"] > 0
    assert set(status["proofs"]["byType"]) == {"share", "ai", "quantum", "storage", "vdf"}
    assert wait_for(lambda: added_shares(paced)) > 0


def added_shares(node: Node) -> float:
    text = node.rpc.http.get(f"{node.base}/metrics").text
    found = re.search(r'^animica_proofs_added_total{type="share"} (\S+)$', text, re.M)
    assert found is not None
    return float(found[1])


def test_without_shares_none_are_kept(tmp_path: Path) -> None:
    with devnet(tmp_path, "--no-shares", "--block-time", "0.2") as node:
        node.height(3)
        status = node.rpc("node.status")
        assert (status["miner"]["sharesFound"], status["proofs"]["count"]) == (0, 0)
        assert added_shares(node) == 0


def test_status_without_a_node_says_what_to_do() -> None:
    shown = status("--node", "http://127.0.0.1:9")
    assert shown.returncode == 2
    assert "not answering" in shown.stdout and "next: " in shown.stdout
    shown = status("--node", "http://127.0.0.1:9", "--json")
    assert shown.returncode == 2
    facts = json.loads(shown.stdout)
    assert facts["state"] == "not answering"
    assert facts["warnings"][0]["code"] == "wallet.node_unreachable"
    assert facts["warnings"][0]["hint"]


# ------------------------------------------------------------------ starts that are refused


def test_a_data_directory_has_one_node(paced: Node) -> None:
    before = contents(paced.process.folder / "data")
    second = refused(paced.process.folder, "--http-port", "0", "--seed", "intruder")
    assert second.returncode == 1
    assert "[node.data_dir_in_use]" in second.stderr and "Hint: " in second.stderr
    assert "Traceback" not in second.stderr
    assert contents(paced.process.folder / "data") == before
    assert paced.rpc("chain.getChainId") == 1337


def contents(data: Path) -> dict[str, bytes]:
    """The small files of a data directory."""
    return {path.name: path.read_bytes() for path in data.iterdir() if "sqlite" not in path.name}


def test_a_taken_port_is_refused(paced: Node, tmp_path: Path) -> None:
    port = paced.base.rpartition(":")[2]
    second = refused(tmp_path, "--http-port", port, "--no-mine")
    assert second.returncode == 1
    assert "[node.port_taken]" in second.stderr and "Hint: " in second.stderr
    assert "Traceback" not in second.stderr


# ------------------------------------------------------------------ stop and go on


def test_it_stops_within_seconds_and_continues(tmp_path: Path) -> None:
    with devnet(tmp_path, "--block-time", "0.5") as node:
        genesis = node.facts["genesisHash"]
        miners = node.process.descendants()
        assert len(miners) == 1
        node.height(2)
        # A socket with a subscription and a kept-alive connection are open meanwhile.
        with connect(node.facts["ws"], proxy=None) as socket:
            request = {"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": ["newHeads"]}
            socket.send(json.dumps(request))
            socket.recv(timeout=30)
            last = node.head()
            code, seconds = node.process.end(signal.SIGINT)
        assert code == 0 and seconds <= STOP_S, (code, seconds, node.process.err)
        assert "Traceback" not in node.process.err
        assert "continues the chain" in node.process.out
        assert not any(Path(f"/proc/{pid}").exists() for pid in miners)

    other = refused(tmp_path, "--http-port", "0", "--seed", "something else")
    assert other.returncode == 1
    assert "[chain.other_genesis]" in other.stderr and "Hint: " in other.stderr
    assert "Traceback" not in other.stderr

    with devnet(tmp_path, "--block-time", "0.5") as node:
        assert node.process.start_s <= CONTINUE_S
        assert node.facts["genesisHash"] == genesis
        assert node.head()["height"] >= last["height"]
        kept = node.rpc("chain.getBlockByHash", hash=last["hash"])
        assert kept["canonical"] is True
        top = node.height(last["height"] + 2)
        miners = node.process.descendants()
        assert node.process.end(signal.SIGKILL)[0] == -signal.SIGKILL
    # Its workers notice that they are alone.
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in miners), 10)

    with devnet(tmp_path, "--block-time", "0.5") as node:
        assert node.head()["height"] >= top["height"]
        assert node.rpc("chain.getBlockByHash", hash=top["hash"])["canonical"] is True
        assert node.facts["genesisHash"] == genesis
        node.height(top["height"] + 1)
        code, seconds = node.process.end(signal.SIGTERM)
        assert code == 0 and seconds <= STOP_S, (code, seconds, node.process.err)
        assert "Traceback" not in node.process.err
    verify_state(tmp_path / "data")


def verify_state(data: Path) -> None:
    """Re-hash the whole stored state in a process of its own."""
    script = (
        "import django; django.setup(); from chain import service as chain;"
        "chain.verify_head(); chain.verify_state()"
    )
    env = environment(ANIMICA_DATA_DIR=str(data), DJANGO_SETTINGS_MODULE="animica_site.settings")
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, check=True, timeout=60)


def test_what_waits_in_the_pool_survives(tmp_path: Path) -> None:
    options = ("--no-mine", "--accounts", "2", "--seed", "pool")
    with devnet(tmp_path, *options) as node:
        ready, held = pay(node, 0, 0), pay(node, 1, 2)
        before = pool_of(node)
        assert {txid: state for txid, (state, _) in before.items()} == {
            ready: "ready",
            held: "held",
        }
        assert node.process.end(signal.SIGTERM)[0] == 0
    with devnet(tmp_path, *options) as node:
        assert pool_of(node) == before
        assert node.rpc("tx.getStatus", txid=ready)["state"] == "pending"
        assert node.rpc("tx.getStatus", txid=held)["state"] == "held"
        # The gap closes as if nothing had happened.
        pay(node, 1, 0), pay(node, 1, 1)
        assert node.rpc("tx.getStatus", txid=held)["state"] == "pending"
        assert node.head()["height"] == 0


def pool_of(node: Node) -> dict[str, tuple[str, str]]:
    items = node.rpc("mempool.content")["items"]
    return {
        item["tx"]["txid"]: (
            item["state"],
            node.rpc("tx.getTransactionByHash", txid=item["tx"]["txid"])["raw"],
        )
        for item in items
    }


@pytest.fixture
def own_database() -> Iterator[str]:
    """A new database on the PostgreSQL server of DATABASE_URL."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"site_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server}/{name}"
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.postgres
def test_it_continues_on_postgresql(own_database: str, tmp_path: Path) -> None:
    services = {"DATABASE_URL": own_database, "REDIS_URL": os.environ["REDIS_URL"]}
    top: dict[str, Any] = {"height": 0}
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        with devnet(tmp_path, "--block-time", "0.5", **services) as node:
            assert node.process.start_s <= CONTINUE_S or top["height"] == 0
            assert node.head()["height"] >= top["height"]
            if top["height"]:
                assert node.rpc("chain.getBlockByHash", hash=top["hash"])["canonical"] is True
            nonce = node.rpc("state.getNonce", address=node.facts["accounts"][1]["address"])
            txid = pay(node, 1, nonce)
            wait_for(lambda node=node, txid=txid: node.rpc("tx.getTransactionReceipt", txid=txid))
            top = node.height(top["height"] + 2)
            code, seconds = node.process.end(number)
            assert code == (-number if number == signal.SIGKILL else 0), node.process.err
            assert seconds <= STOP_S and "Traceback" not in node.process.err
    assert not list((tmp_path / "data").glob("*.sqlite3*"))


# ------------------------------------------------------------------ how it mines


def test_block_time_zero_makes_a_block_for_each_transaction(tmp_path: Path) -> None:
    with devnet(tmp_path, "--block-time", "0") as node:
        assert node.head()["height"] == 0
        txids = [pay(node, 1, nonce) for nonce in range(3)] + [pay(node, 2, 0)]
        node.height(len(txids))
        blocks = [node.rpc("chain.getBlockByNumber", block=height) for height in range(1, 5)]
        assert sorted(tx for block in blocks for tx in block["txs"]) == sorted(txids)
        for block in blocks:
            assert len(block["txs"]) == 1
        # The tree's proof brings the header as it was sealed.
        assert_sealed(node.rpc("state.getProof", address=node.facts["accounts"][1]["address"]))
        # A held transaction is nothing to make a block of; what fills its gap is, twice.
        held = pay(node, 3, 1)
        assert node.rpc("tx.getStatus", txid=held)["state"] == "held"
        assert node.head()["height"] == 4
        pay(node, 3, 0)
        assert node.height(6)["height"] == 6
        wait_for(lambda: node.rpc("node.status")["miner"]["state"] == "waiting for a transaction")
        assert node.head()["height"] == 6


def assert_sealed(proof: dict[str, Any]) -> None:
    """The header's draw is below its target, computed from docs/spec/consensus.md alone."""
    header = cbor2.loads(bytes.fromhex(proof["header"][2:]))
    nonce = header.pop("nonce")
    # Canonical CBOR: shorter keys first, then by bytes.
    unsealed = cbor2.dumps(header, canonical=True)
    hashed = sha3_256(b"animica/header/v1\0" + unsealed).digest()
    preimage = b"animica/seal/v1\0" + hashed + header["mix"] + nonce
    draw = int.from_bytes(sha3_256(preimage).digest(), "big")
    assert header["theta"] == 12_000_000 and header["psi"] == 0
    assert -math.log(draw / 2**256) >= 12.0


def test_no_mine_makes_no_block(quiet: Node) -> None:
    facts = quiet.facts
    assert len(facts["accounts"]) == 3
    assert quiet.rpc("node.status")["miner"] is None
    assert quiet.process.descendants() == []
    assert status("--node", quiet.base).returncode == 0


def test_the_seed_makes_the_chain(quiet: Node, paced: Node) -> None:
    assert quiet.facts["genesisHash"] != paced.facts["genesisHash"]
    known = {account["address"] for account in paced.facts["accounts"]}
    assert known.isdisjoint(account["address"] for account in quiet.facts["accounts"])


@pytest.mark.slow
def test_reload_restarts_when_code_changes(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    copy_tree(tree)
    facts_file = tmp_path / "facts.json"
    with devnet(tmp_path, "--no-mine", "--accounts", "1", "--reload", cwd=tree) as node:
        first = node.facts
        changed = tree / "core" / "tags.py"
        changed.write_text(changed.read_text() + "\n# changed\n")

        def restarted() -> dict[str, Any] | None:
            facts = read_json(facts_file)
            return facts if facts and facts["adminLogin"] != first["adminLogin"] else None

        second = wait_for(restarted, 90)
        assert second["genesisHash"] == first["genesisHash"]
        node.rpc.url = second["rpc"]
        assert node.head()["height"] == 0
        code, seconds = node.process.end(signal.SIGINT)
        assert code == 0 and seconds <= STOP_S, (code, seconds, node.process.err)
        with pytest.raises(httpx.TransportError):
            node.head()


def copy_tree(to: Path) -> None:
    """The tree without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)

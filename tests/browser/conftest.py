"""A real devnet node and a real browser: nothing between them is replaced."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core import tags
from core.tx import SignedTx, UnsignedTx, Witness
from pq import addresses, signing
from tests import token_contract as token

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_S = 60
BLOCK_S = 30


@dataclass
class Devnet:
    """A running node: where it answers, its test keys, and the process to stop."""

    facts: dict[str, Any]
    process: subprocess.Popen[bytes]
    nonces: dict[int, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.facts["explorer"].rstrip("/")

    def rpc(self, method: str, **params: Any) -> Any:
        """The result of a JSON-RPC call; an error fails the test."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(
            self.facts["rpc"], body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            result = json.load(answer)
        assert "error" not in result, result
        return result["result"]

    def height(self) -> int:
        return self.rpc("chain.getHead")["height"]

    def wait_for_height(self, height: int) -> None:
        until = time.monotonic() + BLOCK_S
        while self.height() < height:
            assert time.monotonic() < until, f"no block {height} within {BLOCK_S} s"
            time.sleep(0.2)

    def send(self, *, sender: int = 1, to: int = 2, value: int = 10**9, gap: int = 0) -> str:
        """Submit a transfer between test accounts; ``gap`` skips nonces, so that it is held."""
        receiver = addresses.from_text(self.facts["accounts"][to]["address"])
        signed = self.signed("transfer", {"to": receiver, "value": value}, sender=sender, gap=gap)
        self.rpc("tx.sendRawTransaction", raw="0x" + signed.raw.hex())
        if not gap:
            self.nonces[sender] = self.nonces.get(sender, 0) + 1
        return "0x" + signed.txid.hex()

    def deploy(self, code: bytes, args: bytes, *, sender: int) -> tuple[str, str]:
        """Submit a deployment; its txid, and the address that the contract will have."""
        signed = self.signed("deploy", {"code": code, "args": args, "value": 0}, sender=sender)
        self.rpc("tx.sendRawTransaction", raw="0x" + signed.raw.hex())
        made = addresses.of_contract(signed.unsigned.sender, signed.unsigned.nonce)
        self.nonces[sender] = self.nonces.get(sender, 0) + 1
        return "0x" + signed.txid.hex(), addresses.to_text(made)

    def signed(self, kind: str, body: dict[str, Any], *, sender: int, gap: int = 0) -> SignedTx:
        """The next transaction of a test account, not sent."""
        key = signing.from_seed(bytes.fromhex(self.facts["accounts"][sender]["seed"]))
        unsigned = UnsignedTx(
            chain=self.facts["chainId"],
            kind=kind,
            sender=key.address,
            nonce=self.nonces.get(sender, 0) + gap,
            gas=80_000 if kind == "transfer" else 5_000_000,
            max_fee=20,
            max_tip=2,
            body=body,
        )
        signature = key.sign(unsigned.txid, tags.CONTEXT_TX)
        return SignedTx(unsigned, Witness(key.alg, signature, key.public_key))

    def wait_mined(self, txid: str) -> int:
        """The height of the block that took a transaction."""
        until = time.monotonic() + BLOCK_S
        while (status := self.rpc("tx.getStatus", txid=txid))["state"] != "mined":
            assert time.monotonic() < until, status
            time.sleep(0.2)
        return status["height"]


def start(folder: Path, *options: str) -> Devnet:
    """Start ``animica devnet`` and wait until it says where it answers."""
    out = folder / "node.json"
    log = (folder / "node.log").open("wb")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "animica_site", "devnet", "--http-port", "0"),
            *("--json-out", str(out), "--data-dir", str(folder / "data"), *options),
        ],
        cwd=ROOT,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    until = time.monotonic() + START_S
    while not out.exists() or not out.read_text().endswith("\n"):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            pytest.fail(f"the node did not start:\n{(folder / 'node.log').read_text()[-4000:]}")
        time.sleep(0.1)
    return Devnet(json.loads(out.read_text()), process)


def stop(node: Devnet) -> None:
    node.process.send_signal(signal.SIGINT)
    try:
        node.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        node.process.kill()
        node.process.wait()
        pytest.fail("the node did not stop within 20 s")


@pytest.fixture(scope="session")
def devnet(tmp_path_factory) -> Iterator[Devnet]:
    """One node for all tests, a block a second, with a few transactions in its past."""
    node = start(tmp_path_factory.mktemp("devnet"), "--block-time", "1")
    try:
        node.wait_for_height(2)
        node.wait_mined(node.send(value=1_500_000_000))
        yield node
    finally:
        stop(node)


@pytest.fixture(scope="session")
def contract(devnet: Devnet) -> str:
    """The address of a token that test account 5 has deployed on that node."""
    txid, address = devnet.deploy(token.SOURCE, token.init_args(1_000), sender=5)
    devnet.wait_mined(txid)
    return address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing: run make test-browser, which installs it")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield launched
        launched.close()


class Watched:
    """A page with everything it asked for and complained about."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._request)
        page.on("websocket", lambda socket: self._note(socket.url.replace("ws", "http", 1)))

    def _console(self, message: Any) -> None:
        # A page that answers 404 is a line in the console of the browser, not a fault of the page.
        if message.type in ("error", "warning") and "status of 40" not in message.text:
            self.complaints.append(message.text)

    def _request(self, request: Any) -> None:
        self._note(request.url)

    def _note(self, url: str) -> None:
        if not url.startswith(self.base + "/"):
            self.strangers.append(url)

    def open(self, path: str, status: int = 200) -> Page:
        response = self.page.goto(self.base + path)
        assert response is not None
        assert response.status == status, f"{path} answered {response.status}"
        return self.page


@pytest.fixture
def context_options() -> dict[str, Any]:
    """What the browser says of its user; tests override it."""
    return {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def context(browser: Browser, context_options: dict[str, Any]) -> Iterator[BrowserContext]:
    made = browser.new_context(**context_options)
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def watched(context: BrowserContext, devnet: Devnet) -> Iterator[Watched]:
    """A page; whatever a test does, it must not complain or ask anyone else."""
    made = Watched(context.new_page(), devnet.url)
    yield made
    assert not made.complaints
    assert not made.strangers

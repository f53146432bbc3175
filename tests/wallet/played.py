"""A JSON-RPC server that plays answers, and small sealed chains to make answers of.

The server knows nothing of the wallet's code: it parses requests with ``json`` and answers what a
test tells it to. Headers and trees are built with ``core``, which has its own vectors.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import cbor2

from core.hashing import sha3, tagged
from core.header import Beacon, Header, PolicyPins, Roots
from core.statetree import build, prove, prove_range
from core.tags import state

CHAIN = 31337


class Pages:
    """A tree's pages in memory."""

    def __init__(self, records: dict[tuple[str, bytes], bytes]) -> None:
        self.named = list(records)
        self.records = {tagged(state(module), id): v for (module, id), v in records.items()}
        tree = build((key, sha3(value)) for key, value in self.records.items())
        self.root, self.pages = tree.root, tree.pages

    def load(self, paths):
        return {path: self.pages[path] for path in paths if path in self.pages}


def account_record(nonce: int, balance: int) -> bytes:
    return cbor2.dumps({"nonce": nonce, "balance": balance}, canonical=True)


def header_over(
    root: bytes, *, height: int = 7, theta: int = 2_000_000, psi: int = 0, gas_used: int = 0
) -> Header:
    zero = bytes(32)
    return Header(
        chain=CHAIN,
        height=height,
        parent=zero,
        time=1_767_225_600_000,
        coinbase=b"\x10\x03" + zero,
        gas_limit=100_000_000,
        gas_used=gas_used,
        base_fee=3,
        blob_bytes=0,
        blob_fee=1,
        theta=theta,
        psi=psi,
        roots=Roots(root, zero, zero, zero, zero, zero),
        beacon=Beacon(),
        mix=zero,
        policy=PolicyPins(zero, zero, zero, zero),
    )


def sealed(header: Header, *, meets: Callable[[int], bool] | None = None) -> Header:
    """The first nonce whose draw meets the goal: one in e^2 of all for theta = 2 nats."""
    goal = meets or (lambda draw: draw < int(2**256 * 0.1353352))
    return next(
        candidate
        for n in range(100_000)
        if goal((candidate := header.sealed(n.to_bytes(8, "little"))).draw)
    )


def proof_answer(pages: Pages, header: Header, module: str, record_id: bytes) -> dict[str, Any]:
    key = tagged(state(module), record_id)
    value = pages.records.get(key)
    return {
        "header": "0x" + header.encoded.hex(),
        "blockHash": "0x" + header.hash.hex(),
        "height": header.height,
        "key": "0x" + key.hex(),
        "value": None if value is None else "0x" + value.hex(),
        "proof": "0x" + prove(pages, key).encode().hex(),
    }


def range_answer(
    pages: Pages, header: Header, first: bytes, last: bytes, limit: int = 256
) -> dict[str, Any]:
    """Records of a range, the first ``limit`` of them, with the proof."""
    placed = {tagged(state(module), id): (module, id) for module, id in pages.named}
    keys = sorted(key for key in placed if first <= key <= last)
    if len(keys) > limit:
        keys = keys[:limit]
        last = keys[-1]
    return {
        "header": "0x" + header.encoded.hex(),
        "blockHash": "0x" + header.hash.hex(),
        "height": header.height,
        "first": "0x" + first.hex(),
        "last": "0x" + last.hex(),
        "records": [
            {
                "module": placed[key][0],
                "id": "0x" + placed[key][1].hex(),
                "value": "0x" + pages.records[key].hex(),
            }
            for key in keys
        ],
        "proof": "0x" + prove_range(pages, first, last).encode().hex(),
        "next": None,
    }


class Refusal(Exception):
    def __init__(self, number: int, message: str, data: Any = None) -> None:
        self.error = {"code": number, "message": message}
        if data is not None:
            self.error["data"] = data


class PlayedNode:
    """``answers``: method → value, or a function of the params. ``requests``: what was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self.raw: bytes | None = None
        self.status = 200
        self.url = ""

    def reply(self, path: str, body: bytes) -> tuple[int, bytes]:
        request = json.loads(body)
        self.requests.append({"path": path, **request})
        if self.raw is not None:
            return self.status, self.raw
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            value = self.answers[request["method"]]
            answer["result"] = value(request["params"]) if callable(value) else value
        except KeyError:
            answer["error"] = {"code": -32601, "message": "no such method"}
        except Refusal as refusal:
            answer["error"] = refusal.error
        return self.status, json.dumps(answer).encode()

    def asked(self, method: str) -> list[dict[str, Any]]:
        return [r["params"] for r in self.requests if r["method"] == method]


@contextmanager
def serving(node: PlayedNode):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = node.reply(self.path, body)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    node.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield node
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

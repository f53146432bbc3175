"""Hostile input at the doors of a running node: refused with one code, cheaply, never a 500."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from animica_site import networks
from pq import addresses
from tests.site.conftest import data_of
from tests.site.nodes import Node
from tests.support import ChainBuilder, Made, key, reseal, seal

pytestmark = pytest.mark.timeout(400)

MIB = 1024 * 1024
BLOCK_BYTES = 8_000_000


@pytest.fixture(scope="module")
def builder(quiet: Node) -> ChainBuilder:
    return ChainBuilder(networks.load(str(data_of(quiet) / "network.json")))


@pytest.fixture(scope="module")
def valid(builder: ChainBuilder) -> Made:
    """A first block, not submitted before the last test of this module wants it."""
    return builder.make(builder.genesis, coinbase=key(0).address)


# ------------------------------------------------------------------ blocks, two doors


def by_rpc(node: Node, raw: bytes) -> str:
    return node.rpc.refusal("chain.submitBlock", raw="0x" + raw.hex()).code


def by_rest(node: Node, raw: bytes) -> str:
    answer = node.rpc.http.post(node.base + "/api/v1/blocks", content=raw)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert {"code", "reason", "hint"} <= set(error)
    return str(error["code"])


def without(raw: bytes, name: str) -> bytes:
    block = cbor2.loads(raw)
    del block[name]
    return cbor2.dumps(block, canonical=True)


def in_another_order(raw: bytes) -> bytes:
    return cbor2.dumps(dict(reversed(cbor2.loads(raw).items())))


def header_with(made: Made, **changes: Any) -> bytes:
    """The block re-sealed with changed header fields."""
    return reseal(made.block, **changes).raw


def unsealed(made: Made) -> bytes:
    header = made.header
    nonce = (int.from_bytes(header.nonce, "little") + 1).to_bytes(8, "little")
    return replace(made.block, header=header.sealed(nonce)).raw


def other_state(made: Made) -> bytes:
    header = made.header
    return header_with(made, roots=replace(header.roots, state=bytes(32)))


CASES: dict[str, tuple[str, Callable[[Made], bytes]]] = {
    "nothing": ("cbor.malformed", lambda made: b""),
    "cut short": ("cbor.malformed", lambda made: made.raw[:-1]),
    "bytes behind": ("cbor.trailing", lambda made: made.raw + b"\0"),
    "another order": ("cbor.key_order", lambda made: in_another_order(made.raw)),
    "no list of proofs": ("field.missing", lambda made: without(made.raw, "proofs")),
    "unsealed": ("block.seal", unsealed),
    "chain": ("block.chain", lambda made: header_with(made, chain=1)),
    "height": ("block.height", lambda made: header_with(made, height=2)),
    "base fee": ("block.base_fee", lambda made: header_with(made, base_fee=2)),
    "time": (
        "block.time_not_rising",
        lambda made: header_with(made, time=made.header.time - 2_000),
    ),
    "mix": ("block.mix", lambda made: header_with(made, mix=bytes(32))),
    "coinbase": (
        "block.coinbase",
        lambda made: header_with(made, coinbase=addresses.of_system("treasury")),
    ),
    "body": (
        "block.body_root",
        lambda made: (
            replace(
                made.block,
                header=seal(replace(made.header, roots=replace(made.header.roots, txs=bytes(32)))),
            ).raw
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_both_doors_refuse_blocks_alike(quiet: Node, valid: Made, name: str) -> None:
    code, alter = CASES[name]
    raw, before = alter(valid), quiet.head()
    assert (by_rpc(quiet, raw), by_rest(quiet, raw)) == (code, code)
    assert quiet.head() == before


def test_what_execution_refuses_is_remembered_at_both_doors(
    quiet: Node, builder: ChainBuilder
) -> None:
    for first, second, extra in ((by_rpc, by_rest, b"a"), (by_rest, by_rpc, b"b")):
        head = quiet.head()
        assert head["height"] == 0, "only on the head is a block executed at once"
        made = builder.make(builder.genesis, coinbase=key(0).address, extra=extra)
        raw = other_state(made)
        assert first(quiet, raw) == "block.state_root"
        assert second(quiet, raw) == "block.known_invalid"
        assert quiet.head() == head


# ------------------------------------------------------------------ more than a door takes


@contextmanager
def line_to(node: Node) -> Iterator[socket.socket]:
    port = urlsplit(node.base).port
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        yield sock


def request_head(path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]
    return "\r\n".join(lines).encode()


def answer_of(sock: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and JSON of the answer on a raw connection."""
    data = b""
    while True:
        head, found, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        if found and length and len(body) >= int(length[1]):
            return int(data.split(b" ", 2)[1]), json.loads(body[: int(length[1])])
        part = sock.recv(65_536)
        assert part, data
        data += part


DOORS = pytest.mark.parametrize(
    ("path", "limit", "status"), [("/rpc", 2 * MIB, 200), ("/api/v1/blocks", BLOCK_BYTES, 413)]
)


def refused_as_too_long(status: int, document: dict[str, Any], limit: int) -> bool:
    error = document["error"]
    data = error["data"] if status == 200 else error
    assert status == 413 or error["code"] == -32600
    return data["code"] == "rpc.body_too_long" and data["limit"] == limit


@DOORS
def test_a_body_that_says_it_is_too_long_is_not_awaited(
    quiet: Node, path: str, limit: int, status: int
) -> None:
    with line_to(quiet) as sock:
        sock.sendall(request_head(path, "Content-Length: 1000000000000") + b"\x80" * 1000)
        found, document = answer_of(sock)
    assert found == status and refused_as_too_long(found, document, limit)


@DOORS
def test_a_body_without_a_length_is_answered_at_the_limit(
    quiet: Node, path: str, limit: int, status: int
) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with line_to(quiet) as sock:
        sock.sendall(request_head(path, "Transfer-Encoding: chunked"))
        for _ in range(limit // 65_536 + 1):
            sock.sendall(chunk)
        # The body has no end yet, and will have none.
        found, document = answer_of(sock)
    assert found == status and refused_as_too_long(found, document, limit)


@DOORS
def test_at_the_limit_a_body_is_read(quiet: Node, path: str, limit: int, status: int) -> None:
    exact = quiet.rpc.http.post(quiet.base + path, content=b" " * limit)
    over = quiet.rpc.http.post(quiet.base + path, content=b" " * (limit + 1))
    if path == "/rpc":
        assert exact.json()["error"]["data"]["code"] == "rpc.parse"
    else:
        assert exact.json()["error"]["code"].startswith(("cbor.", "field."))
    assert over.status_code == status
    assert refused_as_too_long(status, over.json(), limit)


def test_a_long_block_is_sent_to_the_other_door(quiet: Node) -> None:
    error = quiet.rpc.refusal("chain.submitBlock", raw="0x" + "00" * 1_048_000)
    assert error.code.startswith(("cbor.", "field."))
    error = quiet.rpc.refusal("chain.submitBlock", raw="0x" + "00" * MIB)
    assert error.code == "rpc.body_too_long" and "/api/v1/blocks" in error.data["hint"]


# ------------------------------------------------------------------ what is not even HTTP or JSON

BODIES = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"[[]]",
    b"{}",
    b'"text"',
    b"1e999",
    b"NaN",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"jsonrpc":"2.0","id":{},"method":"x"}',
    b'{"jsonrpc":"2.0","id":1,"method":"chain.getHead","params":"x"}',
    b'{"jsonrpc":"2.0","id":1,"method":"chain.getHead","params":[1,2,3]}',
    b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}',
    b'{"jsonrpc":"2.0","id":"\\ud800","method":"chain.getHead"}',
    b'{"jsonrpc":"2.0","id":' + b"9" * 5_000 + b',"method":"chain.getHead"}',
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]))
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", "?"])
def test_bad_bodies_are_json_rpc_errors(quiet: Node, body: bytes, kind: str) -> None:
    answer = quiet.rpc.http.post(quiet.rpc.url, content=body, headers={"content-type": kind})
    assert answer.status_code == 200
    document = answer.json()
    for one in document if isinstance(document, list) else [document]:
        assert set(one) == {"jsonrpc", "id", "error"}, one
        assert one["error"]["data"]["code"] != "rpc.internal"


HEADS = [
    b"\r\n\r\n",
    b"\0" * 100 + b"\r\n\r\n",
    b"POST\r\n\r\n",
    b"POST /rpc HTTP/9.9\r\n\r\n",
    b"POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /rpc HTTP/1.1\r\nHost: evil.test\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /rpc HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /block/%ff%fe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /address/%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /search?q=%00%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET //evil.test/blocks HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /static/../../secret_key HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /static/%2e%2e/%2e%2e/secret_key HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /" + b"x" * 60_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid=\xff; csrftoken=x\r\n\r\n",
    b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data\r\n"
    b"Content-Length: 3\r\n\r\nabc",
    b"DELETE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
]


@pytest.mark.parametrize("head", HEADS, ids=lambda head: repr(head[:40]))
def test_bad_requests_are_no_defects(quiet: Node, head: bytes) -> None:
    with line_to(quiet) as sock:
        sock.sendall(head)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := sock.recv(65_536):
                answer += part
        except ConnectionResetError:
            pass
    status = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    assert answer == b"" or (status and int(status[1]) < 500), answer[:300]
    assert b"Traceback" not in answer
    assert quiet.rpc("chain.getChainId") == 1337


# ------------------------------------------------------------------ methods

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
ADDRESS = addresses.to_text(key(0).address)
NEARLY_RIGHT = st.sampled_from(
    [
        0, 1, -1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**400,
        "0", "1", "0x", "0x0", "0x00", "0x" + "00" * 32, "0x" + "ff" * 32, "0x" + "FF" * 32,
        "latest", "safe", "earliest", "pending", ADDRESS, ADDRESS.upper(), ADDRESS[:-1],
        addresses.to_text(addresses.of_system("aicf")), str(2**63), str(2**64 - 1), str(2**64),
        "1:2", "1.2.3", "-1", "9" * 30, "account", "key", "storage", True, None, [], {}, [[]],
        ["0x" + "00" * 32], [None, ["0x" + "00" * 32]], "٣", "０", "\0", "x" * 300,
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def described(quiet: Node) -> list[tuple[str, list[str]]]:
    """Every method with the names of its parameters, as the node describes itself."""
    methods = quiet.rpc("rpc.discover")["methods"]
    return [(one["name"], [param["name"] for param in one["params"]]) for one in methods]


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_no_parameters_make_a_defect(
    quiet: Node, described: list[tuple[str, list[str]]], data: st.DataObject
) -> None:
    name, names = data.draw(st.sampled_from(described))
    values = NEARLY_RIGHT | JSON_VALUES
    named = st.dictionaries(st.sampled_from([*names, "other"]), values, max_size=4)
    params = data.draw(named | st.lists(values, max_size=len(names) + 1))
    request = {"jsonrpc": "2.0", "id": 1, "method": name, "params": params}
    answer = quiet.rpc.http.post(quiet.rpc.url, content=json.dumps(request).encode())
    assert answer.status_code == 200
    document = answer.json()
    if "error" in document:
        code = document["error"]["data"]["code"]
        assert code != "rpc.internal" and document["error"]["code"] != -32603, document


def test_a_valid_block_enters_once(quiet: Node, valid: Made) -> None:
    """Last of all: what every refusal above left as it was takes the untouched block."""
    assert quiet.head()["height"] == 0
    answer = quiet.rpc.http.post(quiet.base + "/api/v1/blocks", content=valid.raw)
    assert answer.json() == {"hash": "0x" + valid.hash.hex(), "height": 1, "outcome": "added"}
    again = quiet.rpc("chain.submitBlock", raw="0x" + valid.raw.hex())
    assert again["outcome"] == "known"
    assert quiet.head()["hash"] == "0x" + valid.hash.hex()
    assert "Traceback" not in quiet.process.err

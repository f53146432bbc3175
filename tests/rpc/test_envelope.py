"""JSON-RPC 2.0 through both doors: envelopes, batches, notifications, limits, error numbers."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from django.test import override_settings

from rpc.dispatch import BODY_BYTES
from rpc.errors import NUMBERS
from tests.rpc import methods

pytestmark = pytest.mark.usefixtures("test_methods")


def code_of(answer: dict) -> tuple[int, str]:
    return answer["error"]["code"], answer["error"]["data"]["code"]


async def test_named_and_positional_params_and_defaults(door):
    assert await door.result("test.add", [1, 2]) == 3
    assert await door.result("test.add", {"b": 2, "a": 1}) == 3
    assert await door.result("test.add", [1]) == 11
    assert await door.result("test.add", {"a": 1, "b": None}) == 11
    assert await door.result("test_add", [1, 2]) == 3


@pytest.mark.parametrize("request_id", ["", "x", 0, -5, 1.5, None, 2**53])
async def test_the_id_comes_back_as_it_went(door, request_id):
    answer = await door.ask(
        {"jsonrpc": "2.0", "id": request_id, "method": "test.add", "params": [1]}
    )
    assert answer == {"jsonrpc": "2.0", "id": request_id, "result": 11}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1,", b"NaN", b"[" * 3000, b"{'a':1}"])
async def test_not_json(door, body):
    answer = await door.ask(body)
    assert code_of(answer) == (-32700, "rpc.parse")
    assert answer["id"] is None


@pytest.mark.parametrize(
    ("request_", "field", "request_id"),
    [
        (1, "request", None),
        ("text", "request", None),
        (None, "request", None),
        ({}, "jsonrpc", None),
        ({"jsonrpc": "1.0", "id": 4, "method": "test.add"}, "jsonrpc", 4),
        ({"jsonrpc": 2.0, "id": 4, "method": "test.add"}, "jsonrpc", 4),
        ({"jsonrpc": "2.0", "id": 4}, "method", 4),
        ({"jsonrpc": "2.0", "method": 1, "params": "bar"}, "method", None),
        ({"jsonrpc": "2.0", "id": 4, "method": "test.add", "params": "bar"}, "params", 4),
        ({"jsonrpc": "2.0", "id": 4, "method": "test.add", "params": None}, "params", 4),
        ({"jsonrpc": "2.0", "id": True, "method": "test.add"}, "id", None),
        ({"jsonrpc": "2.0", "id": [], "method": "test.add"}, "id", None),
        ({"jsonrpc": "2.0", "id": {}, "method": "test.add"}, "id", None),
    ],
)
async def test_bad_envelopes_name_the_member(door, request_, field, request_id):
    answer = await door.ask(request_)
    assert code_of(answer) == (-32600, "rpc.envelope")
    assert answer["error"]["data"]["field"] == field
    assert answer["id"] == request_id


async def test_unknown_methods_get_a_suggestion(door):
    number, data = await door.error("test.ad", [1])
    assert (number, data["code"], data["suggestion"]) == (-32601, "rpc.method_unknown", "test.add")
    number, data = await door.error("zzzzzzzz" * 1000)
    assert (number, data["code"]) == (-32601, "rpc.method_unknown")
    assert "suggestion" not in data and len(data["reason"]) < 300


@pytest.mark.parametrize(
    ("params", "field"),
    [
        (None, "a"),
        ([], "a"),
        ({"b": 1}, "a"),
        (["1"], "a"),
        ([True], "a"),
        ([1.0], "a"),
        ([-1], "a"),
        ([2**53], "a"),
        ([1, "2"], "b"),
        ([1, 2, 3], "2"),
        ({"a": 1, "c": 1}, "c"),
    ],
)
async def test_bad_params_are_named(door, params, field):
    number, data = await door.error("test.add", params)
    assert (number, data["code"], data["field"]) == (-32602, "rpc.params", field)


@pytest.mark.parametrize(
    ("what", "number", "code"),
    [("tx", -32010, "test.tx"), ("block", -32020, "test.block"), ("fault", -32050, "test.fault")],
)
async def test_refusals_keep_their_own_code(door, what, number, code):
    answer = await door.error("test.refuse", [what])
    assert (answer[0], answer[1]["code"]) == (number, code)


async def test_facts_become_plain_json(door):
    _, data = await door.error("test.refuse", ["tx"])
    assert data["required"] == str(2**64) and data["field"] == "tx.gas"
    _, data = await door.error("test.refuse", ["block"])
    assert data["hash"] == "0x0102"


@pytest.mark.parametrize("call", [("test.refuse", ["else"]), ("test.huge", [])])
async def test_defects_are_logged_under_a_reference_and_not_shown(door, call):
    answer = await door.call(*call)
    assert code_of(answer) == (-32603, "rpc.internal")
    assert len(answer["error"]["data"]["reference"]) == 12
    assert "shadow" not in orjson.dumps(answer).decode()
    assert "Traceback" not in orjson.dumps(answer).decode()


async def test_notifications_run_and_are_not_answered(door):
    methods.calls.clear()
    answer = await door.post({"jsonrpc": "2.0", "method": "test.note", "params": ["one"]})
    assert (answer.status_code, answer.content) == (204, b"")
    answer = await door.post({"jsonrpc": "2.0", "method": "test.none"})
    assert (answer.status_code, answer.content) == (204, b"")
    answer = await door.post({"jsonrpc": "2.0", "method": "test.refuse", "params": ["else"]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert methods.calls == ["one"]


async def test_a_batch_is_answered_in_order_without_its_notifications(door):
    methods.calls.clear()
    batch = [
        {"jsonrpc": "2.0", "id": 1, "method": "test.add", "params": [1]},
        {"jsonrpc": "2.0", "method": "test.note", "params": ["two"]},
        3,
        {"jsonrpc": "2.0", "id": "b", "method": "test.none"},
        {"jsonrpc": "2.0", "id": 5, "method": "test.huge"},
        {"jsonrpc": "2.0", "id": 6, "method": "test.add", "params": [2]},
    ]
    answers = await door.ask(batch)
    assert [answer["id"] for answer in answers] == [1, None, "b", 5, 6]
    assert answers[0]["result"] == 11 and answers[4]["result"] == 12
    assert [code_of(answer)[0] for answer in answers[1:4]] == [-32600, -32601, -32603]
    assert methods.calls == ["two"]


async def test_a_batch_of_notifications_has_no_answer(door):
    methods.calls.clear()
    one = {"jsonrpc": "2.0", "method": "test.note", "params": ["x"]}
    answer = await door.post([one, one])
    assert (answer.status_code, answer.content) == (204, b"")
    assert methods.calls == ["x", "x"]


async def test_batches_are_bounded(door):
    one = {"jsonrpc": "2.0", "id": 1, "method": "test.add", "params": [1]}
    assert code_of(await door.ask([])) == (-32600, "rpc.batch_empty")
    assert len(await door.ask([one] * 100)) == 100
    methods.calls.clear()
    note = {"jsonrpc": "2.0", "id": 1, "method": "test.note", "params": ["no"]}
    answer = await door.ask([note] * 101)
    assert code_of(answer) == (-32600, "rpc.batch_too_long")
    assert methods.calls == []


async def test_the_longest_body_is_served_and_one_byte_more_is_not(door):
    request = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "test.add", "params": [1]})
    longest = request + b" " * (BODY_BYTES - len(request))
    assert (await door.ask(longest))["result"] == 11
    answer = await door.ask(longest + b" ")
    assert code_of(answer) == (-32600, "rpc.body_too_long")


async def test_a_body_without_declared_length_is_counted(door):
    async def parts():
        for _ in range(BODY_BYTES // 65_536 + 1):
            yield b" " * 65_536

    answer = await door.http.post("/rpc", content=parts())
    assert answer.status_code == 200
    assert code_of(answer.json()) == (-32600, "rpc.body_too_long")


async def test_other_http_methods_are_refused(door):
    for http_method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = await door.http.request(http_method, "/rpc")
        assert answer.status_code == 405
        assert answer.json()["error"]["code"] == "rpc.http_method"
        assert answer.headers["allow"] == "POST, OPTIONS"


async def test_foreign_hosts_are_refused(door):
    request = {"jsonrpc": "2.0", "id": 1, "method": "test.add", "params": [1]}
    for host in ("evil.test", "node.test.evil.test", "", "node.test@evil.test"):
        answer = await door.post(request, headers={"host": host})
        assert answer.status_code == 400, host
        assert b"result" not in answer.content
    assert (await door.post(request, headers={"host": "node.test:8545"})).status_code == 200


async def test_cors_answers_listed_origins_only(door):
    request = {"jsonrpc": "2.0", "id": 1, "method": "test.add", "params": [1]}
    answer = await door.post(request, headers={"origin": "https://dapp.test"})
    assert answer.headers["access-control-allow-origin"] == "https://dapp.test"
    assert "origin" in answer.headers["vary"].lower()
    answer = await door.post(request, headers={"origin": "https://evil.test"})
    assert "access-control-allow-origin" not in answer.headers
    answer = await door.post(request)
    assert "access-control-allow-origin" not in answer.headers


async def test_cors_preflight(door):
    asked = {"access-control-request-method": "POST"}
    for path in ("/rpc", "/api/v1/blocks"):
        answer = await door.http.options(path, headers={"origin": "https://dapp.test", **asked})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "https://dapp.test"
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "content-type"
        answer = await door.http.options(path, headers={"origin": "https://evil.test", **asked})
        assert "access-control-allow-origin" not in answer.headers


async def test_any_origin_when_the_list_says_so(door):
    with override_settings(CORS_ALLOWED_ORIGINS=["*"]):
        answer = await door.post(b"1", headers={"origin": "https://any.test"})
    assert answer.headers["access-control-allow-origin"] == "https://any.test"


async def test_the_allowance_counts_requests_of_a_batch(door, use_desk):
    use_desk(methods.registry, rate=1, burst=5)
    one = {"jsonrpc": "2.0", "id": 1, "method": "test.add", "params": [1]}
    answer = await door.ask([one] * 6)
    assert code_of(answer) == (-32005, "rpc.rate_limited")
    assert answer["error"]["data"]["retryAfterMs"] > 0
    assert len(await door.ask([one] * 4)) == 4
    assert code_of(await door.ask(one)) == (-32005, "rpc.rate_limited")


async def test_a_full_queue_refuses_at_once(door, use_desk):
    busy = use_desk(methods.registry, threads=1, queue=1)
    import threading

    gate = threading.Event()
    waiting = [asyncio.ensure_future(busy.run_own(gate.wait, 20)) for _ in range(2)]
    await asyncio.sleep(0)
    answer = await door.ask({"jsonrpc": "2.0", "id": 1, "method": "test.add", "params": [1]})
    gate.set()
    await asyncio.gather(*waiting)
    assert code_of(answer) == (-32005, "rpc.busy")
    assert await door.result("test.add", [1]) == 11


def test_every_branch_has_its_number():
    assert set(NUMBERS.values()) == {
        -32700, -32600, -32601, -32602, -32603, -32000, -32005, -32010, -32020, -32050,
    }  # fmt: skip


async def test_a_database_that_is_away_is_no_defect(door, monkeypatch):
    from django.db import OperationalError

    def gone(*_):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("rpc.registry.Method.call", gone)
    answer = await door.ask({"jsonrpc": "2.0", "id": 1, "method": "test.add", "params": [1]})
    assert answer["error"]["data"]["code"] == "rpc.database"
    assert "closed" not in str(answer)

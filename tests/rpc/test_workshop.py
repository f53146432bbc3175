"""Checking and rehearsing source through both doors."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import AnimicaError
from core.hashing import sha3
from execution.gas import CODE_BYTE
from rpc import workshop
from rpc.methods import load
from tests import token_contract as token

pytestmark = pytest.mark.usefixtures("node")
SOURCE = token.SOURCE.decode()


@pytest.fixture(autouse=True)
def node_desk(use_desk):
    return use_desk(load())


async def ask(door, path: str, body: object, status: int = 200) -> dict:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    answer = await door.http.post(f"/api/v1/contracts/{path}", content=raw)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


async def test_a_source_is_checked(door):
    found = await ask(door, "check", {"source": SOURCE})
    assert found["codeHash"] == "0x" + sha3(token.SOURCE).hex()
    assert found["sizeBytes"] == len(SOURCE)
    assert found["interface"]["events"][0]["name"] == "Transfer"
    deployment = found["deployment"]
    assert deployment["gas"] is None  # init wants an argument
    assert 32_000 + CODE_BYTE * len(SOURCE) < deployment["intrinsicGas"] < 1_000_000


async def test_the_gas_of_a_deployment_without_arguments(door):
    source = "from stdlib import storage\n\nx = storage.cell(int)\n\n\ndef init():\n    x.set(1)\n"
    found = (await ask(door, "check", {"source": source}))["deployment"]
    assert found["gas"] > found["intrinsicGas"] + 3_000 and found["failure"] is None
    failing = source.replace("x.set(1)", 'assert x.get() == 5, "never"')
    found = (await ask(door, "check", {"source": failing}))["deployment"]
    assert found["gas"] is None and found["failure"]["reason"] == "never"


async def test_a_refused_source_says_where_and_what_instead(door):
    source = "def f(x: int) -> int:\n    return x / 2\n"
    for path in ("check", "simulate"):
        error = (await ask(door, path, {"source": source}, 400))["error"]
        assert (error["code"], error["line"], error["column"]) == ("contract.source", 2, 14)
        assert "//" in error["instead"] and error["why"]
    error = (await ask(door, "check", {"source": "X = 1 // 0\n"}, 400))["error"]
    assert (error["code"], error["kind"]) == ("contract.source", "constant")


async def test_a_source_is_deployed_and_called(door):
    found = await ask(
        door,
        "simulate",
        {
            "source": SOURCE,
            "init": {"args": ["1_000"], "sender": "alice"},
            "calls": [
                {"function": "transfer", "args": {"to": "bob", "amount": 30}, "sender": "alice"},
                {"function": "balance_of", "args": ["bob"]},
                {"function": "transfer", "args": ["bob", "1"], "sender": "carol"},
                {"function": "fund", "value": "5"},
                {"function": "balance_of", "args": ["contract"]},
            ],
        },
    )
    assert found["deployment"]["status"] == 0 and found["deployment"]["function"] == "init"
    paid, bobs, poor, funded, own = found["calls"]
    assert paid["result"]["value"] is True
    reading = paid["events"][0]["reading"]
    assert reading["name"] == "Transfer" and reading["values"][2]["value"] == "30"
    assert bobs["result"] == {"name": "", "type": "int", "value": "30"}
    assert (poor["outcome"], poor["reason"]) == ("reverted", "too little")
    assert "too little" in poor["failure"]["sentence"]
    assert "abi.require(balances[context.sender]" in SOURCE.splitlines()[poor["line"] - 1]
    assert funded["result"]["value"] == "5" and own["result"]["value"] == "0"
    used = [found["deployment"], *found["calls"]]
    assert found["gasUsed"] == sum(one["gasUsed"] for one in used)
    assert found["contract"].startswith("anim1")


async def test_nothing_is_kept_between_requests(door):
    plan = {"source": SOURCE, "init": {"args": [5]}, "calls": [{"function": "described"}]}
    assert await ask(door, "simulate", plan) == await ask(door, "simulate", plan)


async def test_a_deployment_that_fails_ends_it(door):
    source = SOURCE.replace("total.set(supply)", 'assert supply < 5, "too many"')
    found = await ask(door, "simulate", {"source": source, "init": {"args": [9]},
                                         "calls": [{"function": "clock"}]})  # fmt: skip
    assert found["deployment"]["reason"] == "too many" and found["calls"] == []


async def test_gas_is_bounded_in_all(door):
    spin = {"function": "spin", "args": [10**9]}
    plan = {"source": SOURCE, "init": {"args": [5]}, "calls": [spin, spin], "gas": 9_000_000}
    found = await ask(door, "simulate", plan)
    first, second = found["calls"]
    assert first["outcome"] == "outOfGas" and found["gasUsed"] == 9_000_000
    assert second["refused"]["code"] == "tx.gas_below_intrinsic"
    error = (await ask(door, "simulate", {**plan, "gas": 40_000_001}, 400))["error"]
    assert (error["code"], error["field"]) == ("rpc.params", "gas")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"source": 5}, "rpc.params", "source"),
        ({"calls": {}}, "rpc.params", "calls"),
        ({"calls": [{"function": "clock"}] * 101}, "rpc.params", "calls"),
        ({"calls": ["clock"]}, "rpc.params", "calls[0]"),
        ({"calls": [{"function": 1}]}, "rpc.params", "calls[0].function"),
        ({"calls": [{"function": "clock", "why": 1}]}, "rpc.params", "calls[0].why"),
        ({"calls": [{"function": "clok"}]}, "contract.function", None),
        ({"calls": [{"function": "_x"}]}, "contract.function", None),
        ({"calls": [{"function": "clock", "args": 1}]}, "rpc.params", "calls[0].args"),
        ({"calls": [{"function": "spin", "args": {"tern": 1}}]}, "rpc.params", "calls[0].args"),
        ({"calls": [{"function": "spin", "args": [1.5]}]}, "contract.argument", "turns"),
        ({"calls": [{"function": "spin"}]}, "contract.argument", "turns"),
        ({"calls": [{"function": "clock", "value": 5}]}, "rpc.params", "calls[0].value"),
        ({"calls": [{"function": "clock", "sender": "a b"}]}, "rpc.params", "calls[0].sender"),
        ({"calls": [{"function": "clock", "sender": "contract"}]}, "rpc.params", "calls[0].sender"),
        ({"init": {"args": ["x"]}}, "contract.argument", "supply"),
        ({"init": []}, "rpc.params", "init"),
        ({"more": 1}, "rpc.params", "body.more"),
    ],
)
async def test_what_does_not_fit_is_named(door, change, code, field):
    error = await ask(door, "simulate", {"source": SOURCE, "init": {"args": [1]}, **change}, 400)
    assert error["error"]["code"] == code and error["error"].get("field") == field


async def test_bodies_are_json_and_bounded(door):
    assert (await ask(door, "check", b"{", 400))["error"]["code"] == "rpc.parse"
    assert (await ask(door, "check", b"[]", 400))["error"]["field"] == "body"
    long = b'"' + b"x" * workshop.BODY_BYTES
    assert (await ask(door, "simulate", long, 413))["error"]["code"] == "rpc.body_too_long"
    answer = await door.http.get("/api/v1/contracts/check")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")
    surrogate = b'{"source": "x = \\"\\ud800\\""}'
    assert (await ask(door, "check", surrogate, 400))["error"]["code"] in (
        "rpc.parse",
        "contract.source",
    )


async def test_only_so_many_at_once(door):
    for _ in range(workshop.AT_ONCE):
        workshop._places.acquire()
    try:
        assert (await ask(door, "check", {"source": SOURCE}, 503))["error"]["code"] == "rpc.busy"
    finally:
        for _ in range(workshop.AT_ONCE):
            workshop._places.release()
    await ask(door, "check", {"source": SOURCE})


async def test_the_length_of_a_source_is_owed(door, use_desk):
    use_desk(load(), rate=1, burst=20)
    padded = {"source": SOURCE + "# " + "x" * 10_000 + "\n"}
    await ask(door, "check", padded)  # costs more than a burst, and is answered
    error = (await ask(door, "check", {"source": "x = 1\n"}, 429))["error"]
    assert error["code"] == "rpc.rate_limited" and error["retryAfterMs"] > 15_000


async def test_gas_is_owed(door, use_desk):
    use_desk(load(), rate=1, burst=80)
    spin = {"function": "spin", "args": [10**9], "gas": 9_000_000}
    plan = {"source": SOURCE, "init": {"args": [5]}, "calls": [spin]}
    await ask(door, "check", {"source": SOURCE})  # 22 for bytes
    await ask(door, "simulate", plan)  # 22 for bytes, 96 for gas
    error = (await ask(door, "check", {"source": "x = 1\n"}, 429))["error"]
    assert error["code"] == "rpc.rate_limited" and error["retryAfterMs"] > 40_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
STEP = st.fixed_dictionaries(
    {},
    optional={
        "function": st.sampled_from(["clock", "transfer", "spin", "balance_of", "fund"]) | JSON,
        "args": JSON,
        "sender": st.sampled_from(["alice", "contract", "anim1x"]) | JSON,
        "value": st.sampled_from(["0", "5", "99999999999999999999"]) | JSON,
        "gas": st.integers(-1, 10**6) | JSON,
    },
)


@given(
    init=STEP | JSON,
    steps=st.lists(STEP, max_size=3) | JSON,
    gas=st.integers(0, 3_000_000) | JSON,
)
@settings(max_examples=200, deadline=None)
def test_every_plan_is_answered_or_refused(init, steps, gas):
    plan = {"source": SOURCE, "init": init, "calls": steps, "gas": gas}
    raw = json.dumps(plan).encode()
    used = workshop.Used()
    try:
        found = workshop.simulate(raw, used)
    except AnimicaError as refusal:
        assert refusal.code
    else:
        assert found["gasUsed"] == used.gas <= 40_000_000

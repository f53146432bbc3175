"""Submissions, alone and in batches, and where they stand, over a played pool."""

from __future__ import annotations

from types import SimpleNamespace

import orjson
import pytest
from django.db import DatabaseError

from pq import addresses
from rpc.caller import Caller
from rpc.methods import load
from tests.rpc.played import ALICE, BOB, transfer

pytestmark = pytest.mark.usefixtures("node")


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def call(name: str, *args: object):
    return load().find(name).call(list(args), Caller("10.0.0.1"))


def test_where_a_transaction_stands(node):
    first, second = transfer(0), transfer(1)
    for tx in (first, second):
        node.pool.put(tx, "ready")
    found = call("mempool.inspect", None, hexed(second.txid))
    assert found["address"] == addresses.to_text(ALICE)
    (item,) = found["items"]
    assert item["tx"]["txid"] == hexed(second.txid) and item["position"] == 0
    assert (item["rank"], item["needed"], item["cheaper"], item["outbidAt"]) == (
        None,
        False,
        3,
        "4",
    )
    assert "source" not in item
    rules = found["pool"]
    assert (rules["floor"], rules["minFee"], rules["ttlMs"]) == ("2", "1", 10_800_000)
    assert rules["verificationRate"] == {"perSecond": 600, "burst": 10_000}
    unknown = call("mempool.inspect", None, "0x" + "00" * 32)
    assert (unknown["address"], unknown["nextNonce"], unknown["items"]) == (None, None, [])
    assert call("mempool.inspect", addresses.to_text(BOB), hexed(first.txid))["items"] == []


def test_a_batch_of_submissions_is_one_hand_over(node, use_desk):
    """Answers and order are those of single calls, whatever stands between them."""
    dispatcher = use_desk(load())._dispatcher
    raws = [hexed(transfer(nonce).raw) for nonce in range(3)]
    send = "tx.sendRawTransaction"
    calls = [
        ("a", send, [raws[0]]),
        ("b", send, ["0xzz"]),
        ("c", "tx_sendRawTransaction", {"raw": raws[1]}),
        ("d", send, ["0xff"]),
        (None, send, [raws[2]]),  # a notification
        ("e", "mempool.stats", []),
        ("f", send, [raws[2]]),
    ]
    batch = [
        {"jsonrpc": "2.0", "method": name, "params": params} | ({"id": label} if label else {})
        for label, name, params in calls
    ]
    answers = orjson.loads(dispatcher.dispatch(orjson.dumps(batch), Caller("10.1.2.3")))
    assert node.pool.together == [4]
    assert node.pool.sources == ["rpc:10.1.2.3"] * 5
    single = [
        orjson.loads(answer)
        for item in batch
        if (answer := dispatcher.dispatch(orjson.dumps(item), Caller("10.1.2.3")))
    ]
    assert answers == single
    assert [answer["id"] for answer in answers] == ["a", "b", "c", "d", "e", "f"]
    codes = [answer.get("error", {}).get("data", {}).get("code") for answer in answers]
    assert codes == [None, "rpc.params", None, "cbor.malformed", None, None]


def test_a_failure_of_the_hand_over_is_the_failure_of_each(node, use_desk, monkeypatch):
    def away(raws, source):
        raise DatabaseError("gone")

    monkeypatch.setattr(node.pool, "submit_many", away)
    dispatcher = use_desk(load())._dispatcher
    call_one = {"jsonrpc": "2.0", "id": 1, "method": "tx.sendRawTransaction"}
    batch = [call_one | {"params": [hexed(transfer().raw)]}, call_one | {"params": []}] * 2
    answers = orjson.loads(dispatcher.dispatch(orjson.dumps(batch), Caller("10.1.2.3")))
    codes = [answer["error"]["data"]["code"] for answer in answers]
    assert codes == ["rpc.database", "rpc.params"] * 2


def test_those_who_were_in_before_a_failure_are_told_so(node, use_desk, monkeypatch):
    fault, logged = DatabaseError("gone"), []
    log = SimpleNamespace(error=lambda event, **facts: logged.append(event))
    monkeypatch.setattr("rpc.dispatch.log", log)

    def breaks_off(raws, source):
        return [node.pool.submit(raws[0], source), *[fault] * (len(raws) - 1)]

    monkeypatch.setattr(node.pool, "submit_many", breaks_off)
    dispatcher = use_desk(load())._dispatcher
    call_one = {"jsonrpc": "2.0", "id": 1, "method": "tx.sendRawTransaction"}
    batch = [call_one | {"params": [hexed(transfer().raw)]}] * 3
    first, *others = orjson.loads(dispatcher.dispatch(orjson.dumps(batch), Caller("10.1.2.3")))
    assert first["result"] == {"txid": hexed(transfer().txid), "state": "held"}
    assert [answer["error"]["data"]["code"] for answer in others] == ["rpc.database"] * 2
    assert logged == ["rpc.database"]


@pytest.mark.parametrize(
    ("ip", "source"),
    [
        ("10.1.2.3", "rpc:10.1.2.3"),
        ("::ffff:10.1.2.3", "rpc:10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "rpc:20010db800010002::/64"),
        ("2001:db8:1:2::9", "rpc:20010db800010002::/64"),
        ("2001:db8:1:3::9", "rpc:20010db800010003::/64"),
        ("fe80::1%eth0", "rpc:fe80000000000000::/64"),
        ("local", "rpc:local"),
    ],
)
def test_what_the_pool_counts_a_caller_as(ip, source):
    assert Caller(ip).source == source

"""Every method, over a ledger of made blocks and played services."""

from __future__ import annotations

from hashlib import sha3_256
from types import SimpleNamespace

import cbor2
import pytest

from chain.errors import BadCursor, BadRange, StateNotYet
from core import statetree
from core.cbor import CborMalformed
from core.receipt import Log
from pq import addresses
from rpc import context
from rpc.caller import Caller
from rpc.errors import Busy, NeedsSocket, NodeAbsent, ParamsInvalid
from rpc.methods import load
from tests.chain import builder, conftest
from tests.rpc import played
from tests.rpc.played import ALICE, BOB, NOW_MS, transfer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("node", "ledger")]


def text(number: int) -> str:
    return addresses.to_text(builder.address(number))


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def call(name: str, *args: object, **params: object):
    return load().find(name).call(params or list(args), Caller("10.0.0.1"))


def field_of(name: str, *args: object, **params: object) -> str:
    with pytest.raises(ParamsInvalid) as caught:
        call(name, *args, **params)
    return caught.value.facts["field"]


@pytest.fixture
def ledger(db) -> list[builder.Node]:
    """Genesis, a block of two transfers with events, and one without transactions."""
    first = builder.genesis(dict.fromkeys(range(10), 1_000))
    log = Log(builder.address(1), (b"\x01" * 32, b"\x02" * 32), b"data")
    system = Log(builder.address(5), (b"\x03" * 32,), b"")
    second = builder.pay(
        first, moves=[(1, 2, 30), (3, 1, 40)], minted=9, burnt=2,
        logs=((log,), ()), system_logs=(system,),
    )  # fmt: skip
    third = builder.pay(second)
    conftest.start(first)
    conftest.append(second, third)
    return [first, second, third]


def test_chain_id_and_params(ledger):
    assert call("chain.getChainId") == 31337
    params = call("chain.getParams")
    assert params["chain"] == 31337 and params["name"] == "fast"
    assert params["genesisHash"] == hexed(ledger[0].hash)
    assert params["params"]["baseFeeSplit"] == {
        "burnPpm": 500_000, "treasuryPpm": 250_000, "aicfPpm": 250_000,
    }  # fmt: skip
    assert params["params"]["gasLimit"] == 100_000_000
    poies = params["poies"]
    assert (poies["gammaUnat"], poies["sharesPerBlock"]) == (1_000_000, 4)
    assert (poies["ai"]["capUnat"], poies["ai"]["alphaStartPpm"]) == (700_000, 1_000_000)
    assert params["proofTypes"] == [{"type": 1, "from": 0}]
    assert params["sets"] == [{"name": "genesis", "from": 0}]
    assert params["algs"] == [{"alg": 0x1003, "from": 0}, {"alg": 0x1002, "from": 0}]
    assert params["local"]["maxReorgBlocks"] == 100


def test_head_is_the_newest_block(ledger):
    head = call("chain.getHead")
    header = ledger[2].block.header
    assert head["hash"] == hexed(ledger[2].hash)
    assert head["parent"] == hexed(ledger[1].hash)
    assert (head["height"], head["time"], head["txCount"]) == (2, header.time, 0)
    assert head["coinbase"] == text(0) and head["baseFee"] == "1"
    assert head["roots"]["state"] == hexed(header.roots.state)
    assert head["supply"] == "10007" and head["canonical"] is True
    assert head["totalWork"] == "20" and head["status"] == "executed"
    again = builder.pay(ledger[2])
    conftest.append(again)
    assert call("chain.getHead")["hash"] == hexed(again.hash)


def test_blocks_by_number(ledger):
    block = call("chain.getBlockByNumber", 1)
    assert block["hash"] == hexed(ledger[1].hash)
    assert block["txs"] == [hexed(tx.txid) for tx in ledger[1].block.txs]
    assert block["minted"] == "9" and block["burnt"] == "2"
    assert call("chain.getBlockByNumber", "latest")["height"] == 2
    assert call("chain.getBlockByNumber", "earliest")["height"] == 0
    assert call("chain.getBlockByNumber", "safe")["height"] == 0
    assert call("chain.getBlockByNumber", 3) is None
    assert call("chain.getBlockByNumber", 2**53 - 1) is None


def test_safe_is_twelve_below_the_head(ledger):
    node = ledger[2]
    for _ in range(13):
        node = builder.pay(node)
        conftest.append(node)
    assert call("chain.getBlockByNumber", "safe")["height"] == 3


def test_whole_transactions_on_request(ledger):
    block = call("chain.getBlockByHash", hexed(ledger[1].hash), True)
    first, second = block["txs"]
    assert first["txid"] == hexed(ledger[1].block.txs[0].txid)
    assert (first["from"], first["body"]) == (text(1), {"to": text(2), "value": "30"})
    assert (first["maxFee"], first["maxTip"], first["gas"]) == ("9", "2", 50_000)
    assert [tx["index"] for tx in (first, second)] == [0, 1]
    assert first["blockHash"] == hexed(ledger[1].hash) and first["height"] == 1
    assert call("chain.getBlockByHash", hexed(b"\x07" * 32)) is None


def test_headers_rise(ledger):
    assert [h["height"] for h in call("chain.getHeaders", 1)] == [1, 2]
    assert [h["height"] for h in call("chain.getHeaders", 0, 2)] == [0, 1]
    assert call("chain.getHeaders", 3) == []
    assert field_of("chain.getHeaders", 0, 101) == "count"


def test_logs_by_address_topic_range_and_page(ledger):
    found = call("chain.getLogs")
    assert [log["logIndex"] for log in found["items"]] == [0, 1]
    event, system = found["items"]
    assert event["txid"] == hexed(ledger[1].block.txs[0].txid) and event["txIndex"] == 0
    assert event["topics"] == [hexed(b"\x01" * 32), hexed(b"\x02" * 32)]
    assert (event["data"], event["address"], event["height"]) == (hexed(b"data"), text(1), 1)
    assert (system["txid"], system["txIndex"]) == (None, None)
    assert len(call("chain.getLogs", address=text(5))["items"]) == 1
    assert len(call("chain.getLogs", topics=[None, hexed(b"\x02" * 32)])["items"]) == 1
    either = [[hexed(b"\x01" * 32), hexed(b"\x03" * 32)]]
    assert len(call("chain.getLogs", topics=either)["items"]) == 2
    assert call("chain.getLogs", **{"from": 2})["items"] == []
    assert call("chain.getLogs", to="earliest")["items"] == []
    page = call("chain.getLogs", limit=1)
    rest = call("chain.getLogs", limit=1, cursor=page["cursor"])
    assert [log["logIndex"] for log in page["items"] + rest["items"]] == [0, 1]
    with pytest.raises(BadCursor):
        call("chain.getLogs", cursor="nonsense")
    assert field_of("chain.getLogs", topics=[1]) == "topics"
    assert field_of("chain.getLogs", topics=[None] * 5) == "topics"


def test_submitted_blocks_reach_the_importer(node):
    answer = call("chain.submitBlock", "0x0102")
    assert answer == {"hash": hexed(b"\x0b" * 32), "height": 3, "outcome": "added"}
    assert node.importer.seen == [b"\x01\x02"]
    node.importer.refusal = node.block_refusal
    with pytest.raises(type(node.block_refusal)):
        call("chain.submitBlock", "0x0102")
    assert field_of("chain.submitBlock", "0102") == "raw"


def test_sync_status(node):
    assert call("chain.getSyncStatus") == {
        "state": "following",
        "height": 1,
        "hash": "0x" + "00" * 32,
        "time": played.NOW_MS,
        "ageMs": 5,
        "target": 4,
        "percent": 25,
        "blocksPerSecond": 1.5,
        "etaMs": 2000,
        "records": 0,
        "peers": 1,
    }
    node.net.far = {**node.net.far, "target": 0}
    assert call("chain.getSyncStatus")["target"] == 1  # never below the head it names


def test_peers_and_the_nodes_place(node):
    assert call("net.peers") == [played.played_peer()]
    assert call("net.info") == node.net.info()
    assert call("net.version")["protocol"] == 1
    node.net.listed = []
    assert call("net.peers") == []


@pytest.mark.parametrize("name", ["net.peers", "net.info", "net.version"])
def test_without_a_node_nobody_has_peers(node, name):
    context.install(None)
    with pytest.raises(NodeAbsent):
        call(name)


def test_sending(node):
    tx = transfer()
    assert call("tx.sendRawTransaction", hexed(tx.raw)) == {"txid": hexed(tx.txid), "state": "held"}
    with pytest.raises(CborMalformed):
        call("tx.sendRawTransaction", "0xff")
    node.pool.refusal = node.tx_refusal
    with pytest.raises(type(node.tx_refusal)):
        call("tx.sendRawTransaction", hexed(tx.raw))


def test_transactions_by_hash(ledger, node):
    mined = ledger[1].block.txs[1]
    found = call("tx.getTransactionByHash", hexed(mined.txid))
    assert found["raw"] == hexed(mined.raw) and found["height"] == 1 and found["index"] == 1
    waiting = transfer()
    node.pool.put(waiting, "ready")
    found = call("tx.getTransactionByHash", hexed(waiting.txid))
    assert found["raw"] == hexed(waiting.raw)
    assert [found[key] for key in ("blockHash", "height", "index", "time")] == [None] * 4
    assert call("tx.getTransactionByHash", hexed(b"\x07" * 32)) is None


def test_receipts(ledger):
    first, second = ledger[1].block.txs
    receipt = call("tx.getTransactionReceipt", hexed(first.txid))
    assert (receipt["status"], receipt["outcome"], receipt["gasUsed"]) == (0, "ok", 21_000)
    assert (receipt["price"], receipt["feePaid"]) == ("3", "1200")
    assert (receipt["baseFeePaid"], receipt["tipPaid"]) == ("1000", "200")
    assert (receipt["from"], receipt["to"], receipt["kind"]) == (text(1), text(2), "transfer")
    assert receipt["logs"][0]["data"] == hexed(b"data")
    assert receipt["blockHash"] == hexed(ledger[1].hash)
    reverted = call("tx.getTransactionReceipt", hexed(second.txid))
    assert (reverted["status"], reverted["outcome"], reverted["ret"]) == (1, "reverted", "0x72")
    assert call("tx.getTransactionReceipt", hexed(b"\x07" * 32)) is None


def test_a_transaction_in_the_pool_has_no_receipt(node):
    waiting = transfer()
    node.pool.put(waiting, "ready")
    assert call("tx.getTransactionReceipt", hexed(waiting.txid)) is None


def test_transactions_of_an_address(ledger):
    page = call("tx.getByAddress", text(1))
    assert [line["index"] for line in page["items"]] == [1, 0]
    assert page["items"][1]["value"] == "30" and page["items"][0]["from"] == text(3)
    assert page["cursor"] is None
    one = call("tx.getByAddress", address=text(1), limit=1)
    rest = call("tx.getByAddress", address=text(1), limit=1, cursor=one["cursor"])
    assert [line["index"] for line in one["items"] + rest["items"]] == [1, 0]


def test_status_of_transactions(ledger, node):
    mined = call("tx.getStatus", hexed(ledger[1].block.txs[0].txid))
    assert (mined["state"], mined["height"], mined["confirmations"]) == ("mined", 1, 2)
    ready, held = transfer(0), transfer(5)
    node.pool.put(ready, "ready")
    node.pool.put(held, "held", "nonce 0 is missing")
    assert call("tx.getStatus", hexed(ready.txid))["state"] == "pending"
    found = call("tx.getStatus", hexed(held.txid))
    assert (found["state"], found["reason"]) == ("held", "nonce 0 is missing")
    gone = transfer(9)
    node.pool.drops[gone.txid] = SimpleNamespace(code="tx.expired", reason="too late", at_ms=1)
    found = call("tx.getStatus", hexed(gone.txid))
    assert (found["state"], found["code"], found["reason"]) == ("dropped", "tx.expired", "too late")
    assert call("tx.getStatus", hexed(b"\x07" * 32))["state"] == "unknown"


def test_gas_estimates(ledger):
    estimate = call("tx.estimateGas", **{"from": text(1), "to": text(2), "value": "5"})
    unsigned = {
        "v": 1, "chain": 31337, "kind": "transfer", "from": builder.address(1), "nonce": 0,
        "gas": 2**64 - 1, "maxFee": 2**64 - 1, "maxTip": 2**64 - 1,
        "body": {"to": builder.address(2), "value": 5},
    }  # fmt: skip
    size = len(cbor2.dumps(unsigned, canonical=True))
    assert estimate["gas"] == 6_000 + 10 * (size + 3_400 + 1_952) + 3_000
    assert estimate["keyStored"] is False and estimate["baseFee"] == "1"
    kept = call("tx.estimateGas", **{"from": text(1), "to": text(2), "value": "5", "keep": True})
    kept_size = len(cbor2.dumps({**unsigned, "keep": True}, canonical=True))
    assert kept["gas"] == 6_000 + 10 * (kept_size + 3_400 + 1_952) + 3_000 + 50 * 1_952
    asked = {"from": text(1), "to": text(2), "value": "5", "alg": 0x1002}
    assert call("tx.estimateGas", **asked)["gas"] < 200_000
    assert field_of("tx.estimateGas", **{"from": text(1), "to": text(2), "value": 5}) == "value"
    assert field_of("tx.estimateGas", **{**asked, "alg": -1}) == "alg"


def test_a_stored_key_makes_the_estimate_lower(ledger):
    key = ("key", builder.address(1))
    stored = builder.extend(ledger[2], changes={key: cbor2.dumps(b"\x01" * 1952)})
    conftest.append(stored)
    estimate = call("tx.estimateGas", **{"from": text(1), "to": text(2), "value": "5"})
    assert estimate["keyStored"] is True and estimate["gas"] < 60_000
    assert call("state.getAccount", text(1))["keyStored"] is True


def test_fee_history(ledger):
    history = call("tx.feeHistory")
    assert [block["height"] for block in history["blocks"]] == [0, 1, 2]
    assert history["blocks"][0]["tips"] == ["0", "0", "0"]
    assert history["blocks"][1]["baseFee"] == "1"
    assert history["nextBaseFee"] == "1"
    assert [b["height"] for b in call("tx.feeHistory", 1, 1)["blocks"]] == [1]
    assert [b["height"] for b in call("tx.feeHistory", 2, 99)["blocks"]] == [1, 2]


def test_tips_are_percentiles_by_gas(monkeypatch):
    from rpc.methods import tx

    def line(price: int, gas: int):
        return SimpleNamespace(fee_paid=price * gas, gas_used=gas)

    lines = [line(15, 10), line(12, 80), line(11, 10)]  # tips 5, 2, 1 over a base fee of 10
    pages = {None: (lines[:2], "2"), "2": (lines[2:], None)}

    def block_txs(height, cursor, limit):
        items, following = pages[cursor]
        return played.Page(tuple(items), following)

    monkeypatch.setattr(tx.queries, "block_txs", block_txs)
    assert tx._tips(b"tips", 1, 10) == (1, 2, 2)
    lines[1] = line(12, 10)
    pages[None] = (lines[:2], "2")
    assert tx._tips(b"other", 1, 10) == (1, 2, 5)


def test_decoding():
    tx = transfer(pk=b"\x01" * 10)
    decoded = call("tx.decode", hexed(tx.raw))
    assert decoded["txid"] == hexed(tx.txid) and decoded["raw"] == hexed(tx.raw)
    assert decoded["body"]["to"] == addresses.to_text(BOB) and decoded["alg"] == 0x1003
    with pytest.raises(CborMalformed):
        call("tx.decode", "0x")


def test_accounts(ledger):
    assert call("state.getBalance", text(1)) == "1010"
    assert call("state.getBalance", text(77)) == "0"
    assert call("state.getNonce", text(1)) == 1
    account = call("state.getAccount", text(1))
    assert account == {
        "address": text(1), "nonce": 1, "balance": "1010", "code": None, "keyStored": False,
        "height": 2, "blockHash": hexed(ledger[2].hash),
    }  # fmt: skip


def test_pending_nonces_come_from_the_pool(node):
    node.pool.put(transfer(), "ready")
    assert call("state.getNonce", addresses.to_text(ALICE), True) == 1
    assert call("state.getNonce", addresses.to_text(ALICE)) == 0


def prove(ledger, **params):
    answer = call("state.getProof", **params)
    data = {key: bytes.fromhex(answer[key][2:]) for key in ("header", "key", "proof")}
    header = ledger[2].block.header
    assert data["header"] == cbor2.dumps(header.to_map(), canonical=True)
    tag = b"animica/block/v1\x00"
    assert answer["blockHash"] == hexed(sha3_256(tag + data["header"]).digest())
    assert answer["height"] == 2
    value = None if answer["value"] is None else bytes.fromhex(answer["value"][2:])
    proof = statetree.Proof.decode(data["proof"])
    statetree.verify(header.roots.state, data["key"], value, proof)
    return data["key"], value


def test_proofs_of_present_and_absent_records(ledger):
    key, value = prove(ledger, address=text(1))
    assert key == builder.state_key("account", builder.address(1))
    assert cbor2.loads(value) == {"nonce": 1, "balance": 1010}
    assert prove(ledger, address=text(77))[1] is None
    same = prove(ledger, module="account", id=hexed(builder.address(1)))
    assert same == (key, value)
    key, value = prove(ledger, module="key", id=hexed(builder.address(1)))
    assert key == builder.state_key("key", builder.address(1)) and value is None


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "address"),
        ({"module": "key"}, "id"),
        ({"id": "0x00"}, "address"),
        ({"module": "nothing", "id": "0x00"}, "module"),
        ({"address": "ME", "module": "key"}, "address"),
        ({"module": "key", "id": "0x" + "00" * 129}, "id"),
    ],
)
def test_proofs_need_one_way_of_naming(params, field):
    if params.get("address") == "ME":
        params = {**params, "address": text(1)}
    assert field_of("state.getProof", **params) == field


def test_accounts_of_the_past(ledger):
    for height, (balance, nonce) in enumerate([("1000", 0), ("1010", 1), ("1010", 1)]):
        assert call("state.getBalance", text(1), height) == balance
        assert call("state.getNonce", text(1), False, height) == nonce
        account = call("state.getAccount", text(1), height)
        assert (account["balance"], account["nonce"]) == (balance, nonce)
        assert (account["height"], account["blockHash"]) == (height, hexed(ledger[height].hash))
    for tag in ("earliest", "safe"):  # 12 below the head is before genesis
        assert call("state.getBalance", address=text(1), block=tag) == "1000"
        assert call("state.getAccount", address=text(1), block=tag)["height"] == 0
    assert call("state.getBalance", address=text(1), block="latest") == "1010"
    assert call("state.getNonce", text(1), True, "latest") == 0
    assert field_of("state.getNonce", text(1), True, 2) == "pending"
    assert field_of("state.getBalance", text(1), -1) == "block"
    assert field_of("state.getBalance", text(1), "soon") == "block"


def test_keys_of_the_past(ledger):
    conftest.append(builder.extend(ledger[2], changes={("key", builder.address(1)): b"\x41\x01"}))
    stored = [call("state.getAccount", text(1), height)["keyStored"] for height in range(4)]
    assert stored == [False, False, False, True]


def test_proofs_of_the_past(ledger):
    for height, node in enumerate(ledger):
        record = ("account", builder.address(1))
        answer = call("state.getProof", address=text(1), block=height)
        assert (answer["height"], answer["blockHash"]) == (height, hexed(node.hash))
        assert answer["value"] == hexed(node.records[record])
        proof = statetree.Proof.decode(bytes.fromhex(answer["proof"][2:]))
        root = node.block.header.roots.state
        statetree.verify(root, builder.state_key(*record), node.records[record], proof)


@pytest.mark.parametrize("name", ["getBalance", "getNonce", "getAccount", "getProof"])
def test_heights_above_the_head_have_no_state(name):
    for height in (3, 2**53 - 1):
        with pytest.raises(StateNotYet) as caught:
            call(f"state.{name}", address=text(1), block=height)
        assert caught.value.facts == {"height": height, "head": 2}
        with pytest.raises(StateNotYet):
            call("state.getRange", block=height)


@pytest.mark.parametrize("block", ["latest", 1])
@pytest.mark.parametrize("limit", [1, 4, 256])
def test_ranges_page_by_page(ledger, block, limit):
    node = ledger[2 if block == "latest" else block]
    found, first = {}, None
    while True:
        answer = call("state.getRange", first=first, limit=limit, block=block)
        assert answer["header"] == hexed(cbor2.dumps(node.block.header.to_map(), canonical=True))
        assert (answer["blockHash"], answer["height"]) == (
            hexed(node.hash),
            node.block.header.height,
        )
        rows = [
            (r["module"], bytes.fromhex(r["id"][2:]), bytes.fromhex(r["value"][2:]))
            for r in answer["records"]
        ]
        assert len(rows) <= limit
        statetree.verify_range(
            node.block.header.roots.state,
            bytes.fromhex(answer["first"][2:]),
            bytes.fromhex(answer["last"][2:]),
            [(builder.state_key(m, i), sha3_256(v).digest()) for m, i, v in rows],
            statetree.RangeProof.decode(bytes.fromhex(answer["proof"][2:])),
        )
        assert answer["first"] == (first or hexed(bytes(32)))
        found.update({(m, i): v for m, i, v in rows})
        first = answer["next"]
        if first is None:
            assert answer["last"] == "0x" + "ff" * 32
            break
        assert int(first, 16) == int(answer["last"], 16) + 1
    assert found == node.records


def test_ranges_need_two_keys_that_rise():
    low, high = "0x" + "00" * 32, "0x" + "ff" * 32
    assert call("state.getRange", low, low)["records"] == []
    assert field_of("state.getRange", "0x00") == "first"
    assert field_of("state.getRange", low, high, 257) == "limit"
    assert field_of("state.getRange", low, high, 0) == "limit"
    with pytest.raises(BadRange) as caught:
        call("state.getRange", high, low)
    assert caught.value.code == "state.range"


def test_only_so_many_proofs_of_the_past_are_made_at_once(monkeypatch):
    from rpc import at_block
    from rpc.methods import state

    inside = []

    def slow(*args, height, **more):
        inside.append(height)
        if len(inside) < at_block.PAST_AT_ONCE:
            return call("state.getProof", address=text(1), block=1)
        for params in ({"block": 1}, {"block": "safe"}):
            with pytest.raises(Busy):
                call("state.getRange", **params)
            with pytest.raises(Busy):
                call("state.getProof", address=text(1), **params)
        assert call("state.getBalance", text(1), 1) == "1010"
        raise KeyError("done")

    monkeypatch.setattr(state.queries, "prove", slow)
    for _ in range(2):  # the places are free again after an error
        inside.clear()
        with pytest.raises(KeyError):
            call("state.getProof", address=text(1), block=1)
        assert inside == [1] * at_block.PAST_AT_ONCE
    assert call("state.getRange", block=1)["height"] == 1


def test_the_pool(node):
    node.pool.put(transfer(0), "ready")
    node.pool.put(transfer(2, sender=BOB), "held", "nonce 1 is missing")
    stats = call("mempool.stats")
    assert (stats["count"], stats["minFee"], stats["baseFee"]) == (2, "1", str(2**60))
    assert (stats["tipLow"], stats["tipMedian"], stats["tipHigh"]) == ("-3", None, "7")
    page = call("mempool.content", None, 1)
    assert page["items"][0]["state"] == "ready" and page["items"][0]["arrived"] == NOW_MS
    rest = call("mempool.content", page["cursor"], 1)
    assert rest["items"][0]["reason"] == "nonce 1 is missing" and rest["cursor"] is None
    mine = call("mempool.inspect", addresses.to_text(BOB))
    assert [item["tx"]["nonce"] for item in mine["items"]] == [2]
    assert mine["nextNonce"] == 1 and mine["address"] == addresses.to_text(BOB)
    assert (stats["floor"], stats["fillPercent"]) == ("2", 20)
    assert (stats["lowPercent"], stats["highPercent"]) == (50, 90)


def test_the_node_speaks_for_itself():
    assert call("node.status")["state"] == "following"
    assert call("node.health")["ready"] is True
    assert call("node.version")["name"] == "animica-node"


def test_subscriptions_need_a_socket():
    for name, params in (("subscribe", ["newHeads"]), ("unsubscribe", ["s1"])):
        with pytest.raises(NeedsSocket):
            call(name, *params)


def test_views_of_rare_fields():
    from core.tx import SignedTx, UnsignedTx, Witness
    from rpc import views

    access = ((BOB, (b"\x01" * 32,)),)
    body = {"refs": [{"ns": b"\x01", "size": 4}], "to": b"\x01", "flag": True, "data": b""}
    unsigned = UnsignedTx(1, "x", ALICE, 0, 1, 1, 1, body, 5, access, 7, True)
    view = views.transaction(SignedTx(unsigned, Witness(1, b"")))
    assert view["body"] == {
        "refs": [{"ns": "0x01", "size": 4}], "to": "0x01", "flag": True, "data": "0x",
    }  # fmt: skip
    assert (view["maxBlobFee"], view["until"], view["keep"]) == ("5", 7, True)
    assert view["access"] == [[hexed(BOB), [hexed(b"\x01" * 32)]]]


@pytest.mark.django_db(transaction=True)
async def test_reads_through_the_doors(door, ledger, use_desk):
    use_desk(load())
    assert (await door.result("chain.getHead"))["hash"] == hexed(ledger[2].hash)
    assert (await door.result("chain_getHead"))["height"] == 2
    assert await door.result("state.getBalance", [text(1)]) == "1010"
    proof = await door.result("state.getProof", {"address": text(1)})
    assert proof["height"] == 2
    number, data = await door.error("state.getBalance", [text(1)[:-1] + "b"])
    assert (number, data["field"]) == (-32602, "address")

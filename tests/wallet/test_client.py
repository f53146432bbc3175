from __future__ import annotations

import json
import socket

import pytest

from pq.addresses import to_text
from pq.signing import from_seed
from tests.wallet.played import (
    CHAIN,
    Pages,
    PlayedNode,
    Refusal,
    account_record,
    header_over,
    proof_answer,
    range_answer,
    sealed,
    serving,
)
from wallet import client as client_module
from wallet.client import NodeClient
from wallet.errors import (
    HeaderUnproven,
    NodeAnswerInvalid,
    NodeUnreachable,
    ReceiptTimeout,
    RpcRefused,
    TransactionDropped,
)

ADDRESS = from_seed(bytes(32)).address
ABSENT = from_seed(bytes(range(32))).address
HASH = "0x" + "11" * 32
TXID = bytes(range(32))
RECEIPT = {
    "status": 0,
    "gasUsed": 44_900,
    "blockHash": HASH,
    "height": 12,
    "index": 0,
    "price": "4",
    "feePaid": "179600",
    "baseFeePaid": "134700",
    "tipPaid": "44900",
    "logs": [],
    "ret": "0x",
}


@pytest.fixture
def node():
    with serving(PlayedNode({"chain.getChainId": CHAIN})) as played:
        yield played


@pytest.fixture
def client(node, monkeypatch):
    monkeypatch.setattr(client_module, "_POLL_S", 0.01)
    with NodeClient(node.url) as opened:
        yield opened


def test_a_call_is_json_rpc_with_named_parameters(node, client):
    node.answers["x.y"] = {"z": [1, None]}
    assert client.call("x.y", a=1, b="c") == {"z": [1, None]}
    assert client.call("x.y") == {"z": [1, None]}
    first, second = node.requests
    wanted = {"jsonrpc": "2.0", "method": "x.y", "params": {"a": 1, "b": "c"}, "path": "/rpc"}
    assert {k: v for k, v in first.items() if k != "id"} == wanted
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("given", "path"), [("", "/rpc"), ("/", "/rpc"), ("/other/door", "/other/door")]
)
def test_a_url_without_a_path_means_the_usual_door(node, given, path):
    with NodeClient(node.url + given) as client:
        assert client.chain_id() == CHAIN
    assert node.requests[0]["path"] == path


def test_a_proxy_of_the_environment_is_not_asked_for_a_local_node(node, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with NodeClient(node.url) as client:
        assert client.chain_id() == CHAIN


def test_a_refusal_speaks_with_the_nodes_code_hint_and_facts(node, client):
    def refuse(_):
        data = {
            "code": "tx.nonce_low",
            "reason": "tx.nonce is 1, the account is at 4",
            "hint": "Sign again.",
            "required": 4,
            "message": "a fact may have any name",
        }
        raise Refusal(-32010, "short", data)

    node.answers["x.y"] = refuse
    with pytest.raises(RpcRefused) as caught:
        client.call("x.y")
    refusal = caught.value
    assert refusal.code == "tx.nonce_low"
    assert refusal.reason == "tx.nonce is 1, the account is at 4"
    assert refusal.hint == "Sign again."
    assert refusal.facts == {"required": 4, "message": "a fact may have any name"}
    assert refusal.rpc_code == -32010
    assert refusal.view()["code"] == "tx.nonce_low"
    assert RpcRefused.code == "wallet.rpc_refused"


@pytest.mark.parametrize("data", [None, 5, {}, {"code": 7, "hint": None}])
def test_a_refusal_without_details_keeps_its_message(node, client, data):
    def refuse(_):
        raise Refusal(-32000, "no\x1b[31m way\n", data)

    node.answers["x.y"] = refuse
    with pytest.raises(RpcRefused) as caught:
        client.call("x.y")
    assert caught.value.code == "wallet.rpc_refused"
    assert caught.value.message == "no[31m way"
    assert caught.value.hint


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"<html>",
        b"[]",
        b"5",
        b"[" * 100_000,
        b"{}",
        b'{"jsonrpc": "2.0", "id": 1}',
        b'{"jsonrpc": "2.0", "id": 99, "result": 1}',
        b'{"jsonrpc": "2.0", "id": 1, "error": "no"}',
        b'{"jsonrpc": "2.0", "id": 1, "error": {"message": "no code"}}',
    ],
)
def test_an_answer_that_is_not_json_rpc_is_named(node, client, raw):
    node.raw = raw
    with pytest.raises(NodeAnswerInvalid):
        client.call("x.y")


def test_an_http_error_and_an_endless_answer_are_named(node, client, monkeypatch):
    node.raw, node.status = b"busy", 503
    with pytest.raises(NodeAnswerInvalid) as caught:
        client.call("x.y")
    assert caught.value.facts["status"] == 503
    monkeypatch.setattr(client_module, "ANSWER_BYTES", 1000)
    node.raw, node.status = b" " * 1001, 200
    with pytest.raises(NodeAnswerInvalid) as caught:
        client.call("x.y")
    assert caught.value.facts["limit"] == 1000


def test_nobody_there_is_unreachable():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with NodeClient(f"http://127.0.0.1:{port}") as client, pytest.raises(NodeUnreachable):
            client.chain_id()


def test_a_silent_node_is_unreachable():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with NodeClient(url, timeout_s=0.1) as client, pytest.raises(NodeUnreachable):
            client.chain_id()


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8545", "ftp://x", "http://", "http://a\0", "http:/x"]
)
def test_what_is_no_url_is_refused(url):
    with pytest.raises(NodeUnreachable):
        NodeClient(url)


def test_the_chain_is_asked_once_and_never_if_given(node, client):
    assert client.chain_id() == client.chain_id() == CHAIN
    assert len(node.requests) == 1
    assert NodeClient(node.url, chain=5).chain_id() == 5
    assert len(node.requests) == 1


def test_head_account_and_nonce(node, client):
    text = to_text(ADDRESS)
    node.answers["chain.getHead"] = {
        "height": 9,
        "hash": HASH,
        "time": 1_767_225_600_000,
        "baseFee": "18",
        "more": 1,
    }
    node.answers["state.getAccount"] = {
        "address": text,
        "nonce": 4,
        "balance": str(2**63),
        "code": None,
        "keyStored": True,
        "height": 9,
        "blockHash": HASH,
    }
    node.answers["state.getNonce"] = 6
    head, account = client.head(), client.account(ADDRESS)
    assert (head.height, head.hash, head.base_fee) == (9, bytes.fromhex("11" * 32), 18)
    assert account.address == ADDRESS
    assert (account.nonce, account.balance, account.code) == (4, 2**63, None)
    assert account.key_stored is True
    assert client.next_nonce(ADDRESS) == 6
    assert node.asked("state.getNonce") == [{"address": text, "pending": True}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("balance", "-1"),
        ("balance", "1e3"),
        ("balance", str(2**64)),
        ("balance", 1.0),
        ("balance", True),
        ("nonce", None),
        ("keyStored", 1),
        ("code", 5),
        ("address", "anim1x"),
        ("height", "x"),
    ],
)
def test_a_bad_field_is_named(node, client, field, value):
    node.answers["state.getAccount"] = {
        "address": to_text(ADDRESS),
        "nonce": 4,
        "balance": "1",
        "code": None,
        "keyStored": True,
        "height": 9,
        field: value,
    }
    with pytest.raises(NodeAnswerInvalid) as caught:
        client.account(ADDRESS)
    assert caught.value.facts == {"method": "state.getAccount", "field": field}


def test_a_raw_transaction_is_sent_as_hex(node, client):
    node.answers["tx.sendRawTransaction"] = {"txid": "0x" + TXID.hex(), "state": "ready"}
    assert client.send_raw(b"\x82\x01") == TXID
    assert client.submit(b"\x82\x01").state == "ready"
    assert node.asked("tx.sendRawTransaction")[0] == {"raw": "0x8201"}


def test_the_receipt_is_awaited(node, client):
    answers = iter([None, None, RECEIPT])
    node.answers["tx.getTransactionReceipt"] = lambda _: next(answers)
    node.answers["tx.getStatus"] = {"state": "pending"}
    receipt = client.wait_for_receipt(TXID, timeout_s=10)
    assert (receipt.height, receipt.fee_paid, receipt.tip_paid) == (12, 179_600, 44_900)
    assert node.asked("tx.getTransactionReceipt") == [{"txid": "0x" + TXID.hex()}] * 3


def test_a_receipt_that_does_not_come_ends_the_wait(node, client):
    node.answers["tx.getTransactionReceipt"] = None
    node.answers["tx.getStatus"] = {"state": "held"}
    with pytest.raises(ReceiptTimeout) as caught:
        client.wait_for_receipt(TXID, timeout_s=0.05)
    assert caught.value.facts["txid"] == "0x" + TXID.hex()


def test_a_dropped_transaction_ends_the_wait_with_its_reason(node, client):
    node.answers["tx.getTransactionReceipt"] = None
    node.answers["tx.getStatus"] = {
        "state": "dropped",
        "code": "tx.expired",
        "reason": "until has passed",
    }
    with pytest.raises(TransactionDropped) as caught:
        client.wait_for_receipt(TXID, timeout_s=10)
    assert caught.value.facts["cause"] == "tx.expired"
    assert "until has passed" in caught.value.message


def test_a_receipt_whose_parts_do_not_add_up_is_refused(node, client):
    node.answers["tx.getTransactionReceipt"] = {**RECEIPT, "feePaid": "179601"}
    with pytest.raises(NodeAnswerInvalid):
        client.receipt(TXID)


PAGES = Pages({("account", ADDRESS): account_record(4, 77), ("key", ADDRESS): b"\x41\x01"})
HEADER = sealed(header_over(PAGES.root))


def prove(params, header=HEADER):
    """What a node does: an address or a module with an id."""
    if "address" in params:
        record = "account", {to_text(a): a for a in (ADDRESS, ABSENT)}[params["address"]]
    else:
        record = params["module"], bytes.fromhex(params["id"][2:])
    return proof_answer(PAGES, header, *record)


def test_accounts_and_records_are_proven(node, client):
    node.answers["state.getProof"] = prove
    account = client.proven_account(ADDRESS)
    assert (account.present, account.nonce, account.balance) == (True, 4, 77)
    absent = client.proven_account(ABSENT)
    assert (absent.present, absent.nonce, absent.balance) == (False, 0, 0)
    assert client.proven_record("key", ADDRESS).value == b"\x41\x01"
    assert client.proven_record("key", ABSENT).value is None


def test_what_is_asked_of_a_block_is_proven_for_that_block(node, client):
    node.answers["state.getProof"] = prove
    assert client.proven_account(ADDRESS, at=7).balance == 77
    assert client.proven_record("key", ADDRESS, at=7).value == b"\x41\x01"
    assert [params["block"] for params in node.asked("state.getProof")] == [7, 7]
    for at in (0, 6, 8):
        with pytest.raises(HeaderUnproven):
            client.proven_account(ADDRESS, at=at)
        with pytest.raises(HeaderUnproven):
            client.proven_record("key", ADDRESS, at=at)


def many(header):
    """A node's answers to ranges, two records a page."""

    def answer(params):
        first, last = (bytes.fromhex(params[name][2:]) for name in ("first", "last"))
        return range_answer(PAGES_OF_MANY, header(params.get("block")), first, last, 2)

    return answer


PAGES_OF_MANY = Pages({("account", bytes([n]) * 34): account_record(n, 9) for n in range(1, 8)})
MANY = [sealed(header_over(PAGES_OF_MANY.root, gas_used=n)) for n in (0, 1)]


def test_the_whole_state_is_walked_at_one_block(node, client):
    node.answers["state.getRange"] = many(lambda block: MANY[0])
    pages = list(client.proven_ranges())
    assert [len(page.records) for page in pages] == [2, 2, 2, 1]
    assert {record[1] for page in pages for record in page.records} == {
        bytes([n]) * 34 for n in range(1, 8)
    }
    blocks = [params.get("block") for params in node.asked("state.getRange")]
    assert blocks == [None, 7, 7, 7]
    node.answers["state.getRange"] = many(lambda block: MANY[block is not None])
    with pytest.raises(HeaderUnproven):
        list(client.proven_ranges())


def test_a_lie_about_the_balance_is_noticed(node, client):
    other = Pages({("account", ADDRESS): account_record(4, 10**18)})
    forged = header_over(other.root)
    node.answers["state.getProof"] = lambda _: proof_answer(other, forged, "account", ADDRESS)
    if forged.draw < 2**256 // 8:
        forged = sealed(forged, meets=lambda draw: draw > 2**255)
    with pytest.raises(HeaderUnproven):
        client.proven_account(ADDRESS)


def test_the_chain_the_caller_names_is_the_chain_of_the_proof(node):
    node.answers["state.getProof"] = prove
    with NodeClient(node.url, chain=1) as client, pytest.raises(HeaderUnproven):
        client.proven_account(ADDRESS)


def test_genesis_is_proven_under_the_callers_hash(node):
    genesis = header_over(PAGES.root, height=0)
    node.answers["state.getProof"] = lambda params: prove(params, genesis)
    with NodeClient(node.url, genesis=genesis.hash) as client:
        assert client.proven_account(ADDRESS).balance == 77
    with NodeClient(node.url) as client, pytest.raises(HeaderUnproven):
        client.proven_account(ADDRESS)


def test_a_proof_can_be_asked_not_to_lag(node, client):
    late = sealed(header_over(PAGES.root, height=8))
    headers = iter([HEADER, HEADER, late])
    node.answers["state.getProof"] = lambda params: prove(params, next(headers))
    assert client.proven_account(ADDRESS, since=8).header.height == 8
    node.answers["state.getProof"] = prove
    with pytest.raises(NodeAnswerInvalid):
        client.proven_account(ADDRESS, since=8, timeout_s=0.05)


def test_requests_are_plain_json(node, client):
    node.answers["x.y"] = json.loads('{"a": 18446744073709551615}')
    assert client.call("x.y") == {"a": 2**64 - 1}

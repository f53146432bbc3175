from __future__ import annotations

import pytest

from core import cbor
from core.hashing import sha3
from execution.abi import codec
from execution.lang.types import ADDRESS, INT
from execution.vm import slots
from pq.addresses import of_contract, to_text
from pq.devnet_keys import key
from tests.wallet.ledger_node import LedgerNode, hexed
from tests.wallet.played import PlayedNode, serving
from tests.workbench.sources import TOKEN
from wallet.client import NodeClient
from wallet.contracts import draft_call, draft_deploy, with_margin
from wallet.errors import NodeAnswerInvalid
from wallet.transactions import Fees, sign

DEV0, DEV1 = key(0).address, key(1).address
COIN = of_contract(DEV0, 0)
HASH = "0x" + "22" * 32


@pytest.fixture
def node():
    made = LedgerNode()
    body = {"code": TOKEN.encode(), "args": codec.encode_all([9], [INT]), "value": 0}
    assert made.ledger.transact("deploy", DEV0, body, None).status == 0
    with serving(made.played):
        yield made


@pytest.fixture
def client(node):
    with NodeClient(node.played.url) as opened:
        yield opened


def call_of(name: str, *values: bytes) -> bytes:
    return cbor.encode([name, *values])


def test_a_call_is_asked_with_what_is_named_and_no_more(node, client):
    data = call_of("balance_of", DEV0)
    done = client.contract_call(COIN, data)
    assert (done.status, codec.decode(done.ret, INT), done.reason) == (0, 9, "")
    assert done.gas_used > 0
    client.contract_call(COIN, data, sender=DEV1, value=5, gas=7, at=3)
    first, second = node.played.asked("state.call")
    assert first == {"to": to_text(COIN), "data": hexed(data)}
    assert second == {**first, "sender": to_text(DEV1), "value": "5", "gas": 7, "block": 3}


def test_a_call_brings_events_and_reasons(client):
    one = (1).to_bytes(32, "big")
    done = client.contract_call(COIN, call_of("transfer", DEV1, one), sender=DEV0)
    (log,) = done.logs
    assert (log.address, len(log.topics)) == (COIN, 4)
    failed = client.contract_call(COIN, call_of("transfer", DEV1, one), sender=DEV1)
    assert (failed.status, failed.reason, failed.ret) == (1, "too little", b"too little")


def test_slots_are_read_told_and_proven(client):
    slot = cbor.encode(["balances", DEV0])
    assert slots.raw_slot(b"x") != sha3(slot)
    assert codec.decode(client.storage(COIN, slot), INT) == 9
    assert client.storage(COIN, cbor.encode(["balances", DEV1])) is None
    assert codec.decode(client.proven_storage(COIN, sha3(slot)).value, INT) == 9
    assert client.proven_storage(COIN, sha3(b"other")).value is None


def test_a_source_must_have_its_hash(node, client):
    code = client.contract_code(COIN)
    assert (code.hash, code.source) == (sha3(TOKEN.encode()), TOKEN.encode())
    assert client.contract_code(of_contract(DEV0, 5)) is None
    node.lies = {"hash": HASH}
    with pytest.raises(NodeAnswerInvalid):
        client.contract_code(COIN)


GOOD = {"status": 0, "ret": "0x", "reason": None, "gasUsed": 5, "logs": []}
LOG = {"address": to_text(COIN), "topics": [HASH], "data": "0x00"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "ok"},
        {"ret": "00"},
        {"ret": None},
        {"reason": 5},
        {"gasUsed": -1},
        {"logs": None},
        {"logs": [5]},
        {"logs": [{**LOG, "address": "0x00"}]},
        {"logs": [{**LOG, "topics": ["0x22"]}]},
        {"logs": [{**LOG, "topics": [HASH] * 5}]},
        {"logs": [{**LOG, "topics": HASH}]},
        {"logs": [{**LOG, "data": "0xZZ"}]},
    ],
)
def test_answers_of_another_form_are_refused(wrong):
    played = PlayedNode({"state.call": {**GOOD, **wrong}})
    with serving(played), NodeClient(played.url) as client:
        played.answers["state.call"] = {**GOOD, "logs": [LOG]}
        assert client.contract_call(COIN, b"").logs[0].data == b"\0"
        played.answers["state.call"] = {**GOOD, **wrong}
        with pytest.raises(NodeAnswerInvalid):
            client.contract_call(COIN, b"")


def test_estimates_name_the_kind_and_its_fields(node, client):
    args = codec.encode_all([9], [INT])
    assert client.estimate_deploy(DEV1, TOKEN.encode(), args, value=0, keep=True) > 400_000
    assert client.estimate_call(DEV0, COIN, call_of("balance_of", DEV0)) > 40_000
    deploy, call = node.played.asked("tx.estimateGas")
    assert deploy == {
        "from": to_text(DEV1),
        "kind": "deploy",
        "code": hexed(TOKEN.encode()),
        "args": hexed(args),
        "value": "0",
        "keep": True,
    }
    assert (call["kind"], call["to"], call["keep"]) == ("call", to_text(COIN), False)


def test_drafts_of_contracts_are_signed_as_they_are_priced():
    common = {"sender": DEV0, "chain": 1337, "nonce": 3, "fees": Fees(7, 1), "gas": 500_000}
    deploy = draft_deploy(code=b"pass\n", args=b"\x80", value=5, **common)
    call = draft_call(to=COIN, data=codec.encode_all([DEV1], [ADDRESS]), value=6, **common)
    for draft, kind, value in ((deploy, "deploy", 5), (call, "call", 6)):
        signed = sign(draft, key(0))
        assert signed.unsigned.kind == kind
        assert signed.unsigned.gas == 500_000
        assert draft.greatest_cost == 500_000 * 7 + value
    assert with_margin(1_000) == 1_250

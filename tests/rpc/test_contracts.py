"""Contracts through JSON-RPC: a token on a real chain, read, called and estimated."""

from __future__ import annotations

import pytest

from chain import contracts, queries
from consensus import calls
from consensus.rules.transition import KINDS
from core import cbor, statetree
from core.errors import TxRefused
from core.hashing import sha3
from core.header import Header
from core.statetree import Proof
from execution.abi import codec
from execution.gas import intrinsic_gas
from execution.lang.types import ADDRESS, INT
from execution.view import View
from execution.vm.codes import CODES
from pq import addresses
from rpc import context, contract_calls
from rpc.caller import Caller
from rpc.errors import AlwaysFails, Busy, ParamsInvalid
from rpc.methods import load
from tests import token_contract as token
from tests.explorer.conftest import ALICE, BOB, World, world
from tests.rpc import played

__all__ = ["world"]

TOKEN = token.address_of(ALICE, 0)
OTHER = token.address_of(ALICE, 4)


def call(name: str, *args: object, spent: list[int] | None = None, **params: object):
    spend = (lambda cost: spent.append(cost)) if spent is not None else (lambda cost: None)
    return load().find(name).call(params or list(args), Caller("10.0.0.1", spend=spend))


def text(address: bytes) -> str:
    return addresses.to_text(address)


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


@pytest.fixture
def chain(world: World):
    """Block 1 deploys the token, 2 transfers 30, 3 fails to transfer too much."""
    context.install(played.PlayedInfo())
    world.mine([token.deploy(ALICE, 0)])
    world.mine([token.call(ALICE, 1, TOKEN, "transfer", BOB.address, 30)])
    world.mine([token.call(ALICE, 2, TOKEN, "transfer", BOB.address, 2_000)])
    yield world
    context.install(None)


def txid_at(height: int) -> str:
    return hexed(queries.txids(height)[0])


# ------------------------------------------------------------------ state.call


def test_a_view_is_called(chain):
    answer = call(
        "state.call", to=text(TOKEN), data=hexed(token.calldata("balance_of", BOB.address))
    )
    assert (answer["status"], answer["outcome"], answer["reason"]) == (0, "ok", None)
    assert answer["ret"] == hexed(codec.encode(30, INT))
    assert answer["result"] == {"name": "", "type": "int", "value": "30"}
    assert answer["failure"] is None and answer["logs"] == []
    assert answer["height"] == 3 and answer["blockHash"] == hexed(queries.head().hash)
    assert 1_000 < answer["gasUsed"] < 20_000


def test_a_call_of_the_past_sees_that_state(chain):
    data = hexed(token.calldata("balance_of", BOB.address))
    seen = [call("state.call", to=text(TOKEN), data=data, block=h)["result"] for h in (1, 2, 3)]
    assert [one["value"] for one in seen] == ["0", "30", "30"]
    before = call("state.call", to=text(TOKEN), data=data, block=0)
    assert (before["status"], before["reason"]) == (1, "vm.no_contract")


def test_a_call_sees_the_block_behind_the_named_one(chain):
    data = hexed(token.calldata("clock"))
    answer = call("state.call", to=text(TOKEN), data=data, block=2)
    interval = chain.network.at(3).params.target_interval_ms
    time = queries.block_by_height(2).header.time + interval
    assert answer["result"]["value"] == ["3", str(time)]


def test_what_a_call_writes_is_gone_afterwards(chain):
    data = hexed(token.calldata("transfer", BOB.address, 5))
    asked = {"to": text(TOKEN), "data": data, "sender": text(ALICE.address)}
    first, second = call("state.call", **asked), call("state.call", **asked)
    assert first == second and first["status"] == 0
    assert first["logs"][0]["reading"] == {
        "name": "Transfer",
        "values": [
            {"name": "sender", "type": "address", "value": text(ALICE.address)},
            {"name": "to", "type": "address", "value": text(BOB.address)},
            {"name": "amount", "type": "int", "value": "5"},
        ],
    }
    again = call(
        "state.call", to=text(TOKEN), data=hexed(token.calldata("balance_of", BOB.address))
    )
    assert again["result"]["value"] == "30"


def test_a_call_that_fails_says_why(chain):
    data = hexed(token.calldata("transfer", BOB.address, 5))
    answer = call("state.call", to=text(TOKEN), data=data)  # by nobody, who owns nothing
    assert (answer["status"], answer["outcome"], answer["reason"]) == (1, "reverted", "too little")
    assert answer["failure"]["sentence"] == "the contract refused: too little"
    assert answer["result"] is None and answer["ret"] == hexed(b"too little")
    short = call("state.call", to=text(TOKEN), data=data, gas=900)
    assert (short["status"], short["outcome"], short["reason"]) == (2, "outOfGas", None)
    assert short["gasUsed"] == 900 and "out of gas" in short["failure"]["sentence"]


def test_value_must_be_owned(chain):
    asked = {"to": text(TOKEN), "data": hexed(token.calldata("fund")), "value": "7"}
    assert call("state.call", **asked)["reason"] == "vm.balance"
    paid = call("state.call", **asked, sender=text(ALICE.address))
    assert paid["result"]["value"] == "7"


def test_gas_is_bounded_and_charged(chain):
    asked = {"to": text(TOKEN), "data": hexed(token.calldata("spin", 10**9))}
    spent: list[int] = []
    answer = call("state.call", **asked, gas=2_000_000, spent=spent)
    assert answer["status"] == 2 and spent == [2_000_000 // contract_calls.GAS_PER_REQUEST]
    with pytest.raises(ParamsInvalid):
        call("state.call", **asked, gas=40_000_001)


def test_so_many_calls_run_at_once(chain):
    for _ in range(contract_calls.AT_ONCE):
        contract_calls._places.acquire()
    try:
        with pytest.raises(Busy):
            call("state.call", to=text(TOKEN), data=hexed(token.calldata("clock")))
        with pytest.raises(Busy):
            estimate("call", to=text(TOKEN), data=hexed(token.calldata("clock")))
    finally:
        for _ in range(contract_calls.AT_ONCE):
            contract_calls._places.release()
    assert call("state.call", to=text(TOKEN), data=hexed(token.calldata("clock")))["status"] == 0


# ------------------------------------------------------------------ code and slots


def test_code_with_its_interface_and_proof(chain):
    found = call("state.getCode", address=text(TOKEN), proof=True)
    assert found["source"].encode() == token.SOURCE
    assert found["hash"] == hexed(sha3(token.SOURCE)) and found["height"] == 3
    names = [function["name"] for function in found["interface"]["functions"]]
    assert names[:2] == ["balance_of", "described"] and "init" not in names
    assert found["interface"]["init"]["inputs"][0]["name"] == "supply"
    account = cbor.decode_own(proven(found["accountProof"]))
    assert account["code"] == sha3(token.SOURCE)
    assert "accountProof" not in call("state.getCode", address=text(TOKEN))


def proven(proof: dict) -> bytes | None:
    """The proof's value, walked to the header's root as a client does."""
    header = Header.decode(bytes.fromhex(proof["header"][2:]))
    assert hexed(header.hash) == proof["blockHash"]
    value = None if proof["value"] is None else bytes.fromhex(proof["value"][2:])
    walked = Proof.decode(bytes.fromhex(proof["proof"][2:]))
    statetree.verify(header.roots.state, bytes.fromhex(proof["key"][2:]), value, walked)
    return value


def test_no_contract_has_no_code(chain):
    assert call("state.getCode", address=text(ALICE.address)) is None
    assert call("state.getCode", address=text(ALICE.address), proof=True) is None
    assert call("state.getCode", address=text(TOKEN), block=0) is None
    assert call("state.getCode", address=text(TOKEN), block=1)["height"] == 1


def slot_of(owner: bytes) -> str:
    return hexed(cbor.encode(["balances", owner]))


def test_slots_now_then_and_proven(chain):
    slot = slot_of(BOB.address)
    found = call("state.getStorage", address=text(TOKEN), slot=slot, proof=True)
    assert found["value"] == hexed(codec.encode(30, INT)) == found["proof"]["value"]
    assert found["id"] == hexed(TOKEN + sha3(bytes.fromhex(slot[2:])))
    assert proven(found["proof"]) == codec.encode(30, INT)
    past = call("state.getStorage", address=text(TOKEN), slot=slot, block=1, proof=True)
    assert past["value"] is None and past["height"] == 1 and proven(past["proof"]) is None
    plain = call("state.getStorage", address=text(TOKEN), slot=slot, block=2)
    assert plain["value"] == found["value"] and "proof" not in plain


# ------------------------------------------------------------------ estimates


def estimate(kind: str, **more: object) -> int:
    asked = {"from": text(ALICE.address), "kind": kind, **more}
    return call("tx.estimateGas", **asked)["gas"]


def lands(chain: World, tx) -> int:
    """The status that a transaction gets in the next block."""
    chain.mine([tx])
    return queries.receipt(tx.txid).status


PAID = {"max_fee": 2**64 - 1, "max_tip": 2**64 - 1}


def runs_with(chain: World, kind: str, body: dict, gas: int) -> int:
    """The status with which a body runs on the head with so much gas in all."""
    tx = token.signed(ALICE, kind, 3, body, gas=2**64 - 1, **PAID).unsigned
    beyond = gas - intrinsic_gas(tx, ALICE.alg, len(ALICE.public_key))
    with contracts.state_at() as state:
        setting = calls.setting_after(state.header, chain.network)
        return KINDS[kind](body).run(View(state.reader), tx, beyond, setting).status


@pytest.mark.parametrize(
    ("function", "args"),
    [("transfer", (BOB.address, 5)), ("spin", (1_000,)), ("relay", (OTHER, BOB.address, 1))],
)
def test_estimates_of_calls_are_tight(chain, function, args):
    chain.mine([token.call(ALICE, 3, TOKEN, "transfer", BOB.address, 1)])
    chain.mine([token.deploy(ALICE, 4)])
    chain.mine([token.call(ALICE, 5, OTHER, "transfer", TOKEN, 10)])
    data = token.calldata(function, *args)
    gas = estimate("call", to=text(TOKEN), data=hexed(data))
    body = {"to": TOKEN, "data": data, "value": 0}
    assert runs_with(chain, "call", body, gas) == 0
    assert runs_with(chain, "call", body, gas - 1) != 0


def test_estimates_of_deployments_are_tight(chain):
    gas = estimate("deploy", code=hexed(token.SOURCE), args=hexed(token.init_args(5)))
    body = {"code": token.SOURCE, "args": token.init_args(5), "value": 0}
    assert runs_with(chain, "deploy", body, gas) == 0
    assert runs_with(chain, "deploy", body, gas - 1) != 0
    assert lands(chain, token.deploy(ALICE, 3, 5, gas=gas)) == 0


def test_what_is_only_estimated_pushes_no_program_out(chain):
    CODES.clear()
    source = token.SOURCE + b"# not deployed\n"
    assert estimate("deploy", code=hexed(source), args=hexed(token.init_args(5))) > 0
    assert len(CODES) == 0


def test_the_gas_of_an_estimate_s_runs_is_charged(chain):
    spent: list[int] = []
    data = hexed(token.calldata("spin", 50_000))
    asked = {"from": text(ALICE.address), "kind": "call", "to": text(TOKEN), "data": data}
    gas = call("tx.estimateGas", **asked, spent=spent)["gas"]
    assert spent[0] >= 2 * (gas - 100_000) // contract_calls.GAS_PER_REQUEST > 5


def test_an_estimate_says_why_nothing_helps(chain):
    with pytest.raises(AlwaysFails) as caught:
        estimate("call", to=text(TOKEN), data=hexed(token.calldata("transfer", BOB.address, 5_000)))
    assert caught.value.facts["revert"] == "too little"
    assert "condition there was not met" in caught.value.view()["hint"]
    with pytest.raises(AlwaysFails) as caught:
        estimate("call", to=text(TOKEN), data=hexed(token.calldata("spin", 10**9)))
    assert caught.value.facts["status"] == 2 and "more than" in caught.value.message
    with pytest.raises(AlwaysFails) as caught:
        estimate("deploy", code=hexed(b"x = 1 / 2\n"), args="0x80")
    assert caught.value.facts["revert"] == "vm.source"
    with pytest.raises(TxRefused):
        estimate("call", to=text(TOKEN), data=hexed(token.calldata("fund")), value=str(10**18))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kind": "call", "to": text(TOKEN)}, "data"),
        ({"kind": "deploy", "code": "0x"}, "args"),
        ({"kind": "deploy", "code": "0x", "args": "0x80", "to": text(TOKEN)}, "to"),
        ({"kind": "transfer", "to": text(BOB.address), "data": "0x"}, "data"),
        ({"kind": "mint"}, "kind"),
    ],
)
def test_estimates_want_the_fields_of_the_kind(chain, asked, field):
    with pytest.raises(ParamsInvalid) as caught:
        call("tx.estimateGas", **{"from": text(ALICE.address), **asked})
    assert caught.value.facts["field"] == field


# ------------------------------------------------------------------ transactions and events


def test_transactions_are_read_by_the_interface(chain):
    found = call("tx.getTransactionByHash", txid_at(2))
    assert found["reading"] == {
        "name": "transfer",
        "values": [
            {"name": "to", "type": "address", "value": text(BOB.address)},
            {"name": "amount", "type": "int", "value": "30"},
        ],
    }
    assert found["body"]["data"] == hexed(token.calldata("transfer", BOB.address, 30))
    made = call("tx.getTransactionByHash", txid_at(1))
    assert made["reading"]["name"] == "init"
    assert made["reading"]["values"][0]["value"] == "1000"


def test_receipts_show_events_results_and_reasons(chain):
    made = call("tx.getTransactionReceipt", txid_at(1))
    assert made["contract"] == text(TOKEN) and made["to"] is None and made["failure"] is None
    paid = call("tx.getTransactionReceipt", txid_at(2))
    assert paid["contract"] is None and paid["to"] == text(TOKEN)
    assert paid["result"] == {"name": "", "type": "bool", "value": True}
    assert paid["logs"][0]["reading"]["values"][2]["value"] == "30"
    assert paid["logs"][0]["topics"][0] == hexed(sha3(b"Transfer"))
    failed = call("tx.getTransactionReceipt", txid_at(3))
    assert failed["failure"]["reason"] == "too little" and failed["ret"] == hexed(b"too little")
    assert "result" not in failed and failed["logs"] == []


def test_events_of_a_contract_by_address_and_topic(chain):
    page = call("chain.getLogs", address=text(TOKEN), topics=[hexed(sha3(b"Transfer"))])
    assert [line["height"] for line in page["items"]] == [2]
    assert page["items"][0]["reading"]["name"] == "Transfer"
    field = sha3(codec.encode(BOB.address, ADDRESS))
    hit = call("chain.getLogs", topics=[None, None, hexed(field)])
    assert [line["height"] for line in hit["items"]] == [2]
    assert call("chain.getLogs", topics=[hexed(sha3(b"transfer"))])["items"] == []


def test_a_deployment_is_found_by_its_contract(chain):
    page = call("tx.getByAddress", text(TOKEN))
    assert [line["kind"] for line in page["items"]] == ["call", "call", "deploy"]
    assert page["items"][-1]["to"] == text(TOKEN)


def test_readings_of_what_nobody_explains_are_null(chain):
    stray = token.call(ALICE, 3, BOB_CONTRACT, "transfer", BOB.address, 1)
    chain.mine([stray])
    found = call("tx.getTransactionByHash", hexed(stray.txid))
    assert found["reading"] is None
    receipt = call("tx.getTransactionReceipt", hexed(stray.txid))
    assert receipt["failure"]["reason"] == "vm.no_contract"
    odd = token.signed(ALICE, "call", 4, {"to": TOKEN, "data": b"\x81\x01", "value": 0})
    chain.mine([odd])
    assert call("tx.getTransactionByHash", hexed(odd.txid))["reading"] is None


BOB_CONTRACT = token.address_of(BOB, 9)

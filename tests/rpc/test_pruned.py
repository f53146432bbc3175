"""The table of docs/operations/pruning.md, row by row: what each method answers when pruned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chain import service
from chain.values import Part
from core.errors import AnimicaError
from core.proof import AI, Envelope
from core.receipt import Log
from pq import addresses
from rpc.caller import Caller
from rpc.methods import load
from rpc.methods import tx as tx_methods
from tests.chain import builder, conftest
from tests.rpc.played import transfer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("node")]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations" / "pruning.md"
LEVELS = ("archive", "witnesses", "bodies", "undo")
PARTS = {"witnesses": Part.WITNESSES, "bodies": Part.BODIES, "undo": Part.STATE}
HEIGHT, KEEP = 10, 4
OLD = 3  # a height that every level has pruned


def table() -> dict[str, dict[str, str]]:
    """The promised answers by row and level."""
    lines = [line.strip("|").split(" | ") for line in PAGE.read_text().splitlines()]
    found = {}
    for name, *answers in lines:
        if re.fullmatch(r" ?`[a-zA-Z.]+`.*", name) and len(answers) == len(LEVELS):
            promised = [answer.strip() for answer in answers]
            found[name.strip()] = dict(zip(LEVELS, promised, strict=True))
    return found


TABLE = table()


@pytest.fixture
def ledger(db) -> dict[str, str]:
    """Ten blocks with transfers, events and proofs, a side block, and names to ask for them."""
    tx_methods._tips.cache_clear()
    line = [builder.genesis(dict.fromkeys(range(10), 1_000))]
    conftest.start(line[0])
    log = Log(builder.address(4), (b"\x01" * 32,), b"d")
    for height in range(HEIGHT):
        logs, proofs = ((log,), ()), (Envelope(AI, b"\x80", bytes([height] * 32)),)
        moves = [(1, 2, 5), (2, 3, 4)]
        line.append(builder.pay(line[-1], moves=moves, minted=3, logs=logs, envelopes=proofs))
    conftest.append(*line[1:])
    side = builder.pay(line[OLD - 1], moves=[(5, 6, 1)], salt=b"side")
    service.add_side_block(block=side.block, total_work=side.work)
    return {
        "hash": "0x" + line[OLD].hash.hex(),
        "side": "0x" + side.hash.hex(),
        "txid": "0x" + line[OLD].block.txs[1].txid.hex(),
        "address": addresses.to_text(builder.address(1)),
        "raw": "0x" + transfer().raw.hex(),
    }


def calls(of: dict[str, str]) -> dict[str, dict[str, object]]:
    """What to ask for each row of the table."""
    address, txid = {"address": of["address"]}, {"txid": of["txid"]}
    return {
        "`chain.getBlockByHash`": {"hash": of["hash"]},
        "`chain.getBlockByHash` with `fullTxs`": {"hash": of["hash"], "fullTxs": True},
        "`chain.getBlockByHash` of a side block": {"hash": of["side"]},
        "`chain.getBlockByNumber`": {"block": OLD},
        "`chain.getBlockByNumber` with `fullTxs`": {"block": OLD, "fullTxs": True},
        "`chain.getBlockProofs`": {"block": OLD},
        "`chain.getChainId`": {},
        "`chain.getHead`": {},
        "`chain.getHeaders`": {"fromHeight": 0, "count": 100},
        "`chain.getLogs`": {},
        "`chain.getParams`": {},
        "`chain.getScore`": {"block": OLD},
        "`chain.getSyncStatus`": {},
        "`chain.submitBlock`": {"raw": "0x0102"},
        "`mempool.content`": {},
        "`mempool.inspect`": address,
        "`mempool.stats`": {},
        "`net.info`": {},
        "`net.peers`": {},
        "`net.version`": {},
        "`node.health`": {},
        "`node.status`": {},
        "`node.version`": {},
        "`rpc.discover`": {},
        "`rpc.listMethods`": {},
        "`state.call`": {"to": of["address"], "data": "0x80"},
        "`state.call` with `block`": {"to": of["address"], "data": "0x80", "block": OLD},
        "`state.getAccount`": address,
        "`state.getAccount` with `block`": {**address, "block": OLD},
        "`state.getBalance`": address,
        "`state.getBalance` with `block`": {**address, "block": OLD},
        "`state.getCode`": address,
        "`state.getCode` with `block`": {**address, "block": OLD},
        "`state.getNonce`": address,
        "`state.getNonce` with `block`": {**address, "block": OLD},
        "`state.getProof`": address,
        "`state.getProof` with `block`": {**address, "block": OLD},
        "`state.getRange`": {},
        "`state.getRange` with `block`": {"block": OLD},
        "`state.getStorage`": {**address, "slot": "0x80"},
        "`state.getStorage` with `block`": {**address, "slot": "0x80", "block": OLD},
        "`subscribe`": {"topic": "newHeads"},
        "`tx.decode`": {"raw": of["raw"]},
        "`tx.estimateGas`": {"from": of["address"], "to": of["address"], "value": "1"},
        "`tx.feeHistory`": {"count": 50},
        "`tx.getByAddress`": address,
        "`tx.getStatus`": txid,
        "`tx.getTransactionByHash`": txid,
        "`tx.getTransactionReceipt`": txid,
        "`tx.sendRawTransaction`": {"raw": of["raw"]},
        "`unsubscribe`": {"subscription": "none"},
    }


def ask(row: str, params: dict[str, object]) -> tuple[str, object]:
    """("result", value), or ("error", the error's view)."""
    tx_methods._tips.cache_clear()
    found = load().find(row.split("`")[1])
    try:
        return "result", found.call(dict(params), Caller("10.0.0.1"))
    except AnimicaError as error:
        return "error", error.view()


def test_the_table_has_every_method_and_the_test_every_row(ledger):
    assert {row.split("`")[1] for row in TABLE} == {known.name for known in load().all()}
    assert set(calls(ledger)) == set(TABLE)
    assert all(answers["archive"] == "yes" for answers in TABLE.values())


@pytest.mark.parametrize("level", LEVELS[1:])
def test_each_method_answers_as_the_table_says(ledger, level):
    whole = {row: ask(row, params) for row, params in calls(ledger).items()}
    done = service.prune(part=PARTS[level], keep=KEEP, window=KEEP, most=1_000)
    assert done.end == HEIGHT - KEEP > OLD
    for row, params in calls(ledger).items():
        promised, answer = TABLE[row][level], ask(row, params)
        if promised == "yes":
            assert answer == whole[row], row
        elif promised == "`raw` is null":
            assert answer == ("result", {**whole[row][1], "raw": None}), row
        elif promised == "`envelope` is null":
            (proof,) = whole[row][1]["proofs"]
            assert proof["envelope"] is not None
            left = {**whole[row][1], "proofs": [{**proof, "envelope": None}]}
            assert answer == ("result", left), row
        else:
            assert promised == "pruned", row
            kind, view = answer
            assert kind == "error" and view["code"] == "chain.pruned", row
            assert (view["height"], view["keptFrom"]) == (OLD, HEIGHT - KEEP), row
            assert view["part"] == PARTS[level] and "never pruned" in view["hint"], row


@pytest.mark.parametrize("level", LEVELS[1:])
def test_above_the_mark_every_node_is_an_archive(ledger, level):
    head = service.head()
    young = {"hash": "0x" + head.hash.hex(), "fullTxs": True}
    block = ask("`chain.getBlockByHash`", young)
    txid = {"txid": block[1]["txs"][0]["txid"]}
    tx = ask("`tx.getTransactionByHash`", txid)
    service.prune(part=PARTS[level], keep=KEEP, window=KEEP, most=1_000)
    assert ask("`chain.getBlockByHash`", young) == block and block[0] == "result"
    assert ask("`tx.getTransactionByHash`", txid) == tx and tx[1]["raw"]

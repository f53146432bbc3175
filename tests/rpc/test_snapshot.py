"""What each method answers about blocks below the snapshot that a node began from."""

from __future__ import annotations

import pytest

from chain import loading
from core.receipt import Log
from core.statetree import FIRST_KEY, LAST_KEY
from pq import addresses
from rpc.methods import tx as tx_methods
from tests.chain import builder, conftest
from tests.rpc.played import transfer
from tests.rpc.test_pruned import HEIGHT, OLD, TABLE, ask, calls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("node")]
BASE = 6

REFUSED = {
    *("`chain.getBlockByHash`", "`chain.getBlockByHash` with `fullTxs`"),
    *("`chain.getBlockByNumber`", "`chain.getBlockByNumber` with `fullTxs`"),
    *("`chain.getBlockProofs`", "`chain.getScore`", "`chain.getLogs`"),
    *(row for row in TABLE if row.startswith("`state.") and "with `block`" in row),
}
UNKNOWN = {"`tx.getTransactionByHash`", "`tx.getTransactionReceipt`"}


@pytest.fixture
def of(db) -> dict[str, str]:
    """Ten blocks with transfers and events, of which the first six came as a snapshot."""
    tx_methods._tips.cache_clear()
    line = [builder.genesis(dict.fromkeys(range(10), 1_000))]
    conftest.start(line[0])
    log = Log(builder.address(4), (b"\x01" * 32,), b"d")
    for _ in range(HEIGHT):
        line.append(builder.pay(line[-1], moves=[(1, 2, 5), (2, 3, 4)], logs=((log,), ())))
    base = line[BASE]
    keyed = sorted((builder.state_key(*record), record) for record in base.records)
    records = [(record, base.records[record]) for _, record in keyed]
    loading.begin(headers=[node.block.header for node in line[1 : BASE + 1]])
    loading.store(hash=base.hash, index=0, first=FIRST_KEY, last=LAST_KEY, records=records)
    loading.finish(hash=base.hash, work_of=lambda theta: 10)
    conftest.append(*line[BASE + 1 :])
    return {
        "hash": "0x" + line[OLD].hash.hex(),
        "side": "0x" + bytes(32).hex(),
        "txid": "0x" + line[OLD].block.txs[1].txid.hex(),
        "address": addresses.to_text(builder.address(1)),
        "raw": "0x" + transfer().raw.hex(),
    }


def test_what_was_never_here_is_refused_and_says_from_where_on_it_is(of):
    for row, params in calls(of).items():
        kind, answer = ask(row, params)
        pruned = kind == "error" and answer["code"] == "chain.pruned"
        assert pruned is (row in REFUSED), (row, answer)
        if pruned:
            assert answer["keptFrom"] in (BASE, BASE + 1)
        if row in UNKNOWN:
            assert answer is None


def test_what_the_header_says_is_served(of):
    kind, headers = ask("`chain.getHeaders`", {"fromHeight": 0, "count": 100})
    assert kind == "result" and len(headers) == HEIGHT + 1
    _, block = ask("`chain.getBlockByNumber`", {"block": BASE + 1})
    assert block["status"] == "executed" and block["txCount"] == 2
    kind, page = ask("`chain.getLogs`", {"from": BASE + 1})
    assert kind == "result" and len(page["items"]) == HEIGHT - BASE
    _, page = ask("`tx.getByAddress`", {"address": of["address"], "limit": 100})
    assert [line["height"] for line in page["items"]] == list(range(HEIGHT, BASE, -1))


def test_fees_are_told_of_blocks_that_were_seen(of):
    _, answer = ask("`tx.feeHistory`", {"count": 50})
    assert [block["height"] for block in answer["blocks"]] == list(range(BASE + 1, HEIGHT + 1))
    _, answer = ask("`tx.feeHistory`", {"count": 50, "newest": OLD})
    assert answer["blocks"] == [] and int(answer["nextBaseFee"]) > 0

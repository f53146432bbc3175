"""The read side: slices, pages, logs, proofs."""

from __future__ import annotations

import cbor2
import pytest

from chain import queries, service
from chain.errors import BadCursor, BadLimit, TooManyTopics
from core import statetree
from core.receipt import Log
from core.statetree import StateProofInvalid
from tests.chain import builder
from tests.chain.builder import address, extend, pay, state_key
from tests.chain.conftest import append

pytestmark = pytest.mark.django_db


def topic(number: int) -> bytes:
    return bytes([number]) * 32


@pytest.fixture
def chain(genesis):
    """Seven blocks: the odd ones with 30 transfers (so that offsets vary), logs everywhere."""
    nodes = [genesis]
    for height in range(1, 8):
        count = 30 if height % 2 else 0
        moves = [(i % 10, (i + height) % 10, 10 + i) for i in range(count)]
        logs = tuple(
            (Log(address(50 + i % 3), (topic(1), topic(2 + i % 2)), b"%d" % i),) * (i % 3)
            for i in range(count)
        )
        system = (Log(address(60), (topic(9),), b"sys"), Log(address(50), (), b""))
        node = pay(
            nodes[-1], moves=moves, logs=logs, system_logs=system, minted=7, burnt=height % 2
        )
        nodes.append(node)
        append(node)
    return nodes


def every(query, **arguments):
    """All items of a paged query and the count of pages."""
    items, cursor, count = [], None, 0
    while True:
        page = query(cursor=cursor, **arguments)
        items += page.items
        count += 1
        assert len(page.items) <= arguments["limit"]
        if page.cursor is None:
            return items, count
        cursor = page.cursor


def test_blocks(chain):
    head = queries.head()
    assert head.hash == chain[-1].hash
    assert head is queries.head()
    assert head == queries.block_by_hash(head.hash) == queries.block_by_height(7)
    assert (head.size_bytes, head.tx_count) == (len(chain[-1].block.raw), 30)
    assert (head.minted, head.burnt, head.supply) == (7, 1, chain[-1].supply)
    assert queries.block_by_height(8) is None
    assert queries.block_by_height(-1) is None
    assert queries.block_by_height(2**70) is None
    assert queries.block_by_hash(bytes(32)) is None


def test_head_follows_the_chain(chain):
    assert queries.head().header.height == 7
    with service.unit() as unit:
        unit.unwind()
        assert queries.head().header.height == 6
    assert queries.head().hash == chain[6].hash
    append(chain[7])
    assert queries.head().supply == chain[7].supply


def test_pages_of_blocks_and_headers(chain):
    page = queries.blocks(limit=3)
    assert [view.header.height for view in page.items] == [7, 6, 5]
    page = queries.blocks(before=int(page.cursor), limit=3)
    assert [view.header.height for view in page.items] == [4, 3, 2]
    page = queries.blocks(before=int(page.cursor), limit=3)
    assert [view.header.height for view in page.items] == [1, 0]
    assert page.cursor is None
    assert queries.blocks(before=0, limit=3).items == ()
    assert [view.header.height for view in queries.blocks(before=99, limit=2).items] == [7, 6]
    assert [view.header.height for view in queries.blocks(before=99, limit=200).items][0] == 7
    assert [h.height for h in queries.headers(5, 10)] == [5, 6, 7]
    assert queries.headers(8, 1) == () == queries.headers(-1, 1)


def test_full_block_and_raw(chain):
    for node in chain[1:]:
        full = queries.full_block(node.hash)
        assert full.block == node.block
        assert full.block.raw == node.block.raw == service.raw_block(node.hash)
        assert full.receipts == node.effects.receipts
    assert queries.full_block(bytes(32)) is None
    assert service.raw_block(bytes(32)) is None
    assert service.load_block(bytes(32)) is None


def test_a_transaction_is_a_slice(chain):
    for node in chain[1:]:
        for index, tx in enumerate(node.block.txs):
            view = queries.tx(tx.txid)
            assert view.tx == tx and view.tx.raw == tx.raw
            done = view.outcome
            assert done == queries.outcome(tx.txid) and done.txid == tx.txid
            assert done.receipt == node.effects.receipts[index] == queries.receipt(tx.txid)
            assert done.charge == node.effects.charges[index]
            assert (done.block_hash, done.height, done.index) == (
                node.hash,
                node.block.header.height,
                index,
            )
            assert done.time_ms == node.block.header.time
            assert (done.sender, done.nonce) == (tx.unsigned.sender, tx.unsigned.nonce)
            assert (done.recipient, done.value) == (
                tx.unsigned.body["to"],
                tx.unsigned.body["value"],
            )
            assert done.size_bytes == len(tx.raw)
        assert queries.txids(node.block.header.height) == tuple(tx.txid for tx in node.block.txs)
        plain = queries.plain_txs(node.hash)
        assert [tx.unsigned for tx in plain] == [tx.unsigned for tx in node.block.txs]
        assert [tx.size_bytes for tx in plain] == [len(tx.raw) for tx in node.block.txs]
    assert queries.tx(bytes(32)) is None
    assert queries.outcome(bytes(32)) is None
    assert queries.receipt(bytes(32)) is None


@pytest.mark.parametrize("count", [0, 1, 23, 24, 255, 256, 300])
def test_slices_at_every_size_of_array_head(genesis, count):
    txs = tuple(builder.transfer(1, 2, 0, nonce) for nonce in range(count))
    node = extend(genesis, changes={("code", b"x"): b"y"}, txs=txs)
    append(node)
    assert service.raw_block(node.hash) == node.block.raw
    assert queries.full_block(node.hash).receipts == node.effects.receipts
    for index in {0, count // 2, count - 1} if count else ():
        view = queries.tx(txs[index].txid)
        assert (view.tx, view.outcome.receipt) == (txs[index], node.effects.receipts[index])


def test_transactions_without_recipient(genesis):
    tx = builder.deploy(1, 0)
    append(extend(genesis, changes={("code", b"x"): b"y"}, txs=(tx,)))
    line = queries.recent_txs(1)[0]
    assert (line.txid, line.kind, line.recipient, line.value) == (tx.txid, "deploy", None, 0)
    assert queries.tx(tx.txid).tx == tx


def test_lines_of_a_block(chain):
    lines, count = every(lambda **a: queries.block_txs(7, **a), limit=7)
    assert count == 5
    assert [line.txid for line in lines] == [tx.txid for tx in chain[7].block.txs]
    line, tx, node = lines[4], chain[7].block.txs[4], chain[7]
    assert (line.sender, line.recipient) == (tx.unsigned.sender, tx.unsigned.body["to"])
    assert (line.value, line.nonce) == (tx.unsigned.body["value"], tx.unsigned.nonce)
    assert (line.status, line.gas_used) == (0, node.effects.receipts[4].gas_used)
    assert line.fee_paid == 1_004 + 204
    assert queries.block_txs(6).items == () == queries.block_txs(99).items


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_lines_of_an_address(chain, limit):
    who = address(3)
    expected = [
        (node.block.header.height, index)
        for node in chain
        for index, tx in enumerate(node.block.txs)
        if who in (tx.unsigned.sender, tx.unsigned.body["to"])
    ]
    lines, _ = every(lambda **a: queries.txs_by_address(who, **a), limit=limit)
    assert [(line.height, line.index) for line in lines] == sorted(expected, reverse=True)


def test_a_transfer_to_oneself_is_listed_once(genesis):
    append(pay(genesis, moves=[(1, 1, 5)]))
    assert len(queries.txs_by_address(address(1)).items) == 1


def test_recent_transactions(chain):
    places = [(line.height, line.index) for line in queries.recent_txs(35)]
    assert places == [(7, i) for i in reversed(range(30))] + [(5, i) for i in (29, 28, 27, 26, 25)]


def expected_logs(chain):
    out = []
    for node in chain[1:]:
        index = 0
        last = len(node.effects.receipts) - 1
        for place, receipt in enumerate(node.effects.receipts):
            for log in receipt.logs:
                tx = None if place == last else place
                out.append((node.block.header.height, tx, index, log))
                index += 1
    return out


@pytest.mark.parametrize("limit", [3, 200])
@pytest.mark.parametrize(
    ("filters", "keep"),
    [
        ({}, lambda height, log: True),
        ({"address": address(50)}, lambda height, log: log.address == address(50)),
        ({"topics": [topic(1)]}, lambda height, log: log.topics[:1] == (topic(1),)),
        ({"topics": [None, topic(3)]}, lambda height, log: log.topics[1:] == (topic(3),)),
        (
            {"topics": [[topic(1), topic(9)], None]},
            lambda height, log: log.topics[:1] in [(topic(1),), (topic(9),)],
        ),
        (
            {"address": address(51), "topics": [topic(1), topic(2)], "from_height": 2},
            lambda height, log: (
                height >= 2 and log.address == address(51) and log.topics == (topic(1), topic(2))
            ),
        ),
        ({"from_height": 3, "to_height": 5}, lambda height, log: 3 <= height <= 5),
        ({"from_height": 9}, lambda height, log: False),
    ],
)
def test_logs(chain, filters, keep, limit):
    lines, _ = every(queries.logs, **filters, limit=limit)
    wanted = [row for row in expected_logs(chain) if keep(row[0], row[3])]
    assert [(line.height, line.tx_index, line.log_index, line.log) for line in lines] == wanted
    for line in lines:
        block = chain[line.height].block
        assert line.block_hash == block.hash
        assert line.txid == (None if line.tx_index is None else block.txs[line.tx_index].txid)


def test_logs_look_through_a_bounded_range(chain, monkeypatch):
    monkeypatch.setattr(queries, "LOG_BLOCKS_MOST", 2)
    page = queries.logs(from_height=1, limit=200)
    assert {line.height for line in page.items} == {1, 2}
    lines, _ = every(queries.logs, limit=200)
    assert len(lines) == len(expected_logs(chain))


@pytest.mark.parametrize("cursor", ["", "x", "1", "1-2-3", "-1-2", "1-", "٣-1", "9" * 30 + "-1"])
def test_bad_cursors(chain, cursor):
    with pytest.raises(BadCursor):
        queries.txs_by_address(address(1), cursor=cursor)
    with pytest.raises(BadCursor):
        queries.logs(cursor=cursor)


def test_bounds(chain):
    for limit in (0, -1, queries.PAGE_MOST + 1):
        with pytest.raises(BadLimit):
            queries.blocks(limit=limit)
        with pytest.raises(BadLimit):
            queries.txs_by_address(address(1), limit=limit)
        with pytest.raises(BadLimit):
            queries.logs(limit=limit)
    with pytest.raises(BadLimit):
        queries.headers(0, queries.HEADERS_MOST + 1)
    with pytest.raises(BadCursor):
        queries.blocks(before=-1)
    with pytest.raises(TooManyTopics):
        queries.logs(topics=[None] * 5)
    with pytest.raises(TooManyTopics):
        queries.logs(topics=[[topic(1)] * 33])
    with pytest.raises(TooManyTopics):
        queries.logs(topics=[[]])


def test_records_now_and_then(chain):
    for number in (0, 3, 12):
        for node in (*chain, None):
            height = None if node is None else node.block.header.height
            value = (node or chain[-1]).records.get(("account", address(number)))
            assert queries.record("account", address(number), height=height) == value
    assert queries.account(address(12)) == (0, 0, None)
    assert queries.account(address(3), height=0) == (0, 1_000, None)
    now = cbor2.loads(chain[-1].records["account", address(3)])
    assert now["nonce"] > 0
    assert queries.account(address(3)) == (now["nonce"], now["balance"], None)


def test_proofs_of_presence_and_absence(chain):
    for number in range(20):
        found = queries.prove("account", address(number))
        assert found.header == chain[-1].block.header
        assert found.key == state_key("account", address(number))
        assert found.value == chain[-1].records.get(("account", address(number)))
        statetree.verify(found.header.roots.state, found.key, found.value, found.proof)
        with pytest.raises(StateProofInvalid):
            statetree.verify(found.header.roots.state, found.key, b"\x01", found.proof)


def test_proof_in_an_empty_state(fresh):
    from tests.chain.conftest import start

    fresh()
    start(builder.genesis({}))
    found = queries.prove("account", address(1))
    assert found.value is None
    statetree.verify(found.header.roots.state, found.key, None, found.proof)


def test_totals(chain):
    totals = queries.totals()
    assert (totals.genesis, totals.minted, totals.burnt) == (10_000, 49, 4)
    assert totals.supply == 10_045


def test_queries_are_few(chain, django_assert_max_num_queries):
    """No read costs a query per row."""
    for most, read in [
        (1, queries.head),
        (2, lambda: queries.blocks(before=8, limit=100)),
        (1, lambda: queries.tx(chain[7].block.txs[3].txid)),
        (1, lambda: queries.outcome(chain[7].block.txs[3].txid)),
        (1, lambda: queries.txids(7)),
        (4, lambda: queries.plain_txs(chain[7].hash)),
        (1, lambda: queries.txs_by_address(address(1), limit=100)),
        (1, lambda: queries.recent_txs(100)),
        (3, lambda: queries.logs(limit=100)),
        (1, lambda: service.reader().get_many(list(chain[-1].records))),
        (5, lambda: queries.prove("account", address(1))),
        (2, lambda: queries.full_block(chain[7].hash)),
    ]:
        queries.head()
        with django_assert_max_num_queries(most):
            read()


def test_writes_do_not_grow_with_transactions(genesis, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    parent = genesis
    for moves in (1, 200):
        parent = pay(parent, moves=[(i % 10, (i + 1) % 10, 1) for i in range(moves)])
        with CaptureQueriesContext(connection) as captured:
            append(parent)
        counts.append(len(captured))
    assert counts[1] <= counts[0] + 4

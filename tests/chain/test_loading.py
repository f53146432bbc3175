"""A state of others in an empty ledger: nothing shows until it is whole, then all of it holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chain import loading, queries, service
from chain.errors import (
    LedgerDamaged,
    Pruned,
    RewindRefused,
    SnapshotInvalid,
    SnapshotOccupied,
    SnapshotOutOfOrder,
    TotalsBroken,
)
from chain.store import loading as rows
from chain.store import pages, sql
from chain.values import BlockStatus, Kept, Part
from core import failpoints
from core.statetree import FIRST_KEY, LAST_KEY
from tests.chain import builder
from tests.chain.builder import Node
from tests.chain.conftest import append, dump, put, start
from tests.chain.test_broken_off import Broken, breaking_at

pytestmark = pytest.mark.django_db(transaction=True)

BASE = 12
CHUNK = 3
WORK = 10


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rows, "_BATCH", 4)
    pages.forget()
    yield
    failpoints.install(None)


@pytest.fixture
def line(transactional_db: None) -> list[Node]:
    """Genesis and twenty blocks; only genesis is in the ledger."""
    genesis = builder.genesis(dict.fromkeys(range(10), 1_000))
    start(genesis)
    out = [genesis]
    for number in range(20):
        # Without transactions: the builder's fees are made up, and the audit adds them up.
        slots = {number: b"\x41v", number - 3: None} if number > 2 else {number: b"\x41v"}
        out.append(builder.pay(out[-1], slots=slots, minted=50, burnt=number))
    return out


def with_txs(parent: Node) -> Node:
    return builder.pay(parent, moves=[(1, 2, 7), (3, 4, 5)], salt=b"txs")


def chunks(node: Node) -> list[tuple[bytes, bytes, list[tuple[tuple[str, bytes], bytes]]]]:
    """(first key, last key, records) of each chunk of the state after a block."""
    keyed = sorted((builder.state_key(*record), record) for record in node.records)
    out, first = [], FIRST_KEY
    for at in range(0, len(keyed), CHUNK):
        part = keyed[at : at + CHUNK]
        last = LAST_KEY if at + CHUNK >= len(keyed) else part[-1][0]
        out.append((first, last, [(record, node.records[record]) for _, record in part]))
        first = (int.from_bytes(last) + 1).to_bytes(32, "big") if last != LAST_KEY else b""
    return out


def headers(line: list[Node], height: int = BASE) -> list:
    return [node.block.header for node in line[1 : height + 1]]


def store(node: Node, index: int) -> None:
    first, last, records = chunks(node)[index]
    loading.store(hash=node.hash, index=index, first=first, last=last, records=records)


def finish(node: Node):
    return loading.finish(hash=node.hash, work_of=lambda theta: WORK)


def load(line: list[Node], height: int = BASE) -> Node:
    node = line[height]
    loading.begin(headers=headers(line, height))
    for index in range(len(chunks(node))):
        store(node, index)
    finish(node)
    return node


def check_all(first: int = 0) -> None:
    """All that ``animica verify-db`` does."""
    with service.snapshot():
        service.verify_head()
        service.verify_state()
        list(service.audit_blocks(first=first, work_of=lambda theta: WORK))
        list(service.audit_side_blocks(work_of=lambda theta: WORK))
        service.audit_rest()
        list(service.audit_undo_to(service.kept().state_from))


# ------------------------------------------------------------------ what is there afterwards


def test_the_state_is_that_of_the_block_and_everything_holds_together(line):
    base = load(line)
    assert service.head().hash == base.hash
    assert service.head().total_work == BASE * WORK
    assert service.record_count() == len(base.records)
    assert service.reader().get_many(list(base.records)) == base.records
    assert service.kept() == Kept(BASE + 1, BASE + 1, BASE, BASE)
    assert loading.progress() is None
    check_all()
    check_all(first=BASE)
    check_all(first=5)


def test_money_counts_from_the_snapshot(line):
    base = load(line)
    totals = queries.totals()
    assert (totals.genesis, totals.base_height, totals.base_supply) == (10_000, BASE, base.supply)
    assert (totals.minted, totals.burnt, totals.supply) == (0, 0, base.supply)
    append(*line[BASE + 1 : BASE + 3])
    totals = queries.totals()
    assert (totals.minted, totals.burnt) == (100, BASE + BASE + 1)
    assert totals.supply == line[BASE + 2].supply


def test_blocks_go_on_on_top_and_can_be_undone_down_to_it(line):
    base = load(line)
    append(*line[BASE + 1 :])
    check_all()
    assert service.head().hash == line[-1].hash
    with service.unit() as unit:
        unit.unwind_to(base.hash)
    assert service.head().hash == base.hash
    check_all()
    other = builder.pay(base, minted=9, salt=b"other")
    with service.unit() as unit:
        put(unit, other)
    check_all()


def test_the_same_chain_executed_has_the_same_state_and_pages(line):
    load(line)
    append(*line[BASE + 1 :])
    loaded = dump()
    with service.unit() as unit:
        unit.unwind_to(line[BASE].hash)
    for table in [*rows._TABLES, "chain_blockbody", "chain_tx", "chain_log", "chain_undo"]:
        sql.run(f"DELETE FROM {table}")
    for table in ("chain_block", "chain_staterecord", "chain_statepage", "chain_meta"):
        sql.run(f"DELETE FROM {table}")
    pages.forget()
    start(line[0])
    append(*line[1:])
    executed = dump()
    for table in ("chain_staterecord", "chain_statepage"):
        assert loaded[table] == executed[table]


def test_it_can_be_rewound_to_the_snapshot_itself_and_no_further(line):
    base = load(line)
    append(*line[BASE + 1 :])
    while service.rewind_step(height=BASE).height > BASE:
        pass
    assert service.head().hash == base.hash
    check_all()
    append(*line[BASE + 1 :])
    service.prune(part=Part.BODIES, keep=2, window=2, most=100)
    assert service.kept().lowest_head == len(line) - 3
    check_all()


def test_headers_below_it_are_blocks_whose_rest_was_never_here(line):
    load(line)
    for height in range(1, BASE + 1):
        view = queries.block_by_height(height)
        assert view is not None and view.hash == line[height].hash
        assert view.status is BlockStatus.HEADER and view.canonical
        assert view.total_work == height * WORK
        assert (view.size_bytes, view.tx_count, view.minted, view.burnt) == (None,) * 4
        assert view.supply == (line[BASE].supply if height == BASE else None)
    assert [header.height for header in queries.headers(0, 50)] == list(range(BASE + 1))
    assert queries.head().supply == line[BASE].supply


@pytest.mark.parametrize("height", [1, 7, BASE])
def test_history_below_it_is_refused_as_pruned(line, height):
    load(line)
    append(*line[BASE + 1 :])
    hash = line[height].hash
    reads = [
        lambda: service.raw_block(hash),
        lambda: service.load_block(hash),
        lambda: queries.full_block(hash),
        lambda: queries.plain_txs(hash),
        lambda: queries.txids(height),
        lambda: queries.block_txs(height),
        lambda: queries.system_receipt(hash),
        lambda: queries.logs(from_height=height, to_height=BASE + 1),
    ]
    for read in reads:
        with pytest.raises(Pruned) as refusal:
            read()
        assert refusal.value.facts["keptFrom"] == BASE + 1
    with pytest.raises(Pruned):
        queries.logs(from_height=0)
    if height < BASE:
        with pytest.raises(Pruned) as refusal:
            queries.account(builder.address(1), height=height)
        assert refusal.value.facts["keptFrom"] == BASE


def test_what_lies_above_is_served_as_ever(line):
    base = load(line)
    above = with_txs(base)
    append(above, builder.pay(above, moves=[(1, 9, 3)]))
    assert service.raw_block(above.hash) == above.block.raw
    assert queries.txids(BASE + 1) == tuple(tx.txid for tx in above.block.txs)
    assert queries.logs(from_height=BASE + 1).cursor is None
    assert queries.record("account", builder.address(1), height=BASE) == base.records.get(
        ("account", builder.address(1))
    )
    assert queries.prove("account", builder.address(1), height=BASE).header.hash == base.hash
    with pytest.raises(RewindRefused):
        service.rewind_plan(height=BASE - 1)
    assert service.rewind_plan(height=BASE).blocks == 2
    page = queries.txs_by_address(builder.address(1))
    assert [line.height for line in page.items] == [BASE + 2, BASE + 1] and page.cursor is None


def test_a_state_without_chunks_in_between(line):
    """The first block's state, in one chunk that ends with the highest key."""
    node = line[1]
    loading.begin(headers=headers(line, 1))
    keyed = sorted((builder.state_key(*record), record) for record in node.records)
    records = [(record, node.records[record]) for _, record in keyed]
    done = loading.store(hash=node.hash, index=0, first=FIRST_KEY, last=LAST_KEY, records=records)
    assert done.following is None and done.records == len(records)
    finish(node)
    check_all()


# ------------------------------------------------------------------ what is refused


def test_headers_must_lead_from_genesis_to_it(line):
    for wrong in ([], headers(line)[1:], [*headers(line)[:5], *headers(line)[6:]]):
        with pytest.raises(SnapshotInvalid):
            loading.begin(headers=wrong)
        assert loading.progress() is None
    stranger = builder.pay(builder.genesis({1: 5}), moves=[])
    with pytest.raises(SnapshotInvalid):
        loading.begin(headers=[stranger.block.header])


def test_chunks_come_in_their_order(line):
    base = line[BASE]
    loading.begin(headers=headers(line))
    first, last, records = chunks(base)[0]
    wrong = [
        {"index": 1},
        {"first": chunks(base)[1][0]},
        {"records": records[::-1]},
        {"records": [records[0], *records]},
        {"last": FIRST_KEY},
        {"hash": line[BASE - 1].hash},
    ]
    right = {"hash": base.hash, "index": 0, "first": first, "last": last, "records": records}
    for change in wrong:
        with pytest.raises(SnapshotOutOfOrder):
            loading.store(**{**right, **change})
    assert loading.progress().chunks == 0
    loading.store(**right)
    with pytest.raises(SnapshotOutOfOrder):
        loading.store(**right)
    with pytest.raises(SnapshotOutOfOrder):
        finish(base)


@pytest.mark.parametrize("change", ["left out", "altered", "added"])
def test_other_records_do_not_become_the_state(line, change):
    base, before = line[BASE], dump()
    node = Node(base.block, base.effects, dict(base.records), base.work, base.supply)
    record = ("account", builder.address(3))
    if change == "left out":
        del node.records[record]
    elif change == "altered":
        node.records[record] = builder.account(10**9)
    else:
        node.records[("account", builder.address(99))] = builder.account(1)
    loading.begin(headers=headers(line))
    for index in range(len(chunks(node))):
        store(node, index)
    with pytest.raises(SnapshotInvalid):
        finish(node)
    assert dump() == before and loading.progress() is None
    assert service.head().height == 0
    check_all()


def test_a_state_with_an_unreadable_account_is_refused(line):
    genesis = line[0]
    node = builder.pay(genesis, slots={})
    node.records[("account", builder.address(50))] = b"\xff"
    bad = builder.extend(
        Node(genesis.block, genesis.effects, node.records, 0, 0), changes={}, minted=0
    )
    loading.begin(headers=[bad.block.header])
    for index in range(len(chunks(bad))):
        store(bad, index)
    with pytest.raises(SnapshotInvalid, match="cannot be read"):
        finish(bad)


def test_only_an_empty_ledger_takes_one(line):
    append(line[1])
    with pytest.raises(SnapshotOccupied):
        loading.begin(headers=headers(line))


def test_a_block_that_came_meanwhile_keeps_it_out(line):
    base = line[BASE]
    loading.begin(headers=headers(line))
    for index in range(len(chunks(base))):
        store(base, index)
    append(line[1])
    before = dump()
    with pytest.raises(SnapshotOccupied):
        finish(base)
    assert dump() == before
    check_all()


def test_a_second_one_is_refused(line):
    load(line)
    with pytest.raises(SnapshotOccupied):
        loading.begin(headers=headers(line, 15))


# ------------------------------------------------------------------ broken off


POINTS = (
    *("gather.begun", "gather.headers", "gather.opened", "chunk.begun", "gather.records"),
    *("gather.advanced", "base.begun", "gather.unpaged", "gather.cleared", "pages.written"),
    *("gather.moved", "gather.blocks", "meta.rebased", "gather.dropped"),
)


@pytest.mark.parametrize("point", POINTS)
def test_broken_off_anywhere_the_ledger_is_at_genesis_and_the_load_goes_on(line, point):
    base, before = line[BASE], dump()
    failpoints.install(breaking_at(point, 1))
    broken = 0
    while service.head().height == 0:
        try:
            now = loading.progress()
            if now is None:
                loading.begin(headers=headers(line))
            elif now.following is not None:
                store(base, now.chunks)
            else:
                finish(base)
        except Broken:
            broken += 1
            failpoints.install(None)
            assert dump() == before
            service.verify_head()
    assert broken == 1
    check_all()


@pytest.mark.parametrize("point", ["gather.committed", "chunk.committed", "base.committed"])
def test_after_a_commit_it_has_happened(line, point):
    base = line[BASE]
    failpoints.install(breaking_at(point, 1))
    with pytest.raises(Broken):
        load(line)
    failpoints.install(None)
    pages.forget()  # a process that died has no cache
    while (now := loading.progress()) is not None:
        finish(base) if now.following is None else store(base, now.chunks)
    assert service.head().hash == base.hash
    check_all()


def test_what_was_loaded_can_be_dropped(line):
    before = dump()
    loading.begin(headers=headers(line))
    store(line[BASE], 0)
    loading.drop()
    assert loading.progress() is None and dump() == before
    for table in rows._TABLES:
        assert sql.one(f"SELECT COUNT(*) FROM {table}") == (0,)


# ------------------------------------------------------------------ verify-db sees damage below it


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE chain_block SET supply = 1 WHERE height = 12",
        "UPDATE chain_block SET supply = 1 WHERE height = 3",
        "UPDATE chain_block SET tx_count = 0 WHERE height = 3",
        "UPDATE chain_block SET size_bytes = 9 WHERE height = 3",
        "UPDATE chain_block SET minted = 0 WHERE height = 3",
        "UPDATE chain_block SET burnt = 0 WHERE height = 12",
        "UPDATE chain_block SET status = 'executed' WHERE height = 3",
        "UPDATE chain_block SET gas_used = 77 WHERE height = 3",
        "INSERT INTO chain_blockbody (block_id) SELECT id FROM chain_block WHERE height = 3",
        "UPDATE chain_meta SET base_supply = base_supply + 1, minted = minted - 1",
        "UPDATE chain_meta SET base_height = 11",
        "UPDATE chain_meta SET bodies_from = 5",
        "UPDATE chain_meta SET state_from = 11",
        "DELETE FROM chain_block WHERE height = 6",
    ],
)
def test_the_audit_sees_damage_below_it(line, damage):
    load(line)
    append(line[BASE + 1])
    check_all()
    sql.run(damage)
    with pytest.raises((LedgerDamaged, TotalsBroken)):
        check_all()


def test_the_audit_sees_a_whole_chain_that_counts_from_elsewhere(line):
    sql.run("UPDATE chain_meta SET base_supply = base_supply - 1, minted = 1")
    with pytest.raises(TotalsBroken):
        check_all()

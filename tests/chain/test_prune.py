"""Pruning drops what it says, no more, in steps that can be cut short."""

from __future__ import annotations

import pytest
from django.db import connection

from chain import queries, service
from chain.errors import BodyMissing, Pruned, PruneWindow
from chain.models import BlockBody
from chain.values import Kept, Part
from core import failpoints, statetree
from core.receipt import Log
from tests.chain import builder
from tests.chain.builder import address, pay
from tests.chain.conftest import append, dump

pytestmark = pytest.mark.django_db
WINDOW = 3
HEIGHT = 12


@pytest.fixture
def chain(genesis) -> list[builder.Node]:
    """Genesis and twelve blocks of two transfers with an event each."""
    line = [genesis]
    log = Log(address(4), (b"\x01" * 32,), b"d")
    for _ in range(HEIGHT):
        moves = [(1, 2, 5), (2, 3, 4)]
        line.append(pay(line[-1], moves=moves, minted=3, logs=((log,), ()), system_logs=(log,)))
    append(*line[1:])
    return line


def prune(part: Part, keep: int, most: int = 1_000) -> None:
    while service.prune(part=part, keep=keep, window=WINDOW, most=most).blocks:
        pass


def body(node: builder.Node) -> BlockBody:
    return BlockBody.objects.get(block__hash=node.hash)


def refusal(read, *args) -> dict:
    with pytest.raises(Pruned) as caught:
        read(*args)
    return caught.value.facts


@pytest.mark.parametrize(
    ("part", "gone", "kept"),
    [
        (Part.WITNESSES, {"witnesses", "envelopes"}, Kept(8, 0, 0)),
        (Part.BODIES, {"txs", "proofs", "witnesses", "envelopes"}, Kept(8, 8, 0)),
        (Part.STATE, set(), Kept(0, 0, 8)),
    ],
)
def test_a_part_goes_below_its_height_and_nothing_else(chain, part, gone, kept):
    before = dump()
    prune(part, keep=4)
    assert service.kept() == kept
    for node in chain:
        row = body(node)
        old = 0 < node.block.header.height < 8
        for name in ("receipts", "txs", "proofs", "witnesses", "envelopes"):
            assert (getattr(row, name) is None) == (old and name in gone), (name, node)
    after = dump()
    untouched = {"chain_tx", "chain_log", "chain_staterecord", "chain_statepage"}
    assert all(before[table] == after[table] for table in untouched)
    undone = [row for row in before["chain_undo"] if part is not Part.STATE or row[0] > 8]
    assert after["chain_undo"] == undone


def test_the_plan_tells_what_the_steps_do(chain):
    keeps = {Part.WITNESSES: 3, Part.BODIES: 6, Part.STATE: 5}
    plan = service.plan_pruning(keeps=keeps, window=WINDOW)
    assert [(p.part.value, p.first, p.end) for p in plan] == [
        ("bodies", 0, 6), ("witnesses", 6, 9), ("state", 0, 7),
    ]  # fmt: skip
    # 2 transfers a block, whose signatures alone are 40 bytes and more.
    assert all(p.size > 0 for p in plan) and plan[1].size > 3 * 2 * 40
    for todo in plan:
        done = service.prune(part=todo.part, keep=keeps[todo.part], window=WINDOW, most=1_000)
        assert done == todo
    assert all(p.blocks == p.size == 0 for p in service.plan_pruning(keeps=keeps, window=WINDOW))


def test_many_steps_give_the_rows_of_one(chain, fresh):
    for part in Part:
        prune(part, keep=4)
    at_once = dump()
    fresh()
    service.initialise(
        genesis=chain[0].block, changes=chain[0].effects.changes, supply=chain[0].supply
    )
    append(*chain[1:])
    for part in Part:
        prune(part, keep=4, most=1)
    assert dump() == at_once


@pytest.mark.parametrize("part", list(Part))
@pytest.mark.parametrize("point", ["prune.begun", "pruned", "marks.moved"])
def test_a_step_that_dies_changes_nothing_and_the_next_goes_on(chain, part, point):
    done = service.prune(part=part, keep=4, window=WINDOW, most=3)
    assert (done.first, done.end) == (0, 3)
    before = dump()

    def die(name):
        if name.endswith(point):
            raise KeyboardInterrupt

    failpoints.install(die)
    try:
        with pytest.raises(KeyboardInterrupt):
            service.prune(part=part, keep=4, window=WINDOW, most=3)
    finally:
        failpoints.install(None)
    assert dump() == before
    done = service.prune(part=part, keep=4, window=WINDOW, most=1_000)
    assert (done.first, done.end) == (3, 8)


@pytest.mark.parametrize("part", list(Part))
def test_the_window_of_reorganisations_stays_whole(chain, part):
    before = dump()
    with pytest.raises(PruneWindow) as caught:
        service.prune(part=part, keep=WINDOW - 1, window=WINDOW, most=9)
    assert caught.value.facts == {"part": part.value, "keep": 2, "least": 3}
    with pytest.raises(PruneWindow):
        service.plan_pruning(keeps={part: 2}, window=WINDOW)
    with pytest.raises(PruneWindow):  # the head itself is needed even where nothing is taken back
        service.prune(part=part, keep=0, window=0, most=9)
    assert dump() == before


def test_back_as_deep_as_allowed_and_no_deeper(chain):
    for part in Part:
        prune(part, keep=WINDOW)
    for most in (1, WINDOW):
        target = chain[HEIGHT - most]
        with service.unit() as unit:
            removed = unit.unwind_to(target.hash)
        assert removed == [node.hash for node in chain[: -most - 1 : -1]]
        assert service.head().hash == target.hash
        assert queries.record("account", address(1)) == target.records["account", address(1)]
        service.verify_head()
        service.verify_state()
        append(*chain[-most:])
    with pytest.raises(Pruned) as caught, service.unit() as unit:
        unit.unwind_to(chain[HEIGHT - WINDOW - 1].hash)
    assert caught.value.facts == {"part": "state", "height": 8, "keptFrom": 9}
    assert service.head().hash == chain[-1].hash


def test_the_head_is_found_sound_and_proves_what_it_did(chain):
    before = queries.prove("account", address(2))
    for part in Part:
        prune(part, keep=WINDOW)
    service.verify_head()
    service.verify_state()
    after = queries.prove("account", address(2))
    assert after == before
    statetree.verify(after.header.roots.state, after.key, after.value, after.proof)
    append(pay(chain[-1], moves=[(1, 2, 5)]))
    service.verify_head()


def test_readers_of_what_is_gone_are_told_who_may_have_it(chain):
    node = chain[5]
    tx = node.block.txs[1]
    reads = (service.raw_block, service.load_block, queries.full_block)
    outcome = queries.outcome(tx.txid)

    prune(Part.WITNESSES, keep=4)
    for read in reads:
        assert refusal(read, node.hash) == {"part": "witnesses", "height": 5, "keptFrom": 8}
    view = queries.tx(tx.txid)
    assert (view.unsigned, view.witness, view.tx, view.outcome) == (
        tx.unsigned, None, None, outcome,
    )  # fmt: skip
    assert [plain.unsigned for plain in queries.plain_txs(node.hash)] == [
        tx.unsigned for tx in node.block.txs
    ]
    prune(Part.BODIES, keep=5)
    for read in (*reads, queries.plain_txs):
        assert refusal(read, node.hash) == {"part": "bodies", "height": 5, "keptFrom": 7}
    assert refusal(queries.tx, tx.txid) == {"part": "bodies", "height": 5, "keptFrom": 7}
    assert refusal(service.raw_block, chain[7].hash)["part"] == "witnesses"
    assert queries.outcome(tx.txid) == outcome
    assert queries.txids(5) == tuple(tx.txid for tx in node.block.txs)
    assert len(queries.block_txs(5).items) == 2
    for kept in (chain[0], chain[8], chain[-1]):
        assert service.raw_block(kept.hash) == kept.block.raw


def test_a_lost_witness_that_was_not_pruned_is_a_fault(chain):
    prune(Part.WITNESSES, keep=4)
    BlockBody.objects.filter(block__hash=chain[9].hash).update(witnesses=None)
    for read, arg in ((service.raw_block, chain[9].hash), (queries.tx, chain[9].block.txs[0].txid)):
        with pytest.raises(BodyMissing):
            read(arg)


def test_old_state_is_known_from_the_mark_on(chain):
    prune(Part.STATE, keep=4)
    for height in range(8, HEIGHT + 1):
        known = queries.record("account", address(2), height=height)
        assert known == chain[height].records["account", address(2)]
    for height in (0, 7):
        facts = refusal(lambda height=height: queries.account(address(2), height=height))
        assert facts == {"part": "state", "height": height, "keptFrom": 8}


def test_side_blocks_that_old_go_too(chain):
    side = pay(chain[3], moves=[(5, 6, 1)], salt=b"side")
    service.add_side_block(block=side.block, total_work=side.work)
    assert service.raw_block(side.hash) == side.block.raw
    prune(Part.WITNESSES, keep=4)
    assert refusal(service.raw_block, side.hash)["height"] == 4
    assert service.stored(side.hash) is not None


def test_an_empty_ledger_has_nothing_pruned(db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM chain_meta")
    assert service.kept() == Kept()

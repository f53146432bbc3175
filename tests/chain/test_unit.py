"""Appending, unwinding, reorganising: tables are a function of the best chain."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain import queries, service
from chain.errors import (
    ChainEmpty,
    NotOnHead,
    OtherGenesis,
    StateBroken,
    TotalsBroken,
    UnknownBlock,
)
from chain.store import pages
from chain.values import BlockStatus
from core.receipt import Log
from tests.chain import builder
from tests.chain.builder import Node, address, pay
from tests.chain.conftest import append, dump, put, start

pytestmark = pytest.mark.django_db


def records() -> dict:
    return {(m, i): v for _, m, i, v in dump()["chain_staterecord"]}


def branch(parent: Node, length: int, salt: bytes = b"") -> list[Node]:
    out = []
    for i in range(length):
        log = Log(address(i), (b"\x01" * 32,), b"x")
        parent = pay(
            parent,
            moves=[(i % 10, (i + 1) % 10, 5 + len(salt)), (3, 20 + i, 7)],
            minted=100,
            burnt=11,
            slots={i + 1: b"\x41v", i: None},
            logs=((log, log), ()),
            system_logs=(log,),
            salt=salt,
        )
        out.append(parent)
    return out


def test_empty_database_has_no_head(db):
    with pytest.raises(ChainEmpty):
        service.head()
    with pytest.raises(ChainEmpty):
        queries.head()
    with pytest.raises(ChainEmpty), service.unit():
        pass


def test_genesis_is_written_once(genesis):
    before = dump()
    start(genesis)
    assert dump() == before
    assert service.head().hash == genesis.hash == service.genesis_hash()
    assert records() == genesis.records
    other = builder.genesis({1: 5})
    with pytest.raises(OtherGenesis):
        start(other)
    assert dump() == before


def test_genesis_must_agree_with_itself(db):
    node = builder.genesis({1: 5})
    with pytest.raises(TotalsBroken):
        service.initialise(genesis=node.block, changes=node.effects.changes, supply=6)
    changes = {("account", address(1)): builder.account(5, nonce=1)}
    with pytest.raises(StateBroken):
        service.initialise(genesis=node.block, changes=changes, supply=5)


def test_append_moves_everything(genesis):
    nodes = branch(genesis, 4)
    append(*nodes)
    service.verify_head()
    service.verify_state()
    head = service.head()
    assert head.hash == nodes[-1].hash
    assert (head.height, head.total_work, head.canonical) == (4, 40, True)
    assert head.status is BlockStatus.EXECUTED
    assert records() == nodes[-1].records
    totals = queries.totals()
    assert (totals.genesis, totals.minted, totals.burnt) == (10_000, 400, 44)
    assert totals.supply == nodes[-1].supply == queries.head().supply


def test_unwind_is_the_inverse_of_append(genesis):
    nodes = branch(genesis, 3)
    dumps = [dump()]
    for node in nodes:
        append(node)
        dumps.append(dump())
    for node in reversed(nodes):
        assert dump() == dumps.pop()
        with service.unit() as unit:
            assert unit.unwind().raw == node.block.raw
        assert service.head().hash == node.block.header.parent
        unwound = service.stored(node.hash)
        assert not unwound.canonical and unwound.status is BlockStatus.EXECUTED
        assert queries.block_by_hash(node.hash).supply is None
    assert dump() == dumps.pop()
    service.verify_head()


def test_genesis_cannot_be_unwound(genesis):
    with pytest.raises(UnknownBlock), service.unit() as unit:
        unit.unwind()


@pytest.mark.parametrize("length", [1, 3])
def test_reorg_equals_a_twin_that_saw_only_the_winner(genesis, fresh, length):
    shared = branch(genesis, 2)
    loser = branch(shared[-1], length, b"lose")
    winner = branch(shared[-1], length + 1, b"winner")
    append(*shared, *loser)
    for node in winner:
        service.add_side_block(block=node.block, total_work=node.work)
    with service.unit() as unit:
        removed = unit.unwind_to(shared[-1].hash)
        for node in winner:
            put(unit, node)
    assert removed == [node.hash for node in reversed(loser)]
    service.verify_head()
    service.verify_state()
    reorganised = dump()
    fresh()
    start(genesis)
    append(*shared, *winner)
    assert reorganised == dump()


def test_several_blocks_in_one_unit(genesis, fresh):
    nodes = branch(genesis, 3)
    with service.unit() as unit:
        for node in nodes:
            put(unit, node)
            assert unit.head_hash == node.hash
            assert service.reader().get_many(list(node.records)) == node.records
    together = dump()
    fresh()
    start(genesis)
    append(*nodes)
    assert together == dump()


def test_a_failed_unit_leaves_nothing(genesis):
    first, second = branch(genesis, 2)
    append(first)
    before = dump()
    with pytest.raises(RuntimeError), service.unit() as unit:
        unit.unwind()
        put(unit, pay(genesis, moves=[(1, 2, 3)]))
        raise RuntimeError
    assert dump() == before
    append(second)
    service.verify_state()


def test_blocks_only_join_at_the_head(genesis):
    first, second = branch(genesis, 2)
    staged = service.stage_state(second.effects.changes)
    with pytest.raises(NotOnHead), service.unit() as unit:
        unit.append(second.block, second.effects, staged, second.work)
    stale = service.stage_state(second.effects.changes)
    append(first)
    with pytest.raises(NotOnHead), service.unit() as unit:
        unit.append(second.block, second.effects, stale, second.work)
    with pytest.raises(NotOnHead), service.unit(), service.unit():
        pass


def test_a_wrong_state_root_is_refused(genesis):
    node = branch(genesis, 1)[0]
    staged = service.stage_state({("account", address(1)): builder.account(1)})
    with pytest.raises(StateBroken), service.unit() as unit:
        unit.append(node.block, node.effects, staged, node.work)


@pytest.mark.parametrize(("minted", "burnt"), [(1, 0), (0, 1), (5, 6), (3, 0), (9, 6)])
def test_money_must_add_up(genesis, minted, burnt):
    changes = {("account", address(1)): builder.account(1_002)}
    node = builder.extend(genesis, changes=changes, minted=minted, burnt=burnt)
    before = dump()
    with pytest.raises(TotalsBroken):
        append(node)
    assert dump() == before


def test_supply_stays_below_the_limit(genesis):
    most = 2**63 - 1 - 10_000
    with pytest.raises(TotalsBroken):
        append(pay(genesis, minted=most + 1))
    append(pay(genesis, minted=most))
    assert queries.totals().supply == 2**63 - 1


def test_effects_must_be_complete(genesis):
    node = branch(genesis, 1)[0]
    short = type(node.effects)(**{**vars(node.effects), "receipts": node.effects.receipts[:-1]})
    staged = service.stage_state(node.effects.changes)
    with pytest.raises(TotalsBroken), service.unit() as unit:
        unit.append(node.block, short, staged, node.work)


def test_side_blocks_and_invalid_ones(genesis):
    main = branch(genesis, 1)[0]
    a1, a2, a3 = branch(genesis, 3, b"a")
    append(main)
    for node in (a1, a2, a3):
        service.add_side_block(block=node.block, total_work=node.work)
        service.add_side_block(block=node.block, total_work=node.work)
    assert [c.hash for c in service.children(genesis.hash)] == [main.hash, a1.hash]
    assert [t.hash for t in service.tips_heavier_than(main.work)] == [a3.hash]
    assert service.tips_heavier_than(a3.work) == []
    assert service.stored(a2.hash).status is BlockStatus.STORED
    assert service.raw_block(a2.hash) == a2.block.raw
    assert service.load_block(a2.hash).raw == a2.block.raw
    service.mark_invalid(hash=a2.hash, code="block.gas")
    assert service.stored(a1.hash).status is BlockStatus.STORED
    assert service.stored(a2.hash).invalid_code == "block.gas"
    assert service.stored(a3.hash).status is BlockStatus.INVALID
    assert service.stored(a3.hash).invalid_code == "block.parent_invalid"
    assert [t.hash for t in service.tips_heavier_than(0)] == [a1.hash]
    for bad in (main.hash, b"\x01" * 32):
        with pytest.raises(UnknownBlock):
            service.mark_invalid(hash=bad, code="block.gas")
    with pytest.raises(UnknownBlock), service.unit() as unit:
        unit.unwind_to(a1.hash)


def test_projectors_follow_the_chain(genesis):
    seen: list[tuple[str, int]] = []

    class Projector:
        def apply(self, block, effects):
            assert service.head().hash == block.hash
            seen.append(("apply", block.header.height))

        def unwind(self, block):
            assert service.head().height < block.header.height
            seen.append(("unwind", block.header.height))

    projector = Projector()
    service.register_projector(projector)
    try:
        append(*branch(genesis, 2))
        with service.unit() as unit:
            unit.unwind_to(genesis.hash)
    finally:
        service.unregister_projector(projector)
    assert seen == [("apply", 1), ("apply", 2), ("unwind", 2), ("unwind", 1)]


def test_a_record_that_lost_its_undo_is_noticed(genesis):
    from chain.models import StateRecord, Undo

    append(*branch(genesis, 2))
    Undo.objects.filter(height=2).first().delete()
    with pytest.raises(StateBroken), service.unit() as unit:
        unit.unwind()
    service.verify_state()
    StateRecord.objects.filter(module="storage").delete()
    with pytest.raises(StateBroken):
        service.verify_state()


@pytest.mark.django_db(transaction=True)
def test_the_page_cache_serves_only_the_head_it_belongs_to(transactional_db):
    node = builder.genesis(dict.fromkeys(range(10), 1_000))
    pages.forget()
    start(node)
    nodes = branch(node, 3)
    append(*nodes)
    assert pages._held[0] == nodes[-1].hash
    with pytest.raises(RuntimeError), service.unit() as unit:
        unit.unwind()
        raise RuntimeError
    assert pages._held[0] == nodes[-1].hash
    cached = pages.Pages(nodes[-1].hash)._known
    assert cached and set(cached.items()) <= {(p, d) for p, d in dump()["chain_statepage"]}
    assert not pages.Pages(nodes[-2].hash)._known
    with service.unit() as unit:
        unit.unwind()
    assert pages._held[0] == nodes[-2].hash
    append(nodes[-1])
    service.verify_state()


moves = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 14), st.integers(0, 30)), max_size=4)
slots = st.dictionaries(
    st.integers(0, 12), st.none() | st.binary(min_size=1, max_size=40), max_size=6
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), moves, slots, st.integers(0, 90), st.integers(0, 9)),
        st.tuples(st.just("unwind"), st.integers(1, 4)),
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_any_walk_ends_where_the_straight_way_ends(fresh, steps):
    fresh()
    chain = [builder.genesis(dict.fromkeys(range(10), 1_000))]
    start(chain[0])
    for number, (verb, *rest) in enumerate(steps):
        if verb == "append":
            made_moves, made_slots, minted, burnt = rest
            node = pay(
                chain[-1],
                moves=made_moves,
                slots=made_slots,
                minted=minted,
                burnt=burnt,
                salt=b"%d" % number,
            )
            chain.append(node)
            append(node)
        elif len(chain) > 1:
            to = max(0, len(chain) - 1 - rest[0])
            with service.unit() as unit:
                unit.unwind_to(chain[to].hash)
            del chain[to + 1 :]
    service.verify_state()
    walked = dump()
    fresh()
    start(chain[0])
    append(*chain[1:])
    assert walked == dump()

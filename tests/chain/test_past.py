"""The state of the past: values, proofs and ranges of every height, against the kept states."""

from __future__ import annotations

import pytest
from django.db import connection

from chain import queries, service
from chain.errors import (
    BadLimit,
    BadRange,
    Pruned,
    StateBroken,
    StateNotYet,
    StateTooFarBack,
)
from chain.store import past
from chain.values import Part
from core import statetree
from core.statetree import RangeProof, StateProofInvalid
from tests.chain import builder
from tests.chain.builder import Node, address, pay, state_key
from tests.chain.conftest import append

pytestmark = pytest.mark.django_db

LOW, HIGH = bytes(32), b"\xff" * 32
KEY_ONE = state_key("account", address(1))


def grow(parent: Node, count: int, salt: int = 0) -> list[Node]:
    """Blocks with transfers to old and new accounts, slots that come, change and go."""
    nodes = [parent]
    for i in range(count):
        height = nodes[-1].block.header.height + 1
        moves = [((i + k) % 10, (3 * i + 7 * k + salt) % 40, 1 + k) for k in range(4)]
        slots: dict[int, bytes | None] = {height % 5: b"%d-%d" % (height, salt)}
        going = (height + 2) % 5
        if i % 3 and ("storage", address(999) + going.to_bytes(32)) in nodes[-1].records:
            slots[going] = None
        nodes.append(pay(nodes[-1], moves=moves, minted=5, slots=slots, salt=bytes([salt])))
        append(nodes[-1])
    return nodes[1:]


@pytest.fixture
def chain(genesis) -> list[Node]:
    return [genesis, *grow(genesis, 9)]


def check_height(node: Node, height: int | None) -> None:
    """Every record, some absent ones and all ranges of one height, values and proofs."""
    header, records = node.block.header, node.records
    wanted = [*records, ("account", address(77)), ("key", address(1))]
    wanted += [("storage", address(999) + slot.to_bytes(32)) for slot in range(5)]
    for record in wanted:
        assert queries.record(*record, height=height) == records.get(record)
        found = queries.prove(*record, height=height)
        assert (found.header, found.value) == (header, records.get(record))
        statetree.verify(header.roots.state, state_key(*record), found.value, found.proof)
    for limit in (1, 3, 256):
        check_pages(node, height, limit)


def check_pages(node: Node, height: int | None, limit: int) -> None:
    """Page after page from the lowest key: together exactly the records, in key order."""
    rows, first = [], LOW
    while True:
        page = queries.prove_range(first, HIGH, limit=limit, height=height)
        assert page.header == node.block.header and page.first == first
        assert len(page.records) <= limit
        leaves = [
            (state_key(r.module, r.id), builder.sha3_256(r.value).digest()) for r in page.records
        ]
        proof = RangeProof.decode(page.proof.encode())
        statetree.verify_range(page.header.roots.state, first, page.last, leaves, proof)
        rows += page.records
        if page.last == HIGH:
            break
        assert page.last == leaves[-1][0]
        first = (int.from_bytes(page.last) + 1).to_bytes(32)
    assert {(r.module, r.id): r.value for r in rows} == node.records
    keys = [state_key(r.module, r.id) for r in rows]
    assert keys == sorted(keys) and len(keys) == len(node.records)


def test_every_height_by_value_proof_and_range(chain):
    for node in chain:
        check_height(node, node.block.header.height)
    check_height(chain[-1], None)


def test_after_reorganisations_each_height_is_the_winners(chain):
    check_height(chain[6], 6)  # trees of the branch that loses are remembered
    for depth, salt in ((4, 1), (1, 2), (7, 3)):
        fork = chain[-1 - depth]
        with service.unit() as unit:
            unit.unwind_to(fork.hash)
        chain = [*chain[: -depth or None], *grow(fork, depth + 1, salt)]
        for node in chain:
            check_height(node, node.block.header.height)


def test_a_remembered_tree_is_of_its_own_branch(chain):
    for node in (chain[6], chain[7]):
        check_height(node, node.block.header.height)  # both are remembered now
    with service.unit() as unit:
        unit.unwind_to(chain[5].hash)
    other = grow(chain[5], 4, salt=1)
    assert other[-1].block.header.height == chain[-1].block.header.height
    for node in (other[1], other[0]):
        check_height(node, node.block.header.height)


def test_the_past_may_be_empty(fresh):
    from tests.chain.conftest import start

    fresh()
    nodes = [builder.genesis({})]
    start(nodes[0])
    nodes += grow_minting(nodes[0], 3)
    for node in nodes:
        check_height(node, node.block.header.height)


def grow_minting(parent: Node, count: int) -> list[Node]:
    nodes = [parent]
    for _ in range(count):
        nodes.append(pay(nodes[-1], minted=5))
        append(nodes[-1])
    return nodes[1:]


def test_inner_ranges(chain):
    node = chain[4]
    keys = sorted(state_key(*record) for record in node.records)
    for a, b in ((2, 5), (0, 0), (len(keys) - 3, len(keys) - 1)):
        page = queries.prove_range(keys[a], keys[b], height=4)
        assert [state_key(r.module, r.id) for r in page.records] == keys[a : b + 1]
        assert page.last == keys[b]
    between = (int.from_bytes(keys[1]) + 1).to_bytes(32), (int.from_bytes(keys[2]) - 1).to_bytes(32)
    page = queries.prove_range(*between, height=4)
    assert page.records == () and page.last == between[1]
    statetree.verify_range(node.block.header.roots.state, *between, [], page.proof)


def test_a_range_ends_early_by_bytes_too(genesis, monkeypatch):
    append(pay(genesis, slots=dict.fromkeys(range(6), b"x" * 500)))
    monkeypatch.setattr(queries, "RANGE_BYTES_MOST", 1_000)
    seen, first = 0, LOW
    while first is not None:
        page = queries.prove_range(first, HIGH)
        size = sum(len(r.id) + len(r.value) for r in page.records)
        assert size <= 1_000 or len(page.records) == 1
        leaves = [statetree.leaf_of(*r) for r in page.records]
        statetree.verify_range(page.header.roots.state, first, page.last, leaves, page.proof)
        seen += len(page.records)
        ended = page.last == HIGH
        first = None if ended else (int.from_bytes(page.last) + 1).to_bytes(32)
    assert seen == 16


def test_a_range_of_an_empty_state(fresh):
    from tests.chain.conftest import start

    fresh()
    start(builder.genesis({}))
    page = queries.prove_range(LOW, HIGH)
    assert page.records == () and page.last == HIGH
    statetree.verify_range(bytes(32), LOW, HIGH, [], page.proof)


def test_bad_ranges(chain):
    for first, last in ((HIGH, LOW), (b"", HIGH), (LOW, HIGH + b"\0"), (LOW[1:], HIGH)):
        with pytest.raises(BadRange):
            queries.prove_range(first, last)
    for limit in (0, -1, queries.RANGE_RECORDS_MOST + 1):
        with pytest.raises(BadLimit):
            queries.prove_range(LOW, HIGH, limit=limit)


def reads(height: int):
    yield lambda: queries.record("account", address(1), height=height)
    yield lambda: queries.account(address(1), height=height)
    yield lambda: queries.prove("account", address(1), height=height)
    yield lambda: queries.prove_range(LOW, HIGH, height=height)


def test_heights_above_the_head_are_refused(chain):
    for height in (10, 2**63, 2**70):
        for read in reads(height):
            with pytest.raises(StateNotYet) as caught:
                read()
            assert caught.value.code == "state.not_yet"
            assert caught.value.facts["head"] == 9


def test_the_window_ends_where_undo_is_pruned(chain):
    service.prune(part=Part.STATE, keep=5, window=2, most=100)
    assert queries.kept().state_from == 4
    for node in chain[4:]:
        check_height(node, node.block.header.height)
    for height in (3, 0, -1):
        for read in reads(height):
            with pytest.raises(Pruned) as caught:
                read()
            assert caught.value.code == "chain.pruned"
            assert caught.value.facts == {"part": "state", "height": height, "keptFrom": 4}


def test_proofs_go_back_a_bounded_way_and_values_all_the_way(chain, monkeypatch):
    monkeypatch.setattr(past, "_trees", past._Trees())
    monkeypatch.setattr(past, "PROOF_BLOCKS_MOST", 3)
    check_height(chain[6], 6)
    assert queries.account(address(3), height=0) == (0, 1_000, None)
    with pytest.raises(StateTooFarBack) as caught:
        queries.prove("account", address(1), height=5)
    assert caught.value.code == "state.too_far_back"
    assert (caught.value.facts["lowest"], caught.value.facts["most"]) == (6, 3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM chain_undo WHERE height > 7")
        (count,) = cursor.fetchone()
    monkeypatch.setattr(past, "PROOF_RECORDS_MOST", count - 1)
    with pytest.raises(StateTooFarBack) as caught:
        queries.prove_range(LOW, HIGH, height=7)
    assert caught.value.facts["most"] == count - 1
    monkeypatch.setattr(past, "PROOF_RECORDS_MOST", count)
    check_height(chain[7], 7)


def test_proofs_go_back_over_a_bounded_size(chain, monkeypatch):
    """Slots are far larger than accounts: a count alone would let one proof take 300 MB."""
    monkeypatch.setattr(past, "_trees", past._Trees())
    with connection.cursor() as cursor:
        cursor.execute("SELECT SUM(LENGTH(value)) FROM chain_undo WHERE height > 7")
        (size,) = cursor.fetchone()
    monkeypatch.setattr(past, "PROOF_BYTES_MOST", size - 1)
    with pytest.raises(StateTooFarBack) as caught:
        queries.prove("account", address(1), height=7)
    assert caught.value.facts == {"height": 7, "most": size - 1}
    monkeypatch.setattr(past, "PROOF_BYTES_MOST", size)
    check_height(chain[7], 7)


def test_undo_that_is_not_true_is_a_fault(chain, monkeypatch):
    monkeypatch.setattr(past, "_trees", past._Trees())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE chain_undo SET value = %s WHERE height = 8", (b"\xa0",))
    check_height(chain[8], 8)  # it needs the undo of later blocks alone
    with pytest.raises(StateBroken):
        queries.prove("account", address(1), height=7)
    with pytest.raises(StateBroken):
        queries.prove_range(LOW, HIGH, height=7)


def test_trees_of_the_past_are_remembered_and_few(chain, monkeypatch):
    monkeypatch.setattr(past, "_trees", past._Trees())
    made = []
    make = past._make
    monkeypatch.setattr(past, "_make", lambda *a: made.append(a[1].height) or make(*a))
    for height in (8, 8, 7, 8, 7):
        queries.prove("account", address(1), height=height)
    assert made == [8, 7]
    queries.prove("account", address(1), height=6)
    queries.prove("account", address(1), height=8)
    assert made == [8, 7, 6, 8]
    assert len(past._trees._made) == 2


def test_nothing_is_written(chain):
    from tests.chain.conftest import dump

    before = dump()
    check_height(chain[3], 3)
    assert dump() == before
    service.verify_state()


def test_a_value_of_one_height_is_refused_under_the_root_of_another(chain):
    then, now = (queries.prove("account", address(1), height=height) for height in (5, 9))
    assert then.value != now.value
    with pytest.raises(StateProofInvalid):
        statetree.verify(now.header.roots.state, KEY_ONE, then.value, then.proof)


def test_queries_are_few(chain, django_assert_max_num_queries, monkeypatch):
    """Neither records nor pages nor undo cost a query each."""
    monkeypatch.setattr(past, "_trees", past._Trees())
    with django_assert_max_num_queries(4):
        queries.prove_range(LOW, HIGH)
    with django_assert_max_num_queries(10):
        queries.prove_range(LOW, HIGH, height=2)
    with django_assert_max_num_queries(6):
        queries.prove_range(LOW, HIGH, height=2)
    with django_assert_max_num_queries(4):
        queries.record("account", address(1), height=2)

"""Stored values: their records, their gas to the unit, refunds."""

from __future__ import annotations

from hashlib import sha3_256

import cbor2
import pytest

from core.receipt import OUT_OF_GAS
from execution.lang.tree import Event, Stored
from execution.lang.types import ADDRESS, BYTES, INT, STR, dict_of, list_of
from execution.vm.outcome import Reverted
from execution.vm.stdlib import HOST
from tests.execution.vm.hand import ALICE, World, contract, program

TOTAL = Stored(1, "total", (), INT)
LIST = Stored(1, "items", (), list_of(INT))
HELD = Stored(1, "held", (ADDRESS,), INT)
PAIRS = Stored(1, "pairs", (ADDRESS, STR), BYTES)
ONE = (1).to_bytes(32, "big")
STORED_INT = 34
"""Bytes of a stored int's ABI form."""


def slot(form: object) -> bytes:
    """H(slot), computed by hand."""
    return sha3_256(cbor2.dumps(form, canonical=True)).digest()


def measured(*calls, world: World | None = None, access=None):
    """Results and gas of host calls, one after the other in one transaction."""
    seen = []

    def body(m):
        for name, *args in calls:
            left = m.gas
            result = HOST[name](m, *args)
            seen.append((result, left - m.gas))

    world = world or World(program(body))
    world.programs = dict.fromkeys(world.programs, program(body))
    done, running = world.call(access=access)
    return seen, done, running, world


def records(world: World) -> dict[bytes, bytes | None]:
    changes, _ = world.view.changes()
    return {id: value for (module, id), value in changes.items() if module == "storage"}


def test_where_records_are_and_what_they_hold():
    *_, world = measured(
        ("cell.set", TOTAL, 1),
        ("map.set", HELD, (ALICE,), 1),
        ("map.set", PAIRS, (ALICE, "k"), b"v"),
        ("storage.set", b"raw", b"v"),
        ("cell.set", LIST, [1, 1]),
    )
    me = contract(1)
    assert records(world) == {
        me + slot(["total"]): cbor2.dumps(ONE),
        me + slot(["held", ALICE]): cbor2.dumps(ONE),
        me + slot(["pairs", ALICE, "k"]): cbor2.dumps(b"v"),
        me + slot(b"raw"): cbor2.dumps(b"v"),
        me + slot(["items"]): cbor2.dumps([ONE, ONE]),
    }


def test_reading_is_cold_once_then_warm():
    seen, *_ = measured(("cell.get", TOTAL), ("cell.get", TOTAL), ("cell.set", TOTAL, 0))
    assert seen == [(0, 4_000), (0, 100), (None, 100 + 32)]


def test_an_announced_slot_is_warm_from_the_start():
    access = ((contract(1), (slot(["total"]),)), (contract(2), (slot(["items"]),)))
    seen, *_ = measured(("cell.get", TOTAL), ("cell.get", LIST), access=access)
    assert seen == [(0, 100), ([], 4_000)]


def test_the_gas_of_writing_and_reading_back():
    seen, _, running, _ = measured(
        ("cell.set", TOTAL, 1),
        ("cell.get", TOTAL),
        ("cell.set", TOTAL, 1),
        ("cell.set", TOTAL, 2),
        ("cell.set", TOTAL, 0),
    )
    size = 64 + STORED_INT
    assert [gas for _, gas in seen] == [
        4_000 + 32 + 3_000 + 50 * size,
        100 + 4 * STORED_INT,
        100 + 32,
        100 + 32 + 300,
        100 + 32 + 300,
    ]
    assert running.refund == 25 * size


def test_growth_is_paid_shrinking_is_not_refunded():
    seen, _, running, _ = measured(
        ("storage.set", b"k", b"a" * 20), ("storage.set", b"k", b"a" * 23),
        ("storage.set", b"k", b"a"),
    )  # fmt: skip
    key, use = 300 + 0, 100
    assert [gas for _, gas in seen] == [
        key + 4_000 + 8 * 5 + 3_000 + 50 * (64 + 21),
        key + use + 8 * 5 + 300 + 50 * 3,
        key + use + 8 * 4 + 300,
    ]
    assert running.refund == 0


@pytest.mark.parametrize(("old", "undo"), [(98, 0), (99, 10), (16_000, 10 * (16_003 - 100))])
def test_the_old_form_that_undo_keeps_is_paid_for_once(old, undo):
    """It stays with every node: at less than a block's bytes, disks would be filled with it."""
    _, _, _, world = measured(("storage.set", b"k", b"a" * old))
    seen, *_ = measured(
        ("storage.set", b"k", b"b" * old),
        ("storage.set", b"k", b"c" * old),
        ("storage.set", b"k", b"b" * old),
        world=world,
    )
    write = 300 + 8 * (4 + old // 16)
    assert [gas for _, gas in seen] == [
        write + 4_000 + 3_000 + undo,
        write + 100 + 300,
        write + 100 + 300,
    ]


@pytest.mark.parametrize("call", [("storage.delete", b"k"), ("storage.set", b"k", b"")])
def test_freeing_a_large_slot_pays_for_its_undo(call):
    _, _, _, world = measured(("storage.set", b"k", b"a" * 1_000))
    seen, *_ = measured(call, world=world)
    weighed = 0 if call[0] == "storage.delete" else 8 * 4
    assert seen == [(None, 300 + 4_000 + weighed + 3_000 + 10 * (1_003 - 100))]


def test_keys_of_maps_and_raw_slots_cost_what_they_weigh():
    seen, *_ = measured(
        ("map.get", HELD, (ALICE,)),
        ("map.get", PAIRS, (ALICE, "x" * 8)),
        ("storage.get", b"k" * 7),
        ("storage.get", b"k" * 8),
    )
    assert seen == [
        (0, 200 + 200 + 8 * 4 + 4_000),
        (b"", 200 + 2 * 200 + 8 * (4 + 6) + 4_000),
        (b"", 300 + 3 + 4_000),
        (b"", 300 + 4 + 4_000),
    ]


def test_has_reads_and_deleting_weighs_nothing():
    seen, _, running, world = measured(
        ("map.has", HELD, (ALICE,)),
        ("map.set", HELD, (ALICE,), 1),
        ("map.has", HELD, (ALICE,)),
        ("map.delete", HELD, (ALICE,)),
        ("map.has", HELD, (ALICE,)),
        ("storage.has", b"k"),
        ("storage.set", b"k", b"v"),
        ("storage.has", b"k"),
        ("storage.delete", b"k"),
        ("storage.delete", b"k"),
    )
    key, raw = 200 + 200 + 8 * 4, 300
    assert [(result, gas) for result, gas in seen if result is not None] == [
        (False, key + 4_000),
        (True, key + 100 + 4 * STORED_INT),
        (False, key + 100),
        (False, raw + 4_000),
        (True, raw + 100 + 4 * 2),
    ]
    assert [gas for result, gas in seen if result is None] == [
        key + 100 + 32 + 3_000 + 50 * (64 + STORED_INT),
        key + 100 + 300,
        raw + 100 + 8 * 4 + 3_000 + 50 * (64 + 2),
        raw + 100 + 300,
        raw + 100,
    ]
    assert running.refund == 25 * (64 + STORED_INT) + 25 * (64 + 2)
    assert records(world) == {}


def test_defaults_are_no_records():
    *_, world = measured(
        ("cell.set", TOTAL, 0), ("cell.set", LIST, []), ("map.set", PAIRS, (ALICE, ""), b""),
        ("storage.set", b"k", b""),
    )  # fmt: skip
    assert records(world) == {}


def test_dicts_of_ints_keep_the_engines_form():
    key = (7).to_bytes(32, "big")
    stored = Stored(1, "d", (), dict_of(INT, INT))
    seen, _, _, world = measured(("cell.set", stored, {key: 1}), ("cell.get", stored))
    assert seen[1][0] == {key: 1}
    assert list(records(world).values()) == [cbor2.dumps([[key, ONE]])]


def test_a_value_that_weighs_more_than_any_gas_is_not_walked():
    """A list of a list of a list …, a thousand times the same one each: a billion items."""
    value, of = [1] * 1_000, list_of(INT)
    for _ in range(4):
        value, of = [value] * 1_000, list_of(of)
    stored = Stored(1, "deep", (), of)
    event = Event(1, "E", (("a", of),))
    for call in (
        ("cell.set", stored, value),
        ("emit", event, (value,)),
        ("abi.call", contract(2), "f", (of,), (value,), 0, None),
    ):
        _, done, *_ = measured(call)
        assert done.status == OUT_OF_GAS


def test_lists_come_out_as_copies():
    kept = []
    seen, *_ = measured(("cell.set", LIST, [1]), ("cell.get", LIST), ("cell.get", LIST))
    kept = [result for result, _ in seen[1:]]
    kept[0].append(2)
    assert kept[1] == [1]


@pytest.mark.parametrize("most", [True, False])
def test_bounds_of_values_and_raw_keys(most):
    for call in (
        ("storage.set", b"k" * (1_024 + (not most)), b"v"),
        ("storage.set", b"k", b"v" * (16_384 - 3 + (not most))),
    ):
        _, done, *_ = measured(call)
        assert done.ret == (b"" if most else b"vm.size")


@pytest.mark.parametrize(
    "call",
    [
        ("cell.set", TOTAL, 0),
        ("map.set", HELD, (ALICE,), 0),
        ("map.delete", HELD, (ALICE,)),
        ("storage.set", b"k" * 2_000, b""),
        ("storage.delete", b"k" * 2_000),
    ],
)
def test_static_calls_write_nothing_and_pay_nothing_for_it(call):
    seen = []

    def body(m):
        left = m.gas
        with pytest.raises(Reverted, match=r"^vm\.static$"):
            HOST[call[0]](m, *call[1:])
        seen.append(left - m.gas)

    World(program(body)).call(static=True)
    assert seen == [0]


def test_what_a_contract_stores_is_its_own():
    world = World(program(lambda m: None), program(lambda m: None))
    write = program(lambda m: HOST["cell.set"](m, TOTAL, m.this[-1]))
    world.programs = dict.fromkeys(world.programs, write)
    world.call(to=1)
    world.call(to=2)
    assert {id[:34]: value[-1] for id, value in records(world).items()} == {
        contract(1): 1,
        contract(2): 2,
    }

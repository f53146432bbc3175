"""A call from its first to its last gas: value, arguments, result, failures, depth."""

from __future__ import annotations

import threading

import pytest

from core import cbor
from core.errors import NodeFault
from core.receipt import OK, OUT_OF_GAS, REVERTED
from execution.abi import codec as abi
from execution.kinds import Setting
from execution.lang.types import BOOL, BYTES, INT, NONE, STR, optional
from execution.vm import machine
from execution.vm.frame import charge
from execution.vm.outcome import EngineExhausted, OutOfGas, Reverted
from execution.vm.stdlib import HOST
from tests.execution.vm.hand import (
    ALICE,
    RICH,
    SIZE,
    Function,
    Hand,
    Param,
    World,
    calldata,
    contract,
    program,
)

BEGUN = 1_000 + 4 * SIZE + 32 * len(calldata("f"))
"""What running ``f`` costs before its first statement."""
NOTHING = 32
"""The weight of no result."""


def ended(world: World, *args, **more):
    done, _ = world.call(*args, **more)
    return done.status, 10**6 - done.gas, done.ret


def test_a_call_costs_its_begin_its_body_and_its_result():
    def body(m):
        charge(m, 50)
        return b"abc"

    world = World(program(body, result=BYTES))
    assert ended(world) == (OK, BEGUN + 50 + 8 * 4, abi.encode(b"abc", BYTES))
    assert ended(World(program(lambda m: None))) == (OK, BEGUN + NOTHING, b"")


def test_an_optional_result_that_is_none_is_null_and_no_result_is_empty():
    assert ended(World(program(lambda m: None, result=optional(INT))))[2] == b"\xf6"
    assert ended(World(program(lambda m: None, result=NONE)))[2] == b""


@pytest.mark.parametrize(("size", "status"), [(4_093, OK), (4_094, REVERTED)])
def test_a_result_has_at_most_4096_bytes(size, status):
    done = ended(World(program(lambda m: bytes(size), result=BYTES)))
    assert done[0] == status
    assert len(done[2]) == 4_096 if status == OK else done[2] == b"vm.size"
    assert done[1] == BEGUN + 8 * (4 + size // 16)


def test_the_source_is_paid_the_first_time_and_of_each_contract():
    def twice(m):
        for _ in range(2):
            HOST["abi.call"](m, contract(2), "f", (), (), 0, None)

    world = World(program(twice), program(lambda m: None))
    each = 1_000 + 8 * 4 + 1_000 + 32 * 3 + NOTHING
    assert ended(world)[1] == BEGUN + NOTHING + 2 * each + 4_000 + 100 + 4 * SIZE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "vm.argument"),
        (b"\x80", "vm.argument"),
        (b"\x81\x01", "vm.argument"),
        (b"\x41f", "vm.argument"),
        (b"\x81\x61f\x00", "vm.argument"),
        (b"\x98\x01\x61f", "vm.argument"),
        (cbor.encode(["g"]), "vm.no_function"),
        (cbor.encode(["init"]), "vm.no_function"),
        (cbor.encode(["_own"]), "vm.no_function"),
        (cbor.encode(["f"]), "vm.argument: a"),
        (cbor.encode(["f", b""]), "vm.argument: a"),
        (cbor.encode(["f", bytes(32), "x"]), "vm.argument: b"),
        (cbor.encode(["f", bytes(32), bytes(31)]), "vm.argument: b"),
        (cbor.encode(["f", 1, 1, 1]), "vm.argument"),
    ],
)
def test_calldata_that_does_not_fit_is_named(data, reason):
    hidden = Function(lambda m: None, public=False)
    taken = Function(lambda m, a, b: None, (Param("a"), Param("b", default=True)))
    hand = Hand({"f": taken, "_own": hidden, "init": hidden}, {"f.b": 9})
    done = ended(World(hand), data=data)
    assert done == (REVERTED, 1_000 + 4 * SIZE + 32 * len(data), reason.encode())


def test_arguments_left_out_have_their_defaults():
    taken = Function(lambda m, a, b: 10 * a + b, (Param("a"), Param("b", default=True)), INT)
    world = World(Hand({"f": taken}, {"f.b": 9}))
    assert ended(world, "f", 4)[2] == abi.encode(49, INT)
    assert ended(world, "f", 4, 2)[2] == abi.encode(42, INT)


def test_an_optional_argument_may_be_null():
    world = World(program(lambda m, a: a is None, Param("a", optional(INT)), result=BOOL))
    for item, none in ((None, True), (bytes(32), False)):
        assert ended(world, data=cbor.encode(["f", item]))[2] == cbor.encode(none)


def test_a_contract_knows_its_transaction_and_its_gas():
    seen = []

    def body(m):
        charge(m, 5)
        seen.append((HOST["context.txid"](m), HOST["context.gas_left"](m)))

    _, running = World(program(body)).call()
    assert seen == [(running.txid, 10**6 - BEGUN - 5)]
    assert len(set(running.txid)) > 1


def test_value_moves_before_the_function_runs_and_back_when_it_fails():
    seen = []

    def body(m):
        seen.append((HOST["treasury.balance"](m), HOST["context.value"](m)))
        if m.value == 7:
            raise Reverted("no")

    world = World(program(body))
    assert ended(world, value=5)[0] == OK
    assert ended(world, value=7)[::2] == (REVERTED, b"no")
    assert seen == [(1_005, 5), (1_012, 7)]
    assert (world.balance(contract(1)), world.balance(ALICE)) == (1_005, RICH - 5)


def test_value_is_refused_by_what_is_not_payable():
    world = World(program(lambda m: None, payable=False))
    assert ended(world)[0] == OK
    assert ended(world, value=1) == (REVERTED, BEGUN, b"vm.not_payable")
    assert world.balance(contract(1)) == 1_000


def test_no_contract_costs_nothing_more_and_keeps_no_value():
    world = World()
    assert ended(world, to=9, value=3) == (REVERTED, 0, b"vm.no_contract")
    assert (world.balance(contract(9)), world.balance(ALICE)) == (0, RICH)


@pytest.mark.parametrize(
    ("error", "status", "ret", "all_gas"),
    [
        (Reverted("vm.value"), REVERTED, b"vm.value", False),
        (Reverted("é" * 200), REVERTED, "é".encode() * 128, False),
        (Reverted("x" + "é" * 200), REVERTED, b"x" + "é".encode() * 127, False),
        (IndexError("x"), REVERTED, b"vm.index", False),
        (KeyError("x"), REVERTED, b"vm.key", False),
        (ZeroDivisionError(), REVERTED, b"vm.zero_division", False),
        (OutOfGas(), OUT_OF_GAS, b"", True),
        (TypeError("a bug"), REVERTED, b"vm.fault", True),
        (AssertionError(), REVERTED, b"vm.fault", True),
    ],
)
def test_every_end_by_an_error(error, status, ret, all_gas):
    def body(m):
        raise error

    before = machine.FAULTS.count
    done = ended(World(program(body)))
    assert done == (status, 10**6 if all_gas else BEGUN, ret)
    assert machine.FAULTS.count - before == (ret == b"vm.fault")


def test_a_fault_of_the_engine_is_reported(monkeypatch):
    def body(m):
        raise TypeError("a bug")

    heard = []
    monkeypatch.setattr(machine.FAULTS, "report", lambda at, error: heard.append((at, str(error))))
    ended(World(program(body)))
    assert heard == [(contract(1), "a bug")]


@pytest.mark.parametrize("error", [MemoryError(), RecursionError()])
def test_a_machine_that_is_too_small_judges_nothing(error):
    def body(m):
        raise error

    with pytest.raises(EngineExhausted):
        World(program(body)).call()


def test_what_the_reader_raises_is_not_the_contracts_failure():
    class Gone(Exception):
        pass

    def fails(records):
        raise Gone

    def inner(m):
        HOST["storage.get"](m, b"k")

    def outer(m):
        HOST["abi.call"](m, contract(2), "f", (), (), 0, None)

    def stranger(m):
        HOST["abi.call"](m, contract(9), "f", (), (), 0, None)

    def payer(m):
        HOST["treasury.transfer"](m, ALICE[:-1] + b"z", 1)

    world = World(program(outer), program(inner), program(stranger), program(payer))
    world.view.prefetch(list(world.reader.records))
    world.reader.get_many = fails
    for to in (1, 2, 3, 4):
        with pytest.raises(Gone):
            world.call(to=to)


def test_a_program_that_cannot_be_had_is_the_nodes_trouble():
    world = World(program(lambda m: None))
    world.programs.clear()
    with pytest.raises(KeyError):
        world.call()


def test_a_node_fault_passes_through():
    class Broken(NodeFault):
        pass

    def body(m):
        raise Broken("x")

    with pytest.raises(Broken):
        World(program(body)).call()


def test_gas_that_is_gone_ends_the_call_wherever_it_is():
    def body(m):
        charge(m, 100)

    needed = BEGUN + 100 + NOTHING
    world = World(program(body))
    for gas in (0, 999, BEGUN - 1, BEGUN + 99, needed - 1):
        done, _ = world.call(gas=gas)
        assert (done.status, done.gas, done.ret) == (OUT_OF_GAS, 0, b"")
    done, _ = world.call(gas=needed)
    assert (done.status, done.gas) == (OK, 0)


def test_a_failure_takes_back_state_events_and_refunds_but_not_what_was_used():
    def body(m):
        HOST["storage.set"](m, b"new", b"1")
        HOST["storage.delete"](m, b"old")
        raise Reverted("no")

    def setup(m):
        HOST["storage.set"](m, b"old", b"1")

    world = World(Hand({"setup": Function(setup), "f": Function(body)}))
    world.call("setup")
    before, _ = world.view.changes()
    done, running = world.call()
    after, _ = world.view.changes()
    assert (done.ret, running.logs, running.refund) == (b"no", [], 0)
    assert before == after
    assert len(running.slots) == len(running.changed) == 2


def test_a_view_function_makes_the_frame_static():
    seen = []
    hand = Hand(
        {
            "f": Function(lambda m: seen.append(m.static), view=True),
            "g": Function(lambda m: seen.append(m.static)),
        }
    )
    World(hand).call("f")
    World(hand).call("g")
    World(hand).call("g", static=True)
    assert seen == [True, False, True]


def chain_of(depth: int) -> list[Hand]:
    """Contracts that call the next one, each through a chain of 32 functions."""

    def link(next_: bytes | None, height: int):
        if height:
            below = link(next_, height - 1)
            return lambda m: below(m)
        return lambda m: (
            0 if next_ is None else 1 + int(HOST["abi.call"](m, next_, "f", (), (), 0, None)[0])
        )

    targets = [contract(n) for n in range(2, depth + 1)] + [None]
    return [program(link(to, 31), result=INT) for to in targets]


@pytest.mark.parametrize(("depth", "runs"), [(64, 64), (65, 64)])
def test_contracts_call_64_deep_in_a_thread_of_its_own(depth, runs):
    world, seen = World(*chain_of(depth)), []

    def run():
        done, running = world.call(gas=10**9)
        seen.append((done.status, len(running.loaded)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [(OK, runs)]


def test_the_65th_contract_is_refused_for_nothing():
    def last(m):
        left = m.gas
        result = HOST["abi.call"](m, contract(2), "f", (), (), 0, None)
        assert left - m.gas == 1_000 + 4_000 + 8 * 4
        assert result == (False, b"vm.depth")

    world = World(program(last), program(lambda m: None))
    running = world.running(contract(1))
    frame = machine.Frame(10**6, running, contract(1), ALICE, 0, depth=64)
    assert machine.call(frame, calldata("f")).status == OK


def test_a_tracer_sees_all_and_changes_nothing():
    class Told:
        def __init__(self):
            self.lines = []

        def enter(self, frame, data, *, deploy):
            self.lines.append(("enter", frame.this, data, deploy))

        def leave(self, frame, done):
            self.lines.append(("leave", frame.this, done.status, type(done.error).__name__))

        def event(self, frame, log):
            self.lines.append(("event", log))

        def transfer(self, frame, to, amount):
            self.lines.append(("transfer", to, amount))

    def outer(m):
        HOST["treasury.transfer"](m, ALICE, 3)
        HOST["abi.call"](m, contract(2), "f", (), (), 0, None)
        HOST["abi.call"](m, contract(3), "f", (), (), 0, None)

    def inner(m):
        raise IndexError

    told = Told()
    plain = ended(World(program(outer), program(inner)))
    traced = ended(World(program(outer), program(inner)), setting=Setting(7, 7_000, 1, told))
    assert plain == traced
    f = calldata("f")
    assert told.lines == [
        ("enter", contract(1), f, False),
        ("transfer", ALICE, 3),
        ("enter", contract(2), f, False),
        ("leave", contract(2), REVERTED, "IndexError"),
        ("enter", contract(3), f, False),
        ("leave", contract(3), REVERTED, "NoneType"),
        ("leave", contract(1), OK, "NoneType"),
    ]


def test_text_of_a_reason_is_utf8():
    def body(m, reason):
        raise Reverted(reason)

    world = World(program(body, Param("reason", STR)))
    data = cbor.encode(["f", "zu wenig – da"])
    assert ended(world, data=data)[2] == "zu wenig – da".encode()

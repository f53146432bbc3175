"""Calls of contracts, payments, events, signatures: results, gas and refusals."""

from __future__ import annotations

from hashlib import sha3_256

import cbor2
import pytest

from core import tags
from core.receipt import OK
from execution.lang.tree import Event
from execution.lang.types import BYTES, INT, STR
from execution.vm.outcome import Reverted
from execution.vm.stdlib import HOST
from pq import addresses, signing
from tests.execution.vm.hand import (
    ALICE,
    BOB,
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

CALL = 1_000 + 4_000 + 8 * 4
"""``abi.call`` of ``f`` without arguments, first use of the account."""
SECOND = contract(2)
RUN = 1_000 + 4 * SIZE + 32 * 3 + 32
"""What the callee uses for nothing."""


def within(body, *others: Hand, **more):
    """Run a body in contract 1; what it returned, how it ended, the world."""
    kept = []
    world = World(program(lambda m: kept.append(body(m))), *others)
    done, running = world.call(**more)
    return (kept or [None])[0], done, running, world


def spent(m, name, *args):
    left = m.gas
    try:
        result = HOST[name](m, *args)
    except Reverted as reverted:
        result = reverted.reason
    return result, left - m.gas


def abi_call(m, to=SECOND, function="f", args=(), value=0, gas=None):
    return spent(m, "abi.call", to, function, (INT,) * len(args), args, value, gas)


def test_a_call_its_result_and_its_gas():
    doubled = program(lambda m, a: 2 * a, Param("a"), result=INT)
    got, *_ = within(lambda m: abi_call(m, args=(21,)), doubled)
    data = 1 + 2 + 34
    own = 1_000 + 4_000 + 8 * (4 + 4)
    assert got == (
        (True, cbor2.dumps((42).to_bytes(32, "big"))),
        own + 1_000 + 4 * SIZE + 32 * data + 32,
    )


def test_forwarding_is_a_call_with_calldata_of_elsewhere():
    doubled = program(lambda m, a: 2 * a, Param("a"), result=INT)
    data = calldata("f", 21)
    got, *_ = within(lambda m: spent(m, "abi.forward", SECOND, data, 0, None), doubled)
    own = 1_000 + 4_000 + 8 * (4 + len(data) // 16)
    assert got == (
        (True, cbor2.dumps((42).to_bytes(32, "big"))),
        own + 1_000 + 4 * SIZE + 32 * len(data) + 32,
    )
    got, *_ = within(lambda m: spent(m, "abi.forward", SECOND, b"junk", 0, None), doubled)
    assert got[0] == (False, b"vm.argument")
    got, *_ = within(lambda m: spent(m, "abi.forward", SECOND, data, -1, None), doubled)
    assert got == ("vm.value", 0)


def test_who_calls_and_what_is_seen():
    seen = []

    def inner(m):
        names = ("sender", "origin", "this", "value", "height", "time", "chain")
        seen.append([HOST[f"context.{name}"](m) for name in names])

    within(lambda m: abi_call(m, value=5), program(inner))
    assert seen == [[contract(1), ALICE, contract(2), 5, 7, 7_000, 1]]


def test_value_goes_with_the_call_and_comes_back_when_it_fails():
    def refuse(m):
        raise Reverted("no")

    got, _, _, world = within(lambda m: abi_call(m, value=9), program(lambda m: None))
    assert got == ((True, b""), CALL + 3_000 + RUN)
    assert [world.balance(contract(n)) for n in (1, 2)] == [991, 1_009]
    got, _, _, world = within(lambda m: abi_call(m, value=9), program(refuse))
    assert got == ((False, b"no"), CALL + 3_000 + RUN - 32)
    assert [world.balance(contract(n)) for n in (1, 2)] == [1_000, 1_000]


@pytest.mark.parametrize(
    ("more", "reason", "gas"),
    [
        ({"value": -1}, "vm.value", 0),
        ({"gas": -1}, "vm.value", 0),
        ({"value": 1_001}, "vm.balance", CALL + 3_000),
    ],
)
def test_faults_of_the_caller_end_the_caller(more, reason, gas):
    got, *_ = within(lambda m: abi_call(m, **more), program(lambda m: None))
    assert got == (reason, gas)


def test_static_calls_carry_no_value_and_stay_static():
    static = []
    inner = program(lambda m: static.append(m.static))
    got, *_ = within(lambda m: abi_call(m, value=1), inner, static=True)
    assert got == ("vm.static", 0)
    got, *_ = within(abi_call, inner, static=True)
    within(abi_call, inner)
    assert got[0] == (True, b"")
    assert static == [True, False]


def test_a_view_function_called_from_inside_is_static_while_it_runs():
    static = []
    inner = program(lambda m: static.append(m.static))

    def body(m):
        HOST["view.call"](m, lambda m, x: abi_call(m), 1)
        abi_call(m)

    within(body, inner)
    assert static == [True, False]


@pytest.mark.parametrize("to", [contract(9), addresses.of_system("treasury"), ALICE, BOB])
def test_what_is_no_contract_is_the_callees_failure(to):
    got, _, _, world = within(lambda m: abi_call(m, to=to, value=4))
    used = CALL if to != ALICE else CALL - 3_900
    assert got == ((False, b"vm.no_contract"), used + 3_000)
    assert world.balance(contract(1)) == 1_000


def test_no_contract_is_entered_twice():
    def back(m):
        return abi_call(m, to=contract(1))[0]

    kept = []
    got, *_ = within(abi_call, program(lambda m: kept.append(back(m))))
    assert kept == [(False, b"vm.reentry")]
    assert got[0] == (True, b"")
    got, *_ = within(lambda m: (abi_call(m)[0], abi_call(m)[0]), program(lambda m: None))
    assert got == ((True, b""), (True, b""))


def test_the_contract_that_a_transaction_calls_has_been_used_and_so_has_the_sender():
    got, *_ = within(lambda m: [abi_call(m, to=contract(1)), abi_call(m, to=ALICE)])
    warm = 1_000 + 100 + 8 * 4
    assert got == [((False, b"vm.reentry"), warm), ((False, b"vm.no_contract"), warm)]


def test_the_callee_gets_all_but_a_64th_or_what_is_asked():
    def gas_seen(gas, left):
        seen = []

        def body(m):
            m.gas = left
            abi_call(m, gas=gas)

        within(body, program(lambda m: seen.append(m.gas)))
        return seen[0]

    begun = 1_000 + 4 * SIZE + 32 * 3
    assert gas_seen(None, 64_000 + CALL) == 63_000 - begun
    assert gas_seen(None, 64_063 + CALL) == 63_063 - begun
    assert gas_seen(10**9, 64_000 + CALL) == 63_000 - begun
    assert gas_seen(5_000, 64_000 + CALL) == 5_000 - begun


def test_a_callee_out_of_gas_loses_what_it_was_given_and_no_more():
    got, done, *_ = within(lambda m: abi_call(m, gas=777), program(lambda m: None))
    assert got == ((False, b""), CALL + 777)
    assert done.status == OK


def test_calldata_of_a_call_has_at_most_64_kib():
    for size, result in ((65_530, (False, b"vm.argument: a")), (65_531, "vm.size")):

        def body(m, size=size):
            m.gas = 10**8
            types, args = (BYTES,), (bytes(size),)
            return spent(m, "abi.call", contract(2), "f", types, args, 0, None)[0]

        got, *_ = within(body, program(lambda m, a: None, Param("a", INT)))
        assert got == result


def test_what_a_failed_callee_did_is_gone_and_what_it_used_stays_used():
    event = Event(1, "E", (("a", INT),))

    def inner(m):
        HOST["storage.set"](m, b"k", b"v")
        HOST["emit"](m, event, (1,))
        HOST["treasury.transfer"](m, BOB, 10)
        raise Reverted("no")

    def body(m):
        HOST["emit"](m, event, (0,))
        first, second = abi_call(m), abi_call(m)
        HOST["emit"](m, event, (2,))
        return first[1] - second[1]

    got, done, running, world = within(body, program(inner))
    assert done.status == OK
    assert [cbor2.loads(log.data)[0][-1] for log in running.logs] == [0, 2]
    assert (world.balance(contract(2)), world.balance(BOB)) == (1_000, 0)
    # callee's account, source, its slot cold, its first change, the payee's account
    assert got == 3_900 + 4 * SIZE + 3_900 + 2_700 + 3_900


def test_refunds_of_failed_calls_do_not_count():
    def setup(m):
        HOST["storage.set"](m, b"k", b"v")

    def free(m, fails):
        HOST["storage.delete"](m, b"k")
        if fails:
            raise Reverted("no")

    hand = Hand({"setup": Function(setup), "f": Function(free, (Param("fails"),))})
    for fails, refund in ((1, 0), (0, 25 * 66)):
        world = World(program(lambda m, fails=fails: abi_call(m, args=(fails,))), hand)
        world.call("setup", to=2)
        assert world.call()[1].refund == refund


def test_payments():
    got, _, _, world = within(
        lambda m: [
            spent(m, "treasury.transfer", BOB, 400),
            spent(m, "treasury.transfer", BOB, 0),
            spent(m, "treasury.transfer", ALICE, 1),
            spent(m, "treasury.transfer", contract(2), -1),
            spent(m, "treasury.transfer", addresses.of_system("aicf"), 0),
            spent(m, "treasury.transfer", BOB, -1),
            spent(m, "treasury.transfer", BOB, 600),
            HOST["treasury.balance"](m),
        ]
    )
    assert got == [
        (None, 7_000),
        (None, 100),
        (None, 3_100),
        ("vm.recipient", 0),
        ("vm.recipient", 0),
        ("vm.value", 0),
        ("vm.balance", 3_100),
        599,
    ]
    assert (world.balance(BOB), world.balance(ALICE)) == (400, RICH + 1)


def test_static_calls_pay_nobody():
    got, *_ = within(lambda m: spent(m, "treasury.transfer", BOB, 0), static=True)
    assert got == ("vm.static", 0)


FIELDS = (("a", INT), ("b", STR), ("c", BYTES), ("d", INT))


@pytest.mark.parametrize("count", [0, 1, 3, 4])
def test_an_event_is_a_log(count):
    event = Event(1, "Moved", FIELDS[:count])
    values = (1, "x", b"y", 2)[:count]
    got, _, running, _ = within(lambda m: spent(m, "emit", event, values))
    forms = [(1).to_bytes(32, "big"), "x", b"y", (2).to_bytes(32, "big")][:count]
    (log,) = running.logs
    assert (log.address, log.data) == (contract(1), cbor2.dumps(forms))
    hashed = [sha3_256(cbor2.dumps(form)).digest() for form in forms[:3]]
    assert log.topics == (sha3_256(b"Moved").digest(), *hashed)
    weight = sum((4, 4, 4, 4)[:count])
    assert got == (None, 2_500 + 700 * len(log.topics) + 8 * weight + 20 * len(log.data))


def test_events_are_bounded_in_number_and_size():
    event = Event(1, "E", (("a", BYTES),))

    def many(m):
        m.gas = 10**8
        for _ in range(256):
            HOST["emit"](m, event, (b"",))
        return spent(m, "emit", event, (b"",))

    got, done, running, _ = within(many)
    assert (got, done.status, len(running.logs)) == (("vm.logs", 0), OK, 256)
    charged = 2_500 + 1_400 + 8 * (4 + 4_092 // 16)
    got, *_ = within(lambda m: spent(m, "emit", event, (bytes(4_092),)))
    assert got == (None, charged + 20 * 4_096)
    got, *_ = within(lambda m: spent(m, "emit", event, (bytes(4_093),)))
    assert got == ("vm.logs", charged)


def test_static_calls_emit_nothing():
    got, *_ = within(lambda m: spent(m, "emit", Event(1, "E", ()), ()), static=True)
    assert got == ("vm.static", 0)


def test_signatures_are_verified_under_the_contracts_context():
    key = signing.from_seed(bytes(32))
    good = key.sign(b"message", tags.CONTEXT_CONTRACT)
    other = key.sign(b"message", tags.CONTEXT_TX)
    public = key.public_key

    def body(m):
        def ask(*args):
            return spent(m, "crypto.verify", *args)

        return [
            ask(key.address, b"message", public, good),
            ask(key.address, b"massage", public, good),
            ask(key.address, b"message", public, other),
            ask(key.address, b"message", public, good[:-1]),
            ask(key.address, b"message", public[:-1], good),
            ask(ALICE, b"message", public, good),
            ask(contract(1), b"message", public, good),
            ask(b"\xff\xff" + bytes(32), b"", b"", b""),
            ask(b"\x12\x01" + bytes(32), b"", b"", b""),
        ]

    got, *_ = within(body)
    assert [result for result, _ in got] == [True] + [False] * 8
    slh = addresses.alg_of(signing.generate_slh().address)
    assert got[0][1] == 40_000 + 2 * 7
    assert got[6:8] == [(False, 14), (False, 0)]
    got, *_ = within(
        lambda m: spent(m, "crypto.verify", slh.to_bytes(2, "big") + bytes(32), b"x", b"", b"")
    )
    assert got == (False, 200_002)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("beacon.round", "beacon"),
        ("beacon.random", "beacon"),
        ("syscalls.blob_pin", "syscalls"),
        ("syscalls.ai_enqueue", "syscalls"),
        ("syscalls.quantum_enqueue", "syscalls"),
        ("syscalls.read_result", "syscalls"),
        ("zk.verify", "zk"),
    ],
)
def test_systems_that_do_not_run_refuse(name, module):
    got, *_ = within(lambda m: spent(m, name, 1, 2, 3))
    assert got == (f"vm.inactive: {module}", 0)

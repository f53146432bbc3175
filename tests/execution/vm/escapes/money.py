"""Gas, money, events and refunds that go where they should not."""

from __future__ import annotations

from tests.execution.vm.escapes.callers import ALONE, ANSWER, CALL, TO, WRITER, enter, fails
from tests.execution.vm.escapes.table import (
    GAS,
    MAX,
    Gives,
    Of,
    OutOfGas,
    Reverts,
    Step,
    go,
    rows,
)

row, calls = rows("money"), enter("money")
calls(
    "gas-negative",
    "less than no gas",
    'return abi.call(to, "read", gas=-1)',
    outcome=Reverts("vm.value"),
)
calls(
    "gas-all",
    "more gas than there is",
    f'return abi.call(to, "read", gas={MAX})',
    outcome=Gives((True, bytes.fromhex("5820") + bytes(32))),
)
calls("gas-none", "a call without gas", 'return abi.call(to, "read", gas=0)', outcome=fails(""))
calls(
    "gas-stipend",
    "money that brings gas along",
    'return abi.call(to, "take", value=1, gas=0)',
    outcome=fails(""),
    funds=5,
)
calls(
    "gas-burnt",
    "a callee that burns what it gets",
    'return abi.call(to, "burn")',
    outcome=fails(""),
)
calls(
    "gas-burnt-twice",
    "and again, until nothing is left",
    "while True:",
    '    abi.call(to, "burn")',
    result="",
    outcome=OutOfGas(),
)
calls(
    "value-negative",
    "money the other way",
    'return abi.call(to, "take", value=-1)',
    outcome=Reverts("vm.value"),
    funds=5,
)
calls(
    "value-too-much",
    "money it does not have",
    'return abi.call(to, "take", value=6)',
    outcome=Reverts("vm.balance"),
    funds=5,
)
calls(
    "value-huge",
    "2^255 - 1 nANM",
    f'return abi.call(to, "take", value={MAX})',
    outcome=Reverts("vm.balance"),
    funds=5,
)
calls(
    "value-unwanted",
    "money for one that takes none",
    'return abi.call(to, "write", value=1)',
    outcome=fails("vm.not_payable"),
    funds=5,
)
calls(
    "value-comes-back",
    "money of a call that failed",
    'abi.call(to, "write", value=5)',
    "return treasury.balance()",
    result="int",
    outcome=Gives(5),
    funds=5,
)
calls(
    "value-goes",
    "money of a call that worked",
    'abi.call(to, "take", value=5)',
    "return treasury.balance()",
    result="int",
    outcome=Gives(0),
    funds=5,
)
row(
    "value-to-view",
    "money for a function that takes none",
    go("return 1"),
    Reverts("vm.not_payable"),
    step=Step(value=1),
)

for name, trick, target, amount, outcome in (
    ("to-contract", "paying a contract behind its back", "other", 1, Reverts("vm.recipient")),
    ("to-itself", "paying itself", "main", 1, Reverts("vm.recipient")),
    ("to-treasury", "paying a system account", "treasury", 1, Reverts("vm.recipient")),
    ("to-nobody", "paying 34 zero bytes", "zero", 1, Reverts("vm.recipient")),
    ("negative", "taking by paying", "alice", -1, Reverts("vm.value")),
    ("too-much", "paying what it does not have", "alice", 6, Reverts("vm.balance")),
    ("huge", "paying 2^255 - 1", "alice", MAX, Reverts("vm.balance")),
    ("nothing", "paying nothing", "alice", 0, Gives(5)),
    ("all", "paying all", "alice", 5, Gives(0)),
):
    row(
        f"transfer-{name}",
        trick,
        go(
            "treasury.transfer(to, amount)",
            "return treasury.balance()",
            params="to: address, amount: int",
            **ALONE,
        ),
        outcome,
        steps=(Step(arguments=(Of(target), amount)),),
        others={"other": WRITER},
        funds=5,
    )
for name, trick, target in (
    ("treasury", "the account of the treasury", "treasury"),
    ("aicf", "the account of the AI fund", "aicf"),
    ("key", "an account of a key", "alice"),
    ("nobody", "34 zero bytes", "zero"),
):
    row(
        f"call-{name}",
        f"calling {trick}",
        go('return abi.call(to, "go", 1)', result=ANSWER, head=CALL + "\n\n", **TO),
        fails("vm.no_contract"),
        step=Step(arguments=(Of(target),)),
    )
calls(
    "failure-undone",
    "a write of a call that failed",
    'a, b = abi.call(to, "fail")',
    'c, d = abi.call(to, "read")',
    "return (a, d)",
    outcome=Gives((False, bytes.fromhex("5820") + bytes(32))),
)
calls(
    "reason-long",
    "a reason of 65,536 characters for the caller",
    'ok, data = abi.call(to, "go")',
    "return len(data)",
    result="int",
    other=go('assert False, "a" * 65_536', "return 1"),
    outcome=Gives(256),
)
calls(
    "reason-forged",
    "a reason that looks like the engine's",
    'return abi.call(to, "go")',
    other=go('assert False, "vm.fault"', "return 1"),
    outcome=fails("vm.fault"),
)
calls(
    "result-long",
    "a result of 5,000 bytes for the caller",
    'return abi.call(to, "go")',
    other=go('return b"a" * 5_000', result="bytes"),
    outcome=fails("vm.size"),
)
calls(
    "argument-shared",
    "an argument of 10^12 ints",
    "a = [1] * 10_000",
    "b = [a] * 10_000",
    "c = [b] * 10_000",
    'return abi.call(to, "go", c)',
    outcome=OutOfGas(),
)
calls(
    "argument-long",
    "arguments above 65,536 bytes",
    'a = b"a" * 60_000',
    'return abi.call(to, "go", a, a)',
    outcome=Reverts("vm.size"),
)

EVENTS = {"head": CALL + "E = events.event(a=bytes)\n\n\n", "result": ""}
row(
    "events-many",
    "257 events",
    go("for i in range(257):", '    E.emit(b"")', **EVENTS),
    Reverts("vm.logs"),
)
row(
    "events-endless",
    "events without an end",
    go("while True:", '    E.emit(b"")', **EVENTS),
    Reverts("vm.logs"),
)
row(
    "events-large",
    "an event of 5,000 bytes",
    go('E.emit(b"a" * 5_000)', **EVENTS),
    Reverts("vm.logs"),
)
calls(
    "events-elsewhere",
    "257 events of another contract",
    "for i in range(257):",
    '    abi.call(to, "emit")',
    'return abi.call(to, "emit")',
    outcome=fails("vm.logs"),
)
row(
    "refund-loop",
    "storage filled and freed, for the refund",
    go(
        "while True:",
        '    storage.set(b"a", b"x" * 10_000)',
        '    storage.delete(b"a")',
        result="",
        **ALONE,
    ),
    OutOfGas(),
)
row(
    "gas-left-grows",
    "gas that comes back while it runs",
    go(
        "a = context.gas_left()",
        'storage.set(b"a", b"x" * 1_000)',
        'storage.delete(b"a")',
        "return a > context.gas_left()",
        result="bool",
        **ALONE,
    ),
    Gives(True),
)
row(
    "beacon-inactive",
    "randomness before there is any",
    go("return beacon.round()", head="from stdlib import beacon\n\n\n"),
    Reverts("vm.inactive: beacon"),
)
row(
    "zk-inactive",
    "a proof that nobody checks",
    go('return zk.verify(b"", b"", b"")', result="bool", head="from stdlib import zk\n\n\n"),
    Reverts("vm.inactive: zk"),
)
row(
    "syscall-inactive",
    "a task that nobody runs",
    go(
        'return syscalls.read_result(b"")', result="bytes", head="from stdlib import syscalls\n\n\n"
    ),
    Reverts("vm.inactive: syscalls"),
)
row(
    "verify-garbage",
    "keys and signatures that are none",
    go(
        'a = crypto.verify(context.sender, b"", b"", b"")',
        'return a or crypto.verify(context.this, b"", b"a" * 1_952, b"a" * 3_309)',
        result="bool",
        head="from stdlib import context, crypto\n\n\n",
    ),
    Gives(False),
)
row(
    "verify-in-a-loop",
    "signatures again and again",
    go(
        "while True:",
        '    crypto.verify(context.sender, b"", b"", b"")',
        result="",
        head="from stdlib import context, crypto\n\n\n",
    ),
    OutOfGas(),
)
row(
    "hash-in-a-loop",
    "hashes again and again",
    go(
        'a = b"a" * 65_536',
        "while True:",
        "    hash.sha3_512(a)",
        result="",
        head="from stdlib import hash\n\n\n",
    ),
    OutOfGas(),
)
row(
    "slots-in-a-loop",
    "fresh slots again and again",
    go(
        "n = 0",
        "while True:",
        "    M[n] = 1",
        "    n += 1",
        result="",
        head=CALL + "M = storage.map(int, int)\n\n\n",
    ),
    OutOfGas(),
    step=Step(gas=GAS // 4),
)

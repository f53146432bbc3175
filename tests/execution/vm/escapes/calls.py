"""Contracts that call each other: re-entry, static calls, money, gas, events and refunds."""

from __future__ import annotations

from tests.execution.vm.escapes.table import (
    GAS,
    MAX,
    Gives,
    Of,
    OutOfGas,
    Refused,
    Reverts,
    Step,
    go,
    rows,
)

row = rows("calls")
CALL = "from stdlib import abi, context, events, storage, treasury\n\n"
TO = {"params": "to: address"}
ANSWER = "tuple[bool, bytes]"
OTHER = Step(arguments=(Of("other"),))

BACK = CALL + (
    "N = storage.cell(int)\n\n\n@payable\ndef go() -> tuple[bool, bytes]:\n"
    '    return abi.call(context.sender, "go", context.this)\n'
)
WRITER = CALL + (
    "N = storage.cell(int)\nE = events.event(n=int)\n\n\n"
    "def write():\n    N.set(N.get() + 1)\n\n\n"
    "def read() -> int:\n    return N.get()\n\n\n"
    "def emit():\n    E.emit(1)\n\n\n"
    "@payable\ndef take() -> int:\n    return context.value\n\n\n"
    'def fail():\n    N.set(7)\n    E.emit(7)\n    abi.revert("no")\n\n\n'
    "def burn():\n    while True:\n        pass\n\n\n"
    "def pay(to: address, amount: int):\n    treasury.transfer(to, amount)\n\n\n"
    "def _secret() -> int:\n    return 1\n"
)


def calls(
    name: str, trick: str, *lines: str, outcome: object, other: str = WRITER, **more: object
) -> None:
    """``go(to)``, where ``to`` is another contract."""
    result, mark = str(more.pop("result", ANSWER)), str(more.pop("mark", ""))
    before = str(more.pop("head", ""))
    source = go(*lines, result=result, head=CALL + before + "\n\n", mark=mark, **TO)
    row(name, trick, source, outcome, steps=(OTHER,), others={"other": other}, **more)


def fails(reason: str) -> Gives:
    """A call that fails inside and is survived."""
    return Gives(
        (False, reason.encode()), f"the inner call fails with `{reason}`" if reason else ""
    )


ALONE = {"head": CALL + "\n\n"}
calls(
    "reentry",
    "called back while it runs",
    'return abi.call(to, "go")',
    other=BACK,
    outcome=Gives((True, b"\x82\xf4\x4avm.reentry"), "the inner call fails with `vm.reentry`"),
)
row(
    "reentry-itself",
    "a contract that calls itself",
    go('return abi.call(context.this, "go")', result=ANSWER, **ALONE),
    fails("vm.reentry"),
)
row(
    "reentry-constructor",
    "called back while its constructor runs",
    CALL + "R = storage.cell(tuple[bool, bytes])\n\n\ndef init(to: address):\n"
    '    R.set(abi.call(to, "go"))\n\n\ndef go() -> tuple[bool, bytes]:\n    return R.get()\n',
    Gives((True, b"\x82\xf4\x4avm.reentry"), "the inner call fails with `vm.reentry`"),
    others={"other": BACK},
    arguments=(Of("other"),),
)
HOP = (
    "def go(path: list[address]) -> int:\n"
    "    return {first}(path)\n\n\n{between}"
    "def _last(path: list[address]) -> int:\n"
    "    if len(path) == 0:\n"
    "        return 1\n"
    '    ok, data = abi.call(path[0], "go", path[1:])\n'
    "    return 1 + abi.decode(data, int) if ok else 1\n"
)
"""Calls the next of a path; how many ran in all."""
SHALLOW = CALL + HOP.format(first="_last", between="")
DEEP = CALL + HOP.format(
    first="_f0",
    between="".join(
        f"def _f{n}(path: list[address]) -> int:\n    return {then}(path)\n\n\n"
        for n, then in enumerate([*(f"_f{n}" for n in range(1, 30)), "_last"])
    ),
)
for name, trick, source in (
    ("depth", "71 contracts, each calling the next", SHALLOW),
    ("depth-of-both", "the same, each through 32 functions of its own", DEEP),
):
    row(
        name,
        trick,
        source,
        Gives(64, "64 run, the next call fails"),
        step=Step(arguments=([Of(f"c{n}") for n in range(70)],)),
        others={f"c{n}": source for n in range(70)},
    )
calls(
    "private-function",
    "a function that begins with _",
    'return abi.call(to, "_secret")',
    outcome=fails("vm.no_function"),
)
calls(
    "constructor",
    "the constructor of another",
    'return abi.call(to, "init")',
    outcome=fails("vm.no_function"),
)
calls(
    "function-of-python",
    "an attribute as function",
    'return abi.call(to, "__init__")',
    outcome=fails("vm.no_function"),
)
calls(
    "function-computed",
    "a function's name that is an int",
    "return abi.call(to, 1)",
    outcome=Refused("type", "return"),
)

VIEW = {"mark": "@view\n"}
calls(
    "view-writes",
    "a view that writes",
    'storage.set(b"a", b"b")',
    "return 1",
    result="int",
    outcome=Refused("effect", "storage.set"),
    **VIEW,
)
calls(
    "view-writes-below",
    "a view that calls one that writes",
    "return below()",
    result="int",
    head='\n\ndef below() -> int:\n    storage.set(b"a", b"b")\n    return 1\n',
    outcome=Refused("effect", "below()"),
    **VIEW,
)
calls(
    "view-calls-writer",
    "a view that has another write",
    'return abi.call(to, "write")',
    outcome=fails("vm.static"),
    **VIEW,
)
calls(
    "view-calls-emitter",
    "a view that has another emit",
    'return abi.call(to, "emit")',
    outcome=fails("vm.static"),
    **VIEW,
)
calls(
    "view-calls-payer",
    "a view that has another pay",
    'return abi.call(to, "pay", context.origin, 0)',
    outcome=fails("vm.static"),
    **VIEW,
)
calls(
    "view-sends-value",
    "a view that sends money",
    'return abi.call(to, "take", value=1)',
    outcome=Reverts("vm.static"),
    funds=5,
    **VIEW,
)
calls(
    "view-reads",
    "a view that reads another",
    'return abi.call(to, "read")',
    outcome=Gives((True, bytes.fromhex("5820") + bytes(32))),
    **VIEW,
)
VIEW_BELOW = (
    '\n\n@view\ndef below(to: address) -> tuple[bool, bytes]:\n    return abi.call(to, "NAME")\n'
)
THROUGH = CALL + ('def go(to: address) -> tuple[bool, bytes]:\n    return abi.call(to, "write")\n')
row(
    "static-through-another",
    "a view that writes through one that is no view",
    CALL + "\n\n@view\ndef go(a: address, b: address) -> tuple[bool, bytes]:\n"
    '    return abi.call(a, "go", b)\n',
    Gives((True, b"\x82\xf4\x49vm.static"), "the innermost call fails with `vm.static`"),
    steps=(Step(arguments=(Of("through"), Of("writer"))),),
    others={"through": THROUGH, "writer": WRITER},
)
calls(
    "static-ends",
    "a view called from inside leaves nothing behind",
    "below(to)",
    'return abi.call(to, "write")',
    head=VIEW_BELOW.replace("NAME", "read"),
    outcome=Gives((True, b"")),
)
calls(
    "static-inside",
    "a view, called by one that is none, that writes elsewhere",
    "return below(to)",
    head=VIEW_BELOW.replace("NAME", "write"),
    outcome=fails("vm.static"),
)

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

"""Contracts that call each other: re-entry, depth and static calls."""

from __future__ import annotations

from tests.execution.vm.escapes.callers import ALONE, ANSWER, CALL, WRITER, enter, fails
from tests.execution.vm.escapes.table import (
    GAS,
    Gives,
    Of,
    Refused,
    Reverts,
    Step,
    go,
    rows,
)

row, calls = rows("calls"), enter("calls")
BACK = CALL + (
    "N = storage.cell(int)\n\n\n@payable\ndef go() -> tuple[bool, bytes]:\n"
    '    return abi.call(context.sender, "go", context.this)\n'
)
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
        step=Step(arguments=([Of(f"c{n}") for n in range(70)],), gas=4 * GAS),
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

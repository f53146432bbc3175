"""Calls between contracts, deployments, money, refunds, what is warm: whole contracts."""

# ruff: noqa: E501 - a case is a line, so that the rows can be compared

from __future__ import annotations

from core import cbor
from core.hashing import sha3
from tests.evaluator import abi
from tests.evaluator.cases import ME, OTHER, Step, deployed
from tests.evaluator.kinds import ADDRESS, BOOL, BYTES, INT, NONE, STR, Type, tupled
from tests.evaluator.written.form import Fails, OutOfGas, Written, calldata, many

ANSWER = tupled(BOOL, BYTES)
A, B = deployed(0), deployed(1)
GAS = 1_000_000
NOWHERE = bytes(2) + b"\x99" * 32


def deploy(index: int = 0, *args: object, value: int = 0, gas: int = 10**7) -> Step:
    return Step.deploy(index, list(args), gas, value)


def call(name: str, *forms: object, on: int = 0, value: int = 0, gas: int = GAS, sender: bytes = ME, access: dict[bytes, list[bytes]] | None = None) -> Step:  # fmt: skip
    return Step("call", on, calldata(name, *forms), gas, value, sender, access or {})


def form(value: object, kind: Type = INT) -> bytes:
    """The ``ret`` of a function."""
    return abi.encode(value, kind)


def failed(reason: str) -> bytes:
    """What ``abi.call`` gives for a failed callee."""
    return form((False, reason.encode()), ANSWER)


def gave(value: object, kind: Type = INT) -> bytes:
    """What ``abi.call`` gives for a callee that returns this."""
    return form((True, b"" if kind == NONE else form(value, kind)), ANSWER)


def caller(text: str, head: str = "") -> str:
    """A contract whose ``run`` calls the other."""
    return f"{head}@payable\ndef run(to: address) -> tuple[bool, bytes]:\n    return {text}\n"


def pair(name: str, first: str, second: str, want: object, **how: object) -> Written:
    """The first contract's ``run`` is called with the second's address."""
    value = how.pop("value", 0)
    assert isinstance(value, int) and not how
    step = call("run", B, value=value)
    return many(name, [first, second], (deploy(0), A), (deploy(1), B), (step, want))


CALLEE = """total = storage.cell(int)
E = events.event(n=int)


def add(n: int, fail: bool = False) -> int:
    total.set(total.get() + n)
    E.emit(n)
    assert not fail, "as asked"
    return total.get()


@view
def read() -> int:
    return total.get()


@payable
def pay() -> int:
    return context.value


def nothing():
    pass


def who() -> address:
    return context.sender


def origin() -> address:
    return context.origin


def spin():
    while True:
        pass


def back(to: address, name: str) -> tuple[bool, bytes]:
    return abi.call(to, name)


def _hidden():
    pass


def init():
    total.set(0)
"""
FREES = """c = storage.cell(bytes)


def fill(n: int):
    c.set(bytes(n))


def free():
    c.set(b"")


def free_and_fail():
    c.set(b"")
    assert False
"""
VIEWS = """total = storage.cell(int)


def write() -> int:
    total.set(1)
    return 1


@view
def look(to: address) -> tuple[bool, bytes]:
    return abi.call(to, "write")


@view
def look_and_pay(to: address) -> tuple[bool, bytes]:
    return abi.call(to, "write", value=1)


def inside(to: address) -> tuple[bool, bytes]:
    return look(to)


@view
def read() -> int:
    return total.get()


def after(to: address) -> tuple[bool, bytes]:
    look(to)
    return abi.call(to, "write")
"""
INIT = """owner = storage.cell(address)
n = storage.cell(int)


@payable
def init(start: int, more: int = 4):
    owner.set(context.sender)
    n.set(start + more + context.value)
    assert start >= 0, "negative"


def get() -> int:
    return n.get()


def whose() -> address:
    return owner.get()
"""


# Lines of the import, `def`, its documentation, `if` and `pass`; two DEDENT and the end.
TOKENS = (3 + 10 + 9 + 1) + (10 + 1) + (1 + 1 + 1) + (6 + 1) + (1 + 1 + 1) + 2 + 1


def words(*values: int) -> list[bytes]:
    return [value.to_bytes(32, "big", signed=True) for value in values]


def _chain(count: int) -> Written:
    """A row of contracts, each of which calls the next; the 65th is one too deep."""
    source = """nxt = storage.cell(address)


def link(to: address):
    nxt.set(to)


def depth() -> int:
    ok, ret = abi.call(nxt.get(), "depth")
    if not ok:
        abi.require(ret == b"vm.depth" or ret == b"vm.no_contract", ret.decode())
        return 1
    return 1 + abi.decode(ret, int)
"""
    steps: list[tuple[Step, object]] = [(deploy(n), deployed(n)) for n in range(count)]
    steps += [(call("link", deployed(n + 1), on=n), b"") for n in range(count)]
    steps.append((call("depth", gas=10**7), form(min(count, 64))))
    return many(f"call.depth.{count}", [source] * count, *steps)


CASES = [
    pair("abi_call.result", caller('abi.call(to, "add", 5)'), CALLEE, gave(5)),
    pair("abi_call.no_result", caller('abi.call(to, "nothing")'), CALLEE, gave(None, NONE)),
    pair("abi_call.sender", caller('abi.call(to, "who")'), CALLEE, gave(A, ADDRESS)),
    pair("abi_call.origin", caller('abi.call(to, "origin")'), CALLEE, gave(ME, ADDRESS)),
    pair("abi_call.fails", caller('abi.call(to, "add", 5, True)'), CALLEE, failed("as asked")),
    pair("abi_call.no_function", caller('abi.call(to, "absent")'), CALLEE, failed("vm.no_function")),
    pair("abi_call.hidden", caller('abi.call(to, "_hidden")'), CALLEE, failed("vm.no_function")),
    pair("abi_call.init", caller('abi.call(to, "init")'), CALLEE, failed("vm.no_function")),
    pair("abi_call.argument", caller('abi.call(to, "add", "5")'), CALLEE, failed("vm.argument: n")),
    pair("abi_call.argument.missing", caller('abi.call(to, "add")'), CALLEE, failed("vm.argument: n")),
    pair("abi_call.argument.many", caller('abi.call(to, "add", 1, True, 2)'), CALLEE, failed("vm.argument")),
    pair("abi_call.no_contract", caller(f"abi.call(address({NOWHERE!r}), 'add', 1)"), CALLEE, failed("vm.no_contract")),
    pair("abi_call.key_address", caller('abi.call(context.sender, "add", 1)'), CALLEE, failed("vm.no_contract")),
    pair("abi_call.itself", caller('abi.call(context.this, "run", to)'), CALLEE, failed("vm.reentry")),
    pair("abi_call.reentry", caller('abi.call(to, "back", context.this, "run")'), CALLEE, gave((False, b"vm.reentry"), ANSWER)),
    pair("abi_call.not_payable", caller('abi.call(to, "add", 1, value=3)'), CALLEE, failed("vm.not_payable"), value=5),
    pair("abi_call.value", caller('abi.call(to, "pay", value=3)'), CALLEE, gave(3), value=5),
    pair("abi_call.value.balance", caller('abi.call(to, "pay", value=6)'), CALLEE, Fails("vm.balance"), value=5),
    pair("abi_call.value.negative", caller('abi.call(to, "pay", value=-1)'), CALLEE, Fails("vm.value")),
    pair("abi_call.gas.negative", caller('abi.call(to, "pay", gas=-1)'), CALLEE, Fails("vm.value")),
    pair("abi_call.gas.none", caller('abi.call(to, "pay", gas=0)'), CALLEE, failed("")),
    pair("abi_call.gas.given", caller('abi.call(to, "spin", gas=50_000)'), CALLEE, failed("")),
    pair("abi_call.gas.capped", caller('abi.call(to, "spin", gas=10**9)'), CALLEE, failed("")),
    pair("abi_call.gas.all", caller('abi.call(to, "spin")'), CALLEE, failed("")),
    pair("abi_call.forward", caller("abi.forward(to, b'\\x82\\x63add\\x58\\x20' + bytes(31) + b'\\x05')"), CALLEE, gave(5)),
    pair("abi_call.forward.no_array", caller("abi.forward(to, b'\\x01')"), CALLEE, failed("vm.argument")),
    pair("abi_call.forward.empty", caller("abi.forward(to, b'')"), CALLEE, failed("vm.argument")),
    pair("abi_call.forward.no_text", caller("abi.forward(to, b'\\x81\\xf5')"), CALLEE, failed("vm.argument")),
    pair("abi_call.forward.value", caller("abi.forward(to, b'\\x81\\x63pay', value=2)"), CALLEE, gave(2), value=5),
    pair("abi_call.argument_order", "def run(to: address) -> tuple[bool, bytes]:\n    x = [1, 2, 3]\n    return abi.call(to, 'add', x.pop(), gas=x.pop() * 100_000, value=x.pop() - 1)\n", CALLEE, gave(3)),
    pair("abi_call.twice", caller('abi.call(to, "add", 5)') .replace("return", "abi.call(to, 'add', 7)\n    return"), CALLEE, gave(12)),
    pair("abi_call.failure_undoes_the_callee_only", "c = storage.cell(int)\nE = events.event(n=int)\n\n\ndef run(to: address) -> int:\n    c.set(1)\n    E.emit(1)\n    abi.call(to, 'add', 5)\n    abi.call(to, 'add', 6, True)\n    ok, ret = abi.call(to, 'read')\n    return c.get() * 100 + abi.decode(ret, int)\n", CALLEE, form(105)),
    pair("abi_call.out_of_gas_undoes_the_callee_only", "def run(to: address) -> tuple[bool, bytes]:\n    abi.call(to, 'add', 5, gas=9_000)\n    return abi.call(to, 'read')\n", CALLEE, gave(0)),
    pair("abi_call.reason_is_cut", caller('abi.call(to, "long")'), "def long():\n    abi.revert('\\u20ac' * 100)\n", form((False, ("\u20ac" * 85).encode()), ANSWER)),
    pair("static.view_calls", VIEWS, VIEWS, Fails("vm.no_function")),
    many("static.write", [VIEWS, VIEWS], (deploy(0), A), (deploy(1), B), (call("look", B), failed("vm.static")), (call("read", on=1), form(0))),
    many("static.from_a_view_called_inside", [VIEWS, VIEWS], (deploy(0), A), (deploy(1), B), (call("inside", B), failed("vm.static"))),
    many("static.ends_with_the_view", [VIEWS, VIEWS], (deploy(0), A), (deploy(1), B), (call("after", B), gave(1)), (call("read", on=1), form(1))),
    many("static.value", [VIEWS, VIEWS], (deploy(0), A), (deploy(1), B), (call("look_and_pay", B), Fails("vm.static"))),
    many("static.read", ["@view\ndef run(to: address) -> tuple[bool, bytes]:\n    return abi.call(to, 'read')\n", CALLEE], (deploy(0), A), (deploy(1), B), (call("run", B), gave(0))),
    many("static.below", ["@view\ndef run(to: address, last: address) -> tuple[bool, bytes]:\n    return abi.call(to, 'back', last, 'write')\n", CALLEE, VIEWS], (deploy(0), A), (deploy(1), B), (deploy(2), deployed(2)), (call("run", B, deployed(2)), gave((False, b"vm.static"), ANSWER))),
    many("static.event", ["@view\ndef run(to: address) -> tuple[bool, bytes]:\n    return abi.call(to, 'tell')\n", "E = events.event(n=int)\n\n\ndef tell():\n    E.emit(1)\n"], (deploy(0), A), (deploy(1), B), (call("run", B), failed("vm.static"))),
    many("static.transfer", ["@view\ndef run(to: address) -> tuple[bool, bytes]:\n    return abi.call(to, 'pay')\n", "def pay():\n    treasury.transfer(context.origin, 0)\n"], (deploy(0), A), (deploy(1), B), (call("run", B), failed("vm.static"))),
    many("call.no_contract.by_transaction", [CALLEE], (call("add"), Fails("vm.no_contract"))),
    many("call.no_function.by_transaction", [CALLEE], (deploy(0), A), (call("absent"), Fails("vm.no_function")), (call("init"), Fails("vm.no_function")), (call("_hidden"), Fails("vm.no_function"))),
    many("call.calldata", [CALLEE], (deploy(0), A), (Step("call", 0, b"", GAS), Fails("vm.argument")), (Step("call", 0, b"\x80", GAS), Fails("vm.argument")), (Step("call", 0, b"\x81\x41a", GAS), Fails("vm.argument")), (Step("call", 0, b"\x81\x64read\x00", GAS), Fails("vm.argument")), (Step("call", 0, b"\xa0", GAS), Fails("vm.argument"))),
    many("call.argument.by_transaction", [CALLEE], (deploy(0), A), (call("add", b"5"), Fails("vm.argument: n")), (call("add", words(1)[0], None), Fails("vm.argument: fail")), (call("add", words(1)[0], False, False), Fails("vm.argument")), (call("add", words(1)[0], False), form(1)), (call("add", words(1)[0]), form(2))),
    many("call.value.by_transaction", [CALLEE], (deploy(0), A), (call("pay", value=7), form(7)), (call("add", words(1)[0], value=1), Fails("vm.not_payable")), (call("absent", value=1), Fails("vm.no_function")), (call("pay"), form(0))),
    many("call.value.is_there_first", ["@payable\ndef run() -> int:\n    return treasury.balance()\n"], (deploy(0), A), (call("run", value=7), form(7)), (call("run", value=1), form(8))),
    many("call.value.comes_back_on_failure", ["@payable\ndef run(ok: bool) -> int:\n    assert ok\n    return treasury.balance()\n"], (deploy(0), A), (call("run", False, value=7), Fails("vm.assert")), (call("run", True), form(0))),
    many("transfer.pays", ["@payable\ndef run(to: address, n: int) -> int:\n    treasury.transfer(to, n)\n    return treasury.balance()\n"], (deploy(0), A), (call("run", OTHER, words(3)[0], value=5), form(2)), (call("run", OTHER, words(3)[0]), Fails("vm.balance")), (call("run", ME, words(2)[0]), form(0))),
    many("sender.differs", [CALLEE], (deploy(0), A), (call("who", sender=OTHER), form(OTHER, ADDRESS)), (call("origin", sender=OTHER), form(OTHER, ADDRESS))),
    many("result.none_of_an_optional", ["def run() -> int | None:\n    return None\n"], (deploy(0), A), (call("run"), b"\xf6")),
    many("deploy.without_init", ["def run():\n    pass\n"], (deploy(0), A)),
    many("deploy.without_init.arguments", ["def run():\n    pass\n"], (deploy(0, True), Fails("vm.argument")), (call("run"), Fails("vm.no_contract"))),
    many("deploy.without_init.value", ["def run():\n    pass\n"], (deploy(0, value=1), Fails("vm.not_payable"))),
    many("deploy.init", [INIT], (deploy(0, *words(3), value=2), A), (call("get"), form(9)), (call("whose"), form(ME, ADDRESS))),
    many("deploy.init.both_arguments", [INIT], (deploy(0, *words(3, 5)), A), (call("get"), form(8))),
    many("deploy.init.missing", [INIT], (deploy(0), Fails("vm.argument: start"))),
    many("deploy.init.many", [INIT], (deploy(0, *words(3, 5, 6)), Fails("vm.argument"))),
    many("deploy.init.fails", [INIT], (deploy(0, *words(-3)), Fails("negative")), (call("get"), Fails("vm.no_contract"))),
    many("deploy.init.not_payable", [CALLEE], (deploy(0, value=1), Fails("vm.not_payable"))),
    many("refund.freed", [FREES], (deploy(0), A), (call("fill", *words(100)), b""), (call("free"), b""), (call("free"), b"")),
    many("refund.dropped_on_failure", [FREES], (deploy(0), A), (call("fill", *words(100)), b""), (call("free_and_fail"), Fails("vm.assert")), (call("free"), b"")),
    many("refund.of_a_failed_callee_is_dropped", ["def run(to: address):\n    abi.call(to, 'free_and_fail')\n", FREES], (deploy(0), A), (deploy(1), B), (call("fill", *words(100), on=1), b""), (call("run", B), b"")),
    many("refund.of_a_callee", ["def run(to: address):\n    abi.call(to, 'free')\n", FREES], (deploy(0), A), (deploy(1), B), (call("fill", *words(100), on=1), b""), (call("run", B), b"")),
    many("warm.access_list", [CALLEE], (deploy(0), A), (call("read", access={A: []}), form(0)), (call("read", access={A: [sha3(cbor.encode(["total"]))]}), form(0))),
    many("warm.account_of_the_access_list", [caller('abi.call(to, "nothing")'), CALLEE], (deploy(0), A), (deploy(1), B), (call("run", B), gave(None, NONE)), (call("run", B, access={B: []}), gave(None, NONE))),
    many("warm.source_is_paid_once", ["def run(to: address):\n    abi.call(to, 'nothing')\n    abi.call(to, 'nothing')\n", CALLEE], (deploy(0), A), (deploy(1), B), (call("run", B), b"")),
    many("warm.after_a_failed_call", ["def run(to: address):\n    abi.call(to, 'add', 1, True)\n    abi.call(to, 'add', 1)\n", CALLEE], (deploy(0), A), (deploy(1), B), (call("run", B), b"")),
    many("events.of_failed_calls_do_not_count", ["def run(to: address, n: int) -> int:\n    for i in range(n):\n        abi.call(to, 'add', 1, True)\n    ok, ret = abi.call(to, 'add', 1)\n    return abi.decode(ret, int)\n", CALLEE], (deploy(0), A), (deploy(1), B), (call("run", B, *words(260), gas=10**7), form(1))),
    _chain(3),
    _chain(66),
    many("gas.too_little_to_begin", [CALLEE], (deploy(0), A), (call("read", gas=500), OutOfGas)),
    many("deploy.tokens", ['def run(a: int = 3):  # none\n\n    # none\n    """One."""\n    if a != -1:\n        pass'], (deploy(0, gas=TOKENS * 1_500), A), (deploy(0, gas=TOKENS * 1_500 - 1), OutOfGas)),
    many("deploy.out_of_gas", [INIT], (deploy(0, *words(3), gas=5_000), OutOfGas)),
    many("text.result", ["def run(s: str) -> str:\n    return s\n"], (deploy(0), A), (call("run", "\u20ac"), form("\u20ac", STR))),
]  # fmt: skip

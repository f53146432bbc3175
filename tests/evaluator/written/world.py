"""Storage, events, the ABI, hashes, context, money."""

# ruff: noqa: E501 - a case is a line, so that the rows can be compared

from __future__ import annotations

import hashlib

from core.hashing import sha3
from tests.evaluator.cases import ME, OTHER, Step, deployed
from tests.evaluator.written.form import IMPORT, Fails, OutOfGas, calldata, many, one

CELL = "c = storage.cell(int)\n"
MAP = "m = storage.map(str, int)\n"
SIZE, VALUE = Fails("vm.size"), Fails("vm.value")
EVENT = "E = events.event(who=address, n=int, s=str, more=bytes)\n"
ONE = (1).to_bytes(32, "big")
STORED_INT = 34  # a head of two bytes and 32 of the number
PASS = "def run():\n    pass\n"
ENOUGH = 1_000 + 4 * len(IMPORT + PASS) + 32 * len(calldata("run")) + 2 + 32


def _limits() -> list:
    """A call that has just enough gas, and one unit less."""
    exact = Step("call", 0, calldata("run"), ENOUGH)
    short = Step("call", 0, calldata("run"), ENOUGH - 1)
    deploy = Step.deploy(0, [], 10**7)
    return [many("gas.exactly_enough", [PASS], (deploy, None), (exact, b""), (short, OutOfGas))]


def _twice(name: str, text: str, gas: int, head: str = CELL, params: str = "") -> object:
    """A body of which the gas is known."""
    return one(name, params, "None", text, ((), None), head=head, gas=gas)


CASES = [
    *_limits(),
    one("cell.default", "", "int", "return c.get()", ((), 0), head=CELL, gas=2 + 180 + 4000),
    one("cell.kept", "a: int", "int", "c.set(c.get() + a)\nreturn c.get()", ((1,), 1), ((2,), 3), head=CELL),
    _twice("cell.set.gas", "c.set(1)", 2 + 180 + 1 + 4000 + 32 + 3000 + 50 * (64 + STORED_INT)),
    _twice("cell.set.default_of_absent.gas", "c.set(0)", 2 + 180 + 1 + 4000 + 32),
    _twice("cell.set.same.gas", "c.set(1)\nc.set(1)", 2 * 183 + 4000 + 100 + 64 + 3000 + 50 * (64 + STORED_INT)),
    _twice("cell.set.again.gas", "c.set(1)\nc.set(2)", 2 * 183 + 4000 + 100 + 64 + 3000 + 300 + 50 * (64 + STORED_INT)),
    _twice("cell.freed.gas", "c.set(1)\nc.set(0)", 2 * 183 + 4000 + 100 + 64 + 3000 + 300 + 50 * (64 + STORED_INT)),
    _twice("cell.read.gas", "c.set(1)\nc.get()", 183 + 182 + 4000 + 100 + 32 + 3000 + 50 * (64 + STORED_INT) + 4 * STORED_INT),
    one("cell.list_is_a_copy", "", "list[int]", "c.set([1])\nx = c.get()\nx.append(2)\nreturn c.get()", ((), [1]), head="c = storage.cell(list[int])\n"),
    one("cell.dict", "", "dict[str, int]", 'd = c.get()\nd["b"] = 1\nd["a"] = 2\nc.set(d)\nreturn c.get()', ((), {"a": 2, "b": 1}), head="c = storage.cell(dict[str, int])\n"),
    one("cell.dict.keys_come_out_sorted", "", "list[str]", 'c.set({"b": 1, "aa": 2, "a": 3})\nreturn list(c.get())', ((), ["a", "b", "aa"]), head="c = storage.cell(dict[str, int])\n"),
    one("cell.optional", "a: int | None", "int | None", "c.set(a)\nreturn c.get()", ((5,), 5), ((0,), 0), ((None,), None), head="c = storage.cell(int | None)\n"),
    one("cell.tuple.default", "", "tuple[int, address, list[int]]", "return c.get()", ((), (0, bytes(34), [])), head="c = storage.cell(tuple[int, address, list[int]])\n"),
    one("cell.size", "n: int", "None", "c.set(bytes(n))", ((16381,), None), ((16382,), SIZE), head="c = storage.cell(bytes)\n"),
    one("map.default", "k: str", "int", "return m[k]", (("a",), 0), head=MAP),
    one("map.read.gas", "k: str", "int", "return m[k]", (("a",), 0), head=MAP, gas=2 + 180 + 1 + 8 * 4 + 400 + 4000),
    one("map.kept", "k: str, a: int", "int", "m[k] += a\nreturn m[k]", (("a", 1), 1), (("b", 2), 2), (("a", 3), 4), head=MAP),
    one("map.augmented.gas", "k: str", "None", "m[k] += 1", (("a",), None), head=MAP, gas=2 + 360 + 1 + 6 + 1 + 2 * (32 + 400) + 4000 + 100 + 32 + 3000 + 50 * (64 + STORED_INT)),
    one("map.in", "k: str", "tuple[bool, bool]", "m[k] = 0\na = k in m\nm[k] = 1\nreturn a, k in m", (("a",), (False, True)), head=MAP),
    one("map.in.gas", "k: str", "bool", "return k not in m", (("a",), True), head=MAP, gas=2 + 180 + 1 + 432 + 4000),
    one("map.delete", "k: str", "int", "m[k] = 5\ndel m[k]\nreturn m[k]", (("a",), 0), head=MAP),
    one("map.delete.absent.gas", "k: str", "None", "del m[k]", (("a",), None), head=MAP, gas=2 + 180 + 1 + 432 + 4000),
    one("map.several_keys", "a: address, b: bool, n: int", "int", "m[a, b] += n\nreturn m[a, not b] * 100 + m[a, b]", ((ME, True, 3), 3), ((ME, False, 4), 304), head="m = storage.map(address, bool, int)\n"),
    one("map.several_keys.gas", "a: address, b: bool", "int", "return m[a, b]", ((ME, True), 0), head="m = storage.map(address, bool, int)\n", gas=2 + 180 + 2 + 8 * 8 + 600 + 4000),
    one("map.value_before_keys", "", "list[int]", "x = [1, 2]\nm2[x.pop()] = x.pop()\nreturn [m2[1], m2[2]]", ((), [2, 0]), head="m2 = storage.map(int, int)\n"),
    one("map.several_keys.in", "a: address, b: bool", "tuple[bool, bool]", "m[a, b] = 1\nreturn (a, b) in m, (a, not b) not in m", ((ME, True), (True, True)), head="m = storage.map(address, bool, int)\n"),
    one("map.several_keys.in.gas", "a: address, b: bool", "bool", "return (a, b) in m", ((ME, True), False), head="m = storage.map(address, bool, int)\n", gas=4848),
    one("map.of_lists", "k: str", "list[int]", "m2[k] += [1]\nx = m2[k]\nx.append(7)\nreturn m2[k]", (("a",), [1]), head="m2 = storage.map(str, list[int])\n"),
    one("map.unpacked_into", "k: str", "int", "m[k], a = 5, 6\nreturn m[k] + a", (("a",), 11), head=MAP),
    one("raw.kept", "k: bytes, v: bytes", "bytes", "storage.set(k, v)\nreturn storage.get(k)", ((b"k", b"v"), b"v"), ((b"", b"e"), b"e"), ((b"k", b""), b"")),
    one("raw.has_delete", "k: bytes", "tuple[bool, bool]", "storage.set(k, b'v')\na = storage.has(k)\nstorage.delete(k)\nreturn a, storage.has(k)", ((b"k",), (True, False))),
    one("raw.key_length", "n: int", "None", "storage.set(bytes(n), b'')", ((1024,), None), ((1025,), SIZE)),
    one("raw.get.gas", "", "bytes", "return storage.get(b'12345678')", ((), b""), gas=2 + 180 + 1 + 304 + 4000),
    one("raw.set.gas", "", "None", "storage.set(b'12345678', b'ab')", ((), None), gas=2 + 180 + 2 + 304 + 4000 + 32 + 3000 + 50 * (64 + 3)),
    one("raw.is_not_a_cell", "", "int", "storage.set(b'c', b'x')\nreturn c.get()", ((), 0), head=CELL),
    one("storage.undone", "a: int", "int", "c.set(c.get() + 5)\nassert a > 0\nreturn c.get()", ((1,), 5), ((0,), Fails("vm.assert")), ((1,), 10), head=CELL),
    one("storage.undone.out_of_gas", "a: int", "int", "c.set(c.get() + 5)\nwhile a == 0:\n    pass\nreturn c.get()", ((1,), 5), ((0,), OutOfGas), ((1,), 10), head=CELL, limit=40_000),
    one("event", "n: int", "None", 'E.emit(context.sender, n, "s", b"d")', ((5,), None), head=EVENT),
    one("event.gas", "n: int", "None", "E.emit(n)", ((5,), None), head="E = events.event(n=int)\n", gas=2 + 180 + 1 + 2_500 + 1_400 + 32 + 20 * 35),
    one("event.by_name", "x: list[int]", "list[int]", "E.emit(more=bytes(x.pop()), s='', n=x.pop(), who=context.this)\nreturn x", (([1, 2, 3],), [1]), head=EVENT),
    one("event.data_limit", "n: int", "None", "E.emit(bytes(n))", ((4092,), None), ((4093,), Fails("vm.logs")), head="E = events.event(b=bytes)\n"),
    one("event.count_limit", "n: int", "None", "for i in range(n):\n    E.emit(i)", ((256,), None), ((257,), Fails("vm.logs")), head="E = events.event(n=int)\n", limit=2_000_000),
    one("event.undone", "a: int", "None", "E.emit(a)\nassert a", ((0,), Fails("vm.assert")), ((1,), None), head="E = events.event(n=int)\n"),
    one("abi.encode", "", "bytes", "return abi.encode(1)", ((), b"\x58\x20" + ONE), gas=2 + 180 + 1 + 148),
    one("abi.encode.several", "", "bytes", 'return abi.encode(True, "a", b"b")', ((), b"\x83\xf5\x61a\x41b"), gas=593 + 28),
    one("abi.encode.dict", "d: dict[str, bool]", "bytes", "return abi.encode(d)", (({"b": True, "a": False, "": True},), b"\x83\x82\x60\xf5\x82\x61a\xf4\x82\x61b\xf5")),
    one("abi.encode.optional", "a: int | None", "bytes", "return abi.encode(a)", ((None,), b"\xf6"), ((1,), b"\x58\x20" + ONE)),
    one("abi.encode.size", "", "int", "return len(abi.encode(bytes(65536)))", ((), SIZE)),
    one("abi.decode", "b: bytes", "int", "return abi.decode(b, int)", ((b"\x58\x20" + ONE,), 1), ((b"\x01",), VALUE), ((b"",), VALUE), ((b"\x58\x20" + ONE + b"\0",), VALUE), ((b"\x58\x1f" + ONE[1:],), VALUE), ((b"\x59\x00\x20" + ONE,), VALUE)),
    one("abi.decode.gas", "b: bytes", "bool", "return abi.decode(b, bool)", ((b"\xf5",), True), gas=515),
    one("abi.decode.several", "b: bytes", "tuple[bool, str]", "return abi.decode(b, bool, str)", ((b"\x82\xf5\x61a",), (True, "a")), ((b"\x81\xf5",), VALUE), ((b"\x83\xf5\x61a\xf5",), VALUE)),
    one("abi.decode.list", "b: bytes", "list[bool]", "return abi.decode(b, list[bool])", ((b"\x82\xf5\xf4",), [True, False]), ((b"\x9f\xf5\xff",), VALUE), ((b"\x82\xf5",), VALUE)),
    one("abi.decode.dict", "b: bytes", "dict[str, bool]", "return abi.decode(b, dict[str, bool])", ((b"\x82\x82\x61a\xf5\x82\x61b\xf5",), {"a": True, "b": True}), ((b"\x82\x82\x61b\xf5\x82\x61a\xf5",), VALUE), ((b"\x82\x82\x61a\xf5\x82\x61a\xf5",), VALUE), ((b"\xa1\x61a\xf5",), VALUE)),
    one("abi.decode.optional", "b: bytes", "str | None", "return abi.decode(b, str | None)", ((b"\xf6",), None), ((b"\x61a",), "a"), ((b"\xf7",), VALUE)),
    one("abi.decode.address", "b: bytes", "address", "return abi.decode(b, address)", ((b"\x58\x22" + ME,), ME), ((b"\x58\x21" + ME[1:],), VALUE)),
    one("abi.decode.text", "b: bytes", "str", "return abi.decode(b, str)", ((b"\x63\xe2\x82\xac",), "\u20ac"), ((b"\x61\xff",), VALUE), ((b"\x43abc",), VALUE)),
    one("abi.decode.nested", "x: list[dict[int, tuple[str, bool | None]]]", "bool", "return abi.decode(abi.encode(x), list[dict[int, tuple[str, bool | None]]]) == x", (([{-1: ("a", None), 2: ("b", True)}],), True)),
    one("hash", "b: bytes", "bytes", "return hash.sha3_256(b) + hash.sha3_512(b) + hash.sha256(b) + hash.sha512(b)", ((b"abc",), sha3(b"abc") + hashlib.sha3_512(b"abc").digest() + hashlib.sha256(b"abc").digest() + hashlib.sha512(b"abc").digest())),
    one("hash.gas", "b: bytes", "bytes", "return hash.sha256(b)", ((b"abc",), hashlib.sha256(b"abc").digest()), gas=2 + 180 + 1 + 106),
    one("verify.malformed", "a: address", "bool", "return crypto.verify(a, b'm', b'', b'')", ((ME,), False), ((OTHER,), False), ((bytes(34),), False)),
    one("verify.gas.ml_dsa", "a: address", "bool", "return crypto.verify(a, b'm', b'', b'')", ((ME,), False), gas=2 + 180 + 4 + 40_002),
    one("verify.gas.slh_dsa", "a: address", "bool", "return crypto.verify(a, b'm', b'', b'')", ((OTHER,), False), gas=2 + 180 + 4 + 200_002),
    one("verify.gas.none", "a: address", "bool", "return crypto.verify(a, b'm', b'', b'')", ((bytes(34),), False), gas=2 + 180 + 4 + 2),
    one("context.addresses", "", "list[address]", "return [context.sender, context.origin, context.this]", ((), [ME, ME, deployed(0)])),
    one("context.numbers", "", "list[int]", "return [context.height, context.time, context.chain, context.value]", ((), [7, 1_700_000_000_000, 1337, 0])),
    one("context.txid", "", "bytes", "return context.txid", ((), bytes(32)), gas=24),
    one("context.gas_left.is_after_the_block", "", "int", "a = context.gas_left()\nif a > 0:\n    pass\nreturn a - context.gas_left()", ((), 2 + 2 + 1 + 6 + 22)),
    one("view.cannot_be_paid", "", "None", "pass", ((), Fails("vm.not_payable")), value=1),
    one("inactive", "n: int", "None", "if n == 0:\n    beacon.round()\nelif n == 1:\n    syscalls.blob_pin(b'', b'')\nelif n == 2:\n    zk.verify(b'', b'', b'')", ((0,), Fails("vm.inactive: beacon")), ((1,), Fails("vm.inactive: syscalls")), ((2,), Fails("vm.inactive: zk"))),
    one("inactive.gas", "n: int", "None", "beacon.random(1, n)", ((0,), Fails("vm.inactive: beacon")), gas=2 + 180 + 2),
    one("balance.empty", "", "int", "return treasury.balance()", ((), 0), gas=24),
    one("transfer.nothing", "a: address, n: int", "None", "treasury.transfer(a, n)", ((ME, 0), None), ((deployed(0), 0), Fails("vm.recipient")), ((bytes(34), 0), Fails("vm.recipient")), ((b"\x20\x01" + bytes(32), 0), Fails("vm.recipient")), ((ME, -1), VALUE), ((ME, 1), Fails("vm.balance"))),
    one("transfer.recipient_before_value", "", "None", "treasury.transfer(context.this, -1)", ((), Fails("vm.recipient"))),
    one("transfer.nothing.gas", "a: address", "None", "treasury.transfer(a, 0)", ((OTHER,), None), gas=2 + 180 + 2 + 4000),
    one("transfer.to_the_sender.gas", "a: address", "None", "treasury.transfer(a, 0)", ((ME,), None), gas=2 + 180 + 2 + 100),
    one("argument.missing", "a: int, b: int", "int", "return a", ((1,), Fails("vm.argument: b")), ((), Fails("vm.argument: a"))),
    one("argument.return_limit", "n: int", "bytes", "return bytes(n)", ((4093,), bytes(4093)), ((4094,), SIZE)),
]  # fmt: skip

"""Bytes from outside that claim to be values: calldata, results, and what contracts decode."""

from __future__ import annotations

from typing import Any

from tests.execution.vm.escapes.table import Gives, OutOfGas, Refused, Reverts, Step, go, rows
from tests.execution.vm.escapes.world import form, head

row = rows("abi")
VALUE = Reverts("vm.value")
ARGUMENT = Reverts("vm.argument: x")
GO = form("go")


def calldata(name: str, trick: str, raw: bytes, outcome: Any, type_: str = "int") -> None:
    """A call of ``go(x)`` with calldata as it is."""
    source = go("return 1", params=f"x: {type_}")
    row(f"calldata-{name}", trick, source, outcome, step=Step(raw=raw))


def argument(name: str, trick: str, raw: bytes, type_: str, outcome: Any = ARGUMENT) -> None:
    """An argument as it is."""
    calldata(name, trick, b"\x82" + GO + raw, outcome, type_)


NONE = Reverts("vm.argument")
calldata("empty", "no calldata", b"", NONE)
calldata("no-array", "a map instead of an array", b"\xa1\x61x\x01", NONE)
calldata("cut", "calldata that ends in a head", b"\x82" + GO + b"\x58", NONE)
calldata("behind", "bytes behind the end", b"\x82" + GO + form(1) + b"\x00", NONE)
calldata("indefinite", "an array without a length", b"\x9f" + GO + form(1) + b"\xff", NONE)
calldata("length", "an array of 2^63 items", b"\x9b\x80" + bytes(7), NONE)
calldata("bytes-length", "bytes of 2^64 - 1 bytes", b"\x82" + GO + b"\x5b" + b"\xff" * 8, NONE)
calldata("deep", "60,000 arrays in arrays", b"\x81" * 60_000 + b"\x00", NONE)
calldata("long-head", "a length in more bytes than needed", b"\x98\x02" + GO + form(1), NONE)
calldata("tag", "a tag, which decoders act on", b"\x82" + GO + b"\xc2\x41\x01", NONE)
calldata("float", "a float", b"\x82" + GO + b"\xf9\x7e\x00", NONE)
calldata("function-bytes", "the function's name as bytes", b"\x82" + b"\x42go" + form(1), NONE)
calldata("function-number", "the function's number", b"\x82\x00" + form(1), NONE)
calldata("too-many", "an argument too many", b"\x83" + GO + form(1) + form(2), NONE)
calldata("missing", "no argument", b"\x81" + GO, ARGUMENT)
argument("number", "an int as a number of CBOR", b"\x01", "int")
argument("short", "an int of 31 bytes", head(2, 31) + bytes(31), "int")
argument("long", "an int of 33 bytes", head(2, 33) + bytes(33), "int")
argument("text-as-int", "text as an int", form("1"), "int")
argument("bool-as-int", "True as an int", b"\xf5", "int")
argument("int-as-bool", "1 as a bool", b"\x01", "bool")
argument("bytes-as-bool", "an int as a bool", form(1), "bool")
argument("null", "None where it may not be", b"\xf6", "int")
argument("undefined", "the other nothing of CBOR", b"\xf7", "int | None", NONE)
argument("address-short", "an address of 33 bytes", head(2, 33) + bytes(33), "address")
argument("text-as-bytes", "text as bytes", form("ab"), "bytes")
argument("bytes-as-text", "bytes as text", form(b"ab"), "str")
argument("text-no-utf-8", "text that is no UTF-8", b"\x61\xff", "str", NONE)
argument("text-surrogate", "text with half a character", b"\x63\xed\xa0\x80", "str", NONE)
argument("tuple-short", "a tuple with an item missing", b"\x81" + form(1), "tuple[int, int]")
argument("tuple-long", "a tuple with one too many", b"\x83" + form(1) * 3, "tuple[int, int]")
argument("list-mixed", "a list of two types", b"\x82" + form(1) + form("a"), "list[int]")
argument("list-of-null", "None in a list", b"\x81\xf6", "list[int]")
argument("map", "a dict as a map of CBOR", b"\xa1\x61a" + form(1), "dict[str, int]")
argument(
    "twice",
    "a key twice",
    b"\x82" + (b"\x82" + form("a") + form(1)) * 2,
    "dict[str, int]",
)
argument(
    "unsorted",
    "keys out of order",
    b"\x82" + b"\x82" + form("b") + form(1) + b"\x82" + form("a") + form(1),
    "dict[str, int]",
)
argument("pair-long", "three in a pair", b"\x81\x83" + form("a") + form(1) * 2, "dict[str, int]")


def function(name: str, trick: str, called: str, outcome: Any, source: str = "") -> None:
    """A call of a function that is not public, by name."""
    text = source or go("return 1", head="A = 1\n\n\ndef _secret() -> int:\n    return 2\n\n\n")
    row(f"function-{name}", trick, text, outcome, step=Step(called))


MISSING = Reverts("vm.no_function")
function("private", "a function that begins with _", "_secret", MISSING)
function("constant", "a constant", "A", MISSING)
function("builtin", "a builtin", "len", MISSING)
function("dunder", "an attribute of Python", "__class__", MISSING)
function("generated", "a function by its generated name", "f_go", MISSING)
function("method", "a method of whatever holds the functions", "get", MISSING)
function("nothing", "no name", "", MISSING)
function("long", "a name of 60,000 characters", "a" * 60_000, MISSING)
function("null", "a name behind which a null stands", "go\0", MISSING)
function("wide", "a name that Python folds to another", "\uff47\uff4f", MISSING)
function(
    "init", "the constructor again", "init", MISSING, "def init():\n    pass\n\n\n" + go("return 1")
)

DECODE = "from stdlib import abi\n\n\n"


def decode(name: str, trick: str, type_: str, data: bytes, outcome: Any = VALUE) -> None:
    """``abi.decode`` of bytes that come as an argument."""
    source = go(f"x = abi.decode(data, {type_})", "return 1", params="data: bytes", head=DECODE)
    row(f"decode-{name}", trick, source, outcome, step=Step(arguments=(data,)))


decode("nothing", "a value from no bytes", "int", b"")
decode("behind", "a value and something behind it", "bool", b"\xf5\x00")
decode("long-head", "a length in more bytes than needed", "bytes", b"\x58\x01a")
decode("wrong-type", "text as bytes", "bytes", b"\x61a")
decode("deep", "30,000 arrays in arrays", "list[list[int]]", b"\x81" * 30_000 + b"\x80")
decode("length", "a list of 2^32 items", "list[int]", b"\x9a" + b"\xff" * 4)
decode(
    "many", "30,000 empty lists", "list[list[int]]", b"\x99\x75\x30" + b"\x80" * 30_000, Gives(1)
)
decode(
    "many-null",
    "60,000 times None",
    "list[int | None]",
    b"\x99\xea\x60" + b"\xf6" * 60_000,
    Gives(1),
)
decode(
    "one-byte-each",
    "the longest list that fits",
    "list[bool]",
    b"\x99\xf5\x00" + b"\xf4" * 62_720,
    Gives(1),
)
row(
    "decode-in-a-loop",
    "decoding again and again",
    go(
        "while True:",
        "    x = abi.decode(data, list[list[int]])",
        params="data: bytes",
        result="",
        head=DECODE,
    ),
    OutOfGas(),
    step=Step(arguments=(b"\x99\x75\x30" + b"\x80" * 30_000,)),
)
row(
    "decode-computed-type",
    "a type that is computed",
    go("x = abi.decode(data, t)", params="data: bytes, t: str", result="", head=DECODE),
    Refused("type", "x ="),
)
row(
    "optional-in-optional",
    "None inside of None",
    go("return 1", params="x: int | None | None"),
    Refused("type", "def go"),
)
row(
    "encode-is-injective",
    "two values of one encoding",
    go(
        'a = abi.encode("a", b"b") == abi.encode("ab", b"")',
        "return a or abi.encode([1], 2) == abi.encode([1, 2])",
        result="bool",
        head=DECODE,
    ),
    Gives(False),
)
row(
    "encode-too-long",
    "an encoding above 65,536 bytes",
    go("return len(abi.encode([1] * 2_000))", head=DECODE),
    Reverts("vm.size"),
)
row(
    "storage-of-another-type",
    "bytes under a raw slot, read as what they are not",
    go(
        'storage.set(b"k", b"\\xff")',
        'return abi.decode(storage.get(b"k"), int)',
        head="from stdlib import abi, storage\n\n\n",
    ),
    VALUE,
)
row(
    "address-no-checksum",
    "an address with a wrong checksum",
    go('return address("anim1qqqq")', result="address"),
    VALUE,
)
row(
    "address-short",
    "an address of 33 bytes",
    go("return address(bytes(33))", result="address"),
    VALUE,
)

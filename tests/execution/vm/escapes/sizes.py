"""Values that grow, bounds far outside, and conversions of what is no such value."""

from __future__ import annotations

from tests.execution.vm.escapes.table import (
    MAX,
    MIN,
    Gives,
    OutOfGas,
    Refused,
    Reverts,
    Step,
    go,
    rows,
)

row = rows("sizes")
SIZE, INDEX = Reverts("vm.size"), Reverts("vm.index")


def runs(name: str, trick: str, *lines: str, outcome: object, **more: object) -> None:
    """A body without arguments."""
    step = more.pop("step", Step())
    row(name, trick, go(*lines, **more), outcome, step=step)


BIG = {"params": "n: int", "step": Step(arguments=(MAX,))}
runs("repeat-bytes", "2^255 bytes at once", 'return len(b"a" * n)', outcome=SIZE, **BIG)
runs("repeat-text", "2^255 characters at once", 'return len("ab" * n)', outcome=SIZE, **BIG)
runs("repeat-list", "2^255 items at once", "return len([1] * n)", outcome=SIZE, **BIG)
runs(
    "repeat-augmented", "the same by *=", "a = [1]", "a *= n", "return len(a)", outcome=SIZE, **BIG
)
runs("repeat-nothing", "nothing, 2^255 times", 'return len(b"" * n)', outcome=Gives(0), **BIG)
runs(
    "repeat-empty-list",
    "no items, 2^255 times",
    "a: list[int] = []",
    "return len(a * n)",
    outcome=Gives(0),
    **BIG,
)
runs(
    "repeat-negative",
    "a negative count",
    'return len("a" * n)',
    params="n: int",
    outcome=Gives(0),
    step=Step(arguments=(MIN,)),
)
runs("repeat-left", "a count on the left", 'return len(3 * "a")', outcome=Refused("type", "return"))
runs("zero-bytes", "2^255 zero bytes", "return len(bytes(n))", outcome=Reverts("vm.value"), **BIG)
runs(
    "negative-bytes",
    "a negative number of zero bytes",
    "return len(bytes(n))",
    params="n: int",
    outcome=Reverts("vm.value"),
    step=Step(arguments=(-1,)),
)
runs(
    "double-bytes",
    "bytes that double",
    'a = b"a"',
    "while True:",
    "    a += a",
    result="",
    outcome=SIZE,
)
runs(
    "double-text",
    "text that doubles",
    'a = "a"',
    "while True:",
    "    a = a + a",
    result="",
    outcome=SIZE,
)
runs(
    "double-list",
    "a list that doubles",
    "a = [1]",
    "while True:",
    "    a += a",
    result="",
    outcome=SIZE,
)
runs(
    "extend-itself",
    "a list that extends itself",
    "a = [1]",
    "while True:",
    "    a.extend(a)",
    result="",
    outcome=SIZE,
)
runs(
    "join-large",
    "a join of what is shared",
    'a = ["a" * 1_000] * 1_000',
    'return len("".join(a))',
    outcome=SIZE,
)
runs(
    "join-separator",
    "a separator that multiplies",
    'return len(("a" * 60_000).join([""] * 3))',
    outcome=SIZE,
)
runs("hex-large", "hex that is too long", 'return len((b"a" * 40_000).hex())', outcome=SIZE)
runs(
    "encode-large",
    "UTF-8 that is too long",
    'return len(("\\U0010ffff" * 20_000).encode())',
    outcome=SIZE,
)
runs(
    "append-endless",
    "a list that grows",
    "a = [1]",
    "while True:",
    "    a.append(1)",
    result="",
    outcome=SIZE,
)
runs(
    "append-many-lists",
    "many lists that grow",
    "a = [[1]]",
    "while True:",
    "    a.append([1] * 10_000)",
    result="",
    outcome=OutOfGas(),
)
runs(
    "dict-endless",
    "a dict that grows",
    "a: dict[int, int] = {}",
    "n = 0",
    "while True:",
    "    a[n] = n",
    "    n += 1",
    result="",
    outcome=SIZE,
)
runs(
    "keep-much",
    "a list of long byte strings",
    'a = [b"a"]',
    'b = b"a" * 65_000',
    "while True:",
    '    a.append(b + b"b")',
    result="",
    outcome=OutOfGas(),
)
runs(
    "insert-front",
    "items that move all others",
    "a = [1] * 60_000",
    "while True:",
    "    a.insert(0, 1)",
    "    a.pop(0)",
    result="",
    outcome=OutOfGas(),
)
runs(
    "insert-huge",
    "an insert far outside",
    "a = [1, 2]",
    "a.insert(n, 3)",
    "a.insert(-n, 4)",
    "return a",
    result="list[int]",
    outcome=Gives([4, 1, 2, 3]),
    **BIG,
)
runs("pop-huge", "an item far outside", "a = [1]", "return a.pop(n)", outcome=INDEX, **BIG)
runs("index-huge", "an index above every machine word", "return [1][n]", outcome=INDEX, **BIG)
runs(
    "index-min",
    "an index below every machine word",
    'return b"abc"[n]',
    params="n: int",
    outcome=INDEX,
    step=Step(arguments=(MIN,)),
)
runs(
    "index-text-huge",
    "a character far outside",
    'return "abc"[n]',
    result="str",
    outcome=INDEX,
    **BIG,
)
runs("index-negative", "one before the first", "return [1, 2][-3]", outcome=INDEX)
runs(
    "assign-huge",
    "an assignment far outside",
    "a = [1]",
    "a[n] = 2",
    "return a[0]",
    outcome=INDEX,
    **BIG,
)
runs(
    "delete-huge",
    "a deletion far outside",
    "a = [1]",
    "del a[n]",
    "return a[0]",
    outcome=INDEX,
    **BIG,
)
runs(
    "slice-huge",
    "bounds above every machine word",
    "return [1, 2, 3][-n:n]",
    result="list[int]",
    outcome=Gives([1, 2, 3]),
    **BIG,
)
runs(
    "slice-crossed",
    "bounds the wrong way round",
    'return b"abc"[n:-n]',
    result="bytes",
    outcome=Gives(b""),
    **BIG,
)
runs(
    "slice-step",
    "a slice with a step",
    "return [1, 2][::-1]",
    result="list[int]",
    outcome=Refused("unsupported", "return"),
)
runs(
    "slice-assign",
    "a slice as target",
    "a = [1]",
    "a[0:1] = [1, 2]",
    "return a",
    result="list[int]",
    outcome=Refused("type", "a[0:1]"),
)
runs(
    "slice-delete",
    "a slice deleted",
    "a = [1]",
    "del a[0:1]",
    result="",
    outcome=Refused("type", "del"),
)
runs("return-bomb", "a result of 5,000 bytes", 'return b"a" * 5_000', result="bytes", outcome=SIZE)
runs(
    "reason-bomb",
    "a reason of 65,536 characters",
    'assert False, "\\u20ac" * 65_536',
    "return 1",
    outcome=Reverts("\u20ac" * 85),
)
runs(
    "fromhex-odd",
    "half a byte of hex",
    'return bytes.fromhex("abc")',
    result="bytes",
    outcome=Reverts("vm.value"),
)
runs(
    "fromhex-spaces",
    "hex with spaces, which Python skips",
    'return bytes.fromhex("ab cd")',
    result="bytes",
    outcome=Reverts("vm.value"),
)
runs(
    "decode-surrogate",
    "UTF-8 of half a character",
    'return b"\\xed\\xa0\\x80".decode()',
    result="str",
    outcome=Reverts("vm.value"),
)
runs(
    "decode-overlong",
    "a slash in two bytes",
    'return b"\\xc0\\xaf".decode()',
    result="str",
    outcome=Reverts("vm.value"),
)
runs(
    "decode-beyond",
    "a character above U+10FFFF",
    'return b"\\xf4\\x90\\x80\\x80".decode()',
    result="str",
    outcome=Reverts("vm.value"),
)
runs(
    "min-of-nothing",
    "the least of nothing",
    "a: list[int] = []",
    "return min(a)",
    outcome=Reverts("vm.value"),
)
runs(
    "unpack-wrong",
    "too many items for the names",
    "a, b = [1, 2, 3]",
    "return a",
    outcome=Reverts("vm.unpack"),
)
runs(
    "none-as-value",
    "None where a value is needed",
    "a = {1: 2}.get(3)",
    "return a + 1",
    outcome=Reverts("vm.none"),
)
runs(
    "tuple-index-computed",
    "an item of a tuple by variable",
    'a = (1, "b")',
    "return a[n]",
    outcome=Refused("type", "return"),
    **BIG,
)

"""Sources that are deep, wide or long, against the parser, the checker and CPython's own limits."""

from __future__ import annotations

from tests.execution.vm.escapes.table import Gives, Refused, Step, go, rows

row = rows("nesting")
N = 5_000


def deep(name: str, trick: str, expression: str, **more: str) -> None:
    """An expression that is too deep."""
    row(name, trick, go(f"return {expression}", **more), Refused("limit", "return"))


X = {"params": "x: int"}
deep("parentheses", "5,000 parentheses", "(" * N + "1" + ")" * N)
deep("open-parentheses", "20,000 parentheses that never close", "(" * 20_000)
deep("brackets", "5,000 lists in lists", "[" * N + "]" * N)
deep("braces", "5,000 dicts in dicts", "{1:" * N + "1" + "}" * N)
deep("minus", "5,000 signs", "-" * N + "1")
deep("tildes", "5,000 complements", "~" * N + "1")
deep("nots", "5,000 times not", "not " * N + "True", result="bool")
deep("powers", "a tower of powers", "**".join(["2"] * N))
deep("choices", "conditional expressions in a row", "1 if x == 0 else " * 1_000 + "1", **X)
deep("calls", "calls of what calls return", "x" + "()" * N, **X)
deep("subscripts", "items of items of items", "x" + "[0]" * N, **X)
deep("attributes", "attributes of attributes", "x" + ".a" * N, **X)
deep("abs", "calls in calls", "abs(" * 2_000 + "1" + ")" * 2_000)
row(
    "suites",
    "blocks in blocks, 11 deep",
    "def go():\n"
    + "".join("    " * n + "while True:\n" for n in range(1, 12))
    + "    " * 12
    + "break\n",
    Refused("limit", "while"),
)
row(
    "spaces",
    "a line that begins 20,000 columns to the right",
    "def go():\n" + " " * 20_000 + "return\n",
    Gives(None, "indentation is counted, not nested"),
)
row(
    "types",
    "a type in a type, 7 deep",
    f"def go(x: {'list[' * 7}int{']' * 7}):\n    return\n",
    Refused("limit", "list"),
)
row(
    "types-endless",
    "a type in a type, 3,000 deep",
    f"def go(x: {'list[' * 3_000}int{']' * 3_000}):\n    return\n",
    Refused("limit", "list"),
)
row(
    "many-functions",
    "129 functions",
    "\n\n".join(f"def f{n}() -> int:\n    return 1\n" for n in range(129)),
    Refused("limit", "f128"),
)
row(
    "many-locals",
    "65 locals",
    go(*(f"x{n} = 1" for n in range(65)), result=""),
    Refused("limit", "x64"),
)
row(
    "many-parameters",
    "17 parameters",
    go("return 1", params=", ".join(f"x{n}: int" for n in range(17))),
    Refused("limit", "x16"),
)
row(
    "many-items",
    "a display of 257 items",
    go(f"return sum([{'1, ' * 257}])"),
    Refused("limit", "return"),
)
row(
    "many-arguments",
    "a call of 33 arguments",
    go(f"return max({', '.join(['1'] * 33)})"),
    Refused("limit", "return"),
)
row(
    "chain-of-functions",
    "a chain of calls 33 functions long",
    "".join(f"def f{n}() -> int:\n    return f{n + 1}()\n\n\n" for n in range(32))
    + "def f32() -> int:\n    return 1\n",
    Refused("limit", "f"),
)
row(
    "chain-of-functions-at-the-limit",
    "32 functions, which is as many as may be",
    "def go() -> int:\n    return f1()\n\n\n"
    + "".join(f"def f{n}() -> int:\n    return f{n + 1}()\n\n\n" for n in range(1, 31))
    + "def f31() -> int:\n    return 1\n",
    Gives(1),
)
row(
    "doubling-calls",
    "functions that call the next one twice: 2^31 calls",
    "".join(f"def f{n}() -> int:\n    return f{n + 1}() + f{n + 1}()\n\n\n" for n in range(31))
    + "def f31() -> int:\n    return 1\n",
    Gives(None, "checked in linear time; running it costs its gas"),
    steps=(),
)
row(
    "doubling-constants",
    "constants that double from line to line",
    'A0 = "aaaaaaaa"\n'
    + "".join(f"A{n} = A{n - 1} + A{n - 1}\n" for n in range(1, 40))
    + "\n\n"
    + go("return len(A39)"),
    Refused("constant", "A12 ="),
)
row(
    "costly-constant",
    "work at check time",
    'A = b"a" * 65_536\n'
    + "".join(f'B{n} = A + b"" == A\n' for n in range(30))
    + "\n\n"
    + go("return 1"),
    Refused("constant", "B"),
)
row(
    "failing-constant",
    "a failure at check time",
    "A = 1 // 0\n\n\n" + go("return 1"),
    Refused("constant", "A ="),
)
row(
    "constant-calls",
    "a constant that asks the ledger",
    'from stdlib import storage\n\nA = storage.get(b"x")\n\n\n' + go("return 1"),
    Refused("constant", "A ="),
)
row("long-body", "4,000 statements", go(*["pass"] * 2_000, "return 1"), Gives(1))
row(
    "longer-elif",
    "500 conditions in a row",
    "def go(x: int) -> int:\n    if x == 0:\n        return 0\n"
    + "".join(f"    elif x == {n}:\n        return {n}\n" for n in range(1, 500))
    + "    return 7\n",
    Refused("limit", "elif"),
)
row(
    "long-elif",
    "64 conditions in a row, as many as may be",
    "def go(x: int) -> int:\n    if x == 0:\n        return 0\n"
    + "".join(f"    elif x == {n}:\n        return {n}\n" for n in range(1, 64))
    + "    return 7\n",
    Gives(7),
    step=Step(arguments=(1_000,)),
)
row(
    "long-compare",
    "a comparison of 1,000 operands",
    go("return " + " < ".join(["1"] * 1_000), result="bool"),
    Refused("limit", "return"),
)
row(
    "long-sum",
    "a sum of 5,000 operands",
    go("return " + " + ".join(["1"] * N)),
    Refused("limit", "return"),
)
row(
    "long-and",
    "2,500 times and",
    go("return " + " and ".join(["True"] * 2_500), result="bool"),
    Refused("limit", "return"),
)

"""Integers at the edges, where Python would go on and a machine word would wrap."""

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

row = rows("numbers")
AB = "a: int, b: int"
OVERFLOW, VALUE = Reverts("vm.overflow"), Reverts("vm.value")


def two(name: str, trick: str, expression: str, a: int, b: int, outcome: object) -> None:
    """An expression over two ints ``a`` and ``b`` that come as arguments."""
    row(name, trick, go(f"return {expression}", params=AB), outcome, step=Step(arguments=(a, b)))


def one(name: str, trick: str, expression: str, a: int, outcome: object) -> None:
    """An expression over an int."""
    row(
        name,
        trick,
        go(f"return {expression}", params="a: int"),
        outcome,
        step=Step(arguments=(a,)),
    )


def text(name: str, trick: str, argument: str, outcome: object) -> None:
    """Text read as an int."""
    row(
        name, trick, go("return int(s)", params="s: str"), outcome, step=Step(arguments=(argument,))
    )


two("add-over", "past the largest int", "a + b", MAX, 1, OVERFLOW)
two("subtract-under", "past the smallest int", "a - b", MIN, 1, OVERFLOW)
two("multiply", "twice as many bits", "a * b", MAX, MAX, OVERFLOW)
two("multiply-min", "the smallest int times -1", "a * b", MIN, -1, OVERFLOW)
two("divide-min", "the smallest int by -1", "a // b", MIN, -1, OVERFLOW)
two("remainder-min", "its remainder, which fits", "a % b", MIN, -1, Gives(0))
two("divmod-min", "both at once", "divmod(a, b)[1]", MIN, -1, OVERFLOW)
two("divide-zero", "division by 0", "a // b", 1, 0, Reverts("vm.zero_division"))
two("remainder-zero", "remainder by 0", "a % b", 1, 0, Reverts("vm.zero_division"))
two("divmod-zero", "both by 0", "divmod(a, b)[0]", 1, 0, Reverts("vm.zero_division"))
two("power", "a number of 2^255 digits", "a ** b", 2, MAX, OVERFLOW)
two("power-of-large", "a large number to a large power", "a ** b", MAX, MAX, OVERFLOW)
two("power-of-min", "one above the limit", "a ** b", 2, 255, OVERFLOW)
two("power-to-min", "(-2)^255, which fits", "a ** b", -2, 255, Gives(MIN))
two("power-of-one", "a power that stays small", "a ** b", -1, MAX, Gives(-1))
two("power-of-zero", "0 to a large power", "a ** b", 0, MAX, Gives(0))
two("power-negative", "a power that would be a float", "a ** b", 2, -1, VALUE)
two("power-negative-zero", "0 to a negative power", "a ** b", 0, -1, VALUE)
two("shift-left", "a number of 2^255 bits", "a << b", 1, MAX, VALUE)
two("shift-by-255", "one above the limit", "a << b", 1, 255, OVERFLOW)
two("shift-to-min", "-1 shifted by 255, which fits", "a << b", -1, 255, Gives(MIN))
two("shift-zero", "0 shifted far", "a << b", 0, MAX, VALUE)
two("shift-negative", "a shift below 0", "a << b", 1, -1, VALUE)
two("shift-right", "a shift that C would not do", "a >> b", 1, 256, VALUE)
two("shift-right-negative", "a right shift below 0", "a >> b", 1, MIN, VALUE)
two("xor-signs", "bits of numbers of both signs", "a ^ b", MIN, MAX, Gives(-1))
two("floor", "rounding as C would do it", "a // b", -7, 2, Gives(-4))
one("negate-min", "the smallest int has no opposite", "-a", MIN, OVERFLOW)
one("abs-min", "and no absolute value", "abs(a)", MIN, OVERFLOW)
one("complement-min", "its complement, which fits", "~a", MIN, Gives(MAX))
row("literal-min", "the smallest int written out", go(f"return -{MAX} - 1"), Gives(MIN))
row(
    "augmented-over",
    "past the limit by +=",
    go("a = b", "a += 1", "return a", params="b: int"),
    OVERFLOW,
    step=Step(arguments=(MAX,)),
)
row(
    "augmented-item-over",
    "past the limit in a list",
    go("a = [b]", "a[0] -= 1", "return a[0]", params="b: int"),
    OVERFLOW,
    step=Step(arguments=(MIN,)),
)
row(
    "stored-over",
    "past the limit in storage",
    go(
        "M[1] = b",
        "M[1] += 1",
        "return M[1]",
        params="b: int",
        head="from stdlib import storage\n\nM = storage.map(int, int)\n\n\n",
    ),
    OVERFLOW,
    step=Step(arguments=(MAX,)),
)
row(
    "sum-on-the-way",
    "a sum that leaves the range and comes back",
    go("return sum([a, a, -a])", params="a: int"),
    Gives(MAX),
    step=Step(arguments=(MAX,)),
)
row(
    "sum-over",
    "a sum outside of the range",
    go("return sum([a, a])", params="a: int"),
    OVERFLOW,
    step=Step(arguments=(MAX,)),
)
row(
    "enumerate-over",
    "numbers that count past the limit",
    go("t = 0", "for i, x in enumerate([5, 6], a):", "    t = i", "return t", params="a: int"),
    OVERFLOW,
    step=Step(arguments=(MAX,)),
)
row(
    "modular-power",
    "a power with a modulus, at full size",
    go("return pow(a, a, a - 2)", params="a: int"),
    Gives(pow(MAX, MAX, MAX - 2)),
    step=Step(arguments=(MAX,)),
)
row(
    "modular-power-zero",
    "modulus 0",
    go("return pow(a, a, 0)", params="a: int"),
    VALUE,
    step=Step(arguments=(1,)),
)
row(
    "modular-inverse",
    "a negative power with a modulus",
    go("return pow(3, a, 7)", params="a: int"),
    VALUE,
    step=Step(arguments=(-1,)),
)
row(
    "modular-power-negative",
    "a negative modulus",
    go("return pow(3, 3, a)", params="a: int"),
    VALUE,
    step=Step(arguments=(-7,)),
)
row(
    "modular-power-of-one",
    "modulus 1 and power 0",
    go("return pow(3, 0, a)", params="a: int"),
    Gives(0),
    step=Step(arguments=(1,)),
)
row(
    "modular-power-in-a-loop",
    "many of them",
    go("x = a", "while True:", "    x = pow(x, a, a - 2)", params="a: int", result=""),
    OutOfGas(),
    step=Step(arguments=(MAX,)),
)

row("bool-as-int", "True as 1", go("return True + 1"), Refused("type", "return"))
row("bool-as-index", "True as an index", go("return [1, 2][True]"), Refused("type", "return"))
row(
    "bool-as-key",
    "True as a key that equals 1",
    go("x: dict[bool, int] = {}", result=""),
    Refused("type", "x"),
)
row(
    "bool-in-a-list",
    "True in a list of ints",
    go("return sum([True, 1])"),
    Refused("type", "return"),
)
row(
    "bool-equals-int", "1 == True", go("return 1 == True", result="bool"), Refused("type", "return")
)
row(
    "int-as-bool",
    "an int where a bool goes",
    go("return 1", result="bool"),
    Refused("type", "return"),
)
row("and-of-ints", "and gives one of its sides", go("return 1 and 2"), Refused("type", "return"))
row("division", "a float by division", go("return 1 / 2"), Refused("unsupported", "return"))
row(
    "division-augmented",
    "a float by /=",
    go("a = 1", "a /= 2", "return a"),
    Refused("unsupported", "a /="),
)
row(
    "matrix-product",
    "an operator that calls methods",
    go("return 1 @ 2"),
    Refused("unsupported", "return"),
)
row(
    "is-of-values",
    "identity of two ints",
    go("return a is 257", params="a: int", result="bool"),
    Refused("unsupported", "return"),
)

text("digits", "77 nines, which do not fit", "9" * 77, OVERFLOW)
text("many-digits", "78 digits", "0" * 77 + "1", VALUE)
text("endless-digits", "60,000 digits, which take Python long", "9" * 60_000, VALUE)
text("wide-digits", "digits of other scripts", "\uff11\u0662", VALUE)
text("spaces-in-digits", "space around digits", " 1\n", VALUE)
text("underscore-in-digits", "an underscore in digits", "1_0", VALUE)
text("plus", "a plus before digits", "+1", VALUE)
text("minus-alone", "a minus without digits", "-", VALUE)
text("no-digits", "no digits", "", VALUE)
text("hex-digits", "a base that was not asked for", "0x10", VALUE)
text("negative-zero", "minus zero", "-0", Gives(0))
text("smallest-digits", "the smallest int as text", str(MIN), Gives(MIN))
row("int-with-base", "another base", go('return int("z", 36)'), Refused("type", "return"))
row(
    "str-of-min",
    "text of the smallest int",
    go("return str(a)", params="a: int", result="str"),
    Gives(str(MIN)),
    step=Step(arguments=(MIN,)),
)

BYTES = {"params": "a: int, n: int", "result": "bytes"}
for name, trick, call, a, n, outcome in (
    ("huge", "2^255 bytes of an int", 'a.to_bytes(n, "big")', 1, MAX, VALUE),
    ("negative-length", "-1 bytes of an int", 'a.to_bytes(n, "big")', 1, -1, VALUE),
    ("negative", "a negative number without sign", 'a.to_bytes(n, "big")', -1, 32, VALUE),
    ("short", "too few bytes", 'a.to_bytes(n, "little")', 256, 1, VALUE),
    ("none", "no bytes for 0", 'a.to_bytes(n, "big")', 0, 0, Gives(b"")),
    (
        "signed",
        "the smallest int in 32 bytes",
        'a.to_bytes(n, "big", signed=True)',
        MIN,
        32,
        Gives(b"\x80" + bytes(31)),
    ),
    (
        "signed-short",
        "a sign that does not fit",
        'a.to_bytes(n, "big", signed=True)',
        128,
        1,
        VALUE,
    ),
):
    row(
        f"to-bytes-{name}",
        trick,
        go(f"return {call}", **BYTES),
        outcome,
        step=Step(arguments=(a, n)),
    )
row(
    "to-bytes-order",
    "an order that is computed",
    go("return (1).to_bytes(1, s)", params="s: str", result="bytes"),
    Refused("type", "return"),
)
row(
    "from-bytes-large",
    "65,536 bytes as a number",
    go('return int.from_bytes(b"\\xff" * 65_536, "big")'),
    OVERFLOW,
)
row(
    "from-bytes-zeros",
    "65,536 zeros as a number",
    go('return int.from_bytes(bytes(65_536), "little")'),
    Gives(0),
)
row("from-bytes-unsigned", "2^256 - 1", go('return int.from_bytes(b"\\xff" * 32, "big")'), OVERFLOW)
row(
    "from-bytes-signed",
    "the same with a sign",
    go('return int.from_bytes(b"\\xff" * 32, "big", signed=True)'),
    Gives(-1),
)
row(
    "from-bytes-in-a-loop",
    "long conversions again and again",
    go("a = bytes(65_536)", "while True:", '    int.from_bytes(a, "big")', result=""),
    OutOfGas(),
)

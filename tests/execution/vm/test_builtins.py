"""Every builtin: its value, its failures, and the gas beyond its block."""

from __future__ import annotations

import pytest

from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    INT_MAX,
    INT_MIN,
    STR,
    dict_of,
    list_of,
    tuple_of,
)
from execution.vm import costs
from execution.vm.outcome import OutOfGas, Reverted
from pq import addresses
from tests.execution.vm.build import builtin, evaluate, lit, var

LIST = list_of(INT)
KEY = b"\x10\x03" + bytes(range(32))


def apply(name, result, *given, flags=()):
    """A builtin on values, each ``(type, value)``."""
    names = "abc"[: len(given)]
    arguments = [var(n, of) for n, (of, _) in zip(names, given, strict=True)]
    values = dict(zip(names, given, strict=True))
    return evaluate(builtin(name, result, *arguments, flags=flags), **values)


def refused(reason, name, result, *given, flags=()):
    with pytest.raises(Reverted) as caught:
        apply(name, result, *given, flags=flags)
    assert caught.value.reason == reason


def n(value):
    return (INT, value)


def b(value):
    return (BYTES, value)


def s(value):
    return (STR, value)


@pytest.mark.parametrize(
    "of, value, length",
    [
        (BYTES, b"abc", 3),
        (STR, "é€", 2),
        (LIST, [1], 1),
        (dict_of(STR, INT), {"a": 1}, 1),
        (tuple_of(INT, INT), (1, 2), 2),
    ],
)
def test_len(of, value, length):
    assert apply("len", INT, (of, value)) == (length, 0)


def test_abs():
    assert apply("abs", INT, n(INT_MIN + 1)) == (INT_MAX, 0)
    assert apply("abs", INT, n(7)) == (7, 0)
    refused("vm.overflow", "abs", INT, n(INT_MIN))


def test_min_and_max_of_arguments_cost_all_their_weights():
    assert apply("min", INT, n(3), n(-1), n(2)) == (-1, 12)
    assert apply("max", INT, n(3), n(-1), n(2)) == (3, 12)
    assert apply("min", BYTES, b(b"b" * 32), b(b"a")) == (b"a", 6 + 4)
    assert apply("max", STR, s("b" * 32), s("a")) == ("b" * 32, 12 + 4)


def test_min_and_max_of_a_list():
    assert apply("min", INT, (LIST, [3, 1, 2])) == (1, 18)
    assert apply("max", INT, (LIST, [3, 1, 2])) == (3, 18)
    texts = (list_of(BYTES), [b"x" * 16, b"y"])
    assert apply("min", BYTES, texts) == (b"x" * 16, 2 * 6 + 5 + 4)
    assert apply("max", STR, (list_of(STR), ["a" * 8, "b"])) == ("b", 2 * 6 + 6 + 4)
    refused("vm.value", "min", INT, (LIST, []))
    refused("vm.value", "max", BYTES, (list_of(BYTES), []))


def test_sum_looks_at_the_total_only():
    assert apply("sum", INT, (LIST, [])) == (0, 0)
    assert apply("sum", INT, (LIST, [INT_MAX, INT_MAX, -INT_MAX])) == (INT_MAX, 18)
    refused("vm.overflow", "sum", INT, (LIST, [INT_MAX, 1]))
    refused("vm.overflow", "sum", INT, (LIST, [INT_MIN, -1]))


def test_any_and_all():
    flags = list_of(BOOL)
    for value in ([], [True], [False, True], [False], [True, True]):
        assert apply("any", BOOL, (flags, value)) == (any(value), 6 * len(value))
        assert apply("all", BOOL, (flags, value)) == (all(value), 6 * len(value))


@pytest.mark.parametrize(
    "of, values, more",
    [
        (INT, [3, 1, 2, 1, 0], 0),
        (BYTES, [b"b" * 32, b"a", b"", b"ab", b"b"], (6 + 4 * 4) * 3 // 4),
        (STR, ["b" * 32, "a", "", "ab", "\U00010000"], (12 + 4 * 4) * 3 // 4),
        (ADDRESS, [b"b" * 34, b"a" * 34, b"c" * 34, b"\0" * 34, b"b" * 34], 5 * 3),
    ],
)
@pytest.mark.parametrize("reverse", [True, False])
def test_sorted(of, values, more, reverse):
    given = (list_of(of), values)
    wanted = sorted(values, reverse=reverse)
    assert apply("sorted", list_of(of), given, (BOOL, reverse)) == (
        wanted,
        170 + 5 * 3 * 4 + more + 20,
    )
    assert values != wanted
    assert apply("sorted", list_of(of), given)[0] == sorted(values)
    assert apply("sorted", list_of(of), (list_of(of), [])) == ([], 170)


def test_a_reverse_that_is_not_written_costs_nothing():
    without = builtin("sorted", LIST, var("a", LIST))
    for value in (False, True):
        written = builtin("sorted", LIST, var("a", LIST), lit(value))
        assert costs.cost(without) == costs.cost(written) - costs.NAME


def test_divmod():
    for x, y in ((7, 2), (-7, 2), (7, -2), (INT_MIN, 1)):
        assert apply("divmod", tuple_of(INT, INT), n(x), n(y)) == (divmod(x, y), 0)
    refused("vm.overflow", "divmod", tuple_of(INT, INT), n(INT_MIN), n(-1))
    with pytest.raises(ZeroDivisionError):
        apply("divmod", tuple_of(INT, INT), n(1), n(0))


def test_pow_with_a_modulus():
    assert apply("pow", INT, n(3), n(200), n(13)) == (3**200 % 13, 8 * 36)
    assert apply("pow", INT, n(-3), n(3), n(5)) == ((-27) % 5, 72)
    assert apply("pow", INT, n(0), n(0), n(1)) == (0, 0)
    assert apply("pow", INT, n(INT_MAX), n(INT_MAX), n(INT_MAX))[0] == 0
    for exponent, modulus in ((-1, 5), (1, 0), (1, -5)):
        refused("vm.value", "pow", INT, n(3), n(exponent), n(modulus))


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("0", 0),
        ("-0", 0),
        ("007", 7),
        ("-12", -12),
        ("9" * 76, int("9" * 76)),
        (str(INT_MAX), INT_MAX),
        (str(INT_MIN), INT_MIN),
        ("0" * 76 + "1", 1),
        (str(INT_MAX + 1), "vm.overflow"),
        ("9" * 77, "vm.overflow"),
        ("0" * 78, "vm.value"),
        *((bad, "vm.value") for bad in ("", "-", "+1", " 1", "1 ", "1_0", "0x1", "--1", "1.0")),
        *((bad, "vm.value") for bad in ("²", "١", "-٣", "1\n", "1\0")),
    ],
)
def test_int_of_text(text, wanted):
    if isinstance(wanted, str):
        return refused(wanted, "int", INT, s(text))
    assert apply("int", INT, s(text)) == (wanted, 70)


def test_int_bool_and_str():
    assert apply("int", INT, (BOOL, True)) == (1, 0)
    assert type(apply("int", INT, (BOOL, True))[0]) is int
    assert apply("int", INT, n(5)) == (5, 0)
    assert apply("str", STR, n(INT_MIN)) == (str(INT_MIN), 70)
    assert apply("str", STR, s("a")) == ("a", 0)


def test_bytes():
    assert apply("bytes", BYTES, n(5)) == (bytes(5), 2)
    assert apply("bytes", BYTES, n(65_536)) == (bytes(65_536), 32_768)
    assert apply("bytes", BYTES, b(b"abc")) == (b"abc", 1)
    assert apply("bytes", BYTES, (ADDRESS, KEY)) == (KEY, 17)
    for count in (-1, 65_537, INT_MAX, INT_MIN):
        refused("vm.value", "bytes", BYTES, n(count))


def test_address():
    text = addresses.to_text(KEY)
    assert apply("address", ADDRESS, (ADDRESS, KEY)) == (KEY, 0)
    assert apply("address", ADDRESS, b(bytes(34))) == (bytes(34), 0)
    assert apply("address", ADDRESS, s(text)) == (KEY, 10_000)
    assert apply("address", ADDRESS, s(text.upper())) == (KEY, 10_000)
    for bad in (bytes(33), bytes(35), b""):
        refused("vm.value", "address", ADDRESS, b(bad))
    wrong = "q" if text[-1] != "q" else "p"
    for bad in ("", "anim1", text[:-1], text[:-1] + wrong, "é" * 66, "x" * 65_536):
        refused("vm.value", "address", ADDRESS, s(bad))


def test_copies():
    values = [[1], [2]]
    got, gas = apply("list", list_of(LIST), (list_of(LIST), values))
    assert got == values and got is not values and got[0] is values[0] and gas == 8
    data = {"a": [1], "b": []}
    got, gas = apply("dict", dict_of(STR, LIST), (dict_of(STR, LIST), data))
    assert got == data and got is not data and got["a"] is data["a"] and gas == 100
    assert apply("list", list_of(STR), (dict_of(STR, LIST), data)) == (["a", "b"], 100)
    packed = {b"\xff" * 32: 1}
    assert apply("list", LIST, (dict_of(INT, INT), packed)) == ([-1], 50)


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("signed", [True, False])
def test_int_from_bytes(order, signed):
    for data in (b"", b"\xff", b"\x01\x02", bytes(99) + b"\x05" + bytes(99), b"\x80" + bytes(31)):
        wanted = int.from_bytes(data, order, signed=signed)
        if not INT_MIN <= wanted <= INT_MAX:
            refused("vm.overflow", "int.from_bytes", INT, b(data), flags=(order, signed))
        else:
            got = apply("int.from_bytes", INT, b(data), flags=(order, signed))
            assert got == (wanted, len(data) // 4)


def test_bytes_fromhex():
    assert apply("bytes.fromhex", BYTES, s("00fFa1")) == (b"\x00\xff\xa1", 12)
    assert apply("bytes.fromhex", BYTES, s("")) == (b"", 0)
    for bad in ("0", "0g", "0 ", " 00", "00 11", "é0", "0x00", "00\n\n", "٠٠"):
        refused("vm.value", "bytes.fromhex", BYTES, s(bad))


@pytest.mark.parametrize(
    "name, result, given, least",
    [
        ("sum", INT, (LIST, [1] * 50), 300),
        ("sorted", LIST, (LIST, [1] * 50), 170 + 50 * 6 * 4 + 200),
        ("list", LIST, (LIST, [1] * 50), 200),
        ("str", STR, n(1), 70),
        ("bytes", BYTES, n(100), 50),
        ("bytes.fromhex", BYTES, s("00" * 50), 200),
        ("address", ADDRESS, s("anim1"), 10_000),
        ("max", INT, (LIST, [1] * 50), 300),
    ],
)
def test_out_of_gas_comes_before_the_work(name, result, given, least):
    e = builtin(name, result, var("a", given[0]))
    static = costs.cost(e) + costs.STEP
    with pytest.raises(OutOfGas):
        evaluate(e, gas=static + least - 1, a=given)
    if name != "address":
        assert evaluate(e, gas=static + least, a=given)[1] == least

"""Every method: its value, what it changes, its failures, and the gas beyond its block."""

from __future__ import annotations

import pytest

from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    INT_MAX,
    INT_MIN,
    NONE,
    STR,
    dict_of,
    list_of,
    optional,
    tuple_of,
)
from execution.vm import costs
from execution.vm.outcome import Reverted
from tests.execution.vm.build import evaluate, lit, method, var

LIST = list_of(INT)


def apply(base, name, result, *given, flags=()):
    """A method of a value on values, each ``(type, value)``."""
    names = "abc"[: len(given)]
    arguments = [var(n, of) for n, (of, _) in zip(names, given, strict=True)]
    values = dict(zip(names, given, strict=True))
    e = method(var("x", base[0]), name, result, *arguments, flags=flags)
    return evaluate(e, x=base, **values)


def refused(reason, base, name, *given, flags=()):
    with pytest.raises((Reverted, KeyError, IndexError)) as caught:
        apply(base, name, INT, *given, flags=flags)
    error = caught.value
    names = {IndexError: "vm.index", KeyError: "vm.key"}
    assert (error.reason if isinstance(error, Reverted) else names[type(error)]) == reason


def n(value):
    return (INT, value)


# --- int ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("signed", [True, False])
def test_to_bytes(order, signed):
    for value in (0, 1, 127, 128, 255, 256, -1, -128, -129, INT_MAX, INT_MIN):
        for size in (0, 1, 2, 31, 32, 256):
            try:
                wanted = value.to_bytes(size, order, signed=signed)
            except OverflowError:
                refused("vm.value", n(value), "to_bytes", n(size), flags=(order, signed))
                continue
            got = apply(n(value), "to_bytes", BYTES, n(size), flags=(order, signed))
            assert got == (wanted, size // 2)
    for size in (-1, 257, INT_MAX, INT_MIN):
        refused("vm.value", n(0), "to_bytes", n(size), flags=(order, signed))


def test_bit_length():
    for value in (0, 1, -1, 255, 256, INT_MAX, INT_MIN):
        assert apply(n(value), "bit_length", INT) == (value.bit_length(), 0)


# --- bytes, str -----------------------------------------------------------------------------------


def test_hex_and_utf8():
    assert apply((BYTES, b"\x00\xab"), "hex", STR) == ("00ab", 8)
    assert len(apply((BYTES, bytes(32_768)), "hex", STR)[0]) == 65_536
    refused("vm.size", (BYTES, bytes(32_769)), "hex")
    assert apply((STR, "aé€"), "encode", BYTES) == ("aé€".encode(), 6)
    assert len(apply((STR, "é" * 32_768), "encode", BYTES)[0]) == 65_536
    refused("vm.size", (STR, "é" * 32_769), "encode")
    assert apply((BYTES, "aé€".encode()), "decode", STR) == ("aé€", 3)
    for bad in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80"):
        refused("vm.value", (BYTES, bad), "decode")


@pytest.mark.parametrize("of, whole", [(BYTES, b"abcabc"), (STR, "abcabc")])
def test_searches(of, whole):
    def part(text):
        return (of, text if of == STR else text.encode())

    for text in ("", "a", "bc", "cab", "x", "abcabcabc"):
        k = len(text)
        gas = 3 + 2 * k + max(7 - k, 0) * k // 8
        sought = part(text)[1]
        assert apply((of, whole), "find", INT, part(text)) == (whole.find(sought), gas)
        assert apply((of, whole), "count", INT, part(text)) == (whole.count(sought), gas)
        for name in ("startswith", "endswith"):
            wanted = getattr(whole, name)(sought)
            assert apply((of, whole), name, BOOL, part(text)) == (wanted, k // 4)


@pytest.mark.parametrize(
    "whole, part, places",
    [
        *((65_536, 63_536, 2_001), (10_000, 8_000, 2_001), (65_536, 100, 2_500), (9, 10, 0)),
        *((29_999, 99, 29_901), (65_536, 99, 30_000), (2_499, 1_250, 1_250), (10, 10, 1)),
    ],
)
def test_a_search_is_paid_for_by_what_it_looks_at(whole, part, places):
    # CPython looks at the whole part at each place when only its beginning differs.
    x, y = (BYTES, b"a" * whole), (BYTES, b"b" + b"a" * (part - 1))
    gas = whole // 2 + 2 * part + places * part // 8
    assert apply(x, "find", INT, y) == (-1, gas)
    assert apply(x, "count", INT, y) == (0, gas)


@pytest.mark.parametrize("of, unit", [(BYTES, 1), (STR, 4)])
def test_join(of, unit):
    def text(value):
        return value if of == STR else value.encode()

    for items in ([], ["a"], ["a", "bc", ""]):
        given = (list_of(of), [text(item) for item in items])
        wanted = text(", ".join(items))
        gas = 10 * len(items) + unit * len(wanted) // 2
        assert apply((of, text(", ")), "join", of, given) == (wanted, gas)
    many = (list_of(of), [text("x" * 8_192)] * 8)
    assert len(apply((of, text("")), "join", of, many)[0]) == 65_536
    refused("vm.size", (of, text("-")), "join", many)


# --- list -----------------------------------------------------------------------------------------


def changed(before, name, *given, result=NONE, of=LIST):
    """What a list is after a method, the method's result, and its gas."""
    xs = list(before)
    value, gas = apply((of, xs), name, result, *given)
    return xs, value, gas


def test_lists_grow():
    assert changed([1], "append", n(2)) == ([1, 2], None, 20)
    assert changed([1], "extend", (LIST, [2, 3])) == ([1, 2, 3], None, 8)
    xs = [1, 2]
    apply((LIST, xs), "extend", NONE, (LIST, xs))
    assert xs == [1, 2, 1, 2]
    for at in (-(2**200), -9, -1, 0, 1, 2, 9, 2**200):
        wanted = [1, 2]
        wanted.insert(max(-9, min(at, 9)), 7)
        assert changed([1, 2], "insert", n(at), n(7)) == (wanted, None, 20)
    assert changed([0] * 33, "insert", n(0), n(1))[2] == 22
    full = [0] * 65_536
    for name, given in (
        ("append", [n(1)]),
        ("extend", [(LIST, [1])]),
        ("insert", [n(0), n(1)]),
    ):
        refused("vm.size", (LIST, full), name, *given)
    assert len(full) == 65_536


def test_pop():
    assert changed([1, 2], "pop", result=INT) == ([1], 2, 0)
    assert changed([1, 2, 3], "pop", n(0), result=INT) == ([2, 3], 1, 0)
    assert changed([1, 2, 3], "pop", n(-3), result=INT) == ([2, 3], 1, 0)
    assert changed([0] * 48, "pop", n(0), result=INT)[2] == 3
    refused("vm.index", (LIST, []), "pop")
    for at in (3, -4, 2**64, -(2**64), INT_MAX, INT_MIN):
        refused("vm.index", (LIST, [1, 2, 3]), "pop", n(at))


def test_index_and_count():
    values = (list_of(STR), ["a", "b" * 4, "a"])
    assert apply(values, "index", INT, (STR, "b" * 4)) == (1, (5 + 4) * 3)
    assert apply(values, "count", INT, (STR, "a")) == (2, (4 + 4) * 3)
    assert apply((LIST, []), "count", INT, n(1)) == (0, 0)
    refused("vm.value", values, "index", (STR, "x"))


def test_lists_in_another_order():
    assert changed([3, 1, 2], "reverse") == ([2, 1, 3], None, 0)
    assert changed([0] * 80, "reverse")[2] == 10
    assert changed([3, 1, 2], "sort") == ([1, 2, 3], None, 170 + 3 * 2 * 4)
    assert changed([3, 1, 2], "sort", (BOOL, True)) == ([3, 2, 1], None, 170 + 3 * 2 * 4)
    of = list_of(BYTES)
    gas = 170 + 16 + 9 * 2 // 4
    assert changed([b"b" * 16, b"a"], "sort", of=of) == ([b"a", b"b" * 16], None, gas)
    of = list_of(ADDRESS)
    assert changed([b"b" * 34, b"a" * 34], "sort", of=of)[2] == 170 + 16 + 4
    base, arguments = var("x", LIST), (lit(False),)
    assert costs.cost(method(base, "sort", NONE)) == costs.OPERATION + costs.NAME
    assert costs.cost(method(base, "sort", NONE, *arguments)) == costs.OPERATION + 2 * costs.NAME


def test_clear_and_copy():
    assert changed([1, 2], "clear") == ([], None, 0)
    xs = [[1]]
    got, gas = apply((list_of(LIST), xs), "copy", list_of(LIST))
    assert got == xs and got is not xs and got[0] is xs[0] and gas == 4


# --- dict -----------------------------------------------------------------------------------------

KEYS = [
    (INT, -5, (-5).to_bytes(32, "big", signed=True), 0),
    (ADDRESS, b"k" * 34, b"k" * 34, 0),
    (BYTES, b"k" * 16, b"k" * 16, 2),
    (STR, "k" * 16, "k" * 16, 2),
]


@pytest.mark.parametrize("key, given, packed, gas", KEYS)
def test_get_and_pop(key, given, packed, gas):
    of = dict_of(key, INT)

    def fresh():
        return (of, {packed: 7})

    k = (key, given)
    assert apply(fresh(), "get", optional(INT), k) == (7, gas)
    assert apply((of, {}), "get", optional(INT), k) == (None, gas)
    assert apply(fresh(), "get", INT, k, n(1)) == (7, gas)
    assert apply((of, {}), "get", INT, k, n(1)) == (1, gas)
    data = fresh()
    assert apply(data, "pop", INT, k) == (7, gas) and data[1] == {}
    assert apply(data, "pop", INT, k, n(3)) == (3, gas)
    refused("vm.key", data, "pop", k)


@pytest.mark.parametrize("key, given, packed, gas", KEYS)
def test_views_are_new_lists(key, given, packed, gas):
    of = dict_of(key, LIST)
    data = {packed: [1]}
    assert apply((of, data), "keys", list_of(key)) == ([given], 50)
    values, used = apply((of, data), "values", list_of(LIST))
    assert values == [[1]] and values[0] is data[packed] and used == 4
    pairs = list_of(tuple_of(key, LIST))
    assert apply((of, data), "items", pairs) == ([(given, [1])], 50)
    got, used = apply((of, data), "copy", of)
    assert got == data and got is not data and used == 50
    assert apply((of, data), "clear", NONE) == (None, 0) and data == {}


def test_a_dict_that_shrinks_keeps_no_holes():
    of = dict_of(BYTES, INT)
    data = {i.to_bytes(3, "big"): i for i in range(20_000)}
    import sys

    full = sys.getsizeof(data)
    for i in range(19_990):
        apply((of, data), "pop", INT, (BYTES, i.to_bytes(3, "big"))) if i % 400 == 0 else data.pop(
            i.to_bytes(3, "big")
        )
    apply((of, data), "pop", INT, (BYTES, (19_990).to_bytes(3, "big")))
    assert list(data.values()) == list(range(19_991, 20_000))
    assert sys.getsizeof(data) < full / 50

"""Every expression: its value, its failures, and the gas beyond its block."""

from __future__ import annotations

import pytest

from execution.lang import tree
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
from execution.vm.outcome import OutOfGas, Reverted
from tests.execution.vm.build import (
    L,
    Meter,
    at,
    bind,
    both,
    builtin,
    call,
    cmp,
    dct,
    evaluate,
    function,
    host,
    lit,
    lst,
    module,
    op,
    ret,
    tup,
    var,
)

X, Y = var("x"), var("y")


def ints(e, x=0, y=0):
    return evaluate(e, x=(INT, x), y=(INT, y))


def fails(e, reason, **values):
    """The expression reverts, or raises what stands for the reason."""
    with pytest.raises((Reverted, IndexError, KeyError, ZeroDivisionError)) as caught:
        evaluate(e, **values)
    error = caught.value
    names = {IndexError: "vm.index", KeyError: "vm.key", ZeroDivisionError: "vm.zero_division"}
    assert (error.reason if isinstance(error, Reverted) else names[type(error)]) == reason


# --- ints -------------------------------------------------------------------------------------

EDGES = (INT_MIN, INT_MIN + 1, -(2**128), -256, -7, -1, 0, 1, 2, 3, 7, 255, 256, 2**127, INT_MAX)
PYTHON = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}


def result_of(compute, *values):
    """What Python says, in the range of int, or the reason."""
    try:
        value = compute(*values)
    except ZeroDivisionError:
        return "vm.zero_division"
    return value if INT_MIN <= value <= INT_MAX else "vm.overflow"


def outcome(bound, *values):
    m = Meter()
    try:
        return bound.call(m, "f", values)
    except Reverted as failure:
        return failure.reason
    except ZeroDivisionError:
        return "vm.zero_division"


@pytest.mark.parametrize("symbol", PYTHON)
def test_arithmetic_is_pythons_within_the_range(symbol):
    bound = bind(module(function("f", {"x": INT, "y": INT}, INT, ret(op(X, symbol, Y)))))
    for a in EDGES:
        for b in EDGES:
            assert outcome(bound, a, b) == result_of(PYTHON[symbol], a, b), (a, b)


def powers(a, b):
    if b < 0:
        return "vm.value"
    if abs(a) > 1 and b > 300:
        return "vm.overflow"
    return result_of(lambda: a**b)


def test_powers():
    bound = bind(module(function("f", {"x": INT, "y": INT}, INT, ret(op(X, "**", Y)))))
    for a in (*EDGES, -2, 4, 10, 16):
        for b in (*EDGES, 4, 31, 63, 64, 76, 77, 84, 85, 127, 128, 254):
            assert outcome(bound, a, b) == powers(a, b), (a, b)


@pytest.mark.parametrize("symbol", ["<<", ">>"])
@pytest.mark.parametrize("written", [False, True])
def test_shifts(symbol, written):
    for b in (-1, 0, 1, 8, 254, 255, 256, INT_MAX, INT_MIN):
        amount = lit(b) if written else Y
        made = function("f", {"x": INT, "y": INT}, INT, ret(op(X, symbol, amount)))
        bound = bind(module(made))
        for a in EDGES:
            wanted = "vm.value"
            if 0 <= b <= 255:
                wanted = result_of(lambda: a << b if symbol == "<<" else a >> b)  # noqa: B023
            assert outcome(bound, a, b) == wanted, (a, b)


@pytest.mark.parametrize(
    "symbol, compute", [("-", lambda a: -a), ("+", lambda a: a), ("~", lambda a: ~a)]
)
def test_unary(symbol, compute):
    bound = bind(module(function("f", {"x": INT}, INT, ret(tree.Unary(L, INT, symbol, X)))))
    for a in EDGES:
        assert outcome(bound, a) == result_of(compute, a)
    assert evaluate(tree.Unary(L, INT, symbol, lit(5)))[0] == compute(5)


def test_a_sum_may_not_leave_the_range_on_its_way():
    fails(op(op(X, "+", Y), "-", Y), "vm.overflow", x=(INT, INT_MAX), y=(INT, 1))


# --- joined, repeated ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "of, a, b, gas",
    [
        (BYTES, b"abc", b"de", 2),
        (STR, "aé", "€", 6),
        (list_of(INT), [1, 2], [3], 12),
        (BYTES, b"", b"", 0),
    ],
)
def test_join_two(of, a, b, gas):
    e = op(var("x", of), "+", var("y", of))
    assert evaluate(e, x=(of, a), y=(of, b)) == (a + b, gas)


@pytest.mark.parametrize("of, a, unit", [(BYTES, b"ab", 1), (STR, "é", 4), (list_of(INT), [7], 8)])
@pytest.mark.parametrize("count", [-(2**200), -1, 0, 1, 5, 65_536])
def test_repeat(of, a, unit, count):
    e = op(var("x", of), "*", Y)
    if len(a) * count > 65_536:
        return fails(e, "vm.size", x=(of, a), y=(INT, count))
    size = unit * len(a) * max(count, 0)
    assert evaluate(e, x=(of, a), y=(INT, count)) == (a * max(count, 0), size // 2)


def test_sizes_end_at_65536():
    half = b"x" * 32_768
    e = op(var("x", BYTES), "+", var("y", BYTES))
    assert len(evaluate(e, x=(BYTES, half), y=(BYTES, half))[0]) == 65_536
    fails(e, "vm.size", x=(BYTES, half), y=(BYTES, half + b"x"))
    fails(op(var("x", BYTES), "*", lit(2**250)), "vm.size", x=(BYTES, half))
    assert evaluate(op(var("x", BYTES), "*", lit(2**250)), x=(BYTES, b""))[0] == b""


def test_gas_comes_before_the_work():
    e = op(var("x", BYTES), "*", lit(65_536))
    with pytest.raises(OutOfGas):
        evaluate(e, gas=30_000, x=(BYTES, b"x"))


# --- comparison ---------------------------------------------------------------------------------

ORDERS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
PAIRS = [
    (INT, [(1, 2), (2, 2), (-1, INT_MIN)], lambda a: 0),
    (ADDRESS, [(b"a" * 34, b"b" * 34), (b"a" * 34, b"a" * 34)], lambda a: 0),
    (BYTES, [(b"a" * 40, b"b"), (b"", b""), (b"ab", b"a")], lambda a: 4 + len(a) // 16),
    (STR, [("a" * 40, "b"), ("\uffff", "\U00010000"), ("é", "é")], lambda a: 4 + len(a) // 4),
]


@pytest.mark.parametrize("symbol", ORDERS)
@pytest.mark.parametrize("of, pairs, weight", PAIRS)
def test_order(symbol, of, pairs, weight):
    for a, b in pairs:
        e = cmp(var("x", of), symbol, var("y", of))
        assert evaluate(e, x=(of, a), y=(of, b)) == (ORDERS[symbol](a, b), weight(a))


LIST = list_of(INT)
EQUAL = [
    (BOOL, True, False, 0),
    (optional(INT), None, 5, 0),
    (optional(ADDRESS), b"a" * 34, b"a" * 34, 0),
    (LIST, [1, 2, 3], [1, 2, 3], 16 + 12),
    (tuple_of(INT, BYTES), (1, b"x" * 32), (1, b""), 16 + 4 + 6),
    (optional(LIST), None, [], 4),
    (optional(LIST), [4], [4], 20),
    (dict_of(STR, INT), {"ab": 1}, {"ab": 2}, 64 + 8 + 4 + 4),
    (dict_of(STR, INT), {"a": 1, "b": 2}, {"b": 2, "a": 1}, 64 + 2 * 16),
    (list_of(optional(ADDRESS)), [None, b"a" * 34], [], 16 + 4 + 4),
    (list_of(LIST), [[], [1]], [[], [1]], 16 + 16 + 20),
]


@pytest.mark.parametrize("of, a, b, gas", EQUAL)
def test_equality_costs_the_left_weight(of, a, b, gas):
    for symbol in ("==", "!="):
        e = cmp(var("x", of), symbol, var("y", of))
        assert evaluate(e, x=(of, a), y=(of, b)) == (ORDERS[symbol](a, b), gas)


def test_a_value_and_an_optional_are_compared_by_the_left_one():
    maybe = optional(BYTES)
    e = cmp(var("x", BYTES), "==", var("y", maybe))
    assert evaluate(e, x=(BYTES, b"x" * 64), y=(maybe, b"x" * 64)) == (True, 8)
    e = cmp(var("y", maybe), "==", var("x", BYTES))
    assert evaluate(e, x=(BYTES, b"x" * 64), y=(maybe, None)) == (False, 4)
    e = cmp(var("y", maybe), "==", lit(None))
    assert evaluate(e, y=(maybe, b"x" * 64)) == (False, 8)


def test_a_walk_through_shared_lists_ends_where_the_gas_does():
    of, value = list_of(list_of(list_of(LIST))), [0] * 60_000
    for _ in range(3):
        value = [value] * 60_000  # 1.3e19 items
    e = cmp(var("x", of), "==", var("y", of))
    with pytest.raises(OutOfGas):
        evaluate(e, gas=10**6, x=(of, value), y=(of, value))


@pytest.mark.parametrize("symbol, negated", [("in", False), ("not in", True)])
def test_in(symbol, negated):
    def gives(item, whole, found, gas):
        e = cmp(var("x", item[0]), symbol, var("y", whole[0]))
        assert evaluate(e, x=item, y=whole) == (found != negated, gas)

    gives((INT, 2), (LIST, [1, 2]), True, (4 + 4) * 2)
    gives((INT, 3), (LIST, []), False, 0)
    gives((BYTES, b"x" * 16), (list_of(BYTES), [b"", b"x" * 16]), True, (5 + 4) * 2)
    gives((LIST, [1]), (list_of(LIST), [[2], [1], [3]]), True, (20 + 4) * 3)
    gives((STR, "b" * 8), (dict_of(STR, INT), {"b" * 8: 1}), True, 1)
    gives((BYTES, b"b"), (dict_of(BYTES, INT), {}), False, 0)
    gives((ADDRESS, b"b" * 34), (dict_of(ADDRESS, INT), {b"b" * 34: 1}), True, 0)
    gives((INT, -1), (dict_of(INT, INT), {b"\xff" * 32: 1}), True, 0)
    gives((BYTES, b"bc"), (BYTES, b"abcd"), True, 2 + 4)
    gives((BYTES, b"b" * 64), (BYTES, b"b" * 63), False, 31 + 128)
    gives((STR, "é"), (STR, "abé"), True, 1 + 2)
    gives((STR, "b" * 3_000), (STR, "b" * 4_000), True, 2_000 + 6_000 + 1_001 * 375)


def test_is_none():
    maybe = optional(LIST)
    for value in (None, []):
        for symbol in ("is None", "is not None"):
            e = cmp(var("x", maybe), symbol, lit(None))
            assert evaluate(e, x=(maybe, value)) == ((value is None) == (symbol == "is None"), 0)


def log_host():
    """A host whose ``beacon.round`` tells in which order it was called."""
    return {"beacon.round": lambda m, n: m.log.append(n) or n}


def step(number: int, of=INT):
    """An int that is logged when it is evaluated."""
    return host("beacon.round", of, lit(number))


def logged(e, of=None):
    m = Meter()
    bound = bind(module(function("f", {}, of or e.type, ret(e))), log_host())
    try:
        result = bound.call(m, "f")
    except (Reverted, KeyError, IndexError) as error:
        result = error
    return result, m.log


def test_a_chain_runs_each_operand_once_and_stops():
    assert logged(cmp(step(1), "<", step(2), "<", step(3))) == (True, [1, 2, 3])
    assert logged(cmp(step(2), "<", step(1), "<", step(3))) == (False, [2, 1])
    assert logged(cmp(step(1), "==", step(1), "!=", step(2), ">", step(0))) == (True, [1, 1, 2, 0])


def test_a_chain_of_texts_charges_what_runs():
    def of(*values):
        e = cmp(lit(values[0]), "<", lit(values[1]), "<=", lit(values[2]), "!=", lit(values[3]))
        return evaluate(e)

    assert of("a", "b", "b", "c") == (True, 12)
    assert of("a", "b", "a", "c") == (False, 8)
    assert of("b", "b", "a", "c") == (False, 4)
    mixed = cmp(lit(b"a"), "in", lst(BYTES, lit(b"a")), "==", lst(BYTES, lit(b"a")))
    assert evaluate(mixed) == (True, 8 + 16 + 4)
    after_none = cmp(var("x", optional(INT)), "is None", lit(None), "==", var("x", optional(INT)))
    assert evaluate(after_none, x=(optional(INT), None)) == (True, 0)


# --- logic --------------------------------------------------------------------------------------


def truth(number: int):
    """A logged condition, true unless 0."""
    return tree.Truth(L, step(number))


def test_logic_stops_early():
    assert logged(both(truth(1), truth(0), truth(2))) == (False, [1, 0])
    assert logged(both(truth(0), truth(3), truth(2), word="or")) == (True, [0, 3])
    assert logged(tree.Not(L, BOOL, truth(0))) == (True, [0])
    assert logged(tree.Choice(L, INT, truth(1), step(5), step(6))) == (5, [1, 5])
    assert logged(tree.Choice(L, INT, truth(0), step(5), step(6))) == (6, [0, 6])


@pytest.mark.parametrize(
    "of, yes, no",
    [
        (INT, -1, 0),
        (BYTES, b"\0", b""),
        (STR, "0", ""),
        (LIST, [0], []),
        (dict_of(INT, INT), {bytes(32): 0}, {}),
    ],
)
def test_truth_is_a_bool(of, yes, no):
    for e in (tree.Truth(L, var("x", of)), builtin("bool", BOOL, var("x", of))):
        assert evaluate(e, x=(of, yes))[0] is True
        assert evaluate(e, x=(of, no))[0] is False


def test_narrow():
    e = tree.Narrow(L, INT, var("x", optional(INT)))
    assert evaluate(e, x=(optional(INT), 0)) == (0, 0)
    fails(e, "vm.none", x=(optional(INT), None))


def test_a_narrowed_operand_is_checked_before_the_next_runs():
    e = op(tree.Narrow(L, INT, lit(None, optional(INT))), "+", step(2))
    result, order = logged(e)
    assert result.reason == "vm.none" and order == []


# --- displays, subscripts -------------------------------------------------------------------------


def test_displays():
    assert evaluate(tup(lit(1), lit("a"), lit(None, optional(INT))))[0] == (1, "a", None)
    assert evaluate(lst(INT))[0] == []
    assert evaluate(lst(INT, lit(1), lit(2)))[0] == [1, 2]
    assert evaluate(dct(STR, INT)) == ({}, 0)
    pairs = [(lit("a" * 64), lit(1)), (lit("b"), lit(2)), (lit("a" * 64), lit(3))]
    assert evaluate(dct(STR, INT, *pairs)) == ({"a" * 64: 3, "b": 2}, 60 + 8 + 8)
    made = evaluate(dct(INT, INT, (lit(-1), lit(1))))[0]
    assert made == {b"\xff" * 32: 1}
    assert logged(tup(step(1), step(2), step(3)))[1] == [1, 2, 3]
    assert logged(dct(INT, INT, (step(1), step(2)), (step(3), step(4))))[1] == [1, 2, 3, 4]


def test_every_evaluation_gives_a_new_list():
    e = lst(INT, lit(1))
    bound = bind(module(function("f", {}, e.type, ret(e))))
    first, second = bound.call(Meter(), "f"), bound.call(Meter(), "f")
    assert first == second and first is not second


def test_subscripts():
    assert evaluate(at(var("x", LIST), lit(1)), x=(LIST, [5, 6])) == (6, 0)
    assert evaluate(at(var("x", LIST), var("y")), x=(LIST, [5, 6]), y=(INT, -2)) == (5, 0)
    assert evaluate(at(var("x", BYTES), lit(0)), x=(BYTES, b"a")) == (97, 0)
    assert evaluate(at(var("x", STR), lit(0)), x=(STR, "é")) == ("é", 0)
    assert evaluate(at(var("x", tuple_of(INT, STR)), lit(1)), x=(tuple_of(INT, STR), (1, "a"))) == (
        "a",
        0,
    )
    for index in (2, -3, INT_MAX, INT_MIN):
        for of, value in ((LIST, [1, 2]), (BYTES, b"ab"), (STR, "ab")):
            fails(at(var("x", of), Y), "vm.index", x=(of, value), y=(INT, index))


@pytest.mark.parametrize(
    "key, present, packed, gas",
    [
        (INT, 7, (7).to_bytes(32, "big"), 0),
        (ADDRESS, b"k" * 34, b"k" * 34, 0),
        (BYTES, b"k" * 33, b"k" * 33, 4),
        (STR, "k" * 33, "k" * 33, 4),
    ],
)
def test_dict_subscripts(key, present, packed, gas):
    of = dict_of(key, INT)
    e = at(var("x", of), var("y", key))
    assert evaluate(e, x=(of, {packed: 5}), y=(key, present)) == (5, gas)
    fails(e, "vm.key", x=(of, {}), y=(key, present))


@pytest.mark.parametrize("of, value", [(LIST, [1, 2, 3, 4]), (BYTES, b"abcd"), (STR, "abcd")])
def test_slices(of, value):
    unit = {"list": 8, "bytes": 1, "str": 4}[of.kind]
    for start in (None, 0, 1, -1, -9, 9, INT_MAX, INT_MIN):
        for stop in (None, 0, 3, -1, -9, 9, INT_MAX, INT_MIN):
            bounds = [None if bound is None else lit(bound) for bound in (start, stop)]
            e = tree.Slice(L, of, var("x", of), *bounds)
            wanted = value[start:stop]
            assert evaluate(e, x=(of, value)) == (wanted, unit * len(wanted) // 2)


# --- calls of functions -------------------------------------------------------------------------


def test_calls_pass_values_and_share_lists():
    grow = function("grow", {"x": LIST}, NONE, tree.Evaluate(L, append(var("x", LIST), lit(2))))
    f = function(
        "f",
        {"x": LIST},
        LIST,
        tree.Evaluate(L, call("grow", NONE, var("x", LIST))),
        ret(var("x", LIST)),
    )
    assert bind(module(grow, f)).call(Meter(), "f", ([1],)) == [1, 2]


def append(x, item):
    return tree.Method(L, NONE, "append", x, (item,))


def test_arguments_run_from_left_to_right():
    add = function("add", {"x": INT, "y": INT}, INT, ret(op(X, "-", Y)))
    m = Meter()
    f = function("f", {}, INT, ret(call("add", INT, step(5), step(3))))
    assert bind(module(add, f), log_host()).call(m, "f") == 2
    assert m.log == [5, 3]


def test_arguments_by_name_run_as_they_are_written():
    parameters = {"x": INT, "y": INT, "z": INT}
    digits = op(op(op(X, "*", lit(100)), "+", op(Y, "*", lit(10))), "+", var("z"))
    three = function("three", parameters, INT, ret(digits))
    e = tree.Call(L, INT, "three", (step(1), step(2), step(3)), (2, 0, 1))
    bound = bind(module(three, function("f", {}, INT, ret(e))), log_host())
    m = Meter()
    assert bound.call(m, "f") == 123 and m.log == [3, 1, 2]

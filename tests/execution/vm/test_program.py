"""Programs: constants, names, traces, and the bytes that a cache keeps."""

from __future__ import annotations

import sys

import pytest

from execution.lang import tree
from execution.lang.errors import SourceRefused
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    INT_MAX,
    INT_MIN,
    NONE,
    STR,
    Type,
    list_of,
    optional,
    tuple_of,
)
from execution.vm import program as programs
from execution.vm.outcome import OutOfGas
from execution.vm.program import Program, compile_module
from execution.vm.stdlib import HOST
from tests.execution.vm.build import (
    Meter,
    assign,
    at,
    bind,
    builtin,
    call,
    cmp,
    const,
    function,
    host,
    lit,
    lst,
    module,
    op,
    ret,
    run_call,
    tup,
    var,
)

X = var("x")
LIST = list_of(INT)


def with_constants(*constants, **more):
    functions = more.pop("functions", ())
    made = tuple((name, e.type, e) for name, e in constants)
    return module(*functions, constants=made, **more)


def test_constants_are_computed_once_in_their_order():
    made = with_constants(
        ("A", lit(5)),
        ("B", op(const("A"), "**", lit(3))),
        ("T", tup(const("B"), lit("x"))),
        ("f.y", op(const("B"), "+", lit(1))),
        functions=(function("f", {"x": INT, "y": INT}, INT, ret(op(X, "+", var("y")))),),
    )
    program = compile_module(made)
    assert program.constants == {"A": 5, "B": 125, "T": (125, "x"), "f.y": 126}


def test_functions_read_constants_and_defaults():
    f = function("f", {"x": INT, "y": INT}, INT, ret(op(X, "+", var("y"))))
    g = function("g", {}, INT, ret(call("f", INT, const("A"), const("f.y"))))
    made = with_constants(("A", lit(5)), ("f.y", lit(100)), functions=(f, g))
    m = Meter(100)
    assert bind(made).call(m, "g") == 105
    assert 100 - m.gas == (2 + 30 + 2 * 2 + 1) + (2 + 6 + 1 + 1)


@pytest.mark.parametrize(
    "e, reason",
    [
        (op(lit(INT_MAX), "+", lit(1)), "vm.overflow"),
        (op(lit(1), "//", lit(0)), "vm.zero_division"),
        (at(lit(b"a"), lit(3)), "vm.index"),
        (op(lit(b"a"), "*", lit(65_537)), "vm.size"),
        (builtin("int", INT, lit("x")), "vm.value"),
    ],
)
def test_a_constant_that_fails_refuses_the_source(e, reason):
    with pytest.raises(SourceRefused) as caught:
        compile_module(with_constants(("GOOD", lit(1)), ("BAD", e)))
    refusal = caught.value
    assert (refusal.kind, refusal.line) == ("constant", 7)
    assert "BAD" in refusal.message and reason in refusal.message
    with pytest.raises(SourceRefused) as caught:
        compile_module(with_constants(("f.y", e)))
    assert f"the default of `y` in `f` fails with {reason}" in caught.value.message


def test_all_constants_share_one_budget():
    big = op(lit(b"x"), "*", lit(65_000))  # 32,500 gas and a little
    three = [(name, big) for name in "ABC"]
    assert len(compile_module(with_constants(*three)).constants["C"]) == 65_000
    with pytest.raises(SourceRefused, match="D needs more than 100000 gas"):
        compile_module(with_constants(*three, ("D", big)))


# --- traces -----------------------------------------------------------------------------------


def line(number: int, statement):
    return type(statement)(**{**statement.__dict__, "line": number})


def test_a_trace_names_functions_and_lines():
    inner = function(
        "inner",
        {"x": LIST},
        INT,
        line(11, assign("y", lit(1))),
        line(12, ret(at(var("x", LIST), lit(5)))),
        line=10,
    )
    outer = function(
        "outer",
        {},
        INT,
        line(21, tree.If(0, ((lit(True), (line(22, ret(call("inner", INT, lst(INT)))),)),), ())),
        line(23, ret(lit(0))),
        line=20,
    )
    bound = bind(module(inner, outer))
    with pytest.raises(IndexError) as caught:
        bound.call(Meter(), "outer")
    assert bound.trace(caught.value) == [("outer", 22), ("inner", 12)]
    with pytest.raises(OutOfGas) as caught:
        bound.call(Meter(2), "outer")
    assert bound.trace(caught.value) == [("outer", 21)]
    assert bind(module(inner)).trace(caught.value) == []


# --- bytes ------------------------------------------------------------------------------------


def rich() -> tree.Module:
    """A module with something of everything."""
    pair = tuple_of(INT, optional(STR))
    f = tree.Function(
        3,
        "f",
        (tree.Parameter("x", INT, False), tree.Parameter("p", pair, True)),
        LIST,
        (
            assign("s", lst(INT, X, at(var("p", pair), lit(0)), const("A"))),
            run_call(host("emit", NONE, X, name_of="E", order=(0,))),
            run_call(host("cell.set", NONE, X, name_of="c")),
            tree.Assert(
                9, cmp(tree.StoredItem(9, BYTES, "m", (X, lit(b"k" * 34))), "==", lit(b"")), None
            ),
            run_call(host("abi.call", tuple_of(BOOL, BYTES), lit(b""), lit("g"), X, lit("a"))),
            ret(var("s", LIST)),
        ),
        True,
        False,
        "what it does",
        (("s", LIST),),
    )
    init = tree.Function(1, "init", (), NONE, (tree.Simple(1, "pass"),), False, True, "", ())
    return with_constants(
        ("A", lit(7)),
        ("f.p", tup(lit(1), lit(None, optional(STR)))),
        stored=(tree.Stored(1, "c", (), INT), tree.Stored(2, "m", (INT, ADDRESS), BYTES)),
        events=(tree.Event(4, "E", (("n", INT),)),),
        functions=(init, f),
    )


def test_bytes_give_the_same_program():
    program = compile_module(rich())
    again = Program.from_bytes(program.to_bytes())
    assert again == program
    signature = again.functions["f"]
    assert (signature.public, signature.view, signature.payable) == (True, True, False)
    assert not again.functions["init"].public and again.functions["init"].payable
    assert signature.parameters[1] == tree.Parameter("p", tuple_of(INT, optional(STR)), True)


def test_a_program_from_bytes_runs():
    seen = []
    hosts = {
        "emit": lambda m, e, fields: seen.append((e, fields)),
        "cell.set": lambda m, s, value: seen.append((s, value)),
        "map.get": lambda m, s, keys: seen.append((s, keys)) or b"",
        "abi.call": lambda m, *rest: seen.append(rest),
    }
    program = Program.from_bytes(compile_module(rich()).to_bytes())
    assert set(program.needs) == set(hosts) and set(hosts) <= set(HOST)
    assert program.bound(hosts).call(Meter(), "f", (5, (6, None))) == [5, 6, 7]
    event, cell, held, outward = seen
    assert event == (rich().events[0], (5,)) and cell == (rich().stored[0], 5)
    assert held == (rich().stored[1], (5, b"k" * 34))
    assert outward == (b"", "g", (INT, STR), (5, "a"), 0, None)


def test_what_another_engine_or_python_made_is_a_miss(monkeypatch):
    data = compile_module(rich()).to_bytes()
    for other in (
        b"",
        b"x",
        data[:10],
        b"\0" + data,
        data.replace(b"program %d " % programs.ENGINE, b"program 0 ", 1),
    ):
        assert Program.from_bytes(other) is None
    assert sys.implementation.cache_tag.encode() in data[:60]
    monkeypatch.setattr(programs, "_TAG", b"animica program 9\n")
    assert Program.from_bytes(data) is None


def test_damaged_bytes_are_a_miss():
    data = compile_module(rich()).to_bytes()
    head = data.index(b"\n") + 1
    for cut in (head, head + 1, len(data) // 2, len(data) - 1):
        assert Program.from_bytes(data[:cut]) is None


def test_a_missing_host_function_is_seen_at_once():
    with pytest.raises(KeyError):
        compile_module(rich()).bound({})


def test_int_bounds_come_into_every_function():
    f = function("f", {"x": INT}, INT, ret(tree.Unary(7, INT, "-", X)))
    assert bind(module(f)).call(Meter(), "f", (INT_MIN + 1,)) == INT_MAX
    assert Type("int") == INT

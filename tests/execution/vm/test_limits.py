"""Whatever the language allows can be compiled, and the text has nothing in it but ours."""

from __future__ import annotations

import ast
import re

import pytest

from execution.lang import tree
from execution.lang.types import ADDRESS, BOOL, BYTES, INT, NONE, STR, dict_of, list_of
from execution.vm import emit
from tests.execution.vm.build import (
    L,
    Meter,
    assign,
    at,
    bind,
    both,
    builtin,
    call,
    cmp,
    dct,
    function,
    host,
    lit,
    loop,
    lst,
    method,
    module,
    op,
    ret,
    run_call,
    tup,
    var,
)

DEPTH = 32
LIST = list_of(INT)
MAP = tree.Stored(1, "m", (INT,), INT)
EVENT = tree.Event(1, "E", (("a", INT), ("b", INT)))
XS, D = var("x", LIST), var("d", dict_of(STR, INT))


def outward(e):
    return host("abi.call", INT, e, e_short(), e, value=lit(1), gas=e, value_first=False)


def e_short():
    return lit("f")


# Each puts one node around an expression. Types do not matter: nothing of this runs.
AROUND = {
    "unary": lambda e: tree.Unary(L, INT, "-", e),
    "sum on the left": lambda e: op(e, "+", lit(1), INT),
    "sum on the right": lambda e: op(lit(1), "+", e),
    "division": lambda e: op(lit(1), "//", e),
    "shift": lambda e: op(lit(1), "<<", e),
    "join": lambda e: op(XS, "+", e),
    "compare": lambda e: cmp(lit(1), "<", e),
    "equal lists": lambda e: cmp(XS, "!=", e),
    "chain": lambda e: cmp(XS, "not in", e, "==", XS),
    "last of a chain": lambda e: cmp(XS, "==", XS, "not in", e),
    "int key": lambda e: cmp(e, "not in", var("d", dict_of(INT, INT)), "==", lit(True)),
    "stored in": lambda e: tree.StoredIn(L, BOOL, "m", (e,), True),
    "logic": lambda e: both(lit(True), e, lit(True)),
    "not": lambda e: tree.Not(L, BOOL, e),
    "truth": lambda e: tree.Truth(L, e),
    "choice test": lambda e: tree.Choice(L, INT, e, lit(1), lit(2)),
    "choice side": lambda e: tree.Choice(L, INT, lit(True), e, lit(2)),
    "tuple": lambda e: tup(e, e_short()),
    "list": lambda e: lst(INT, e),
    "dict key": lambda e: dct(INT, INT, (e, lit(1))),
    "dict value": lambda e: dct(STR, INT, (lit("a"), e)),
    "index": lambda e: at(XS, e),
    "base": lambda e: at(lst(INT, e), lit(0)),
    "int key read": lambda e: at(var("d", dict_of(INT, INT)), e),
    "text key read": lambda e: at(D, e),
    "slice": lambda e: tree.Slice(L, LIST, XS, e, None),
    "stored item": lambda e: tree.StoredItem(L, INT, "m", (e,)),
    "call": lambda e: call("f", INT, e, lit(1)),
    "call by name": lambda e: tree.Call(L, INT, "f", (e, lit(1)), (1, 0)),
    "builtin": lambda e: builtin("min", INT, e, lit(1)),
    "conversion": lambda e: builtin("bool", BOOL, e),
    "method": lambda e: method(D, "get", INT, e),
    "int method": lambda e: method(tree.Narrow(L, INT, e), "bit_length", INT),
    "call of another contract": outward,
    "event": lambda e: host("emit", NONE, e, lit(1), name_of="E", order=(1, 0)),
    "encode": lambda e: host("abi.encode", BYTES, e, lit(1)),
}
SINGLE = [name for name in AROUND if name != "call of another contract"]


def nested(around, depth=DEPTH):
    """That many nodes around each other, each taken out of an optional as well."""
    e: tree.Expr = lit(1)
    for _ in range(depth - 1):
        e = tree.Narrow(L, INT, around(e))
    return e


def compiled(*functions):
    return bind(module(*functions, stored=(MAP,), events=(EVENT,)), AnyHost())


class AnyHost(dict):
    def __missing__(self, name):
        return print


@pytest.mark.parametrize("name", SINGLE)
def test_the_deepest_expressions_compile(name):
    compiled(function("f", {"x": LIST, "d": D.type}, INT, ret(nested(AROUND[name]))))


def test_deep_calls_of_other_contracts_compile():
    def gas_only(e):
        return host("abi.call", INT, lit(1), e_short(), value=lit(1), gas=e, value_first=False)

    def argument_only(e):
        return host("abi.call", INT, lit(1), e_short(), e)

    compiled(function("f", {}, INT, ret(nested(gas_only))))
    compiled(function("f", {}, INT, ret(nested(argument_only))))


def text_of(*functions):
    return emit.functions(module(*functions, stored=(MAP,), events=(EVENT,))).text


@pytest.mark.parametrize("name", AROUND)
def test_no_node_nests_as_deep_as_cpython_refuses(name):
    """CPython takes 200 open parentheses: at most four for a node, two for a narrowing."""
    text = text_of(function("f", {"x": LIST, "d": D.type}, INT, ret(nested(AROUND[name], 6))))
    deepest = open_now = 0
    for char in re.sub(r"'[^']*'", "", text):
        open_now += (char in "([{") - (char in ")]}")
        deepest = max(deepest, open_now)
    assert deepest <= 6 * 5 and 6 * DEPTH < 200


@pytest.mark.parametrize("inner", ["for", "while", "if", "both"])
def test_the_deepest_suites_compile(inner):
    statement: tree.Statement = ret(lit(1))
    for level in range(9):
        body = (statement,)
        if inner == "for" or (inner == "both" and level % 2):
            statement = loop(var("x"), lit(3), *body, over="range")
        elif inner == "while":
            statement = tree.While(L, lit(True), body)
        else:
            arms = ((lit(False), (ret(lit(7)),)),) * 40
            statement = tree.If(L, (*arms, (lit(True), body)), (ret(lit(8)),))
    assert compiled(function("f", {}, INT, statement)).call(Meter(), "f") == 1


@pytest.mark.parametrize("arms", [2, 32, 33, 3_000])
def test_many_arms(arms):
    tests = [(cmp(var("x"), "==", lit(i)), (ret(lit(i)),)) for i in range(arms)]
    bound = compiled(function("f", {"x": INT}, INT, tree.If(L, tuple(tests), (ret(lit(-1)),))))
    for x, wanted in ((0, 0), (1, 1), (arms - 1, arms - 1), (arms, -1)):
        m = Meter(10**6)
        assert bound.call(m, "f", (x,)) == wanted
        reached = x + 1 if x < arms else arms
        assert 10**6 - m.gas == 2 + 8 * reached + 13 * (reached - 1) + 3


def test_many_arms_inside_of_each_other_keep_apart():
    def many(inner, last):
        arms = [(cmp(var("x"), "==", lit(i)), (assign("s", lit(i)),)) for i in range(40)]
        arms[last] = (arms[last][0], inner)
        return tree.If(L, tuple(arms), (assign("s", lit(-1)),))

    inside = many((assign("s", lit(100)),), 5)
    body = (assign("s", lit(0)), many((inside,), 5), ret(var("s")))
    bound = compiled(function("f", {"x": INT}, INT, *body))
    assert [bound.call(Meter(), "f", (x,)) for x in (4, 5, 6, 50)] == [4, 100, 6, -1]


def test_wide_code_compiles():
    items = lst(INT, *map(lit, range(256)))
    chain = cmp(*[part for i in range(4_000) for part in (lit(i), "<")], lit(4_000))
    logic = both(*[lit(True)] * 4_000)
    names = {f"p{i}" + "x" * 60: INT for i in range(16)}
    wide = call("g", INT, *map(lit, range(16)))
    bound = compiled(
        function("g", names, INT, ret(lit(1))),
        function("f", {}, BOOL, assign("a", items), assign("b", wide), ret(both(chain, logic))),
        *[function(f"h{i}", {}, INT, ret(lit(1))) for i in range(126)],
    )
    assert bound.call(Meter(), "f") is True


def test_calls_32_deep():
    chain = [function("f0", {}, INT, ret(lit(5)))]
    chain += [function(f"f{i}", {}, INT, ret(call(f"f{i - 1}", INT))) for i in range(1, 32)]
    assert compiled(*chain).call(Meter(), "f31") == 5


# --- what is in the text ----------------------------------------------------------------------

OURS = re.compile(r"m|t|t_\d+|t_if\d+|k_lo|k_hi|[vfhxz]_\w+|[csey]_\d+")


FOREIGN = (
    *(ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Lambda, ast.JoinedStr),
    *(ast.ListComp, ast.GeneratorExp, ast.ClassDef, ast.Try, ast.With),
)


def foreign(text):
    """Names, attributes and nodes in generated text that are none of ours."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            if ast.unparse(node) != "m.gas":
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Name) and not OURS.fullmatch(node.id):
            found.append(node.id)
        elif isinstance(node, FOREIGN):
            found.append(type(node).__name__)
    return found


def test_the_search_for_foreign_names_finds_them():
    assert foreign("m.gas -= 1\nv_x = m.gas") == []
    for text in ("x.y", "m.gas.real", "len(v_x)", "import os", "lambda: 1", "v_m.gas", "f'{m}'"):
        assert foreign(text)


@pytest.mark.parametrize("name", AROUND)
def test_the_text_has_only_our_names(name):
    e = nested(AROUND[name], 3)
    f = function("f", {"x": LIST, "d": D.type}, INT, run_call(e), ret(e))
    assert foreign(text_of(f)) == []


EVIL = ["'", '"', "\\", "\n", "\0", "{}", "{x}", "%s", "'''", "\\'", "\u2028", "€", "\U0010ffff"]


@pytest.mark.parametrize("text", [*EVIL, "'+__import__('os')+'", "".join(EVIL) * 3])
def test_literals_are_themselves_and_no_code(text):
    for value in (text, text.encode()):
        of = STR if isinstance(value, str) else BYTES
        f = function("f", {}, of, ret(lit(value)))
        assert foreign(text_of(f)) == [] and text_of(f).isascii()
        assert bind(module(f)).call(Meter(), "f") == value


def test_generated_code_has_no_builtins():
    space = bind(module(function("f", {}, INT, ret(lit(1))))).space
    assert space["__builtins__"] == {}
    with pytest.raises(NameError):
        eval("len([])", space)
    assert ADDRESS.kind == "address"

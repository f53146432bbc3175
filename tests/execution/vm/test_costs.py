"""The gas constants held to the tables of docs/spec/contracts.md, and node by node."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from execution.abi import weight
from execution.lang import tree
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    NONE,
    SIZE_MOST,
    STR,
    dict_of,
    list_of,
    optional,
    tuple_of,
)
from execution.vm import (
    constants,
    costs,
    machine,
    meter,
    ops_abi,
    ops_dict,
    ops_int,
    ops_list,
    ops_order,
    ops_text,
    slots,
)
from tests.execution.vm.build import (
    L,
    assign,
    at,
    augment,
    both,
    builtin,
    call,
    cmp,
    const,
    dct,
    host,
    lit,
    loop,
    lst,
    method,
    op,
    ret,
    tup,
    var,
)

SPEC = Path(__file__).parents[3] / "docs" / "spec" / "contracts.md"
TEXT = SPEC.read_text("utf-8")


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = TEXT.split(f"\n### {title}\n")[1].split("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[c.strip() for c in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines[1:]]


def test_static_costs_are_those_of_the_table():
    table = {name.strip("`"): int(gas) for name, gas, *_ in rows("Static costs")}
    numbers = {name: value for name, value in vars(costs).items() if isinstance(value, int)}
    found = {name: value for name, value in numbers.items() if name.isupper()}
    assert table == found and len(table) == 27


DYNAMIC = {
    "`append`, `insert`, `d[k] = v` and `PAIR`": (ops_list.GROW_GAS,),
    "`items`, `keys`, `list(x)` of a dict and iteration over a dict": (ops_dict.ITEMS_GAS,),
    "`pow(a, b, m)`": (ops_int.POW_BIT_GAS, 2**ops_int.POW_MODULUS_SHIFT),
    "`int(str)`, `str(int)`": (ops_int.DECIMAL_GAS,),
    "`address(str)`": (ops_text.ADDRESS_GAS,),
    "`abi.encode`": (ops_abi.ENCODE_BASE, ops_abi.ENCODE_GAS),
    "`abi.decode`": (ops_abi.DECODE_BASE, *ops_abi.DECODE_BYTE_GAS),
    "`hash.…`": (ops_abi.HASH_GAS, ops_abi.HASH_BYTE_GAS),
    "`min`, `max`, `sum`, `any`, `all` over a list": (ops_list.PASS_GAS,),
}


@pytest.mark.parametrize("operation", DYNAMIC)
def test_dynamic_costs_are_those_of_the_table(operation):
    table = {row[0]: row[1] for row in rows("Dynamic costs")}
    numbers = [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", table[operation])]
    assert tuple(numbers) == DYNAMIC[operation]


def test_numbers_in_the_text():
    table = {row[0]: row[1] for row in rows("Dynamic costs")}
    search = table["`in`, `find`, `count` of bytes and str"]
    bounds = (ops_text.SEARCH_MOST, ops_text.SHORT, ops_text.SEARCH_MOST_SHORT)
    assert "at most {:,}, for k below {} at most {:,}) div 8".format(*bounds) in search
    assert f"{ops_text.JOIN_ITEM_GAS} for each item" in table["`join`"]
    sort = table["`sorted`, `sort`"]
    assert f"{ops_order.SORT_BASE} + n · bits(n) · {ops_order.SORT_GAS} for" in sort
    one, many, nested = slots.READ_BYTE
    assert f"for each byte of the stored form {one}, {many} if" in table["reading a slot, on top"]
    assert f"{nested} if a dict inside" in table["reading a slot, on top"]
    run = table["running a contract (by transaction or `abi.call`)"]
    assert f"{machine.DATA_BYTE} for each byte of calldata, {machine.MORE_BYTE[1]} more" in run
    assert f"{machine.MORE_BYTE[2]} more if a dict inside" in run
    assert f"at most {constants.CONSTANTS_GAS:,} gas" in TEXT
    assert f"at most {SIZE_MOST:,} items" in TEXT
    size = re.search(r"bytes their length, str (\d+) .* list (\d+) .* dict (\d+) ", TEXT)
    units = (1, *map(int, size.groups()))
    assert dict(zip((bytes, str, list, dict), units, strict=True)) == meter.SIZE
    atom, text = re.search(
        r"int, bool, `None`, address: (\d+); bytes: (\d+) \+ length div 16", TEXT
    ).groups()
    assert (int(atom), int(text)) == (weight.ATOM, weight.TEXT)
    assert f"list, tuple: {weight.CONTAINER} +" in TEXT
    assert f"dict: {weight.DICT} + {weight.PAIR} for each item" in TEXT


# --- node by node -----------------------------------------------------------------------------

X, LIST = var("x"), list_of(INT)
XS, B, T = var("xs", LIST), var("b", BYTES), var("s", STR)
DICT = dict_of(INT, INT)
D = var("d", DICT)
MAYBE = optional(INT)
MAYBE_LIST = optional(LIST)
c = costs

NODES = [
    (lit(1), 1),
    (lit(None), 1),
    (X, 1),
    (const("A"), 1),
    (const("f.a"), 0),
    (tree.Unary(L, INT, "-", X), c.UNARY + 1),
    *((op(X, symbol, X), gas + 2) for symbol, gas in (("+", 6), ("-", 6), ("*", 13), ("//", 34))),
    *((op(X, symbol, X), gas + 2) for symbol, gas in (("%", 34), ("**", 100), ("<<", 16))),
    *((op(X, symbol, X), gas + 2) for symbol, gas in ((">>", 16), ("&", 6), ("|", 6), ("^", 6))),
    (op(B, "+", B), 74),
    (op(T, "*", X), 74),
    (op(XS, "+", XS), 74),
    (cmp(X, "<", X), 8),
    (cmp(X, "<", X, "<=", X), 15),
    (cmp(var("a", ADDRESS), ">", var("a", ADDRESS)), 8),
    (cmp(lit(True), "==", lit(False)), 8),
    (cmp(var("o", MAYBE), "!=", X), 8),
    (cmp(var("o", MAYBE), "==", lit(None)), 8),
    (cmp(var("o", MAYBE), "is None", lit(None)), 8),
    (cmp(var("l", MAYBE_LIST), "is not None", lit(None)), 8),
    (cmp(var("l", MAYBE_LIST), "==", lit(None)), 74),
    (cmp(tup(X, X), "==", tup(X, X)), 72 + 2 * (10 + 6 + 2)),
    (cmp(B, "<", B), 74),
    (cmp(T, "==", T), 74),
    (cmp(X, "in", XS), 74),
    (cmp(X, "not in", D), 102),
    (cmp(B, "in", B), 74),
    (tree.StoredIn(L, BOOL, "m", (X, X), True), 182),
    (both(lit(True), lit(True), lit(True)), 4 + 3),
    (tree.Not(L, BOOL, lit(True)), 3),
    (tree.Truth(L, X), 13),
    (tree.Choice(L, INT, lit(True), X, X), 5),
    (tup(X, X, X), 10 + 9 + 3),
    (lst(INT), 10),
    (lst(INT, X, X), 10 + 6 + 2),
    (dct(INT, INT), 10),
    (dct(INT, INT, (X, X)), 10 + 120 + 2),
    (at(XS, X), 8),
    (at(B, X), 8),
    (at(T, X), 74),
    (at(var("t", tuple_of(INT, INT)), lit(1)), 8),
    (at(D, X), 102),
    (tree.Slice(L, BYTES, B, X, None), 74),
    (tree.Slice(L, BYTES, B, X, X), 75),
    (tree.StoredItem(L, INT, "m", (X, X)), 182),
    (call("f", INT, X, const("f.b")), 30 + 4 + 1),
    (builtin("len", INT, XS), 73),
    (builtin("divmod", tuple_of(INT, INT), X, X), 74),
    (builtin("int.from_bytes", INT, B, flags=("big", False)), 73),
    (method(X, "to_bytes", BYTES, X, flags=("big", False)), 74),
    (method(X, "bit_length", INT), 73),
    (method(XS, "append", NONE, X), 74),
    (method(XS, "pop", INT), 73),
    (method(D, "get", MAYBE, X), 102),
    (method(D, "pop", INT, X, X), 103),
    (method(D, "keys", LIST), 73),
    (host("storage.get", BYTES, B), 181),
    (host("cell.get", INT, name_of="c"), 180),
    (host("emit", NONE, X, X, name_of="E"), 182),
    (host("abi.decode", INT, B, types=(INT,)), 181),
    (host("abi.call", NONE, B, T, X, value=X, gas=X), 185),
    (host("hash.sha256", BYTES, B), 181),
    (host("treasury.balance", INT), 22),
    (host("context.gas_left", INT), 22),
    (tree.Context(L, ADDRESS, "sender"), 22),
    (tree.Narrow(L, INT, var("o", MAYBE)), 3),
]


@pytest.mark.parametrize("e, gas", NODES)
def test_the_cost_of_each_node(e, gas):
    assert costs.cost(e) == gas


def test_every_node_has_a_cost():
    expressions = set(tree.Expr.__args__)
    assert set(costs._OWN) == set(costs._PARTS) == expressions
    compound = {tree.If, tree.While, tree.For}
    assert set(costs._SIMPLE) | compound == set(tree.Statement.__args__)


M = tree.StoredItem(L, INT, "m", (X,))
STATEMENTS = [
    (assign("y", X), 1 + 1),
    (assign(at(XS, X), X), 6 + 3),
    (assign(at(D, X), X), 100 + 3),
    (assign(M, X), 180 + 2),
    (tree.Unpack(L, (X, at(XS, X)), tup(X, X), (True, False)), 8 + 1 + 8 + 2 + 18),
    (augment(X, "+", X), 1 + 1 + 6 + 1),
    (augment(at(XS, X), "*", X), 12 + 2 + 13 + 1),
    (augment(at(D, X), "-", X), 200 + 2 + 6 + 1),
    (augment(M, "+", X), 360 + 1 + 6 + 1),
    (augment(B, "+", B), 1 + 1 + 72 + 1),
    (tree.Delete(L, at(D, X)), 102),
    (tree.Delete(L, M), 181),
    (tree.Evaluate(L, method(XS, "clear", NONE)), 73),
    (ret(X), 1),
    (ret(), 0),
    (tree.Assert(L, lit(True), T), 2),
    (tree.Assert(L, lit(True), None), 1),
    (tree.Simple(L, "pass"), 0),
]


@pytest.mark.parametrize("s, gas", STATEMENTS)
def test_the_cost_of_each_statement(s, gas):
    assert costs.is_simple(s) and costs.statement(s) == costs.STEP + gas


def test_heads_turns_and_tests():
    pair = loop((X, var("y")), XS, over="enumerate", more=(lit(1),), narrow=(False, True))
    assert costs.head(pair) == 2 + 13 + 72 + 2 and costs.turn(pair) == 13 + 8 + 2 + 2
    plain = loop(X, XS)
    assert costs.head(plain) == 2 + 13 + 1 and costs.turn(plain) == 13 + 1
    loop_ = tree.While(L, cmp(X, "<", X), ())
    assert costs.head(loop_) == 0 and costs.test(loop_) == 13 + 2 + 8
    assert costs.head(tree.If(L, ((lit(True), ()), (X, ())), ())) == 3
    assert costs.arm(X) == 13 + 1

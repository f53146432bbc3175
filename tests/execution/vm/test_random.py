"""Random trees: nothing but what the engine may raise comes out, and results are of their type."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from execution.abi import own
from execution.lang import tree
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    INT_MAX,
    NONE,
    STR,
    Type,
    dict_of,
    list_of,
    optional,
    tuple_of,
)
from execution.vm.outcome import OutOfGas, Reverted
from tests.execution.abi.strategies import keys_packed, values_of
from tests.execution.vm.build import (
    L,
    Meter,
    assign,
    at,
    augment,
    bind,
    both,
    builtin,
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

INTS, TEXTS, PAIR = list_of(INT), list_of(BYTES), tuple_of(INT, STR)
BY_INT, BY_TEXT = dict_of(INT, INT), dict_of(BYTES, INTS)
MAYBE, NESTED = optional(INT), list_of(INTS)
VARIABLES = {
    "i": INT,
    "j": INT,
    "b": BYTES,
    "s": STR,
    "a": ADDRESS,
    "xs": INTS,
    "ts": TEXTS,
    "p": PAIR,
    "d": BY_INT,
    "e": BY_TEXT,
    "o": MAYBE,
    "n": NESTED,
}
ALLOWED = (Reverted, OutOfGas, IndexError, KeyError, ZeroDivisionError)
NUMBERS = st.integers(-5, 300) | st.sampled_from([INT_MAX, INT_MAX - 1, 2**128, 65_536])


RULES: dict = {}
"""For each type the ways to make an expression of it, from a maker and the depth that is left."""


class Maker:
    """Draws expressions of a type."""

    def __init__(self, draw) -> None:
        self.draw = draw

    def pick(self, *options):
        return self.draw(st.sampled_from(options))

    def expr(self, of: Type, depth: int):
        """An expression of the type, at most so deep."""
        made = [name for name, type_ in VARIABLES.items() if type_ == of]
        if made and (of not in RULES or depth <= 0 or self.pick(0, 1, 2) == 0):
            return var(self.pick(*made), of)
        if depth <= 0:
            return self.atom(of)
        return self.pick(*RULES[of])(self, depth - 1)

    def some(self, types, depth: int):
        """An expression of one of the types."""
        return self.expr(self.pick(*types), depth)

    def atom(self, of: Type):
        if of == INT:
            number = self.draw(NUMBERS)
            return lit(number) if number >= 0 else tree.Unary(L, INT, "-", lit(-number))
        if of == BYTES:
            return lit(self.draw(st.binary(max_size=6)))
        if of == STR:
            return lit(self.draw(st.text(max_size=4) | st.sampled_from(["12", "-7", "00ff"])))
        return lit(self.draw(st.booleans()))

    def comparison(self, depth: int):
        of = self.pick(INT, BYTES, STR, INTS, NESTED, PAIR, BY_INT, MAYBE, ADDRESS)
        ordered = of in (INT, BYTES, STR, ADDRESS)
        symbols = ("<", "<=", ">", ">=", "==", "!=") if ordered else ("==", "!=")
        rest = [self.pick(*symbols), self.expr(of, depth)] * self.pick(1, 1, 2)
        return cmp(self.expr(of, depth), *rest)

    def statement(self, depth: int):
        """A statement that may change any variable."""
        i, xs, d, e = var("i"), var("xs", INTS), var("d", BY_INT), var("e", BY_TEXT)
        number = self.expr(INT, 1)
        kinds = [
            lambda: assign(i, number),
            lambda: augment(i, self.pick("+", "-", "*", "//", "%", "<<", ">>"), number),
            lambda: augment(xs, "+", self.expr(INTS, 1)),
            lambda: augment(var("b", BYTES), "+", self.expr(BYTES, 2)),
            lambda: assign(at(xs, number), self.expr(INT, 1)),
            lambda: augment(at(xs, number), "+", self.expr(INT, 1)),
            lambda: assign(at(d, number), self.expr(INT, 1)),
            lambda: augment(at(d, number), "-", self.expr(INT, 1)),
            lambda: assign(at(e, self.expr(BYTES, 1)), self.expr(INTS, 1)),
            lambda: tree.Delete(L, at(self.pick(xs, d), number)),
            lambda: tree.Unpack(L, (i, var("j")), self.expr(INTS, 1), (False, False)),
            lambda: run_call(method(xs, "append", NONE, number)),
            lambda: run_call(method(xs, "extend", NONE, self.expr(INTS, 1))),
            lambda: run_call(method(xs, "insert", NONE, number, self.expr(INT, 1))),
            lambda: run_call(method(xs, self.pick("reverse", "clear", "sort"), NONE)),
            lambda: tree.Assert(L, self.expr(BOOL, 2), None),
        ]
        if depth > 0:
            body = tuple(self.statement(depth - 1) for _ in range(self.pick(1, 2)))
            kinds += [
                lambda: tree.If(L, ((self.expr(BOOL, 2), body), (self.expr(BOOL, 1), body)), body),
                lambda: tree.While(L, self.expr(BOOL, 2), body),
                lambda: loop(i, self.expr(self.pick(INTS, BYTES, BY_INT), 1), *body),
                lambda: loop(i, self.expr(INT, 1), *body, over="range"),
                lambda: loop((i, var("j")), xs, *body, over="enumerate"),
                lambda: loop((i, var("j")), xs, *body, over="zip", more=(self.expr(INTS, 1),)),
            ]
        return self.pick(*kinds)()


def search(m, whole: Type, names, item: Type, d: int):
    return method(m.expr(whole, d), m.pick(*names), INT, m.expr(item, d))


def to_bytes(m, d: int):
    flags = ("little", False)
    return method(m.expr(INT, d), "to_bytes", BYTES, m.expr(INT, d), flags=flags)


RULES[INT] = (
    lambda m, d: op(
        m.expr(INT, d),
        m.pick("+", "-", "*", "//", "%", "**", "<<", ">>", "&", "|", "^"),
        m.expr(INT, d),
    ),
    lambda m, d: tree.Unary(L, INT, m.pick("-", "+", "~"), m.expr(INT, d)),
    lambda m, d: at(m.expr(INTS, d), m.expr(INT, d)),
    lambda m, d: at(m.expr(BYTES, d), m.expr(INT, d)),
    lambda m, d: at(m.expr(BY_INT, d), m.expr(INT, d)),
    lambda m, d: at(m.expr(PAIR, d), lit(0)),
    lambda m, d: tree.Narrow(L, INT, m.expr(MAYBE, d)),
    lambda m, d: tree.Choice(L, INT, m.expr(BOOL, d), m.expr(INT, d), lit(1)),
    lambda m, d: builtin("len", INT, m.expr(m.pick(BYTES, STR, INTS, BY_INT), d)),
    lambda m, d: builtin("abs", INT, m.expr(INT, d)),
    lambda m, d: builtin(m.pick("min", "max", "sum"), INT, m.expr(INTS, d)),
    lambda m, d: builtin(m.pick("min", "max"), INT, m.expr(INT, d), m.expr(INT, d)),
    lambda m, d: builtin("pow", INT, *(m.expr(INT, d) for _ in range(3))),
    lambda m, d: builtin("int", INT, m.expr(m.pick(STR, BOOL), d)),
    lambda m, d: builtin("int.from_bytes", INT, m.expr(BYTES, d), flags=("big", True)),
    lambda m, d: method(m.expr(INT, d), "bit_length", INT),
    lambda m, d: search(m, BYTES, ("find", "count"), BYTES, d),
    lambda m, d: search(m, INTS, ("index", "count"), INT, d),
    lambda m, d: method(var("xs", INTS), "pop", INT, m.expr(INT, d)),
    lambda m, d: method(m.expr(BY_INT, d), "pop", INT, m.expr(INT, d)),
)
RULES[BOOL] = (
    lambda m, d: m.comparison(d),
    lambda m, d: cmp(m.expr(INT, d), "in", m.expr(m.pick(INTS, BY_INT), d)),
    lambda m, d: cmp(m.expr(BYTES, d), "not in", m.some((BYTES, TEXTS, BY_TEXT), d)),
    lambda m, d: both(m.expr(BOOL, d), m.expr(BOOL, d), word=m.pick("and", "or")),
    lambda m, d: tree.Not(L, BOOL, m.expr(BOOL, d)),
    lambda m, d: tree.Truth(L, m.expr(m.pick(INT, BYTES, STR, INTS, BY_INT), d)),
    lambda m, d: cmp(m.expr(MAYBE, d), "is None", lit(None)),
)
RULES[BYTES] = (
    lambda m, d: op(m.expr(BYTES, d), "+", m.expr(BYTES, d)),
    lambda m, d: op(m.expr(BYTES, d), "*", m.expr(INT, d)),
    lambda m, d: tree.Slice(L, BYTES, m.expr(BYTES, d), m.expr(INT, d), None),
    lambda m, d: builtin("bytes", BYTES, m.expr(m.pick(INT, ADDRESS), d)),
    lambda m, d: builtin("bytes.fromhex", BYTES, m.expr(STR, d)),
    lambda m, d: to_bytes(m, d),
    lambda m, d: method(m.expr(STR, d), "encode", BYTES),
    lambda m, d: method(m.expr(BYTES, d), "join", BYTES, m.expr(TEXTS, d)),
    lambda m, d: host("hash.sha256", BYTES, m.expr(BYTES, d)),
    lambda m, d: host("abi.encode", BYTES, m.expr(m.pick(INT, NESTED, BY_TEXT), d)),
)
RULES[STR] = (
    lambda m, d: builtin("str", STR, m.expr(INT, d)),
    lambda m, d: method(m.expr(BYTES, d), m.pick("hex", "decode"), STR),
    lambda m, d: at(m.expr(STR, d), m.expr(INT, d)),
    lambda m, d: at(m.expr(PAIR, d), lit(1)),
)
RULES[INTS] = (
    lambda m, d: lst(INT, m.expr(INT, d), m.expr(INT, d)),
    lambda m, d: op(m.expr(INTS, d), "+", m.expr(INTS, d)),
    lambda m, d: op(m.expr(INTS, d), "*", m.expr(INT, d)),
    lambda m, d: tree.Slice(L, INTS, m.expr(INTS, d), None, m.expr(INT, d)),
    lambda m, d: builtin("sorted", INTS, m.expr(INTS, d), m.expr(BOOL, d)),
    lambda m, d: builtin("list", INTS, m.expr(m.pick(INTS, BY_INT), d)),
    lambda m, d: method(m.expr(BY_INT, d), m.pick("keys", "values"), INTS),
    lambda m, d: at(m.expr(NESTED, d), m.expr(INT, d)),
    lambda m, d: at(m.expr(BY_TEXT, d), m.expr(BYTES, d)),
    lambda m, d: host("abi.decode", INTS, m.expr(BYTES, d), types=(INTS,)),
)
RULES[BY_INT] = (
    lambda m, d: dct(INT, INT, (m.expr(INT, d), m.expr(INT, d))),
    lambda m, d: builtin("dict", BY_INT, m.expr(BY_INT, d)),
)
RULES[PAIR] = (lambda m, d: tup(m.expr(INT, d), m.expr(STR, d)),)
RULES[MAYBE] = (lambda m, d: method(m.expr(BY_INT, d), "get", MAYBE, m.expr(INT, d)),)


@st.composite
def programs(draw):
    """Statements, a result, its type, and values for the variables."""
    make = Maker(draw)
    body = [make.statement(2) for _ in range(draw(st.integers(0, 3)))]
    of = draw(st.sampled_from([INT, BOOL, BYTES, STR, INTS, BY_INT, PAIR, MAYBE]))
    values = [draw(values_of(type_)) for type_ in VARIABLES.values()]
    return body, make.expr(of, 4), of, values


def once(bound, values, gas):
    """What a run comes to, the gas it leaves, and what its variables are then."""
    given_ = [keys_packed(v, of) for v, of in zip(values, VARIABLES.values(), strict=True)]
    m = Meter(gas)
    try:
        result = bound.call(m, "f", tuple(given_))
    except ALLOWED as error:
        result = type(error), str(error)
    return result, m.gas, given_


@settings(max_examples=300, deadline=None)
@given(programs(), st.integers(0, 30_000))
def test_random_programs(program, gas):
    body, e, of, values = program
    bound = bind(module(function("f", VARIABLES, of, *body, ret(e))))
    result, left, after = once(bound, values, gas)
    assert (result, left, after) == once(bound, values, gas)
    if isinstance(result, tuple) and isinstance(result[0], type):
        assert (result[0] is OutOfGas) == (left < 0)
    else:
        assert 0 <= left < gas
        own.encode(result, of)
    for value, type_ in zip(after, VARIABLES.values(), strict=True):
        own.encode(value, type_)


@settings(max_examples=100, deadline=None)
@given(programs())
def test_gas_decides_only_whether_a_run_ends(program):
    """With as much gas as a run took it is the same; with one less it is out of gas."""
    body, e, of, values = program
    bound = bind(module(function("f", VARIABLES, of, *body, ret(e))))
    result, left, _ = once(bound, values, 40_000)
    if isinstance(result, tuple) and result[0] is OutOfGas:
        return
    used = 40_000 - left
    assert once(bound, values, used)[:2] == (result, 0)
    assert once(bound, values, used - 1)[0][0] is OutOfGas

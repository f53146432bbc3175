"""Checked trees by hand, short: ``add(var("x"), lit(1))``."""

from __future__ import annotations

from execution.lang import tree
from execution.lang.types import ADDRESS, BOOL, BYTES, INT, NONE, STR, Type, tuple_of
from execution.vm.program import compile_module

L = 7
"""The line of everything that is built here."""


def lit(value, of: Type | None = None):
    kinds = {bool: BOOL, int: INT, bytes: BYTES, str: STR, type(None): NONE}
    return tree.Literal(L, of or kinds[type(value)], value)


def var(name: str, of: Type = INT):
    return tree.Local(L, of, name)


def const(name: str, of: Type = INT):
    return tree.Constant(L, of, name)


def op(left, symbol: str, right, of: Type | None = None):
    return tree.Binary(L, of or left.type, symbol, left, right)


def cmp(first, *rest):
    """``cmp(a, "<", b, "<", c)``."""
    return tree.Compare(L, BOOL, first, tuple(zip(rest[::2], rest[1::2], strict=True)))


def both(*operands, word: str = "and"):
    return tree.Logic(L, BOOL, word, operands)


def tup(*items):
    return tree.TupleOf(L, tuple_of(*(item.type for item in items)), items)


def lst(item: Type, *items):
    return tree.ListOf(L, Type("list", (item,)), items)


def dct(key: Type, value: Type, *pairs):
    return tree.DictOf(L, Type("dict", (key, value)), pairs)


def at(base, index, of: Type | None = None):
    if of is None:
        kind = base.type.kind
        of = {"bytes": INT, "str": STR}.get(kind) or base.type.args[-1 if kind == "dict" else 0]
        if kind == "tuple":
            of = base.type.args[index.value]
    return tree.Index(L, of, base, index)


def call(name: str, of: Type, *arguments):
    return tree.Call(L, of, name, arguments)


def builtin(name: str, of: Type, *arguments, flags=()):
    return tree.Builtin(L, of, name, arguments, flags)


def method(base, name: str, of: Type, *arguments, flags=()):
    return tree.Method(L, of, name, base, arguments, flags)


def host(name: str, of: Type, *arguments, **more):
    return tree.Host(L, of, name, arguments, **more)


def assign(target, value):
    return tree.Assign(L, var(target, value.type) if isinstance(target, str) else target, value)


def augment(target, symbol: str, value):
    return tree.Augment(L, target, symbol, value)


def ret(value=None):
    return tree.Return(L, value)


def run_call(value):
    return tree.Evaluate(L, value)


def loop(names, source, *body, over="value", more=(), narrow=None):
    targets = tuple(names) if isinstance(names, tuple) else (names,)
    return tree.For(
        L, targets, narrow or (False,) * len(targets), over, (source, *more), tuple(body)
    )


def function(name: str, parameters, result: Type, *body, line: int = L):
    """``parameters`` is a dict of name to type."""
    made = tuple(tree.Parameter(p, of, False) for p, of in parameters.items())
    return tree.Function(line, name, made, result, tuple(body), False, False, "", ())


def module(*functions, **more):
    return tree.Module("", functions=functions, **more)


class Meter:
    """What generated code runs on."""

    __slots__ = ("gas", "log")

    def __init__(self, gas: int = 10**9) -> None:
        self.gas, self.log = gas, []


def bind(made, hosts=None):
    return compile_module(made).bound({} if hosts is None else hosts)


def evaluate(e, gas: int = 10**9, hosts=None, **values):
    """The value of an expression and the gas it took beyond its block.

    ``values`` are the variables: name = (type, value).
    """
    parameters = {name: of for name, (of, _) in values.items()}
    bound = bind(module(function("f", parameters, e.type, ret(e))), hosts)
    m = Meter(gas)
    result = bound.call(m, "f", tuple(value for _, value in values.values()))
    from execution.vm import costs

    return result, gas - m.gas - costs.statement(ret(e))


__all__ = [name for name in dir() if not name.startswith("_")] + ["ADDRESS"]

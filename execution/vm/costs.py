"""Static gas: what each node of the tree costs, and what is charged where.

The names are those of the table. Source: docs/spec/contracts.md, "Static costs".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from execution.lang import tree
from execution.lang.types import INT, Type

NAME, UNARY, NOT, ADD, BITS, MUL, DIV, SHIFT, POW = 1, 6, 2, 6, 6, 13, 34, 16, 100
COMPARE, LOGIC, TRUTH, DISPLAY, ITEM, PAIR, INDEX, KEY = 6, 2, 12, 10, 3, 120, 6, 100
OPERATION, CALL, ARGUMENT, BIND, UNPACK, LOOP, STEP = 72, 30, 2, 1, 8, 13, 2
CONTEXT, NARROW, HOST = 22, 2, 180

_INT_OPERATORS = {
    "+": ADD,
    "-": ADD,
    "*": MUL,
    "//": DIV,
    "%": DIV,
    "**": POW,
    "<<": SHIFT,
    ">>": SHIFT,
    "&": BITS,
    "|": BITS,
    "^": BITS,
}
_AS_CONTEXT = ("context.gas_left", "treasury.balance")


def is_scalar(of: Type) -> bool:
    """Is it int, bool, address, None, or an optional of those?"""
    if of.kind == "optional":
        return is_scalar(of.args[0])
    return of.kind in ("int", "bool", "address", "none")


def operator(op: str, of: Type) -> int:
    """The cost of a binary operator whose left operand has the type."""
    return _INT_OPERATORS[op] if of == INT else OPERATION


def subscript(of: Type) -> int:
    """The cost of ``x[i]`` on a value of the type."""
    return {"dict": KEY, "str": OPERATION}.get(of.kind, INDEX)


def _link(op: str, left: Type, right: Type) -> int:
    if op in ("in", "not in"):
        return KEY if right.kind == "dict" else OPERATION
    return COMPARE if op.startswith("is") or (is_scalar(left) and is_scalar(right)) else OPERATION


def is_default(e: tree.Expr) -> bool:
    """Is this argument the default of a parameter that was left out?"""
    return isinstance(e, tree.Constant) and "." in e.name


# --- what a node costs by itself ----------------------------------------------------------------


def _compare(e: tree.Compare) -> int:
    operands = (e.first, *(operand for _, operand in e.rest))
    return sum(_link(op, operands[i].type, right.type) for i, (op, right) in enumerate(e.rest))


def _method(e: tree.Method) -> int:
    return KEY if e.base.type.kind == "dict" and e.name in ("get", "pop") else OPERATION


_OWN: dict[type, Callable[[Any], int]] = {
    tree.Literal: lambda e: NAME,
    tree.Local: lambda e: NAME,
    tree.Constant: lambda e: 0 if is_default(e) else NAME,
    tree.Unary: lambda e: UNARY,
    tree.Binary: lambda e: operator(e.op, e.left.type),
    tree.Compare: _compare,
    tree.StoredIn: lambda e: HOST,
    tree.Logic: lambda e: LOGIC * (len(e.operands) - 1),
    tree.Not: lambda e: NOT,
    tree.Truth: lambda e: TRUTH,
    tree.Choice: lambda e: LOGIC,
    tree.TupleOf: lambda e: DISPLAY + ITEM * len(e.items),
    tree.ListOf: lambda e: DISPLAY + ITEM * len(e.items),
    tree.DictOf: lambda e: DISPLAY + PAIR * len(e.pairs),
    tree.Index: lambda e: subscript(e.base.type),
    tree.Slice: lambda e: OPERATION,
    tree.StoredItem: lambda e: HOST,
    tree.Call: lambda e: CALL + ARGUMENT * len(e.arguments),
    tree.Builtin: lambda e: OPERATION,
    tree.Method: _method,
    tree.Host: lambda e: CONTEXT if e.name in _AS_CONTEXT else HOST,
    tree.Context: lambda e: CONTEXT,
    tree.Narrow: lambda e: NARROW,
}

# --- what a node consists of ----------------------------------------------------------------------


def _present(*parts: tree.Expr | None) -> tuple[tree.Expr, ...]:
    return tuple(part for part in parts if part is not None)


_PARTS: dict[type, Callable[[Any], tuple[tree.Expr, ...]]] = {
    tree.Literal: lambda e: (),
    tree.Local: lambda e: (),
    tree.Constant: lambda e: (),
    tree.Unary: lambda e: (e.operand,),
    tree.Binary: lambda e: (e.left, e.right),
    tree.Compare: lambda e: (e.first, *(operand for _, operand in e.rest)),
    tree.StoredIn: lambda e: e.keys,
    tree.Logic: lambda e: e.operands,
    tree.Not: lambda e: (e.operand,),
    tree.Truth: lambda e: (e.operand,),
    tree.Choice: lambda e: (e.test, e.then, e.other),
    tree.TupleOf: lambda e: e.items,
    tree.ListOf: lambda e: e.items,
    tree.DictOf: lambda e: tuple(part for pair in e.pairs for part in pair),
    tree.Index: lambda e: (e.base, e.index),
    tree.Slice: lambda e: _present(e.base, e.start, e.stop),
    tree.StoredItem: lambda e: e.keys,
    tree.Call: lambda e: e.arguments,
    tree.Builtin: lambda e: e.arguments,
    tree.Method: lambda e: (e.base, *e.arguments),
    tree.Host: lambda e: _present(*e.arguments, e.value, e.gas),
    tree.Context: lambda e: (),
    tree.Narrow: lambda e: (e.operand,),
}


def cost(e: tree.Expr) -> int:
    """The static gas of an expression with everything in it, whether it will run or not."""
    total = _OWN[type(e)](e)
    for part in _PARTS[type(e)](e):
        total += cost(part)
    return int(total)


# --- statements -----------------------------------------------------------------------------------


def access(target: tree.Target) -> int:
    """Reading, writing or deleting a target once, without its parts."""
    if isinstance(target, tree.Local):
        return BIND
    return HOST if isinstance(target, tree.StoredItem) else subscript(target.base.type)


def parts_of(target: tree.Target) -> int:
    """The parts of a target, which are evaluated once."""
    if isinstance(target, tree.Local):
        return 0
    return sum(map(cost, _PARTS[type(target)](target)))


def _unpack(s: tree.Unpack) -> int:
    targets = sum(access(target) + parts_of(target) for target in s.targets)
    return UNPACK + targets + NARROW * sum(s.narrow) + cost(s.value)


def _augment(s: tree.Augment) -> int:
    read = NAME if isinstance(s.target, tree.Local) else access(s.target)
    both = read + access(s.target) + parts_of(s.target)
    return both + operator(s.op, s.target.type) + cost(s.value)


_SIMPLE: dict[type, Callable[[Any], int]] = {
    tree.Assign: lambda s: access(s.target) + parts_of(s.target) + cost(s.value),
    tree.Unpack: _unpack,
    tree.Augment: _augment,
    tree.Delete: lambda s: access(s.target) + parts_of(s.target),
    tree.Evaluate: lambda s: cost(s.value),
    tree.Return: lambda s: 0 if s.value is None else cost(s.value),
    tree.Assert: lambda s: sum(map(cost, _present(s.test, s.reason))),
    tree.Simple: lambda s: 0,
}


def is_simple(s: tree.Statement) -> bool:
    """Does the statement run in the block that it stands in, and end with it?"""
    return type(s) in _SIMPLE


def statement(s: tree.Statement) -> int:
    """The static gas of a simple statement."""
    return STEP + int(_SIMPLE[type(s)](s))


def head(s: tree.Statement) -> int:
    """What an ``if``, ``for`` or ``while`` adds to the block that it ends."""
    if isinstance(s, tree.If):
        return STEP + cost(s.arms[0][0])
    if isinstance(s, tree.For):
        call = 0 if s.over == "value" else OPERATION
        return STEP + LOOP + call + sum(map(cost, s.sources))
    return 0


def turn(s: tree.For) -> int:
    """What each turn of a ``for`` costs on top of the first block of its body."""
    unpack = UNPACK if len(s.targets) > 1 else 0
    return LOOP + unpack + BIND * len(s.targets) + NARROW * sum(s.narrow)


def arm(test: tree.Expr) -> int:
    """What each test of an ``elif`` costs."""
    return LOOP + cost(test)


def test(s: tree.While) -> int:
    """What each test of a ``while`` costs."""
    return LOOP + STEP + cost(s.test)

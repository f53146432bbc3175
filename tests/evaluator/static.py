"""The static gas of nodes and of blocks. Source: docs/spec/contracts.md, "Gas"."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from tests.evaluator.bodies import documentation
from tests.evaluator.costs import STATIC
from tests.evaluator.kinds import BOOL, INT, bare

_INT_OPERATORS = {
    ast.Add: "ADD", ast.Sub: "ADD", ast.Mult: "MUL", ast.FloorDiv: "DIV", ast.Mod: "DIV",
    ast.Pow: "POW", ast.LShift: "SHIFT", ast.RShift: "SHIFT",
    ast.BitAnd: "BITS", ast.BitOr: "BITS", ast.BitXor: "BITS",
}  # fmt: skip
_COMPARISONS = {"map": "HOST", "dict": "KEY", "plain": "COMPARE", "is": "COMPARE"}


def cost(node: Any) -> int:
    """Gas of an expression with everything inside of it."""
    narrowed = STATIC["NARROW"] if getattr(node, "narrow", False) else 0
    return narrowed + _NODES[type(node)](node)


def costs(nodes: Iterable[Any]) -> int:
    return sum(map(cost, nodes))


def condition(node: Any) -> int:
    """A condition: on top of its cost TRUTH where it is no bool."""
    return cost(node) + (0 if node.t == BOOL else STATIC["TRUTH"])


def operator(op: ast.operator, left: Any) -> int:
    """A binary operator by the type of its left operand."""
    return STATIC[_INT_OPERATORS[type(op)] if bare(left) == INT else "OPERATION"]


def _leaf(node: Any) -> int:
    return STATIC["NAME"]


def _unary(node: Any) -> int:
    if isinstance(node.op, ast.Not):
        return STATIC["NOT"] + condition(node.operand)
    return STATIC["UNARY"] + cost(node.operand)


def _binary(node: Any) -> int:
    return operator(node.op, node.left.t) + cost(node.left) + cost(node.right)


def _logic(node: Any) -> int:
    return STATIC["LOGIC"] * (len(node.values) - 1) + costs(node.values)


def _conditional(node: Any) -> int:
    return STATIC["LOGIC"] + condition(node.test) + cost(node.body) + cost(node.orelse)


def _compare(node: Any) -> int:
    operands = [node.left, *node.comparators]
    total = sum(STATIC[_COMPARISONS.get(kind, "OPERATION")] for kind in node.kinds)
    if "map" not in node.kinds:
        return total + costs(operands)
    several = isinstance(node.left, ast.Tuple)  # the keys of a map, no display
    return total + costs(node.left.elts if several else [node.left])


def _display(node: Any) -> int:
    return STATIC["DISPLAY"] + STATIC["ITEM"] * len(node.elts) + costs(node.elts)


def _dict(node: Any) -> int:
    inner = costs(node.keys) + costs(node.values)
    return STATIC["DISPLAY"] + STATIC["PAIR"] * len(node.keys) + inner


def subscript(node: Any, accesses: int = 1) -> int:
    """``x[…]``, each of its accesses paid, its parts once."""
    if node.op == "map":
        return STATIC["HOST"] * accesses + costs(node.keys)
    if node.op == "slice":
        bounds = [part for part in (node.slice.lower, node.slice.upper) if part is not None]
        return STATIC["OPERATION"] + cost(node.value) + costs(bounds)
    name = {"key": "KEY", "text": "OPERATION"}.get(node.op, "INDEX")
    return STATIC[name] * accesses + cost(node.value) + cost(node.slice)


def _attribute(node: Any) -> int:
    return STATIC["CONTEXT"]


def _call(node: Any) -> int:
    words = costs(part for part in node.args if hasattr(part, "t"))
    words += costs(item.value for item in node.keywords if hasattr(item.value, "t"))
    if node.op == "function":
        return STATIC["CALL"] + STATIC["ARGUMENT"] * len(node.target.params) + words
    if node.op == "host":
        light = node.name in ("context.gas_left", "treasury.balance")
        truth = node.name == "abi.require" and node.args[0].t != BOOL
        return STATIC["CONTEXT" if light else "HOST"] + words + (STATIC["TRUTH"] if truth else 0)
    if node.op == "method":
        keyed = node.on.name == "dict" and node.name in ("get", "pop")
        return STATIC["KEY" if keyed else "OPERATION"] + words + cost(node.func.value)
    return STATIC["OPERATION"] + words


_NODES: dict[type, Any] = {
    ast.Constant: _leaf,
    ast.Name: _leaf,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.BoolOp: _logic,
    ast.IfExp: _conditional,
    ast.Compare: _compare,
    ast.Tuple: _display,
    ast.List: _display,
    ast.Dict: _dict,
    ast.Subscript: subscript,
    ast.Attribute: _attribute,
    ast.Call: _call,
}


# ------------------------------------------------------------------ statements


def target(node: Any) -> int:
    """A target that is written once."""
    if isinstance(node, ast.Tuple):
        return STATIC["UNPACK"] + sum(map(target, node.elts))
    narrowed = STATIC["NARROW"] if getattr(node, "narrow", False) else 0
    return narrowed + (STATIC["BIND"] if isinstance(node, ast.Name) else subscript(node))


def _augmented(node: Any) -> int:
    narrowed = STATIC["NARROW"] if node.target.narrow else 0
    if isinstance(node.target, ast.Name):
        place = STATIC["NAME"] + STATIC["BIND"]
    else:
        place = subscript(node.target, 2)
    return narrowed + place + operator(node.op, node.target.t) + cost(node.value)


def simple(node: Any) -> int:
    """A simple statement, STEP included."""
    inner = 0
    match node:
        case ast.Expr():
            inner = cost(node.value)
        case ast.Return():
            inner = cost(node.value) if node.value is not None else 0
        case ast.Assert():
            inner = condition(node.test) + (cost(node.msg) if node.msg is not None else 0)
        case ast.Delete():
            inner = subscript(node.targets[0])
        case ast.AnnAssign():
            inner = STATIC["BIND"] + cost(node.value)
        case ast.Assign():
            inner = target(node.targets[0]) + cost(node.value)
        case ast.AugAssign():
            inner = _augmented(node)
    return STATIC["STEP"] + inner


def while_test(node: ast.While) -> int:
    """What each test of a ``while`` costs."""
    return STATIC["STEP"] + STATIC["LOOP"] + condition(node.test)


def turn(node: ast.For) -> int:
    """What each turn of a ``for`` costs on top of its body's first block."""
    return STATIC["LOOP"] + target(node.target)


def blocks(body: list[ast.stmt]) -> dict[int, int]:
    """Index of the statement at which a block begins -> the block's gas."""
    charges: dict[int, int] = {}
    start = 0
    for index, node in enumerate(body):
        gas, ends = _part(node)
        if gas:
            charges[start] = charges.get(start, 0) + gas
        if ends:
            start = index + 1
    return charges


def _part(node: ast.stmt) -> tuple[int, bool]:
    """A statement's share of the block that it stands in, and whether it ends the block."""
    if documentation(node):
        return 0, False
    if isinstance(node, ast.If):
        return STATIC["STEP"] + condition(node.test), True
    if isinstance(node, ast.For):
        return STATIC["STEP"] + STATIC["LOOP"] + cost(node.iter), True
    if isinstance(node, ast.While):
        return 0, True
    return simple(node), False

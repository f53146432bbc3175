"""Which constructs of the language a program uses, read from its typed syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from tests.evaluator.bodies import documentation
from tests.evaluator.kinds import BOOL, bare
from tests.evaluator.modules import Module

# A line each: what stands before the colon is followed by each of the words.
_TABLE = """
operator int: Add Sub Mult FloorDiv Mod Pow LShift RShift BitAnd BitOr BitXor
operator bytes: Add Mult
operator str: Add Mult
operator list: Add Mult
augmented int: Add Sub Mult FloorDiv Mod Pow LShift RShift BitAnd BitOr BitXor
augmented bytes: Add Mult
augmented str: Add Mult
augmented list: Add Mult
augmented place: name index key map
unary: USub UAdd Invert Not
logic: And Or conditional
truth: int bytes str list dict
compare plain: Eq NotEq Lt LtE Gt GtE
compare text: Lt LtE Gt GtE
compare deep: Eq NotEq
compare is: Is IsNot
compare in: list dict part map
compare chain: 2 3
subscript: index key text tuple map slice
write: name index key map tuple
delete: index key map
literal: int bool bytes str None
display: Tuple List Dict
statement: Expr Return Assert Delete AnnAssign Assign AugAssign If While For Pass Break Continue
if: elif else
for: range enumerate zip reversed list str bytes dict tuple
builtin: len abs min max sum sorted any all divmod pow int bool str bytes address list dict
builtin: from_bytes fromhex
method int: to_bytes bit_length
method bytes: hex decode find count startswith endswith join
method str: encode find count startswith endswith join
method list: append extend insert pop index count reverse sort clear copy
method dict: get pop keys values items clear copy
host: storage.get storage.set storage.delete storage.has cell.get cell.set emit
host: abi.require abi.revert abi.encode abi.decode abi.call abi.forward
host: hash.sha3_256 hash.sha3_512 hash.sha256 hash.sha512 crypto.verify
host: context.gas_left treasury.balance treasury.transfer beacon.round beacon.random
host: syscalls.blob_pin syscalls.ai_enqueue syscalls.quantum_enqueue syscalls.read_result zk.verify
context: sender origin this value height time chain txid
call: plain keyword default
module: constant cell map event view payable init private documentation narrow
"""


def _expected() -> set[str]:
    found = set()
    for line in _TABLE.strip().splitlines():
        group, words = line.split(": ")
        found |= {f"{group} {word}" for word in words.split()}
    return found


EXPECTED = _expected()


def of(module: Module) -> set[str]:
    """The constructs of a module, named as in ``EXPECTED``."""
    found = set(_declared(module))
    for function in module.functions.values():
        for node in ast.walk(function.node):
            found |= set(_of_node(node))
    return found


def _declared(module: Module) -> Iterator[str]:
    if module.constants:
        yield "module constant"
    for stored in module.stored.values():
        yield "module map" if stored.keys else "module cell"
    if module.events:
        yield "module event"
    for function in module.functions.values():
        marks = {
            "view": function.view,
            "payable": function.payable,
            "init": function.name == "init",
        }
        marks["private"] = function.name.startswith("_")
        yield from (f"module {mark}" for mark, held in marks.items() if held)


def _of_node(node: Any) -> Iterator[str]:
    if isinstance(node, ast.stmt):
        yield from _of_statement(node)
        return
    if getattr(node, "narrow", False):
        yield "module narrow"
    if hasattr(node, "t"):
        for kind in type(node).__mro__:
            if kind in _EXPRESSIONS:
                yield from _EXPRESSIONS[kind](node)
                break


def _truth(node: Any) -> Iterator[str]:
    if node.t != BOOL:
        yield f"truth {node.t.name}"


def _of_statement(node: Any) -> Iterator[str]:
    if documentation(node):
        yield "module documentation"
        return
    yield f"statement {type(node).__name__}"
    match node:
        case ast.If() | ast.While() | ast.Assert():
            yield from _truth(node.test)
            if isinstance(node, ast.If) and node.orelse:
                again = isinstance(node.orelse[0], ast.If)
                nested = again and node.orelse[0].col_offset == node.col_offset
                yield "if elif" if nested else "if else"
        case ast.For():
            looped = getattr(node.iter, "op", "") == "loop"
            yield f"for {node.iter.name if looped else node.iter.over.name}"
        case ast.Assign():
            target = node.targets[0]
            many = target.elts if isinstance(target, ast.Tuple) else []
            yield from (f"write {_place(part)}" for part in (target, *many))
        case ast.AugAssign():
            yield f"augmented {bare(node.target.t).name} {type(node.op).__name__}"
            yield f"augmented place {_place(node.target)}"
        case ast.Delete():
            yield f"delete {node.targets[0].op}"


def _place(target: Any) -> str:
    if isinstance(target, ast.Tuple):
        return "tuple"
    return "name" if isinstance(target, ast.Name) else target.op


def _constant(node: Any) -> Iterator[str]:
    name = type(node.value).__name__
    yield "literal None" if node.value is None else f"literal {name}"


def _unary(node: Any) -> Iterator[str]:
    yield f"unary {type(node.op).__name__}"
    if isinstance(node.op, ast.Not):
        yield from _truth(node.operand)


def _binary(node: Any) -> Iterator[str]:
    yield f"operator {bare(node.left.t).name} {type(node.op).__name__}"


def _compare(node: Any) -> Iterator[str]:
    if len(node.ops) > 1:
        yield f"compare chain {len(node.ops)}"
    for op, kind in zip(node.ops, node.kinds, strict=True):
        inside = isinstance(op, ast.In | ast.NotIn)
        yield f"compare in {kind}" if inside else f"compare {kind} {type(op).__name__}"


def _conditional(node: Any) -> Iterator[str]:
    yield "logic conditional"
    yield from _truth(node.test)


def _call(node: Any) -> Iterator[str]:
    if node.op == "method":
        yield f"method {node.on.name} {node.name}"
    elif node.op != "function":
        yield f"{node.op} {node.name}"
    else:
        given = len(node.args) + len(node.keywords)
        yield "call default" if given < len(node.target.params) else "call plain"
        if node.keywords:
            yield "call keyword"


_EXPRESSIONS: dict[type, Any] = {
    ast.Constant: _constant,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.BoolOp: lambda node: iter([f"logic {type(node.op).__name__}"]),
    ast.IfExp: _conditional,
    ast.Compare: _compare,
    ast.Subscript: lambda node: iter([f"subscript {node.op}"]),
    ast.Attribute: lambda node: iter([f"context {node.attr}"]),
    ast.Call: _call,
    ast.expr: lambda node: iter([f"display {type(node).__name__}"]),
}

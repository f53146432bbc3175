"""The type of every expression, written onto the nodes of the syntax tree.

Each expression node gets ``t`` (its type), ``narrow`` (a ``T | None`` that is taken for a T here)
and ``op`` (which of the language's operations it is). Source: docs/spec/contracts.md, "Types".
"""

from __future__ import annotations

import ast
from typing import Any

from tests.evaluator import calls
from tests.evaluator.kinds import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    NONE,
    STR,
    Type,
    bare,
    listed,
    optional,
    tupled,
)
from tests.evaluator.modules import Event, Function, Module, Stored, host_name

CONTEXT = {
    "sender": ADDRESS, "origin": ADDRESS, "this": ADDRESS, "value": INT, "height": INT,
    "time": INT, "chain": INT, "txid": BYTES,
}  # fmt: skip
SCALARS = {"int", "bool", "address", "None"}
LITERALS = {int: INT, bool: BOOL, bytes: BYTES, str: STR, type(None): NONE}


class Typer:
    """Types of the expressions of one function (or of a constant, with no locals)."""

    def __init__(self, module: Module, function: Function | None = None) -> None:
        self.module = module
        self.function = function
        self.locals: dict[str, Type] = dict(function.params) if function else {}

    def take(self, node: Any, wanted: Type) -> Type:
        """An expression where a value of type ``wanted`` is needed."""
        found = self.expr(node, wanted)
        node.narrow = found.name == "optional" and wanted.name != "optional"
        return wanted

    def operand(self, node: Any, want: Type | None = None) -> Type:
        """An operand: what is optional is narrowed. Returns its type without ``| None``."""
        found = self.expr(node, want)
        node.narrow = found.name == "optional"
        return bare(found)

    def expr(self, node: Any, want: Type | None = None) -> Type:
        """The natural type of an expression; ``want`` helps ``[]``, ``{}`` and ``None``."""
        node.narrow = False
        node.t = getattr(self, f"_{type(node).__name__}")(node, want)
        return node.t

    def condition(self, node: Any) -> None:
        self.expr(node)

    def stored(self, node: Any) -> Stored | None:
        """The stored value or map that a name stands for."""
        return self.module.stored.get(node.id) if isinstance(node, ast.Name) else None

    # -------------------------------------------------------------- atoms

    def _Constant(self, node: Any, want: Type | None) -> Type:
        kind = LITERALS[type(node.value)]
        return want if kind == NONE and want is not None else kind

    def _Name(self, node: Any, want: Type | None) -> Type:
        return self.locals[node.id] if node.id in self.locals else self._constant(node.id)

    def _constant(self, name: str) -> Type:
        return self.module.constant_types[name]

    def _Attribute(self, node: Any, want: Type | None) -> Type:
        return CONTEXT[node.attr]

    def _List(self, node: Any, want: Type | None) -> Type:
        item = bare(want).args[0] if want and bare(want).name == "list" else None
        for part in node.elts:
            item = self.take(part, item) if item else self.expr(part)
        assert item is not None
        return listed(item)

    def _Tuple(self, node: Any, want: Type | None) -> Type:
        inner = bare(want) if want else None
        if inner and inner.name == "tuple":
            for part, kind in zip(node.elts, inner.args, strict=True):
                self.take(part, kind)
            return inner
        return tupled(*(self.expr(part) for part in node.elts))

    def _Dict(self, node: Any, want: Type | None) -> Type:
        key, item = bare(want).args if want and bare(want).name == "dict" else (None, None)
        for first, second in zip(node.keys, node.values, strict=True):
            key = self.take(first, key) if key else self.operand(first)
            item = self.take(second, item) if item else self.expr(second)
        assert key is not None and item is not None
        return Type("dict", (key, item))

    # -------------------------------------------------------------- operators

    def _UnaryOp(self, node: Any, want: Type | None) -> Type:
        if isinstance(node.op, ast.Not):
            self.condition(node.operand)
            return BOOL
        return self.operand(node.operand)

    def _BinOp(self, node: Any, want: Type | None) -> Type:
        whole = bare(want) if want and bare(want).name == "list" else None
        left = self.operand(node.left, whole)
        repeat = isinstance(node.op, ast.Mult) and left != INT
        self.operand(node.right, INT if repeat else left)
        return left

    def _BoolOp(self, node: Any, want: Type | None) -> Type:
        for part in node.values:
            self.operand(part)
        return BOOL

    def _IfExp(self, node: Any, want: Type | None) -> Type:
        self.condition(node.test)
        if want is None:
            return self.take(node.orelse, self.expr(node.body))
        for part in (node.body, node.orelse):
            self.take(part, want)
        kinds = [bare(p.t) if p.narrow else p.t for p in (node.body, node.orelse)]
        return kinds[0] if kinds[0] == kinds[1] else want

    def _Compare(self, node: Any, want: Type | None) -> Type:
        operands = [node.left, *node.comparators]
        node.kinds = []
        for index, op in enumerate(node.ops):
            left, right = operands[index], operands[index + 1]
            node.kinds.append(self._comparison(op, left, right, index == 0))
        equal = all(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
        if len(node.ops) > 1 and not equal:
            for part in operands:
                part.narrow = part.t.name == "optional"
        return BOOL

    def _comparison(self, op: ast.cmpop, left: Any, right: Any, first: bool) -> str:
        """int, deep, text, is, list, dict, part or map: which comparison it is."""
        if isinstance(op, ast.Is | ast.IsNot):
            if first:
                self.expr(left)
            self.expr(right, left.t)
            return "is"
        if isinstance(op, ast.In | ast.NotIn):
            return self._membership(left, right)
        if isinstance(op, ast.Eq | ast.NotEq):
            if first:
                self.expr(left)
            self.expr(right, optional(bare(left.t)))
            return "plain" if {bare(left.t).name, bare(right.t).name} <= SCALARS else "deep"
        if first:
            self.operand(left)
        else:
            left.narrow = left.t.name == "optional"
        self.operand(right)
        return "text" if bare(left.t) in (BYTES, STR) else "plain"

    def _membership(self, left: Any, right: Any) -> str:
        found = self.stored(right)
        if found is not None:
            self.keys(left, found)
            return "map"
        whole = self.operand(right)
        if whole.name in ("bytes", "str"):
            self.operand(left)
            return "part"
        self.take(left, whole.args[0])
        return whole.name

    # -------------------------------------------------------------- items

    def keys(self, node: Any, stored: Stored) -> list[Any]:
        """The key expressions of a stored map's subscript."""
        parts = node.elts if isinstance(node, ast.Tuple) and len(stored.keys) > 1 else [node]
        for part, kind in zip(parts, stored.keys, strict=True):
            self.take(part, kind)
        return parts

    def _Subscript(self, node: Any, want: Type | None) -> Type:
        found = self.stored(node.value)
        if found is not None:
            node.op, node.stored = "map", found
            node.keys = self.keys(node.slice, found)
            return found.value
        whole = self.operand(node.value)
        if isinstance(node.slice, ast.Slice):
            node.op = "slice"
            for bound in (node.slice.lower, node.slice.upper):
                if bound is not None:
                    self.operand(bound)
            return whole
        node.op = {"dict": "key", "tuple": "tuple", "str": "text"}.get(whole.name, "index")
        if whole.name == "dict":
            self.take(node.slice, whole.args[0])
            return whole.args[1]
        self.take(node.slice, INT)
        if whole.name == "tuple":
            return whole.args[_literal(node.slice)]
        return {"bytes": INT, "str": STR}.get(whole.name) or whole.args[0]

    # -------------------------------------------------------------- calls

    def _Call(self, node: Any, want: Type | None) -> Type:
        named = host_name(node)
        func = node.func
        if named:
            node.op, node.name = "host", named
            return calls.host(self, node)
        if isinstance(func, ast.Name):
            if func.id in self.module.functions:
                return self._function_call(node, self.module.functions[func.id])
            node.op, node.name = "builtin", func.id
            return calls.builtin(self, node)
        return self._member_call(node, func)

    def _function_call(self, node: Any, target: Function) -> Type:
        node.op, node.target = "function", target
        for (_, kind), part in zip(target.params.items(), node.args, strict=False):
            self.take(part, kind)
        for item in node.keywords:
            self.take(item.value, target.params[item.arg])
        return target.result

    def _member_call(self, node: Any, func: ast.Attribute) -> Type:
        owner = func.value
        if isinstance(owner, ast.Name) and owner.id not in self.locals:
            if owner.id in ("int", "bytes"):
                node.op, node.name = "builtin", func.attr
                return calls.builtin(self, node)
            event = self.module.events.get(owner.id)
            if event is not None:
                return self._emit(node, event)
            stored = self.module.stored.get(owner.id)
            if stored is not None:
                node.op, node.name, node.stored = "host", f"cell.{func.attr}", stored
                if node.args:
                    self.take(node.args[0], stored.value)
                return stored.value if func.attr == "get" else NONE
        kind = self.operand(owner)
        node.op, node.name, node.on = "method", func.attr, kind
        return calls.method(self, node, kind)

    def _emit(self, node: Any, event: Event) -> Type:
        node.op, node.name, node.event = "host", "emit", event
        for kind, part in zip(event.fields.values(), node.args, strict=False):
            self.take(part, kind)
        for item in node.keywords:
            self.take(item.value, event.fields[item.arg])
        return NONE


def _literal(node: Any) -> int:
    """An integer literal, with or without a minus."""
    if isinstance(node, ast.UnaryOp):
        return -node.operand.value
    return node.value

"""Checking names, literals and operators: syntax to the checked tree.

Source: docs/spec/contracts.md, "Expressions".
"""

from __future__ import annotations

from execution.lang import fit, tree
from execution.lang import syntax as s
from execution.lang.context import Context
from execution.lang.errors import SourceRefused
from execution.lang.names import RESERVED, TYPES, ConstantEntry, Signature, refused
from execution.lang.stdlib import CONTEXT, not_called
from execution.lang.types import BOOL, BYTES, INT, NONE, STR, Type

_JOINED = frozenset(("bytes", "str", "list"))


def name(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """A variable or constant."""
    assert isinstance(node, s.Name)
    function, text = cx.function, node.text
    if function is not None:
        type_ = function.locals.get(text)
        if type_ is not None and function.has(text):
            return tree.Local(node.line, type_, text)
        if text in function.bound:
            raise _unassigned(cx, node)
    entry = cx.names.entry(text)
    if isinstance(entry, ConstantEntry):
        return tree.Constant(node.line, entry.type, text)
    raise _no_value(cx, node)


def _unassigned(cx: Context, node: s.Name) -> SourceRefused:
    assert cx.function is not None
    first = cx.function.bound[node.text]
    if node.text in cx.function.locals:
        return refused(
            "flow",
            node,
            f"`{node.text}` has no value on some way to here",
            f"assign it before the branch or loop that assigns it in line {first.line}",
        )
    return refused(
        "flow",
        node,
        f"`{node.text}` is used before line {first.line} assigns it",
        "assign it first",
    )


def _no_value(cx: Context, node: s.Name) -> SourceRefused:
    text = node.text
    entry = cx.names.entry(text)
    if isinstance(entry, tree.Stored):
        if entry.keys:
            keys = ", ".join(["key"] * len(entry.keys))
            return refused(
                "type",
                node,
                f"the stored map `{text}` is no value",
                f"{text}[{keys}]; it does not know its keys: keep them in a list",
            )
        return refused("type", node, f"the stored value `{text}` is no variable", f"{text}.get()")
    if isinstance(entry, tree.Event):
        return refused("type", node, f"the event `{text}` is no value", f"{text}.emit(…)")
    if isinstance(entry, Signature):
        return refused("type", node, f"the function `{text}` is no value", f"call it: {text}(…)")
    if isinstance(entry, str):
        return refused("type", node, f"the module `{text}` is no value", f"name a part: {text}.…")
    if text in TYPES:
        return refused("type", node, f"the type `{text}` is no value", f"{text}(…) converts")
    if text in RESERVED:
        return refused("type", node, f"`{text}` is no value", f"call it: {text}(…)")
    return cx.names.unknown(text, node, cx.known())


def literal(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """A literal; None takes the type that is expected."""
    assert isinstance(node, s.Value)
    value = node.value
    if value is None:
        if want is None:
            raise refused("type", node, "None has no type here", "annotate: name: T | None = None")
        if want.kind != "optional":
            raise fit.mismatch(NONE, want, node)
        return tree.Literal(node.line, want, None)
    type_ = {bool: BOOL, int: INT, bytes: BYTES, str: STR}[type(value)]
    return tree.Literal(node.line, type_, value)


def group(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """Parentheses."""
    assert isinstance(node, s.Group)
    return cx.any(node.inner, want)


def attribute(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """``context.x``: the only attributes that are values."""
    assert isinstance(node, s.Attribute)
    base = node.base
    if isinstance(base, s.Name) and not cx.is_variable(base.text):
        entry = cx.names.entry(base.text)
        if entry == "context" and node.name in CONTEXT:
            cx.only_in_functions(f"`context.{node.name}`", node)
            return tree.Context(node.line, CONTEXT[node.name], node.name)
        if isinstance(entry, str):
            raise not_called(entry, node)
        if entry is None and base.text not in TYPES:
            raise cx.names.unknown(base.text, base, cx.known())
    raise refused(
        "type", node.at, f"`.{node.name}` without a call", f"methods are called: .{node.name}(…)"
    )


def prefix(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """``not`` and the unary operators."""
    assert isinstance(node, s.Prefix)
    if node.op == "not":
        return tree.Not(node.line, BOOL, cx.condition(node.operand))
    operand = cx.operand(node.operand)
    if operand.type != INT:
        raise _not_int(node, node.op, operand.type)
    return tree.Unary(node.line, INT, node.op, operand)


def _not_int(at: s.Node, op: str, found: Type) -> SourceRefused:
    instead = "int(x) makes an int of a bool" if found == BOOL else "give ints"
    if found == BOOL and op in ("&", "|", "~", "^"):
        instead = {"&": "and", "|": "or", "~": "not", "^": "!="}[op]
    if found == STR and op == "%":
        instead = "join parts with +, numbers by str(n)"
    return refused("type", at, f"`{op}` on {found}", instead)


def operation(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """Arithmetic, and ``+`` and ``*`` of sequences."""
    assert isinstance(node, s.Operation)
    inner = want.args[0] if want is not None and want.kind == "optional" else want
    hint = inner if inner is not None and inner.kind == "list" and node.op in "+*" else None
    left = cx.operand(node.left, hint)
    if node.op == "+" and left.type.kind in _JOINED:
        right = _like(cx, node, left.type)
        return tree.Binary(node.line, left.type, "+", left, right)
    if node.op == "*" and left.type.kind in _JOINED:
        right = cx.need(node.right, INT)
        return tree.Binary(node.line, left.type, "*", left, right)
    right = cx.operand(node.right, left.type)
    for side in (left, right):
        if side.type != INT:
            if side is right and node.op == "+" and right.type.kind in _JOINED:
                raise fit.mismatch(left.type, right.type, node)
            if side is right and node.op == "*" and right.type.kind in _JOINED:
                raise refused("type", node, "a count stands on the right of `*`", "x * n")
            raise _not_int(node, node.op, side.type)
    return tree.Binary(node.line, INT, node.op, left, right)


def _like(cx: Context, node: s.Operation, type_: Type) -> tree.Expr:
    right = cx.operand(node.right, type_)
    if right.type != type_:
        raise fit.mismatch(right.type, type_, node)
    return right


def logic(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """``and`` and ``or``."""
    assert isinstance(node, s.Logic)
    operands = tuple(cx.need_bool(operand, node.op) for operand in node.operands)
    return tree.Logic(node.line, BOOL, node.op, operands)


def conditional(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """``then if test else other``: both sides fit the expected type, else the first side's.

    The whole has the type of its sides if that is one, else the type that they had to fit.
    """
    assert isinstance(node, s.Conditional)
    then = cx.need(node.then, want) if want is not None else cx.value(node.then)
    test = cx.condition(node.test)
    wanted = want if want is not None else then.type
    other = cx.need(node.other, wanted)
    type_ = then.type if then.type == other.type else wanted
    return tree.Choice(node.line, type_, test, then, other)

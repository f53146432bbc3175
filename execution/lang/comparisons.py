"""Checking comparisons. Source: docs/spec/contracts.md, "Expressions"."""

from __future__ import annotations

from execution.lang import fit, tree
from execution.lang import syntax as s
from execution.lang.context import Context
from execution.lang.names import refused
from execution.lang.types import BOOL, BYTES, STR, Type, optional

_ORDERED = frozenset(("int", "bytes", "str", "address"))


def comparison(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """One comparison or a chain."""
    assert isinstance(node, s.Comparison)
    if len(node.rest) > 1:
        return _chain(cx, node)
    op, right = node.rest[0]
    if op in ("is", "is not"):
        return _identity(cx, node, op, right)
    if op in ("in", "not in"):
        return _membership(cx, node, op, right)
    if op in ("==", "!="):
        if isinstance(node.first, s.Value) and node.first.value is None:
            raise refused("type", node.first, "None stands on the right", f"x {op} None")
        left = cx.value(node.first)
        other = _equal(cx, left, right, node)
        return tree.Compare(node.line, BOOL, left, ((op, other),))
    left = cx.operand(node.first)
    _ordered(left.type, op, node)
    return tree.Compare(node.line, BOOL, left, ((op, cx.need(right, left.type)),))


def _identity(cx: Context, node: s.Comparison, op: str, right: s.Expression) -> tree.Expr:
    if not (isinstance(right, s.Value) and right.value is None):
        if isinstance(node.first, s.Value) and node.first.value is None:
            raise refused("unsupported", node, "None stands on the right", f"x {op} None")
        raise refused(
            "unsupported",
            node,
            f"`{op}` only asks for None",
            "==" if op == "is" else "!=",
        )
    left = cx.value(node.first)
    if left.type.kind != "optional":
        raise refused("type", node, f"{left.type} is never None", "take the test away")
    none = tree.Literal(right.line, left.type, None)
    return tree.Compare(node.line, BOOL, left, ((f"{op} None", none),))


def stored_map(cx: Context, node: s.Expression) -> tree.Stored | None:
    """The stored map that the expression names."""
    while isinstance(node, s.Group):
        node = node.inner
    if not isinstance(node, s.Name):
        return None
    entry = cx.names.entry(node.text)
    return entry if isinstance(entry, tree.Stored) and entry.keys else None


def keys_of(cx: Context, entry: tree.Stored, node: s.Expression) -> tuple[tree.Expr, ...]:
    """The keys of a stored map, as many as it has."""
    while isinstance(node, s.Group):
        node = node.inner
    written = node.items if isinstance(node, s.Row) else [node]
    if len(written) != len(entry.keys) or (isinstance(node, s.Row) and len(written) == 1):
        raise refused(
            "type",
            node,
            f"`{entry.name}` has {len(entry.keys)} keys, with commas between",
            f"{entry.name}[{', '.join(map(str, entry.keys))}]",
        )
    return tuple(cx.need(key, type_) for key, type_ in zip(written, entry.keys, strict=True))


def _membership(cx: Context, node: s.Comparison, op: str, right: s.Expression) -> tree.Expr:
    entry = stored_map(cx, right)
    if entry is not None:
        cx.only_in_functions("a stored map", node)
        keys = keys_of(cx, entry, node.first)
        return tree.StoredIn(node.line, BOOL, entry.name, keys, op == "not in")
    container = cx.operand(right)
    left = cx.need(node.first, _sought(container.type, node))
    return tree.Compare(node.line, BOOL, left, ((op, container),))


def _sought(container: Type, at: s.Node) -> Type:
    """The type of what can be in a container."""
    if container.kind in ("list", "dict"):
        return container.args[0]
    if container in (BYTES, STR):
        return container
    instead = "list, dict, bytes, str or a stored map"
    if container.kind == "tuple":
        instead = "a list: x in [a, b]"
    raise refused("type", at, f"`in` of {container}", instead)


def _equal(cx: Context, left: tree.Expr, right: s.Expression, at: s.Node) -> tree.Expr:
    expected = left.type if left.type.kind == "optional" else optional(left.type)
    other = cx.value(right, expected)
    if isinstance(other, tree.Literal) and other.value is None and left.type.kind != "optional":
        raise refused("type", at, f"{left.type} is never None", "take the test away")
    if _bare(other.type) != _bare(left.type):
        raise fit.mismatch(other.type, left.type, at)
    return other


def _bare(type_: Type) -> Type:
    return type_.args[0] if type_.kind == "optional" else type_


def _ordered(type_: Type, op: str, at: s.Node) -> None:
    if type_.kind not in _ORDERED:
        raise refused("type", at, f"`{op}` on {type_}", "int, bytes, str or address")


def _chain(cx: Context, node: s.Comparison) -> tree.Expr:
    """Each operand once, from the left; unless all are ``==`` or ``!=``, none is optional."""
    narrows = any(op not in ("==", "!=") for op, _ in node.rest)
    first = cx.operand(node.first) if narrows else cx.value(node.first)
    left, rest = first, []
    for (op, right), at in zip(node.rest, node.places, strict=True):
        if op in ("is", "is not") or stored_map(cx, right) is not None:
            raise refused(
                "unsupported",
                at,
                f"`{op}` of {'None' if op[:2] == 'is' else 'a stored map'} in a chain",
                "join the two comparisons with `and`",
            )
        other = _link(cx, left, op, right, at, narrows)
        rest.append((op, other))
        left = other
    return tree.Compare(node.line, BOOL, first, tuple(rest))


def _link(
    cx: Context, left: tree.Expr, op: str, right: s.Expression, at: s.Node, narrows: bool
) -> tree.Expr:
    if op in ("in", "not in"):
        container = cx.operand(right)
        sought = _sought(container.type, at)
        if left.type != sought:
            raise fit.mismatch(left.type, sought, at)
        return container
    if op not in ("==", "!="):
        _ordered(left.type, op, at)
        return cx.need(right, left.type)
    other = _equal(cx, left, right, at)
    return fit.narrow(other) if narrows else other

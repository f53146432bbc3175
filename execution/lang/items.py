"""Checking displays, items and slices. Source: docs/spec/contracts.md, "Expressions"."""

from __future__ import annotations

from collections.abc import Sequence

from execution.lang import fit, tree
from execution.lang import syntax as s
from execution.lang.comparisons import keys_of, stored_map
from execution.lang.context import Context
from execution.lang.names import refused
from execution.lang.types import INT, STR, Type, dict_of, list_of, tuple_of, wrong_parts

_CUT = frozenset(("list", "bytes", "str"))


def _bare(want: Type | None, kind: str) -> Type | None:
    """The expected type if it is of this kind, or of it and None."""
    if want is not None and want.kind == "optional":
        want = want.args[0]
    return want if want is not None and want.kind == kind else None


def _empty(node: s.Expression, want: Type | None, what: str, example: str) -> Exception:
    if want is None:
        return refused("type", node, f"{what} has no type here", f"annotate: {example}")
    return refused("type", node, f"{what} where {want} is needed", f"give a value of type {want}")


def row(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """A tuple."""
    assert isinstance(node, s.Row)
    expected = _bare(want, "tuple")
    if expected is None or len(expected.args) != len(node.items):
        return row_of(cx, node, [None] * len(node.items))
    return row_of(cx, node, expected.args)


def row_of(cx: Context, node: s.Row, wanted: Sequence[Type | None]) -> tree.Expr:
    """A tuple whose items are expected to have these types, None where none is."""
    wrong = wrong_parts("tuple", (INT,) * len(node.items))
    if wrong:
        raise refused("type", node, *wrong)
    items = tuple(
        cx.value(item) if type_ is None else cx.need(item, type_)
        for item, type_ in zip(node.items, wanted, strict=True)
    )
    types = (type_ or item.type for item, type_ in zip(items, wanted, strict=True))
    return tree.TupleOf(node.line, tuple_of(*types), items)


def list_display(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """``[…]``: items of the expected type, else of the first item's."""
    assert isinstance(node, s.ListDisplay)
    expected = _bare(want, "list")
    if expected is not None:
        items = [cx.need(item, expected.args[0]) for item in node.items]
        return tree.ListOf(node.line, expected, tuple(items))
    if not node.items:
        raise _empty(node, want, "[]", "name: list[int] = []")
    first = cx.value(node.items[0])
    rest = [cx.need(item, first.type) for item in node.items[1:]]
    return tree.ListOf(node.line, list_of(first.type), (first, *rest))


def dict_display(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """``{…}``: keys and values of the expected types, else of the first pair's."""
    assert isinstance(node, s.DictDisplay)
    expected = _bare(want, "dict")
    pairs: list[tuple[tree.Expr, tree.Expr]] = []
    if expected is None:
        if not node.pairs:
            raise _empty(node, want, "{}", "name: dict[str, int] = {}")
        key, value = cx.value(node.pairs[0][0]), cx.value(node.pairs[0][1])
        wrong = wrong_parts("dict", (key.type, value.type))
        if wrong:
            raise refused("type", node.pairs[0][0], *wrong)
        pairs.append((key, value))
        expected = dict_of(key.type, value.type)
    for key_node, value_node in node.pairs[len(pairs) :]:
        key = cx.need(key_node, expected.args[0])
        pairs.append((key, cx.need(value_node, expected.args[1])))
    return tree.DictOf(node.line, expected, tuple(pairs))


def subscript(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """``x[i]``."""
    assert isinstance(node, s.Subscript)
    entry = stored_map(cx, node.base)
    if entry is not None:
        cx.only_in_functions("a stored map", node)
        keys = keys_of(cx, entry, node.index)
        return tree.StoredItem(node.line, entry.value, entry.name, keys)
    base = cx.operand(node.base)
    kind = base.type.kind
    if kind == "tuple":
        return _tuple_item(node, base)
    if kind == "dict":
        key = cx.need(node.index, base.type.args[0])
        return tree.Index(node.line, base.type.args[1], base, key)
    if kind not in _CUT:
        raise refused("type", node, f"{base.type} has no items", "list, dict, bytes, str, tuple")
    index = cx.need(node.index, INT)
    type_ = base.type.args[0] if kind == "list" else INT if kind == "bytes" else STR
    return tree.Index(node.line, type_, base, index)


def _tuple_item(node: s.Subscript, base: tree.Expr) -> tree.Expr:
    index = node.index
    value = index.value if isinstance(index, s.Value) else None
    if not isinstance(value, int) or isinstance(value, bool):
        raise refused(
            "type",
            index,
            "the item of a tuple is chosen by an integer literal",
            "t[0], or take it apart: a, b = t",
        )
    if value >= len(base.type.args):
        raise refused(
            "type",
            index,
            f"the tuple has {len(base.type.args)} items, counted from 0",
            f"0 to {len(base.type.args) - 1}",
        )
    literal = tree.Literal(index.line, INT, value)
    return tree.Index(node.line, base.type.args[value], base, literal)


def cut(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """``x[a:b]``."""
    assert isinstance(node, s.Cut)
    if stored_map(cx, node.base) is not None:
        raise refused("type", node, "a slice of a stored map", "read its entries one by one")
    base = cx.operand(node.base)
    if base.type.kind not in _CUT:
        raise refused("type", node, f"a slice of {base.type}", "list, bytes or str")
    start = cx.need(node.start, INT) if node.start is not None else None
    stop = cx.need(node.stop, INT) if node.stop is not None else None
    return tree.Slice(node.line, base.type, base, start, stop)


def target(cx: Context, node: s.Expression) -> tree.Index | tree.StoredItem:
    """An item that can be assigned or deleted: of a list or dict that is kept, or stored."""
    while isinstance(node, s.Group):
        node = node.inner
    if not isinstance(node, s.Subscript):
        raise refused("type", node, "this cannot be assigned", "a name, x[i], d[k] or m[k]")
    found = subscript(cx, node, None)
    if isinstance(found, tree.StoredItem):
        return found
    assert isinstance(found, tree.Index)
    base = found.base.type
    if base.kind not in ("list", "dict"):
        raise refused(
            "type", node, f"items of {base} cannot change", "make a new value and assign that"
        )
    if not fit.is_kept(found.base):
        raise refused(
            "type",
            node,
            "the change would be lost: this is only a copy",
            "give it a name, change that, store it",
        )
    return found

"""Checking what a ``for`` runs over and what it binds. Source: docs/spec/contracts.md."""

from __future__ import annotations

from execution.lang import assignments, tree
from execution.lang import syntax as s
from execution.lang.arguments import positional
from execution.lang.context import Context
from execution.lang.names import LOOPS, refused
from execution.lang.types import INT, STR, Type, tuple_of

_FEWEST_AND_MOST = {"range": (1, 3), "enumerate": (1, 2), "zip": (2, 3), "reversed": (1, 1)}


def sources(cx: Context, node: s.Expression) -> tuple[str, tuple[tree.Expr, ...], Type]:
    """How the loop runs, over what, and the type of an item."""
    while isinstance(node, s.Group):
        node = node.inner
    if isinstance(node, s.Call) and isinstance(node.function, s.Name):
        name = node.function.text
        if name in LOOPS:
            return _by_call(cx, node, name)
    over = cx.operand(node)
    return "value", (over,), _item(over.type, node)


def _item(type_: Type, at: s.Node) -> Type:
    if type_.kind in ("list", "dict"):
        return type_.args[0]
    if type_.kind == "str":
        return STR
    if type_.kind == "bytes":
        return INT
    if type_.kind == "tuple":
        if len(set(type_.args)) == 1:
            return type_.args[0]
        raise refused(
            "type", at, "a loop over a tuple whose items have several types", "take it apart"
        )
    instead = "for i in range(n)" if type_ == INT else "a list, dict, str, bytes or tuple"
    raise refused("type", at, f"a loop over {type_}", instead)


def _by_call(cx: Context, node: s.Call, name: str) -> tuple[str, tuple[tree.Expr, ...], Type]:
    written = positional(node, name, *_FEWEST_AND_MOST[name])
    if name == "range":
        return name, tuple(cx.need(each, INT) for each in written), INT
    if name == "enumerate":
        found = _list(cx, written[0], name)
        start = tuple(cx.need(each, INT) for each in written[1:])
        return name, (found, *start), tuple_of(INT, found.type.args[0])
    lists = tuple(_list(cx, each, name) for each in written)
    if name == "zip":
        return name, lists, tuple_of(*(each.type.args[0] for each in lists))
    return name, lists, lists[0].type.args[0]


def _list(cx: Context, node: s.Expression, name: str) -> tree.Expr:
    found = cx.operand(node)
    if found.type.kind != "list":
        raise refused("type", node, f"`{name}` of {found.type}", "a list; of a dict: d.keys()")
    return found


def targets(
    cx: Context, node: s.Expression, item: Type
) -> tuple[tuple[tree.Local, ...], tuple[bool, ...]]:
    """The variables of the loop, which are assigned from here on."""
    assert cx.function is not None  # loops stand only in functions
    while isinstance(node, s.Group):
        node = node.inner
    written = node.items if isinstance(node, s.Row) else [node]
    types: tuple[Type, ...] = (item,)
    if isinstance(node, s.Row):
        if item.kind != "tuple":
            raise refused(
                "type",
                node,
                f"an item is {item}, which has no parts",
                "one name; or zip, enumerate",
            )
        types = assignments.parts(item, len(written), node)
    found: list[tree.Local] = []
    narrow: list[bool] = []
    for each, type_ in zip(written, types, strict=True):
        if not isinstance(each, s.Name):
            raise refused(
                "unsupported", each, "the targets of a loop are names", "assign in the body"
            )
        place = assignments.bind(cx, each, type_)
        cx.function.assign(each.text)
        narrow.append(assignments.narrows(type_, place.type, each))
        found.append(place)
    return tuple(found), tuple(narrow)

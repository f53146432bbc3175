"""The builtins. Source: docs/spec/contracts.md, "Builtins"."""

from __future__ import annotations

from collections.abc import Callable

from execution.lang import syntax as s
from execution.lang import tree
from execution.lang.arguments import (
    byte_order,
    each,
    literal_flag,
    positional,
    reverse_flag,
    with_flag,
)
from execution.lang.context import Context
from execution.lang.expressions import CALL_ARGUMENTS
from execution.lang.names import refused
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    STR,
    Type,
    list_of,
    tuple_of,
)

SORTED = frozenset(("int", "bytes", "str", "address"))
_COMPARED = frozenset(("int", "bytes", "str"))

_FIXED: dict[str, tuple[tuple[Type, ...], Type]] = {
    "abs": ((INT,), INT),
    "sum": ((list_of(INT),), INT),
    "any": ((list_of(BOOL),), BOOL),
    "all": ((list_of(BOOL),), BOOL),
    "divmod": ((INT, INT), tuple_of(INT, INT)),
    "pow": ((INT, INT, INT), INT),
}
_TAKES: dict[str, tuple[frozenset[str], Type]] = {
    "len": (frozenset(("bytes", "str", "list", "dict", "tuple")), INT),
    "int": (frozenset(("bool", "int", "str")), INT),
    "str": (frozenset(("int", "str")), STR),
    "bytes": (frozenset(("address", "bytes", "int")), BYTES),
    "address": (frozenset(("address", "bytes", "str")), ADDRESS),
}
"""One argument of one of these kinds, and the result."""


def call(cx: Context, node: s.Call, name: str) -> tree.Expr:
    """``name(…)`` of a builtin or type."""
    if name in _FIXED:
        types, result = _FIXED[name]
        return tree.Builtin(node.line, result, name, each(cx, node, name, types))
    if name in _TAKES:
        kinds, result = _TAKES[name]
        return tree.Builtin(node.line, result, name, (_one(cx, node, name, kinds),))
    special = _SPECIAL.get(name)
    if special is None:
        raise refused("type", node, f"`{name}(…)` does not exist", "write the items: (a, b)")
    return special(cx, node, name)


def _one(cx: Context, node: s.Call, name: str, kinds: frozenset[str]) -> tree.Expr:
    (written,) = positional(node, name, 1, 1)
    found = cx.operand(written)
    if found.type.kind not in kinds:
        raise refused(
            "type", written, f"`{name}` of {found.type}", f"it takes {', '.join(sorted(kinds))}"
        )
    return found


def _bool(cx: Context, node: s.Call, name: str) -> tree.Expr:
    (written,) = positional(node, name, 1, 1)
    found = cx.condition(written)
    inner = found.operand if isinstance(found, tree.Truth) else found
    return tree.Builtin(node.line, BOOL, name, (inner,))


def _extreme(cx: Context, node: s.Call, name: str) -> tree.Expr:
    written = positional(node, name, 1, CALL_ARGUMENTS)
    first = cx.operand(written[0])
    if len(written) == 1:
        if first.type.kind != "list" or first.type.args[0].kind not in _COMPARED:
            raise refused(
                "type", node, f"`{name}` of one {first.type}", "a list of int, bytes or str"
            )
        return tree.Builtin(node.line, first.type.args[0], name, (first,))
    if first.type.kind not in _COMPARED:
        raise refused("type", node, f"`{name}` of {first.type}", "int, bytes or str")
    rest = tuple(cx.need(each_, first.type) for each_ in written[1:])
    return tree.Builtin(node.line, first.type, name, (first, *rest))


def _sorted(cx: Context, node: s.Call, name: str) -> tree.Expr:
    places, flag = with_flag(node, name, "reverse")
    if len(places) != 1:
        raise refused("type", node, "`sorted` takes one list", "sorted(x), sorted(x, reverse=b)")
    found = cx.operand(places[0])
    if found.type.kind != "list" or found.type.args[0].kind not in SORTED:
        raise refused(
            "type", node, f"`sorted` of {found.type}", "a list of int, bytes, str or address"
        )
    return tree.Builtin(node.line, found.type, name, (found, *reverse_flag(cx, flag)))


def _copy(cx: Context, node: s.Call, name: str) -> tree.Expr:
    if not node.arguments:
        raise refused("type", node, f"`{name}()` of nothing", "[]" if name == "list" else "{}")
    kinds = frozenset(("list", "dict")) if name == "list" else frozenset(("dict",))
    found = _one(cx, node, name, kinds)
    copied = found.type
    if name == "list" and copied.kind == "dict":
        copied = list_of(copied.args[0])
    return tree.Builtin(node.line, copied, name, (found,))


_SPECIAL: dict[str, Callable[[Context, s.Call, str], tree.Expr]] = {
    "bool": _bool,
    "min": _extreme,
    "max": _extreme,
    "sorted": _sorted,
    "list": _copy,
    "dict": _copy,
}


def call_of_type(cx: Context, node: s.Call, name: str) -> tree.Expr:
    """``int.from_bytes`` and ``bytes.fromhex``."""
    if name == "bytes.fromhex":
        return tree.Builtin(node.line, BYTES, name, each(cx, node, name, (STR,)))
    if name != "int.from_bytes":
        raise refused(
            "type", node, f"`{name}` does not exist", "int.from_bytes, bytes.fromhex; or a method"
        )
    places, flag = with_flag(node, name, "signed")
    if len(places) != 2:
        raise refused(
            "type", node, f"`{name}` takes bytes and their order", 'int.from_bytes(b, "big")'
        )
    data = cx.need(places[0], BYTES)
    flags = (byte_order(places[1]), literal_flag(flag))
    return tree.Builtin(node.line, INT, name, (data,), flags)

"""The methods of values. Source: docs/spec/contracts.md, "Methods"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from execution.lang import fit, tree
from execution.lang import syntax as s
from execution.lang.arguments import (
    byte_order,
    counted,
    each,
    literal_flag,
    reverse_flag,
    with_flag,
)
from execution.lang.builtins import SORTED
from execution.lang.context import Context
from execution.lang.names import nearest, refused
from execution.lang.types import BOOL, BYTES, INT, NONE, STR, Type, list_of, optional, tuple_of

_Of = Callable[[Type], Type]


@dataclass(frozen=True)
class _Method:
    """Parameters and result as functions of the value's type; ``least`` that must be given."""

    parameters: tuple[_Of, ...] = ()
    result: _Of = lambda _: NONE
    changes: bool = False
    least: int | None = None


def _is(type_: Type) -> _Of:
    return lambda _: type_


def _self(type_: Type) -> Type:
    return type_


def _first(type_: Type) -> Type:
    return type_.args[0]


def _second(type_: Type) -> Type:
    return type_.args[1]


_TEXT = {
    "find": _Method((_self,), _is(INT)),
    "count": _Method((_self,), _is(INT)),
    "startswith": _Method((_self,), _is(BOOL)),
    "endswith": _Method((_self,), _is(BOOL)),
    "join": _Method((list_of,), _self),
}
_TABLE: dict[str, dict[str, _Method]] = {
    "int": {"bit_length": _Method((), _is(INT)), "to_bytes": _Method()},
    "bytes": _TEXT | {"hex": _Method((), _is(STR)), "decode": _Method((), _is(STR))},
    "str": _TEXT | {"encode": _Method((), _is(BYTES))},
    "list": {
        "append": _Method((_first,), changes=True),
        "extend": _Method((_self,), changes=True),
        "insert": _Method((_is(INT), _first), changes=True),
        "pop": _Method((_is(INT),), _first, changes=True, least=0),
        "index": _Method((_first,), _is(INT)),
        "count": _Method((_first,), _is(INT)),
        "reverse": _Method((), changes=True),
        "sort": _Method((), changes=True),
        "clear": _Method((), changes=True),
        "copy": _Method((), _self),
    },
    "dict": {
        "get": _Method((_first, _second), _second, least=1),
        "pop": _Method((_first, _second), _second, changes=True, least=1),
        "keys": _Method((), lambda type_: list_of(type_.args[0])),
        "values": _Method((), lambda type_: list_of(type_.args[1])),
        "items": _Method((), lambda type_: list_of(tuple_of(*type_.args))),
        "clear": _Method((), changes=True),
        "copy": _Method((), _self),
    },
}
_HABITS = {
    ("list", "remove"): "del x[x.index(v)]",
    ("dict", "update"): "assign the items in a loop",
    ("dict", "setdefault"): "if k not in d: d[k] = v",
    ("str", "format"): "join parts with +, numbers by str(n)",
    ("int", "hex"): 'n.to_bytes(32, "big").hex()',
    ("address", "hex"): "bytes(a).hex()",
}


def call(cx: Context, node: s.Call, function: s.Attribute) -> tree.Expr:
    """``base.name(…)``."""
    base = cx.operand(function.base)
    kind, name = base.type.kind, function.name
    method = _TABLE.get(kind, {}).get(name)
    if method is None:
        near = nearest(name, _TABLE.get(kind, {}))
        instead = _HABITS.get((kind, name)) or (f"did you mean `{near}`?" if near else "")
        known = ", ".join(sorted(_TABLE.get(kind, {}))) or "none"
        raise refused(
            "type",
            function.at,
            f"{base.type} has no method `{name}`",
            instead or f"its methods: {known}",
        )
    if method.changes and not fit.is_kept(base):
        raise refused(
            "type",
            function.at,
            f"`{name}` would change a copy, and the change would be lost",
            "give it a name, change that, store it",
        )
    if name == "to_bytes":
        return _to_bytes(cx, node, base)
    if name == "sort":
        return _sort(cx, node, base)
    types = tuple(parameter(base.type) for parameter in method.parameters)
    arguments = each(cx, node, name, types, method.least)
    result = method.result(base.type)
    if kind == "dict" and name == "get" and len(arguments) == 1:
        result = _may_be_none(function, result)
    return tree.Method(node.line, result, name, base, arguments)


def _may_be_none(function: s.Attribute, value: Type) -> Type:
    if value.kind == "optional":
        raise refused(
            "type",
            function.at,
            f"`get` of a dict whose values are {value}: None would mean two things",
            "ask `k in d` first, or give a default",
        )
    return optional(value)


def _to_bytes(cx: Context, node: s.Call, base: tree.Expr) -> tree.Expr:
    places, flag = with_flag(node, "to_bytes", "signed")
    counted(node, "to_bytes", len(places), 2, 2)
    length = cx.need(places[0], INT)
    flags = (byte_order(places[1]), literal_flag(flag))
    return tree.Method(node.line, BYTES, "to_bytes", base, (length,), flags)


def _sort(cx: Context, node: s.Call, base: tree.Expr) -> tree.Expr:
    places, flag = with_flag(node, "sort", "reverse")
    counted(node, "sort", len(places), 0, 0)
    if base.type.args[0].kind not in SORTED:
        raise refused(
            "type", node, f"`sort` of {base.type}", "a list of int, bytes, str or address"
        )
    return tree.Method(node.line, NONE, "sort", base, reverse_flag(cx, flag))

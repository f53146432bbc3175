"""Checking declarations of the module. Source: docs/spec/contracts.md, "The module"."""

from __future__ import annotations

from execution.lang import syntax as s
from execution.lang import tree
from execution.lang.annotations import type_of
from execution.lang.context import Context
from execution.lang.names import refused
from execution.lang.types import Type, is_immutable

KEYS = frozenset(("int", "bool", "bytes", "str", "address"))
"""Kinds that a stored map may have as keys."""
KEYS_MOST = 3
FIELDS = 16


Constant = tuple[Type, tree.Expr]


def declared(cx: Context, node: s.Declaration) -> tree.Stored | tree.Event | Constant:
    """A stored value, a stored map, an event, or the type and expression of a constant."""
    value = node.value
    maker = _maker(cx, value)
    if maker is None:
        return constant(cx, node.value, node.annotation, f"`{node.name}`")
    assert isinstance(value, s.Call)
    if node.annotation is not None:
        raise refused(
            "type", node.annotation, "a type before `=`", f"{node.name} = {maker}(…), with no type"
        )
    if maker == "events.event":
        return tree.Event(node.line, node.name, _fields(value))
    return _stored(node, value, maker)


def _maker(cx: Context, value: s.Expression) -> str | None:
    """``storage.cell``, ``storage.map`` or ``events.event`` if the value is a call of one."""
    if not (isinstance(value, s.Call) and isinstance(value.function, s.Attribute)):
        return None
    base = value.function.base
    if not isinstance(base, s.Name):
        return None
    name = f"{base.text}.{value.function.name}"
    if name not in ("storage.cell", "storage.map", "events.event"):
        return None
    if cx.names.entry(base.text) != base.text:
        raise cx.names.unknown(base.text, base)
    return name


def constant(
    cx: Context, value: s.Expression, annotation: s.Expression | None, what: str
) -> Constant:
    """A constant expression of immutable type."""
    if annotation is not None:
        type_ = type_of(annotation)
        found = cx.need(value, type_)
    else:
        found = cx.value(value)
        type_ = found.type
    is_none = isinstance(found, tree.Literal) and found.value is None
    if not (is_immutable(type_) or is_none):
        raise refused(
            "type",
            annotation or value,
            f"{what} is {type_}, which could change",
            "a tuple; or storage.cell(…) and storage.map(…) for state",
        )
    return type_, found


def _stored(node: s.Declaration, value: s.Call, maker: str) -> tree.Stored:
    types: list[Type] = []
    for argument in value.arguments:
        if argument.name:
            raise refused("type", argument, f"`{maker}` takes types alone", f"{maker}(int)")
        types.append(type_of(argument.value))
    if maker == "storage.cell":
        if len(types) != 1:
            raise refused("type", value, "a stored value has one type", "storage.cell(int)")
        return tree.Stored(node.line, node.name, (), types[0])
    if len(types) < 2:
        raise refused(
            "type", value, "a stored map has keys and a value", "storage.map(address, int)"
        )
    if len(types) > KEYS_MOST + 1:
        raise refused("limit", value, f"more than {KEYS_MOST} keys", "encode several into bytes")
    for type_, argument in zip(types[:-1], value.arguments, strict=False):
        if type_.kind not in KEYS:
            raise refused(
                "type",
                argument,
                f"{type_} cannot be the key of a stored map",
                "int, bool, bytes, str or address",
            )
    return tree.Stored(node.line, node.name, tuple(types[:-1]), types[-1])


def _fields(value: s.Call) -> tuple[tuple[str, Type], ...]:
    fields: dict[str, Type] = {}
    for argument in value.arguments:
        if not argument.name:
            raise refused("type", argument, "a field without a name", "name=type")
        if argument.name in fields:
            raise refused("name", argument, f"the field `{argument.name}` twice", "another name")
        if len(fields) >= FIELDS:
            raise refused("limit", argument, f"more than {FIELDS} fields", "put some into a tuple")
        fields[argument.name] = type_of(argument.value)
    return tuple(fields.items())

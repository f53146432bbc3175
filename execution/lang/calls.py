"""Checking calls: of functions, builtins, methods, the library, stored values and events.

Source: docs/spec/contracts.md, "The module", "Standard library".
"""

from __future__ import annotations

from execution.lang import builtins, methods, stdlib, tree
from execution.lang import syntax as s
from execution.lang.arguments import each
from execution.lang.context import Context
from execution.lang.errors import SourceRefused
from execution.lang.names import LOOPS, RESERVED, TYPES, Signature, nearest, refused
from execution.lang.types import NONE, Type


def call(cx: Context, node: s.Expression, want: Type | None) -> tree.Expr:
    """``function(…)``."""
    assert isinstance(node, s.Call)
    function = node.function
    if isinstance(function, s.Name):
        return _named(cx, node, function)
    if isinstance(function, s.Attribute):
        return _dotted(cx, node, function)
    raise refused("type", node, "this cannot be called", "call a function by its name")


def _named(cx: Context, node: s.Call, function: s.Name) -> tree.Expr:
    name = function.text
    if cx.is_variable(name):
        raise refused("type", node, f"`{name}` is a variable", "call a function of the module")
    if name in LOOPS:
        raise refused(
            "type", node, f"`{name}(…)` stands only behind `in` of a `for`", "for x in …:"
        )
    if name in RESERVED:
        return builtins.call(cx, node, name)
    entry = cx.names.entry(name)
    if isinstance(entry, Signature):
        return _function(cx, node, entry)
    if entry is None:
        raise cx.names.unknown(name, function, cx.known())
    instead = "a function"
    if isinstance(entry, tree.Event):
        instead = f"{name}.emit(…)"
    elif isinstance(entry, tree.Stored):
        instead = f"{name}[…]" if entry.keys else f"{name}.get(), {name}.set(…)"
    raise refused("type", node, f"`{name}` cannot be called", instead)


def _function(cx: Context, node: s.Call, signature: Signature) -> tree.Expr:
    scope = cx.only_in_functions(f"the function `{signature.name}`", node)
    if signature.name == "init":
        raise refused(
            "effect", node, "`init` runs once, at deployment", "move what both need to a function"
        )
    scope.calls.append((signature.name, node))
    found = _match(cx, node, signature)
    order = tuple(found)
    arguments = tuple(found[place] for place in sorted(order))
    if order == tuple(sorted(order)):
        order = ()
    return tree.Call(node.line, signature.result, signature.name, arguments, order)


def _match(cx: Context, node: s.Call, signature: Signature) -> dict[int, tree.Expr]:
    """The arguments by their places, in the order in which they run; defaults come last."""
    parameters = signature.parameters
    places = {parameter.name: place for place, parameter in enumerate(parameters)}
    found: dict[int, tree.Expr] = {}
    for number, argument in enumerate(node.arguments):
        place = places.get(argument.name, -1) if argument.name else number
        if place < 0:
            near = nearest(argument.name, places)
            raise refused(
                "type",
                argument,
                f"`{signature.name}` has no parameter `{argument.name}`",
                f"did you mean `{near}`?" if near else _shape(signature),
            )
        if place >= len(parameters) or place in found:
            raise _too_many(signature, argument, place in found)
        found[place] = cx.need(argument.value, parameters[place].type)
    for place, parameter in enumerate(parameters):
        if place not in found:
            found[place] = _default(node, signature, parameter)
    return found


def _too_many(signature: Signature, at: s.Argument, twice: bool) -> SourceRefused:
    if twice:
        message = f"`{at.name}` is given twice"
    else:
        message = f"`{signature.name}` takes {len(signature.parameters)} arguments"
    return refused("type", at, message, _shape(signature))


def _shape(signature: Signature) -> str:
    written = ", ".join(f"{each_.name}: {each_.type}" for each_ in signature.parameters)
    return f"{signature.name}({written})"


def _default(node: s.Call, signature: Signature, parameter: tree.Parameter) -> tree.Expr:
    if not parameter.default:
        raise refused(
            "type",
            node,
            f"`{signature.name}` needs its argument `{parameter.name}`",
            _shape(signature),
        )
    return tree.Constant(node.line, parameter.type, f"{signature.name}.{parameter.name}")


def _dotted(cx: Context, node: s.Call, function: s.Attribute) -> tree.Expr:
    base = function.base
    if not isinstance(base, s.Name) or cx.is_variable(base.text):
        return methods.call(cx, node, function)
    if base.text in TYPES:
        return builtins.call_of_type(cx, node, f"{base.text}.{function.name}")
    entry = cx.names.entry(base.text)
    if entry is None:
        raise cx.names.unknown(base.text, base, cx.known())
    if isinstance(entry, str):
        return stdlib.call(cx, node, entry, function)
    if isinstance(entry, tree.Stored):
        return _stored(cx, node, entry, function)
    if isinstance(entry, tree.Event):
        return _emit(cx, node, entry, function)
    return methods.call(cx, node, function)


def _stored(cx: Context, node: s.Call, entry: tree.Stored, function: s.Attribute) -> tree.Expr:
    cx.only_in_functions(f"`{entry.name}`", node)
    if entry.keys or function.name not in ("get", "set"):
        name = entry.name
        instead = (
            f"{name}[k], {name}[k] = v, del {name}[k], k in {name}"
            if entry.keys
            else f"{name}.get(), {name}.set(v); a list: read it, change it, store it"
        )
        raise refused("type", function.at, f"`{name}` has no method `{function.name}`", instead)
    if function.name == "get":
        each(cx, node, f"{entry.name}.get", ())
        return tree.Host(node.line, entry.value, "cell.get", (), name_of=entry.name)
    cx.writes(f"`{entry.name}.set`", node)
    value = each(cx, node, f"{entry.name}.set", (entry.value,))
    return tree.Host(node.line, NONE, "cell.set", value, name_of=entry.name)


def _emit(cx: Context, node: s.Call, event: tree.Event, function: s.Attribute) -> tree.Expr:
    cx.only_in_functions(f"`{event.name}`", node)
    if function.name != "emit":
        raise refused(
            "type", function.at, f"an event has no `{function.name}`", f"{event.name}.emit(…)"
        )
    cx.writes(f"`{event.name}.emit`", node)
    places = {name: place for place, (name, _) in enumerate(event.fields)}
    shape = f"{event.name}.emit({', '.join(places)})"
    order: list[int] = []
    arguments: list[tree.Expr] = []
    for number, argument in enumerate(node.arguments):
        place = places.get(argument.name, -1) if argument.name else number
        if not 0 <= place < len(places) or place in order:
            raise refused("type", argument, "no such field, or a field that has its value", shape)
        order.append(place)
        arguments.append(cx.need(argument.value, event.fields[place][1]))
    if len(order) != len(places):
        raise refused(
            "type", node, f"the event has {len(places)} fields, here are {len(order)}", shape
        )
    return tree.Host(
        node.line, NONE, "emit", tuple(arguments), name_of=event.name, order=tuple(order)
    )

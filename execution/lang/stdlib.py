"""The standard library. Source: docs/spec/contracts.md, "Standard library"."""

from __future__ import annotations

from collections.abc import Callable

from execution.lang import syntax as s
from execution.lang import tree
from execution.lang.annotations import type_of
from execution.lang.arguments import counted, each, positional
from execution.lang.context import Context
from execution.lang.errors import SourceRefused
from execution.lang.expressions import CALL_ARGUMENTS
from execution.lang.names import nearest, refused
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    NONE,
    STR,
    TUPLE_MOST,
    Type,
    tuple_of,
)

CONTEXT: dict[str, Type] = {
    "sender": ADDRESS,
    "origin": ADDRESS,
    "this": ADDRESS,
    "value": INT,
    "height": INT,
    "time": INT,
    "chain": INT,
    "txid": BYTES,
}
"""``context.name``, which is read and not called."""

_FIXED: dict[str, tuple[tuple[Type, ...], Type]] = {
    "storage.get": ((BYTES,), BYTES),
    "storage.set": ((BYTES, BYTES), NONE),
    "storage.delete": ((BYTES,), NONE),
    "storage.has": ((BYTES,), BOOL),
    "abi.revert": ((STR,), NONE),
    "hash.sha3_256": ((BYTES,), BYTES),
    "hash.sha3_512": ((BYTES,), BYTES),
    "hash.sha256": ((BYTES,), BYTES),
    "hash.sha512": ((BYTES,), BYTES),
    "crypto.verify": ((ADDRESS, BYTES, BYTES, BYTES), BOOL),
    "context.gas_left": ((), INT),
    "treasury.balance": ((), INT),
    "treasury.transfer": ((ADDRESS, INT), NONE),
    "beacon.round": ((), INT),
    "beacon.random": ((INT, INT), BYTES),
    "syscalls.blob_pin": ((BYTES, BYTES), BYTES),
    "syscalls.ai_enqueue": ((BYTES, BYTES, INT), BYTES),
    "syscalls.quantum_enqueue": ((BYTES, INT, INT), BYTES),
    "syscalls.read_result": ((BYTES,), BYTES),
    "zk.verify": ((BYTES, BYTES, BYTES), BOOL),
}
_DECLARES = frozenset(("storage.cell", "storage.map", "events.event"))
_WRITES = frozenset(("storage.set", "storage.delete", "treasury.transfer"))
_PARTS = sorted(
    {*_FIXED, *_DECLARES, "abi.encode", "abi.decode", "abi.call", "abi.forward", "abi.require"}
    | {f"context.{name}" for name in CONTEXT}
)


def parts_of(module: str) -> list[str]:
    """The names in a module of the standard library, with the module before the dot."""
    return [name for name in _PARTS if name.startswith(f"{module}.")]


def not_called(module: str, node: s.Attribute) -> SourceRefused:
    """The refusal of ``module.name`` that is not called, and is not a value."""
    name = f"{module}.{node.name}"
    if name in _PARTS:
        return refused("type", node.at, f"`{name}` without a call", f"{name}(…)")
    return _unknown(module, node)


def _unknown(module: str, node: s.Attribute) -> SourceRefused:
    name = f"{module}.{node.name}"
    known = parts_of(module)
    near = nearest(name, known)
    instead = f"did you mean `{near}`?" if near else f"it has {', '.join(known)}"
    return refused("name", node.at, f"there is no `{name}`", instead)


def call(cx: Context, node: s.Call, module: str, function: s.Attribute) -> tree.Expr:
    """``module.name(…)``."""
    name = f"{module}.{function.name}"
    if name in _DECLARES:
        raise refused(
            "unsupported", node, f"`{name}` declares", f"NAME = {name}(…) at the top of the module"
        )
    if module == "context" and function.name in CONTEXT:
        raise refused("type", function.at, f"`{name}` is a value", f"{name}, without parentheses")
    if name not in _PARTS:
        raise _unknown(module, function)
    cx.only_in_functions(f"`{name}`", node)
    if name in _WRITES:
        cx.writes(f"`{name}`", node)
    if name in _FIXED:
        types, result = _FIXED[name]
        return tree.Host(node.line, result, name, each(cx, node, name, types))
    return _SPECIAL[name](cx, node)


def _require(cx: Context, node: s.Call) -> tree.Expr:
    test, reason = positional(node, "abi.require", 2, 2)
    arguments = (cx.condition(test), cx.need(reason, STR))
    return tree.Host(node.line, NONE, "abi.require", arguments)


def _encode(cx: Context, node: s.Call) -> tree.Expr:
    values = positional(node, "abi.encode", 1, TUPLE_MOST)
    return tree.Host(node.line, BYTES, "abi.encode", tuple(cx.value(value) for value in values))


def _decode(cx: Context, node: s.Call) -> tree.Expr:
    data, *written = positional(node, "abi.decode", 2, 1 + TUPLE_MOST)
    types = tuple(type_of(each_) for each_ in written)
    result = types[0] if len(types) == 1 else tuple_of(*types)
    arguments = (cx.need(data, BYTES),)
    return tree.Host(node.line, result, "abi.decode", arguments, types=types)


def _call(cx: Context, node: s.Call) -> tree.Expr:
    places = [argument.value for argument in node.arguments if not argument.name]
    counted(node, "abi.call", len(places), 2, CALL_ARGUMENTS)
    to, function = cx.need(places[0], ADDRESS), cx.need(places[1], STR)
    rest = tuple(cx.value(place) for place in places[2:])
    return _outward(cx, node, "abi.call", (to, function, *rest))


def _forward(cx: Context, node: s.Call) -> tree.Expr:
    places = [argument.value for argument in node.arguments if not argument.name]
    counted(node, "abi.forward", len(places), 2, 2)
    to, data = cx.need(places[0], ADDRESS), cx.need(places[1], BYTES)
    return _outward(cx, node, "abi.forward", (to, data))


def _outward(cx: Context, node: s.Call, name: str, places: tuple[tree.Expr, ...]) -> tree.Expr:
    """A call of another contract: what is given by place, then ``value=`` and ``gas=``."""
    named: dict[str, tree.Expr] = {}
    for argument in node.arguments[len(places) :]:
        if argument.name not in ("value", "gas") or argument.name in named:
            raise refused(
                "type",
                argument,
                f"`{name}` has no argument `{argument.name}`, or has it already",
                "value=… and gas=…, once each; other arguments by place",
            )
        named[argument.name] = cx.need(argument.value, INT)
    return tree.Host(
        node.line,
        tuple_of(BOOL, BYTES),
        name,
        places,
        value=named.get("value"),
        gas=named.get("gas"),
        value_first=next(iter(named), "value") == "value",
    )


_SPECIAL: dict[str, Callable[[Context, s.Call], tree.Expr]] = {
    "abi.require": _require,
    "abi.encode": _encode,
    "abi.decode": _decode,
    "abi.call": _call,
    "abi.forward": _forward,
}

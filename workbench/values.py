"""Python values as arguments of a type: accounts and contracts stand for their addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import EncodingRefused
from execution.abi.calls import require_count, signature
from execution.abi.text import ArgumentRefused
from execution.lang import tree
from execution.lang.types import INT_MAX, INT_MIN, Type
from pq import addresses

_PLAIN: dict[str, type] = {"int": int, "bool": bool, "bytes": bytes, "str": str, "none": type(None)}


def address_of(who: Any, name: str = "address") -> bytes:
    """34 bytes of an account, a contract, text or bytes. Raises ``ArgumentRefused``."""
    found = getattr(who, "address", who)
    if isinstance(found, str):
        try:
            return addresses.from_text(found)
        except EncodingRefused as error:
            raise ArgumentRefused(f"{name}: {error.message}", field=name) from None
    if isinstance(found, bytes) and len(found) == addresses.ADDRESS_BYTES:
        return found
    raise ArgumentRefused(
        f"{name} is an address: an account, a contract, text or 34 bytes, not {who!r}", field=name
    )


def coerce(value: Any, of: Type, name: str) -> Any:
    """A value as the ABI takes it. Raises ``ArgumentRefused`` naming the argument."""
    kind = of.kind
    if kind == "optional":
        return None if value is None else coerce(value, of.args[0], name)
    if kind == "address":
        return address_of(value, name)
    if kind == "list" and isinstance(value, list | tuple):
        return [coerce(item, of.args[0], f"{name}[{i}]") for i, item in enumerate(value)]
    if kind == "tuple" and isinstance(value, list | tuple) and len(value) == len(of.args):
        parts = zip(value, of.args, strict=True)
        return tuple(coerce(item, part, f"{name}[{i}]") for i, (item, part) in enumerate(parts))
    if kind == "dict" and isinstance(value, dict):
        key, item = of.args
        return {coerce(k, key, name): coerce(v, item, f"{name}[{k!r}]") for k, v in value.items()}
    if kind in _PLAIN and type(value) is _PLAIN[kind] and (kind != "int" or _in_range(value)):
        return value
    raise ArgumentRefused(f"{name} is {of}, not {value!r}", field=name, type=str(of))


def arguments(function: tree.Function, given: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
    """All arguments in order, trailing defaults left out. Raises ``ArgumentRefused``."""
    values = list(given)
    left = dict(named)
    for parameter in function.parameters[len(values) :]:
        if parameter.name not in left:
            break
        values.append(left.pop(parameter.name))
    if left:
        raise ArgumentRefused(
            f"{', '.join(left)} cannot be given by name here: {signature(function)}",
            field=next(iter(left)),
        )
    require_count(function, len(values))
    pairs = zip(values, function.parameters, strict=False)
    return [coerce(value, p.type, p.name) for value, p in pairs]


def _in_range(value: Any) -> bool:
    return bool(INT_MIN <= value <= INT_MAX)

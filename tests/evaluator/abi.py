"""The ABI form of values. Source: docs/spec/contracts.md, "ABI"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core import cbor
from tests.evaluator.kinds import ADDRESS_BYTES, INT_MAX, INT_MIN, MAX_ITEMS, Type

_LIMIT = 1 << 20


class Malformed(Exception):
    """Bytes that are not the form of a value of the type."""


def encode(value: Any, kind: Type) -> bytes:
    """The one encoding of a value."""
    return cbor.encode(plain(value, kind))


def encode_all(values: Sequence[Any], kinds: Sequence[Type]) -> bytes:
    """The array of several values."""
    return cbor.encode(list(map(plain, values, kinds)))


def plain(value: Any, kind: Type) -> Any:
    """The value in terms of CBOR: 32 bytes for an int, arrays of pairs for a dict."""
    match kind.name:
        case "int":
            assert INT_MIN <= value <= INT_MAX
            return value.to_bytes(32, "big", signed=True)
        case "optional":
            return None if value is None else plain(value, kind.args[0])
        case "list":
            return [plain(item, kind.args[0]) for item in value]
        case "tuple":
            return list(map(plain, value, kind.args))
        case "dict":
            key, item = kind.args
            pairs = [[plain(k, key), plain(v, item)] for k, v in value.items()]
            return sorted(pairs, key=lambda pair: cbor.encode(pair[0]))
    return value


def parse(data: bytes) -> Any:
    """Any CBOR value. Raises ``Malformed``."""
    try:
        return cbor.decode(data, limit=_LIMIT, what="data", allow_null=True)
    except cbor.EncodingRefused as error:
        raise Malformed(str(error)) from None


def decode(data: bytes, kind: Type) -> Any:
    """The value of exactly this type. Raises ``Malformed``."""
    return typed(parse(data), kind)


def typed(form: Any, kind: Type) -> Any:
    """A parsed form as a value of the type. Raises ``Malformed``."""
    match kind.name:
        case "int":
            return int.from_bytes(_sized(form, bytes, 32, 32), "big", signed=True)
        case "bool":
            return _sized(form, bool)
        case "bytes" | "str":
            return _sized(form, bytes if kind.name == "bytes" else str, 0, MAX_ITEMS)
        case "address":
            return _sized(form, bytes, ADDRESS_BYTES, ADDRESS_BYTES)
        case "optional":
            return None if form is None else typed(form, kind.args[0])
        case "list":
            return [typed(item, kind.args[0]) for item in _sized(form, list, 0, MAX_ITEMS)]
        case "tuple":
            count = len(kind.args)
            return tuple(map(typed, _sized(form, list, count, count), kind.args))
        case "dict":
            return _pairs(_sized(form, list, 0, MAX_ITEMS), *kind.args)
    if form is not None:
        raise Malformed("not null")
    return None


def _pairs(forms: list[Any], key: Type, item: Type) -> dict[Any, Any]:
    result, last = {}, b""
    for form in forms:
        first, second = _sized(form, list, 2, 2)
        encoded = cbor.encode(first)
        if encoded <= last:
            raise Malformed("keys out of order")
        last = encoded
        result[typed(first, key)] = typed(second, item)
    return result


def _sized(form: Any, kind: type, least: int = 0, most: int | None = None) -> Any:
    if type(form) is not kind or (most is not None and not least <= len(form) <= most):
        raise Malformed(f"not a {kind.__name__} of the right length")
    return form

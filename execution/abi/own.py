"""The engine's own values to CBOR and back, without looking at what is known to be right.

The checker has seen to the types of what the engine encodes, and what is read back from a slot of a
type was encoded from a value of that type. ``codec`` is for everything else. Each type has a
function of its own, made once; None stands for values that are what CBOR takes and gives.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from core import cbor
from execution.lang.types import INT_BYTES, Type

Plain = Any
Convert = Callable[[Any], Any]


def pack_key(key: int) -> bytes:
    """The 32 bytes of an int: its ABI form, and its form as the engine's dict key."""
    return key.to_bytes(INT_BYTES, "big", signed=True)


def unpack_key(key: bytes) -> int:
    """The int of its 32 bytes."""
    return int.from_bytes(key, "big", signed=True)


def encode(value: Any, of: Type) -> bytes:
    """The ABI form of one of the engine's values."""
    give = giver(of)
    return cbor.encode(value if give is None else give(value))


def decode(data: bytes, of: Type) -> Any:
    """The engine's value of an ABI form that ``encode`` gave for the type."""
    take = taker(of)
    plain = cbor.decode_own(data)
    return plain if take is None else take(plain)


def giver(of: Type) -> Convert | None:
    """What makes plain CBOR of the engine's values of a type."""
    if "give" not in of.memo:
        of.memo["give"] = _giver(of)
    known: Convert | None = of.memo["give"]
    return known


def _giver(of: Type) -> Convert | None:
    if of.kind == "int":
        return pack_key
    if of.kind == "optional":
        return _unless_none(giver(of.args[0]))
    if of.kind == "list":
        return _each(giver(of.args[0]))
    if of.kind == "tuple":
        parts = [giver(item) for item in of.args]
        return None if not any(parts) else _parts(parts)
    if of.kind == "dict":
        return _pairs(of.args[0].kind, giver(of.args[1]))
    return None


def taker(of: Type) -> Convert | None:
    """What makes the engine's values of a type out of plain CBOR."""
    if "take" not in of.memo:
        of.memo["take"] = _taker(of)
    known: Convert | None = of.memo["take"]
    return known


def _taker(of: Type) -> Convert | None:
    if of.kind == "int":
        return unpack_key
    if of.kind == "optional":
        return _unless_none(taker(of.args[0]))
    if of.kind == "list":
        return _each(taker(of.args[0]))
    if of.kind == "tuple":
        parts = [taker(item) for item in of.args]
        inner = _parts(parts) if any(parts) else None
        return tuple if inner is None else lambda plain: tuple(inner(plain))
    if of.kind == "dict":
        value = taker(of.args[1])
        return dict if value is None else lambda plain: {key: value(item) for key, item in plain}
    return None


def _unless_none(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def _each(convert: Convert | None) -> Convert | None:
    return None if convert is None else lambda values: list(map(convert, values))


def _parts(parts: list[Convert | None]) -> Convert:
    def convert(values: Any) -> list[Any]:
        return [
            item if part is None else part(item) for part, item in zip(parts, values, strict=True)
        ]

    return convert


def _pairs(key_kind: str, value: Convert | None) -> Convert:
    """A dict as pairs in the order of their encoded keys: a shorter one comes first.

    Keys of ints are packed already, so that they and addresses all have one length.
    """
    place: Callable[[Any], Any] = itemgetter(0)
    if key_kind == "str":
        place = _text_place
    elif key_kind == "bytes":
        place = _bytes_place

    def convert(values: dict[Any, Any]) -> list[Any]:
        ordered = sorted(values.items(), key=place)
        return ordered if value is None else [(key, value(item)) for key, item in ordered]

    return convert


def _text_place(pair: tuple[str, Any]) -> tuple[int, bytes]:
    key = pair[0].encode()
    return len(key), key


def _bytes_place(pair: tuple[bytes, Any]) -> tuple[int, bytes]:
    return len(pair[0]), pair[0]

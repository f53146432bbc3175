"""The engine's own values to CBOR and back, without looking at what is known to be right.

They differ from those of clients in one thing: a ``dict[int, …]`` has the keys' ABI bytes for keys.
CPython's hash of an int can be predicted and so flooded; that of bytes cannot.

The checker has seen to the types of what the engine encodes, and what is read back from a slot of a
type was encoded from a value of that type. What comes from outside is looked at first
(``decode_strictly``). Each type has a function of its own, made once; None stands for values that
are what CBOR takes and gives.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from operator import itemgetter
from typing import Any

from core import cbor
from execution.abi import codec, strict
from execution.abi.ints import pack_key, unpack_key
from execution.lang.types import INT_BYTES, Type

Plain = Any
Convert = Callable[[Any], Any]
ConvertAll = Callable[[list[Any]], list[Any]]

_INT_HEAD, _ADDRESS_HEAD = b"\x58\x20", b"\x58\x22"
"""What stands before the 32 or 34 bytes: the values that are encoded most, without the codec."""


def encode(value: Any, of: Type) -> bytes:
    """The ABI form of one of the engine's values."""
    if of.kind == "int":
        return _INT_HEAD + value.to_bytes(INT_BYTES, "big", signed=True)  # type: ignore[no-any-return]
    if of.kind == "address":
        return _ADDRESS_HEAD + value  # type: ignore[no-any-return]
    give = giver(of)
    return cbor.encode(value if give is None else give(value))


def decode(data: bytes, of: Type) -> Any:
    """The engine's value of an ABI form that ``encode`` gave for the type."""
    if of.kind == "int":
        return unpack_key(data[len(_INT_HEAD) :])
    return _taken(cbor.decode_own(data), of)


def decode_strictly(data: bytes, of: Type) -> Any:
    """The engine's value of an ABI form from outside. Raises AbiMalformed."""
    plain = codec.parse(data)
    if not strict.accepts(plain, of):
        raise codec.AbiMalformed(f"the value is not a {of}", type=str(of))
    return _taken(plain, of)


def _taken(plain: Plain, of: Type) -> Any:
    take = taker(of)
    return plain if take is None else take([plain])[0]


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
        return _each(of.args[0], giver(of.args[0]))
    if of.kind == "tuple":
        parts = [giver(item) for item in of.args]
        return None if not any(parts) else _parts(parts)
    if of.kind == "dict":
        return _pairs(of.args[0].kind, giver(of.args[1]))
    return None


def taker(of: Type) -> ConvertAll | None:
    """What makes the engine's values of a type out of plain CBOR; it may change what it is given.

    All values of a type are taken together, level by level: one call for each would cost many times
    what reading its byte costs.
    """
    if "take" not in of.memo:
        of.memo["take"] = _taker(of)
    known: ConvertAll | None = of.memo["take"]
    return known


def _taker(of: Type) -> ConvertAll | None:
    if of.kind == "int":
        return lambda values: list(map(unpack_key, values))
    inner = [taker(part) for part in of.args]
    if of.kind == "optional" and inner[0] is not None:
        return _take_optionals(inner[0])
    if of.kind == "list" and inner[0] is not None:
        return _take_lists(of.args[0], inner[0])
    if of.kind == "tuple":
        return _take_tuples(inner)
    if of.kind == "dict":
        return _take_dicts(inner[1])
    return None


def _take_optionals(inner: ConvertAll) -> ConvertAll:
    def take(values: list[Any]) -> list[Any]:
        taken = iter(inner([value for value in values if value is not None]))
        return [None if value is None else next(taken) for value in values]

    return take


def _take_lists(item: Type, inner: ConvertAll) -> ConvertAll:
    def take_inside(values: list[Any]) -> list[Any]:
        inner(list(chain.from_iterable(values)))  # lists stay the objects that they are
        return values

    def take(values: list[Any]) -> list[Any]:
        for value in values:
            if value:
                value[:] = inner(value)
        return values

    return take_inside if item.kind == "list" else take


def _take_tuples(inner: list[ConvertAll | None]) -> ConvertAll:
    def take(values: list[Any]) -> list[Any]:
        columns = map(list, zip(*values, strict=True))
        parts = [
            column if part is None else part(column)
            for part, column in zip(inner, columns, strict=False)
        ]
        return list(zip(*parts, strict=True))

    return take


def _take_dicts(inner: ConvertAll | None) -> ConvertAll:
    """Keys of ints stay packed."""
    if inner is None:
        return lambda values: list(map(dict, values))

    def take(values: list[Any]) -> list[Any]:
        return [
            dict(zip([pair[0] for pair in value], inner([pair[1] for pair in value]), strict=True))
            for value in values
        ]

    return take


def _unless_none(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def _each(item: Type, convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    if item.kind == "list":  # an empty one is its own form
        return lambda values: [convert(value) if value else value for value in values]
    return lambda values: list(map(convert, values))


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

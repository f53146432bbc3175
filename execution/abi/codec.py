"""Values to their ABI form and back: typed and strict. Source: docs/spec/contracts.md, "ABI".

A value is an int, bool, bytes, str, address (34 bytes), None, list, tuple or dict. This is what
clients use; the engine's values (``own``) differ from these in their dicts of ints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from core import cbor
from core.errors import EncodingRefused
from core.limits import ADDRESS_BYTES
from execution.abi.ints import pack_key, unpack_key
from execution.lang.types import INT_BYTES, INT_MAX, INT_MIN, SIZE_MOST, Type

Plain = Any
"""What CBOR knows: bytes, str, bool, None and lists of them."""
Convert = Callable[[Any], Any]
_Inner = Callable[[Type], Convert]
_Make = Callable[[Type, _Inner], Convert]
"""Makes a type's function, given those of the types inside of it."""


class AbiMalformed(EncodingRefused):
    """Bytes that are not the ABI form of the type, or a value that is not of it."""

    code = "contract.abi"
    hint = "Encode the value as docs/spec/contracts.md, ABI, says for its type."


def encode(value: object, of: Type) -> bytes:
    """The ABI form of a value. Raises AbiMalformed if it is not of the type."""
    return cbor.encode(to_plain(value, of))


def encode_all(values: Sequence[object], types: Iterable[Type]) -> bytes:
    """The ABI array of several values, each of its type; as long as ``values``."""
    pairs = zip(values, types, strict=False)
    return cbor.encode([to_plain(value, of) for value, of in pairs])


def decode(data: bytes, of: Type) -> Any:
    """The value whose ABI form is ``data``. Raises AbiMalformed."""
    return from_plain(parse(data), of)


def parse(data: bytes) -> Plain:
    """The CBOR value in ``data``, of no type yet. Raises AbiMalformed."""
    try:
        return cbor.decode(data, limit=len(data), what="abi", allow_null=True)
    except AbiMalformed:
        raise
    except EncodingRefused as refusal:
        raise AbiMalformed(refusal.message, cause=refusal.code) from None


def default(of: Type) -> Any:
    """The default of a type; lists and dicts are new."""
    if of.kind == "tuple":
        return tuple(map(default, of.args))
    return _DEFAULTS[of.kind]()


def to_plain(value: object, of: Type) -> Plain:
    """A value as CBOR takes it. Raises AbiMalformed if it is not of the type."""
    return _converter(of, "to", _TO)(value)


def from_plain(plain: Plain, of: Type) -> Any:
    """The value of a type in what CBOR gave. Raises AbiMalformed."""
    return _converter(of, "from", _FROM)(plain)


def _converter(of: Type, name: str, made: dict[str, _Make]) -> Convert:
    """The type's own function, made once."""
    known: Convert | None = of.memo.get(name)
    if known is None:
        known = made[of.kind](of, lambda inner: _converter(inner, name, made))
        of.memo[name] = known
    return known


def _refuse(of: Type) -> NoReturn:
    raise AbiMalformed(f"the value is not a {of}", type=str(of))


_DEFAULTS: dict[str, Callable[[], Any]] = {
    "int": int,
    "bool": bool,
    "bytes": bytes,
    "str": str,
    "address": lambda: bytes(ADDRESS_BYTES),
    "list": list,
    "dict": dict,
    "optional": lambda: None,
    "none": lambda: None,
}

# --- to CBOR --------------------------------------------------------------------------------


def _to_int(of: Type, inner: _Inner) -> Convert:
    def convert(value: Any) -> Plain:
        if type(value) is not int or not INT_MIN <= value <= INT_MAX:
            _refuse(of)
        return pack_key(value)

    return convert


def _to_list(of: Type, inner: _Inner) -> Convert:
    give = inner(of.args[0])

    def convert(value: Any) -> Plain:
        if type(value) is not list or len(value) > SIZE_MOST:
            _refuse(of)
        return list(map(give, value))

    return convert


def _to_tuple(of: Type, inner: _Inner) -> Convert:
    parts = list(map(inner, of.args))

    def convert(value: Any) -> Plain:
        if type(value) is not tuple or len(value) != len(parts):
            _refuse(of)
        return [part(item) for part, item in zip(parts, value, strict=True)]

    return convert


def _to_dict(of: Type, inner: _Inner) -> Convert:
    key_type, value_type = of.args
    give = inner(value_type)
    give_key = inner(key_type)

    def convert(value: Any) -> Plain:
        if type(value) is not dict or len(value) > SIZE_MOST:
            _refuse(of)
        pairs = [[give_key(key), give(item)] for key, item in value.items()]
        pairs.sort(key=_place)
        return pairs

    return convert


def _place(pair: list[Plain]) -> tuple[int, bytes]:
    """What sorts keys as their encodings would: a shorter one comes first."""
    key = pair[0].encode() if type(pair[0]) is str else pair[0]
    return len(key), key


def _optional(of: Type, inner: _Inner) -> Convert:
    convert = inner(of.args[0])
    return lambda value: None if value is None else convert(value)


# --- atoms, the same both ways ----------------------------------------------------------------


def _bool(of: Type, inner: _Inner) -> Convert:
    return lambda value: value if type(value) is bool else _refuse(of)


def _bytes(of: Type, inner: _Inner) -> Convert:
    return lambda value: value if type(value) is bytes and len(value) <= SIZE_MOST else _refuse(of)


def _str(of: Type, inner: _Inner) -> Convert:
    def convert(value: Any) -> Plain:
        if type(value) is not str or len(value) > SIZE_MOST:
            _refuse(of)
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                _refuse(of)
        return value

    return convert


def _address(of: Type, inner: _Inner) -> Convert:
    return lambda value: (
        value if type(value) is bytes and len(value) == ADDRESS_BYTES else _refuse(of)
    )


def _none(of: Type, inner: _Inner) -> Convert:
    return lambda value: None if value is None else _refuse(of)


# --- from CBOR ------------------------------------------------------------------------------


def _from_int(of: Type, inner: _Inner) -> Convert:
    def convert(plain: Plain) -> int:
        if type(plain) is not bytes or len(plain) != INT_BYTES:
            _refuse(of)
        return unpack_key(plain)

    return convert


def _from_list(of: Type, inner: _Inner) -> Convert:
    take = inner(of.args[0])

    def convert(plain: Plain) -> Any:
        if type(plain) is not list or len(plain) > SIZE_MOST:
            _refuse(of)
        return list(map(take, plain))

    return convert


def _from_tuple(of: Type, inner: _Inner) -> Convert:
    parts = list(map(inner, of.args))

    def convert(plain: Plain) -> Any:
        if type(plain) is not list or len(plain) != len(parts):
            _refuse(of)
        return tuple([part(item) for part, item in zip(parts, plain, strict=True)])

    return convert


def _from_dict(of: Type, inner: _Inner) -> Convert:
    take_key, take = map(inner, of.args)

    def convert(plain: Plain) -> Any:
        if type(plain) is not list or len(plain) > SIZE_MOST:
            _refuse(of)
        result: dict[Any, Any] = {}
        last = (-1, b"")
        for pair in plain:
            if type(pair) is not list or len(pair) != 2:
                _refuse(of)
            key = take_key(pair[0])
            place = _place(pair)
            if place <= last:
                raise AbiMalformed("dict keys are out of order or repeated", type=str(of))
            last = place
            result[key] = take(pair[1])
        return result

    return convert


_ATOMS: dict[str, _Make] = {
    "bool": _bool,
    "bytes": _bytes,
    "str": _str,
    "address": _address,
    "none": _none,
}
_TO: dict[str, _Make] = {
    **_ATOMS,
    "int": _to_int,
    "list": _to_list,
    "tuple": _to_tuple,
    "dict": _to_dict,
    "optional": _optional,
}
_FROM: dict[str, _Make] = {
    **_ATOMS,
    "int": _from_int,
    "list": _from_list,
    "tuple": _from_tuple,
    "dict": _from_dict,
    "optional": _optional,
}

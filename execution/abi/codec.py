"""Values to their ABI form and back: typed and strict. Source: docs/spec/contracts.md, "ABI".

A value is an int, bool, bytes, str, address (34 bytes), None, list, tuple or dict. With
``packed`` it is in the engine's form, which differs in one thing: a ``dict[int, …]`` has the keys'
ABI bytes for keys. CPython's hash of an int can be predicted and so flooded; that of bytes cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from core import cbor
from core.errors import EncodingRefused
from core.limits import ADDRESS_BYTES
from execution.lang.types import INT_BYTES, INT_MAX, INT_MIN, SIZE_MOST, Type

Plain = Any
"""What CBOR knows: bytes, str, bool, None and lists of them."""


class AbiMalformed(EncodingRefused):
    """Bytes that are not the ABI form of the type, or a value that is not of it."""

    code = "contract.abi"
    hint = "Encode the value as docs/spec/contracts.md, ABI, says for its type."


def encode(value: object, of: Type, *, packed: bool = False) -> bytes:
    """The ABI form of a value. Raises AbiMalformed if it is not of the type."""
    return cbor.encode(to_plain(value, of, packed=packed))


def encode_all(values: Sequence[object], types: Iterable[Type], *, packed: bool = False) -> bytes:
    """The ABI array of several values, each of its type; as long as ``values``."""
    pairs = zip(values, types, strict=False)
    return cbor.encode([to_plain(value, of, packed=packed) for value, of in pairs])


def decode(data: bytes, of: Type, *, packed: bool = False) -> Any:
    """The value whose ABI form is ``data``. Raises AbiMalformed."""
    return from_plain(parse(data), of, packed=packed)


def parse(data: bytes) -> Plain:
    """The CBOR value in ``data``, of no type yet. Raises AbiMalformed."""
    try:
        return cbor.decode(data, limit=len(data), what="abi", allow_null=True)
    except AbiMalformed:
        raise
    except EncodingRefused as refusal:
        raise AbiMalformed(refusal.message, cause=refusal.code) from None


def pack_key(key: int) -> bytes:
    """The 32 bytes of an int: its ABI form, and its form as the engine's dict key."""
    return key.to_bytes(INT_BYTES, "big", signed=True)


def unpack_key(key: bytes) -> int:
    """The int of its 32 bytes."""
    return int.from_bytes(key, "big", signed=True)


def default(of: Type) -> Any:
    """The default of a type; lists and dicts are new."""
    if of.kind == "tuple":
        return tuple(map(default, of.args))
    return _DEFAULTS[of.kind]()


def to_plain(value: object, of: Type, *, packed: bool = False) -> Plain:
    """A value as CBOR takes it. Raises AbiMalformed if it is not of the type."""
    return _TO[of.kind](value, of, packed)


def from_plain(plain: Plain, of: Type, *, packed: bool = False) -> Any:
    """The value of a type in what CBOR gave. Raises AbiMalformed."""
    return _FROM[of.kind](plain, of, packed)


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


def _to_int(value: Any, of: Type, packed: bool) -> Plain:
    if type(value) is not int or not INT_MIN <= value <= INT_MAX:
        _refuse(of)
    return pack_key(value)


def _to_list(value: Any, of: Type, packed: bool) -> Plain:
    if type(value) is not list or len(value) > SIZE_MOST:
        _refuse(of)
    item = of.args[0]
    give = _TO[item.kind]
    return [give(x, item, packed) for x in value]


def _to_tuple(value: Any, of: Type, packed: bool) -> Plain:
    if type(value) is not tuple or len(value) != len(of.args):
        _refuse(of)
    return [_TO[item.kind](x, item, packed) for x, item in zip(value, of.args, strict=True)]


def _to_dict(value: Any, of: Type, packed: bool) -> Plain:
    if type(value) is not dict or len(value) > SIZE_MOST:
        _refuse(of)
    key_type, value_type = of.args
    key_is_packed = packed and key_type.kind == "int"
    give = _TO[value_type.kind]
    pairs = []
    for key, item in value.items():
        plain_key = key if key_is_packed else to_plain(key, key_type)
        pairs.append([plain_key, give(item, value_type, packed)])
    pairs.sort(key=_place)
    return pairs


def _place(pair: list[Plain]) -> tuple[int, bytes]:
    """What sorts keys as their encodings would: a shorter one comes first."""
    key = pair[0].encode() if type(pair[0]) is str else pair[0]
    return len(key), key


def _to_optional(value: Any, of: Type, packed: bool) -> Plain:
    return None if value is None else to_plain(value, of.args[0], packed=packed)


# --- atoms, the same both ways ----------------------------------------------------------------


def _bool(value: Any, of: Type, packed: bool) -> Any:
    return value if type(value) is bool else _refuse(of)


def _bytes(value: Any, of: Type, packed: bool) -> Any:
    return value if type(value) is bytes and len(value) <= SIZE_MOST else _refuse(of)


def _str(value: Any, of: Type, packed: bool) -> Any:
    if type(value) is not str or len(value) > SIZE_MOST:
        _refuse(of)
    try:
        value.encode()
    except UnicodeEncodeError:
        _refuse(of)
    return value


def _address(value: Any, of: Type, packed: bool) -> Any:
    return value if type(value) is bytes and len(value) == ADDRESS_BYTES else _refuse(of)


def _none(value: Any, of: Type, packed: bool) -> Any:
    return None if value is None else _refuse(of)


# --- from CBOR ------------------------------------------------------------------------------


def _from_int(plain: Plain, of: Type, packed: bool) -> Any:
    if type(plain) is not bytes or len(plain) != INT_BYTES:
        _refuse(of)
    return unpack_key(plain)


def _from_list(plain: Plain, of: Type, packed: bool) -> Any:
    if type(plain) is not list or len(plain) > SIZE_MOST:
        _refuse(of)
    item = of.args[0]
    take = _FROM[item.kind]
    return [take(x, item, packed) for x in plain]


def _from_tuple(plain: Plain, of: Type, packed: bool) -> Any:
    if type(plain) is not list or len(plain) != len(of.args):
        _refuse(of)
    return tuple(
        [_FROM[item.kind](x, item, packed) for x, item in zip(plain, of.args, strict=True)]
    )


def _from_dict(plain: Plain, of: Type, packed: bool) -> Any:
    if type(plain) is not list or len(plain) > SIZE_MOST:
        _refuse(of)
    key_type, value_type = of.args
    key_stays = packed and key_type.kind == "int"
    result: dict[Any, Any] = {}
    last = (-1, b"")
    for pair in plain:
        if type(pair) is not list or len(pair) != 2:
            _refuse(of)
        key = from_plain(pair[0], key_type)
        place = _place(pair)
        if place <= last:
            raise AbiMalformed("dict keys are out of order or repeated", type=str(of))
        last = place
        result[pair[0] if key_stays else key] = _FROM[value_type.kind](pair[1], value_type, packed)
    return result


def _from_optional(plain: Plain, of: Type, packed: bool) -> Any:
    return None if plain is None else from_plain(plain, of.args[0], packed=packed)


_Codec = Callable[[Any, Type, bool], Any]
_ATOMS: dict[str, _Codec] = {
    "bool": _bool,
    "bytes": _bytes,
    "str": _str,
    "address": _address,
    "none": _none,
}
_TO: dict[str, _Codec] = {
    **_ATOMS,
    "int": _to_int,
    "list": _to_list,
    "tuple": _to_tuple,
    "dict": _to_dict,
    "optional": _to_optional,
}
_FROM: dict[str, _Codec] = {
    **_ATOMS,
    "int": _from_int,
    "list": _from_list,
    "tuple": _from_tuple,
    "dict": _from_dict,
    "optional": _from_optional,
}

"""Values to their ABI form and back: typed and strict. Source: docs/spec/contracts.md, "ABI".

A value is an int, bool, bytes, str, address (34 bytes), None, list, tuple or dict. With
``packed`` it is in the engine's form, which differs in one thing: a ``dict[int, …]`` has the keys'
ABI bytes for keys. CPython's hash of an int can be predicted and so flooded; that of bytes cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from operator import itemgetter, lt
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
    return _TO[of.kind]([value], of, packed)[0]


def from_plain(plain: Plain, of: Type, *, packed: bool = False) -> Any:
    """The value of a type in what CBOR gave. Raises AbiMalformed."""
    return _FROM[of.kind]([plain], of, packed)[0]


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

# Each of the functions below takes many values of one type, for the work to be done in loops of
# CPython's own; that is what the price of a weight assumes.

_Codec = Callable[[Sequence[Any], Type, bool], Sequence[Any]]


def _check(values: Sequence[Any], of: Type, kind: type, most: int = SIZE_MOST) -> None:
    """Refuse values of another Python type, or longer ones."""
    if not set(map(type, values)) <= {kind}:
        _refuse(of)
    if kind in (bytes, str, list, dict) and values and max(map(len, values)) > most:
        _refuse(of)


def _split(items: Sequence[Any], like: Sequence[Any]) -> list[list[Any]]:
    """Items in lists as long as those that they came from."""
    rest = iter(items)
    return [list(islice(rest, len(one))) for one in like]


def _bools(values: Sequence[Any], of: Type, packed: bool) -> Sequence[Any]:
    _check(values, of, bool)
    return values


def _bytes(values: Sequence[Any], of: Type, packed: bool) -> Sequence[Any]:
    _check(values, of, bytes)
    return values


def _strs(values: Sequence[Any], of: Type, packed: bool) -> Sequence[Any]:
    _check(values, of, str)
    try:
        for value in values:
            value.encode()
    except UnicodeEncodeError:
        _refuse(of)
    return values


def _addresses(values: Sequence[Any], of: Type, packed: bool) -> Sequence[Any]:
    _check(values, of, bytes)
    if not set(map(len, values)) <= {ADDRESS_BYTES}:
        _refuse(of)
    return values


def _nones(values: Sequence[Any], of: Type, packed: bool) -> Sequence[Any]:
    _check(values, of, type(None))
    return values


def _optionals(
    codecs: dict[str, _Codec], values: Sequence[Any], of: Type, packed: bool
) -> list[Any]:
    """Either way: what is None stays, the rest is taken together."""
    inner = of.args[0]
    some = iter(codecs[inner.kind]([v for v in values if v is not None], inner, packed))
    return [None if value is None else next(some) for value in values]


def _lists(codecs: dict[str, _Codec], values: Sequence[Any], of: Type, packed: bool) -> list[Any]:
    """Either way: the items of all lists are taken together."""
    _check(values, of, list)
    item = of.args[0]
    items = values[0] if len(values) == 1 else list(chain.from_iterable(values))
    return _split(codecs[item.kind](items, item, packed), values)


def _columns(
    codecs: dict[str, _Codec], values: Sequence[Any], of: Type, packed: bool
) -> list[Sequence[Any]]:
    """Either way: the items at each place of all tuples are taken together."""
    if not set(map(len, values)) <= {len(of.args)}:
        _refuse(of)
    columns = zip(of.args, zip(*values, strict=True), strict=False)
    return [codecs[item.kind](column, item, packed) for item, column in columns]


# --- to CBOR --------------------------------------------------------------------------------


def _to_ints(values: Sequence[Any], of: Type, packed: bool) -> Sequence[Plain]:
    _check(values, of, int)
    if values and (min(values) < INT_MIN or max(values) > INT_MAX):
        _refuse(of)
    return [value.to_bytes(INT_BYTES, "big", signed=True) for value in values]


def _to_tuples(values: Sequence[Any], of: Type, packed: bool) -> Sequence[Plain]:
    _check(values, of, tuple)
    return list(map(list, zip(*_columns(_TO, values, of, packed), strict=True)))


def _to_dicts(values: Sequence[Any], of: Type, packed: bool) -> Sequence[Plain]:
    _check(values, of, dict)
    key_type, item_type = of.args
    key_is_packed = packed and key_type.kind == "int"
    dicts = []
    for value in values:
        keys: Sequence[Plain] = list(value)
        if not key_is_packed:
            keys = _TO[key_type.kind](keys, key_type, packed)
        items = _TO[item_type.kind](list(value.values()), item_type, packed)
        pairs = list(map(list, zip(keys, items, strict=True)))
        pairs.sort(key=_sorter(key_type))
        dicts.append(pairs)
    return dicts


def _sorter(key_type: Type) -> Callable[[list[Plain]], Any]:
    """Keys of one length sort as they are."""
    return itemgetter(0) if key_type.kind in ("int", "address") else _place


def _place(pair: list[Plain]) -> tuple[int, bytes]:
    """What sorts keys as their encodings would: a shorter one comes first."""
    key = pair[0].encode() if type(pair[0]) is str else pair[0]
    return len(key), key


# --- from CBOR ------------------------------------------------------------------------------


def _from_ints(plains: Sequence[Plain], of: Type, packed: bool) -> Sequence[Any]:
    _check(plains, of, bytes)
    if not set(map(len, plains)) <= {INT_BYTES}:
        _refuse(of)
    return [int.from_bytes(plain, "big", signed=True) for plain in plains]


def _from_tuples(plains: Sequence[Plain], of: Type, packed: bool) -> Sequence[Any]:
    _check(plains, of, list)
    return list(zip(*_columns(_FROM, plains, of, packed), strict=True))


def _from_dicts(plains: Sequence[Plain], of: Type, packed: bool) -> Sequence[Any]:
    _check(plains, of, list)
    return [_from_dict(plain, of, packed) for plain in plains]


def _from_dict(pairs: list[Plain], of: Type, packed: bool) -> dict[Any, Any]:
    _check(pairs, of, list)
    if not set(map(len, pairs)) <= {2}:
        _refuse(of)
    key_type, item_type = of.args
    plain_keys = [pair[0] for pair in pairs]
    keys = _FROM[key_type.kind](plain_keys, key_type, packed)
    places = list(map(_sorter(key_type), pairs))
    if not all(map(lt, places, places[1:])):
        raise AbiMalformed("dict keys are out of order or repeated", type=str(of))
    items = _FROM[item_type.kind]([pair[1] for pair in pairs], item_type, packed)
    stay = packed and key_type.kind == "int"
    return dict(zip(plain_keys if stay else keys, items, strict=True))


_ATOMS: dict[str, _Codec] = {
    "bool": _bools,
    "bytes": _bytes,
    "str": _strs,
    "address": _addresses,
    "none": _nones,
}
_TO: dict[str, _Codec] = {
    **_ATOMS,
    "int": _to_ints,
    "list": lambda values, of, packed: _lists(_TO, values, of, packed),
    "tuple": _to_tuples,
    "dict": _to_dicts,
    "optional": lambda values, of, packed: _optionals(_TO, values, of, packed),
}
_FROM: dict[str, _Codec] = {
    **_ATOMS,
    "int": _from_ints,
    "list": lambda values, of, packed: _lists(_FROM, values, of, packed),
    "tuple": _from_tuples,
    "dict": _from_dicts,
    "optional": lambda values, of, packed: _optionals(_FROM, values, of, packed),
}

"""Is plain CBOR the form of a value of a type? Asked of all values of a type at once.

What comes from outside is checked level by level: all items of all lists together, then all of
theirs. One question in Python for each value would cost many times what reading its byte costs.
What has passed is taken by ``own``. Source: docs/spec/contracts.md, "ABI".
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, pairwise
from typing import Any

from core.limits import ADDRESS_BYTES
from execution.lang.types import INT_BYTES, SIZE_MOST, Type

Plain = Any
Accept = Callable[[list[Plain]], bool]


def accepts(plain: Plain, of: Type) -> bool:
    """Is it the plain CBOR of a value of the type, in its one form?"""
    return checker(of)([plain])


def checker(of: Type) -> Accept:
    """What looks at many values of the type, made once."""
    known: Accept | None = of.memo.get("accept")
    if known is None:
        known = of.memo["accept"] = _MAKE[of.kind](of)
    return known


def _sizes_within(values: list[Plain]) -> bool:
    return not values or max(map(len, values)) <= SIZE_MOST


def _bool(of: Type) -> Accept:
    return lambda values: set(map(type, values)) <= {bool}


def _none(of: Type) -> Accept:
    return lambda values: values.count(None) == len(values)


def _text(of: Type) -> Accept:
    class_ = {bytes if of.kind == "bytes" else str}
    return lambda values: set(map(type, values)) <= class_ and _sizes_within(values)


def _sized(of: Type) -> Accept:
    size = {INT_BYTES if of.kind == "int" else ADDRESS_BYTES}
    return lambda values: set(map(type, values)) <= {bytes} and set(map(len, values)) <= size


def _optional(of: Type) -> Accept:
    inner = checker(of.args[0])
    return lambda values: inner([value for value in values if value is not None])


def _list(of: Type) -> Accept:
    items = checker(of.args[0])

    def accept(values: list[Plain]) -> bool:
        if not set(map(type, values)) <= {list} or not _sizes_within(values):
            return False
        return items(list(chain.from_iterable(values)))

    return accept


def _tuple(of: Type) -> Accept:
    parts = list(map(checker, of.args))

    def accept(values: list[Plain]) -> bool:
        if not set(map(type, values)) <= {list} or not set(map(len, values)) <= {len(parts)}:
            return False
        return all(part([value[i] for value in values]) for i, part in enumerate(parts))

    return accept


def _dict(of: Type) -> Accept:
    keys, items = map(checker, of.args)
    in_order = _texts_rise if of.args[0].kind == "str" else _bytes_rise

    def accept(values: list[Plain]) -> bool:
        if not set(map(type, values)) <= {list} or not _sizes_within(values):
            return False
        pairs = list(chain.from_iterable(values))
        if not set(map(type, pairs)) <= {list} or not set(map(len, pairs)) <= {2}:
            return False
        if not keys([pair[0] for pair in pairs]) or not items([pair[1] for pair in pairs]):
            return False
        several = [value for value in values if len(value) > 1]
        return all(in_order([pair[0] for pair in value]) for value in several)

    return accept


def _texts_rise(keys: list[str]) -> bool:
    return _bytes_rise([key.encode() for key in keys])


def _bytes_rise(keys: list[bytes]) -> bool:
    """Do they stand in the order of their encodings, none twice? A shorter one comes first."""
    return all((len(a), a) < (len(b), b) for a, b in pairwise(keys))


_MAKE: dict[str, Callable[[Type], Accept]] = {
    "bool": _bool,
    "none": _none,
    "bytes": _text,
    "str": _text,
    "int": _sized,
    "address": _sized,
    "optional": _optional,
    "list": _list,
    "tuple": _tuple,
    "dict": _dict,
}

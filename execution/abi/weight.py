"""The work to look at a value, which is what gas is charged by.

Source: docs/spec/contracts.md, "Dynamic costs". A value may hold one list many times and so weigh
far more than the memory it takes: the walk ends where the weight passes what can be paid. Each type
has a function of its own, made once: asking every value for its kind costs more than looking at it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from execution.lang.types import INT_MAX, Type

ATOM, ADDRESS, TEXT, CONTAINER = 2, 3, 4, 8
LEAST = 2
"""The least that any value weighs."""
_SHIFT = {"bytes": 4, "str": 2}
"""A bit length for the bytes or code points that weigh one."""

Weigh = Callable[[Any, int], int]
"""A value and the most that matters to its weight: exact up to that, else anything above."""
WeighAll = Callable[[Any, int], int]
"""The same for a list of values, or for the keys or values of a dict; containers not counted."""


def fixed(of: Type) -> int | None:
    """The weight that all values of a type have, or None if they differ."""
    if of.kind in ("int", "bool", "none"):
        return ATOM
    if of.kind == "address":
        return ADDRESS
    if of.kind == "optional":
        inner = fixed(of.args[0])
        return ATOM if inner == ATOM else None
    if of.kind == "tuple":
        items = [fixed(item) for item in of.args]
        known = [item for item in items if item is not None]
        return CONTAINER + sum(known) if len(known) == len(items) else None
    return None


def weight(value: Any, of: Type, most: int = INT_MAX) -> int:
    """The weight of a value of the type, exact up to ``most``; else anything above ``most``."""
    return weigher(of)(value, most)


def weigher(of: Type) -> Weigh:
    """What weighs values of the type."""
    known: Weigh | None = of.memo.get("weigh")
    if known is None:
        known = of.memo["weigh"] = _weigher(of)
    return known


def _weigher(of: Type) -> Weigh:
    known = fixed(of)
    if known is not None:
        return lambda value, most: known
    if of.kind in _SHIFT:
        shift = _SHIFT[of.kind]
        return lambda value, most: TEXT + (len(value) >> shift)
    if of.kind == "optional":
        inner = weigher(of.args[0])
        return lambda value, most: ATOM if value is None else inner(value, most)
    if of.kind == "tuple":
        return _of_tuple(of)
    if of.kind == "dict":
        return _of_dict(of)
    items = weigher_of_all(of.args[0])
    return lambda value, most: CONTAINER + items(value, most - CONTAINER)


def _of_tuple(of: Type) -> Weigh:
    parts = [weigher(item) for item in of.args]

    def weigh(value: Any, most: int) -> int:
        total = CONTAINER
        for part, item in zip(parts, value, strict=True):
            total += part(item, most - total)
            if total > most:
                break
        return total

    return weigh


def _of_dict(of: Type) -> Weigh:
    keys, values = map(weigher_of_all, of.args)

    def weigh(value: Any, most: int) -> int:
        total = CONTAINER + keys(value, most - CONTAINER)
        return total + values(value.values(), most - total)

    return weigh


def weigher_of_all(of: Type) -> WeighAll:
    """What weighs many values of the type."""
    made: WeighAll | None = of.memo.get("weigh all")
    if made is None:
        made = of.memo["weigh all"] = _weigher_of_all(of)
    return made


def _weigher_of_all(of: Type) -> WeighAll:
    known = fixed(of)
    if known is not None:
        return lambda values, most: known * len(values)
    if of.kind in _SHIFT:
        return _texts(_SHIFT[of.kind])
    if of.kind == "list":
        item = fixed(of.args[0])
        if item is not None:
            return _lists_of(item)
    one = weigher(of)

    def weigh(values: Any, most: int) -> int:
        total = LEAST * len(values)
        if total > most:
            return total
        total = 0
        for value in values:
            total += one(value, most - total)
            if total > most:
                break
        return total

    return weigh


def _texts(shift: int) -> WeighAll:
    def weigh(values: Any, most: int) -> int:
        total = TEXT * len(values)
        if total > most:
            return total
        return total + sum([len(value) >> shift for value in values])

    return weigh


def _lists_of(item: int) -> WeighAll:
    """Lists whose items all weigh the same."""

    def weigh(values: Any, most: int) -> int:
        total = CONTAINER * len(values)
        return total if total > most else total + item * sum(map(len, values))

    return weigh

"""The work to look at a value, which is what gas is charged by.

Source: docs/spec/contracts.md, "Dynamic costs". A value may hold one list many times and so weigh
far more than the memory it takes: the walk ends where the weight passes what can be paid. Each type
has a function of its own, made once, and all values of a type are weighed together, level by level:
a call for each would cost more than looking at it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from execution.lang.types import INT_MAX, Type

ATOM, TEXT, CONTAINER, DICT, PAIR = 4, 4, 16, 64, 8
LEAST = 4
"""The least that any value weighs."""
_SHIFT = {"bytes": 4, "str": 2}
"""A bit length for the bytes or code points that weigh one."""

Weigh = Callable[[Any, int], int]
"""A value and the most that matters to its weight: exact up to that, else anything above."""
WeighAll = Callable[[Any, int], int]
"""The same for a list of values, or for the keys or values of a dict; containers not counted."""


def fixed(of: Type) -> int | None:
    """The weight that all values of a type have, or None if they differ."""
    if of.kind in ("int", "bool", "none", "address"):
        return ATOM
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
    every = weigher_of_all(of)
    return lambda value, most: every([value], most)


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
    inner = [weigher_of_all(part) for part in of.args]
    if of.kind == "optional":
        return _optionals(inner[0])
    if of.kind == "tuple":
        return _tuples(of, inner)
    if of.kind == "dict":
        return _dicts(*inner)
    item = fixed(of.args[0])
    return _lists(inner[0]) if item is None else _lists_of(item)


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


def _lists(items: WeighAll) -> WeighAll:
    """Lists: all their items together, unless the least that these weigh is too much already."""

    def weigh(values: Any, most: int) -> int:
        total = CONTAINER * len(values)
        least = total + LEAST * sum(map(len, values))
        if least > most:
            return least
        return total + items(list(chain.from_iterable(values)), most - total)

    return weigh


def _dicts(keys: WeighAll, items: WeighAll) -> WeighAll:
    def weigh(values: Any, most: int) -> int:
        count = sum(map(len, values))
        total = DICT * len(values) + PAIR * count
        least = total + 2 * LEAST * count
        if least > most:
            return least
        total += keys(list(chain.from_iterable(values)), most - total)
        if total > most:
            return total
        held = chain.from_iterable([value.values() for value in values])
        return total + items(list(held), most - total)

    return weigh


def _tuples(of: Type, parts: list[WeighAll]) -> WeighAll:
    known = [fixed(part) for part in of.args]
    each = CONTAINER + sum(part or 0 for part in known)
    others = [(i, part) for i, part in enumerate(parts) if known[i] is None]

    def weigh(values: Any, most: int) -> int:
        total = each * len(values)
        for i, part in others:
            if total > most:
                break
            total += part([value[i] for value in values], most - total)
        return total

    return weigh


def _optionals(inner: WeighAll) -> WeighAll:
    def weigh(values: Any, most: int) -> int:
        there = [value for value in values if value is not None]
        return ATOM * (len(values) - len(there)) + inner(there, most)

    return weigh

"""The work to look at a value, which is what gas is charged by.

Source: docs/spec/contracts.md, "Dynamic costs". A value may hold one list many times and so weigh
far more than the memory it takes: the walk ends where the weight passes what can be paid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

from execution.lang.types import INT_MAX, Type

ATOM, ADDRESS, TEXT, CONTAINER = 2, 3, 4, 8
LEAST = 2
"""The least that any value weighs."""
TOGETHER = 65_536
"""Items that are looked at together."""


@lru_cache(maxsize=4096)
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
    known = fixed(of)
    return _weights([value], of, most) if known is None else known


def weights(values: Collection[Any], of: Type, most: int = INT_MAX) -> int:
    """The sum of the weights of values of one type, as exact as ``weight``."""
    known = fixed(of)
    return _weights(values, of, most) if known is None else known * len(values)


def _weights(values: Collection[Any], of: Type, most: int) -> int:
    """All values of one type at once: what they hold is looked at kind by kind, not one by one.

    CPython does most of it in loops of its own, which is what the price of a weight assumes.
    """
    count = len(values)
    if LEAST * count > most:
        return LEAST * count
    kind = of.kind
    if kind == "bytes":
        return TEXT * count + sum([len(value) >> 4 for value in values])
    if kind == "str":
        return TEXT * count + sum([len(value) >> 2 for value in values])
    if kind == "optional":
        some = [value for value in values if value is not None]
        return ATOM * (count - len(some)) + weights(some, of.args[0], most)
    total = CONTAINER * count
    if kind == "tuple":
        for place, part in enumerate(of.args):
            known = fixed(part)
            column = () if known is not None else [value[place] for value in values]
            more = known * count if known is not None else _weights(column, part, most - total)
            total += more
            if total > most:
                break
        return total
    if kind == "list":
        return total + _inside(values, of.args[0], most - total)
    total += _inside(values, of.args[0], most - total)
    return total + _inside([value.values() for value in values], of.args[1], most - total)


def _inside(values: Collection[Any], of: Type, most: int) -> int:
    """The weights of all that these containers hold."""
    items = sum(map(len, values))
    known = fixed(of)
    if known is not None:
        return known * items
    if LEAST * items > most:
        return LEAST * items
    if items <= TOGETHER:
        return _weights(list(chain.from_iterable(values)), of, most)
    total = 0
    for some in _batches(values):
        total += _weights(some, of, most - total)
        if total > most:
            break
    return total


def _batches(values: Collection[Any]) -> Iterator[list[Any]]:
    """What containers hold, in lists that are neither long nor many."""
    batch: list[Any] = []
    for value in values:
        batch += value
        if len(batch) > TOGETHER:
            yield batch
            batch = []
    yield batch

"""The work to look at a value, which is what gas is charged by.

Source: docs/spec/contracts.md, "Dynamic costs". A value may hold one list many times and so weigh
far more than the memory it takes: the walk ends where the weight passes what can be paid.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from execution.lang.types import INT_MAX, Type

ATOM, ADDRESS, TEXT, CONTAINER = 2, 3, 4, 8
LEAST = 2
"""The least that any value weighs."""


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
    if known is not None:
        return known
    kind = of.kind
    if kind == "bytes":
        return TEXT + (len(value) >> 4)
    if kind == "str":
        return TEXT + (len(value) >> 2)
    if kind == "optional":
        return ATOM if value is None else weight(value, of.args[0], most)
    if kind == "list":
        return CONTAINER + _items(value, of.args[0], most - CONTAINER)
    if kind == "dict":
        total = CONTAINER + _items(value, of.args[0], most - CONTAINER)
        return total + _items(value.values(), of.args[1], most - total)
    total = CONTAINER
    for item, item_type in zip(value, of.args, strict=True):
        total += weight(item, item_type, most - total)
        if total > most:
            break
    return total


def _items(values: Collection[Any], of: Type, most: int) -> int:
    count = len(values)
    known = fixed(of)
    if known is not None:
        return known * count
    if LEAST * count > most:
        return LEAST * count
    if of.kind == "bytes":
        return TEXT * count + sum([len(value) >> 4 for value in values])
    if of.kind == "str":
        return TEXT * count + sum([len(value) >> 2 for value in values])
    total = 0
    for value in values:
        total += weight(value, of, most - total)
        if total > most:
            break
    return total

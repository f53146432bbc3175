"""Which functions can call other contracts. Source: docs/spec/contracts.md, "abi.call"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from execution.lang import tree
from execution.lang.types import Type

_OUTWARD = ("abi.call", "abi.forward")


_PARTS: dict[type, tuple[str, ...]] = {}


def _parts(kind: type) -> tuple[str, ...]:
    """The fields of a class of nodes; none of a type, which may be larger than the whole tree."""
    found = _PARTS.get(kind)
    if found is None:
        is_node = kind is not Type and is_dataclass(kind)
        found = _PARTS[kind] = tuple([each.name for each in fields(kind)]) if is_node else ()
    return found


def nodes(part: Any) -> Iterator[Any]:
    """Every node in a part of the tree, itself included."""
    left = [part]
    while left:
        found = left.pop()
        if isinstance(found, tuple):
            left.extend(found)
        elif names := _parts(type(found)):
            yield found
            left.extend(getattr(found, name) for name in names)


def static_views(module: tree.Module) -> frozenset[str]:
    """The views that can call other contracts, directly or through functions that they call."""
    calls: dict[str, set[str]] = {}
    outward: set[str] = set()
    for function in module.functions:
        called = calls.setdefault(function.name, set())
        for node in nodes(function.body):
            if isinstance(node, tree.Call):
                called.add(node.name)
            elif isinstance(node, tree.Host) and node.name in _OUTWARD:
                outward.add(function.name)
    while more := {name for name, called in calls.items() if called & outward} - outward:
        outward |= more
    return frozenset(f.name for f in module.functions if f.view and f.name in outward)

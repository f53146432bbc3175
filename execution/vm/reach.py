"""Which functions can call other contracts. Source: docs/spec/contracts.md, "abi.call"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from execution.lang import tree

_OUTWARD = ("abi.call", "abi.forward")


def nodes(part: Any) -> Iterator[Any]:
    """Every node in a part of the tree, itself included."""
    if isinstance(part, tuple):
        for item in part:
            yield from nodes(item)
    elif is_dataclass(part):
        yield part
        for name in fields(part):
            yield from nodes(getattr(part, name.name))


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

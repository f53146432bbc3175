"""Which functions can call other contracts. Source: docs/spec/contracts.md, "abi.call"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from execution.lang import tree
from execution.lang.types import Type

_OUTWARD = ("abi.call", "abi.forward")
_NO_NODES = (Type, str, int, bytes, type(None))


def calls(body: tuple[tree.Statement, ...]) -> Iterator[tree.Call | tree.Host]:
    """Every call of a function or of the standard library in a body."""
    parts: list[Any] = list(body)
    while parts:
        part = parts.pop()
        if isinstance(part, tuple):
            parts += part
        elif not isinstance(part, _NO_NODES):
            if isinstance(part, tree.Call | tree.Host):
                yield part
            parts += vars(part).values()


def static_views(module: tree.Module) -> frozenset[str]:
    """The views that can call other contracts, directly or through functions that they call."""
    called: dict[str, set[str]] = {}
    outward: set[str] = set()
    for function in module.functions:
        names = called.setdefault(function.name, set())
        for node in calls(function.body):
            if isinstance(node, tree.Call):
                names.add(node.name)
            elif node.name in _OUTWARD:
                outward.add(function.name)
    while more := {name for name, names in called.items() if names & outward} - outward:
        outward |= more
    return frozenset(f.name for f in module.functions if f.view and f.name in outward)

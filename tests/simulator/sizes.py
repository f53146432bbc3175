"""How much an object keeps in memory: the length of every container that it leads to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

_CONTAINERS = (dict, list, set, frozenset, tuple, deque)


def sizes(root: object) -> dict[str, int]:
    """The greatest length found by path. Items of containers share the path ``…[]``."""
    found: dict[str, int] = {}
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("engine", root)]
    while waiting:
        path, value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, _CONTAINERS):
            found[path] = max(found.get(path, 0), len(value))
            items = value.values() if isinstance(value, dict) else value
            waiting.extend((path + "[]", item) for item in items)
        elif type(value).__module__.startswith("p2p."):
            waiting.extend((f"{path}.{name}", item) for name, item in _attributes(value))
    return found


def _attributes(value: object) -> Iterator[tuple[str, Any]]:
    yield from getattr(value, "__dict__", {}).items()
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(value, name):
                yield name, getattr(value, name)

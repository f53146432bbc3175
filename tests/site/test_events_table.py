"""docs/events.md against the listeners that a composed node really has, in their order."""

from __future__ import annotations

import dataclasses
import importlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.site.composed import Composed
from tests.site.nodes import ROOT

ROW = re.compile(r"^\| `(\w+)` \(`([\w/]+)\.py`\) \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)


def rows() -> dict[str, tuple[str, str, str]]:
    """By event: its module, the cell of its fields and the cell of its listeners."""
    text = (ROOT / "docs" / "events.md").read_text()
    return {
        name: (module.replace("/", "."), fields, listeners)
        for name, module, _, fields, listeners in ROW.findall(text)
    }


def named_in(cell: str) -> list[str]:
    """Listeners in the order of the table; a private function goes by its module."""
    return [str(name) for name in re.findall(r"`([A-Z]\w+\.\w+|(?:[a-z_]+\.)+[a-z_]+)`", cell)]


def name_of(listener: Callable[[Any], None]) -> str:
    if getattr(listener, "__self__", None) is not None:
        return listener.__qualname__
    name = listener.__name__
    return listener.__module__ + ("" if name.startswith("_") else f".{name}")


@pytest.mark.django_db(transaction=True)
def test_the_table_is_the_wiring(composed: Composed) -> None:
    wired = {
        event.__name__: [name_of(listener) for listener in listeners]
        for event, listeners in composed.bus._listeners.items()
    }
    assert wired == {name: named_in(cell) for name, (_, _, cell) in rows().items()}


def test_every_event_is_in_the_table_with_its_fields() -> None:
    modules = [importlib.import_module(name) for name in ("consensus.events", "mempool.events")]
    events = {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if dataclasses.is_dataclass(value) and value.__module__ == module.__name__
    }
    table = rows()
    assert set(table) == set(events)
    for name, event in events.items():
        module, fields, _ = table[name]
        assert module == event.__module__
        told = re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", fields))
        assert told == [field.name for field in dataclasses.fields(event)]

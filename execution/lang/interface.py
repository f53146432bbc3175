"""What clients need to know of a contract, as JSON. Source: docs/spec/contracts.md."""

from __future__ import annotations

from execution.lang import tree
from execution.lang.types import NONE, Type


def interface_of(module: tree.Module) -> dict[str, object]:
    """The interface: ``doc``, ``functions`` (public, in source order), ``init`` (or None),
    ``events``, ``storage`` and ``constants``. Types are texts, as ``types.parse_type`` reads them.
    """
    begins = [function for function in module.functions if function.name == "init"]
    return {
        "doc": module.documentation,
        "functions": [_function(each) for each in module.functions if each.public],
        "init": _function(begins[0]) if begins else None,
        "events": [
            {"name": event.name, "fields": [_typed(*field) for field in event.fields]}
            for event in module.events
        ],
        "storage": [
            {"name": each.name, "keys": [str(key) for key in each.keys], "value": str(each.value)}
            for each in module.stored
        ],
        # Defaults are constants too, named `function.parameter`; their owner shows them.
        "constants": [
            _typed(name, type_) for name, type_, _ in module.constants if "." not in name
        ],
    }


def _typed(name: str, type_: Type) -> dict[str, object]:
    return {"name": name, "type": str(type_)}


def _function(function: tree.Function) -> dict[str, object]:
    return {
        "name": function.name,
        "doc": function.documentation,
        "inputs": [
            {**_typed(each.name, each.type), "default": each.default}
            for each in function.parameters
        ],
        "output": None if function.result == NONE else str(function.result),
        "view": function.view,
        "payable": function.payable,
    }

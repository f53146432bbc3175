"""The names that generated code sees: helpers, bounds, types, and no builtins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from execution.lang.types import INT_MAX, INT_MIN
from execution.vm import meter, ops_abi, ops_dict, ops_int, ops_list, ops_order, ops_text
from execution.vm.names import Types

_FIXED: dict[str, Any] = {
    "__builtins__": {},
    "k_lo": INT_MIN,
    "k_hi": INT_MAX,
    **meter.HELPERS,
    **ops_int.HELPERS,
    **ops_text.HELPERS,
    **ops_list.HELPERS,
    **ops_dict.HELPERS,
    **ops_order.HELPERS,
    **ops_abi.HELPERS,
}


def namespace(types: Iterable[Types]) -> dict[str, Any]:
    """A new namespace with the helpers and a module's types."""
    space = dict(_FIXED)
    space["__builtins__"] = {}
    space.update({f"y_{i}": of for i, of in enumerate(types)})
    return space

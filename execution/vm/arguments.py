"""Calldata: the ABI array of a function's name and its arguments. Source: docs/spec/contracts.md.

The arguments are decoded one by one, so that a failure names the parameter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from core import cbor
from core.errors import EncodingRefused
from core.limits import DATA_BYTES
from execution.lang.types import STR, Type
from execution.vm import forms
from execution.vm.outcome import Reverted
from execution.vm.ports import Compiled


def split_call(data: bytes) -> tuple[str, list[bytes]]:
    """The function's name and the encoded arguments. Raises ``vm.argument``."""
    items = split(data)
    if not items:
        raise Reverted("vm.argument")
    name: str = _decoded(items[0], STR, "vm.argument")
    return name, items[1:]


def split(data: bytes) -> list[bytes]:
    """The encoded items of an ABI array. Raises ``vm.argument``."""
    try:
        value = cbor.decode(data, limit=DATA_BYTES, what="calldata", allow_null=True)
    except EncodingRefused:
        raise Reverted("vm.argument") from None
    if type(value) is not list:
        raise Reverted("vm.argument")
    at = len(cbor.array_head(len(value)))
    ends = [at, *cbor.item_ends(data, at, len(value))]
    return [data[a:b] for a, b in pairwise(ends)]


def values_of(program: Compiled, name: str, items: list[bytes]) -> tuple[Any, ...]:
    """The arguments of a function, defaults filled in. Raises ``vm.argument: NAME``."""
    parameters = program.functions[name].parameters
    if len(items) > len(parameters):
        raise Reverted("vm.argument")
    values: list[Any] = []
    for place, parameter in enumerate(parameters):
        reason = f"vm.argument: {parameter.name}"
        if place < len(items):
            values.append(_decoded(items[place], parameter.type, reason))
        elif parameter.default:
            values.append(program.constants[f"{name}.{parameter.name}"])
        else:
            raise Reverted(reason)
    return tuple(values)


def _decoded(item: bytes, of: Type, reason: str) -> Any:
    try:
        return forms.decode(item, of)
    except EncodingRefused:
        raise Reverted(reason) from None

"""Calldata, results and events read back as typed values, for views. Source: contracts.md, "ABI".

It may be anybody's bytes: what does not fit the interface reads as None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import EncodingRefused
from core.receipt import Log
from execution.abi import codec
from execution.abi.calls import init_of, read_event
from execution.abi.text import show, view
from execution.lang.tree import Function, Module
from execution.lang.types import NONE, Type


@dataclass(frozen=True)
class Value:
    """A value with its name and type."""

    name: str
    type: Type
    value: Any

    @property
    def text(self) -> str:
        """One line for people."""
        return show(self.value, self.type)

    @property
    def json(self) -> Any:
        """Its JSON form: ints as decimal text, bytes as ``0x…``, addresses as text."""
        return view(self.value, self.type)


@dataclass(frozen=True)
class Reading:
    """A function with its arguments, or an event with its fields."""

    name: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{one.name}={one.text}' for one in self.values)})"


def function_of(module: Module, name: str) -> Function | None:
    """The public function of that name, None without one."""
    return next((one for one in module.functions if one.public and one.name == name), None)


def asked_function(data: bytes) -> str | None:
    """The name that calldata begins with, whatever contract it is for."""
    items = _items(data)
    return items[0] if items and type(items[0]) is str else None


def of_call(module: Module, data: bytes) -> Reading | None:
    """The function that calldata asks for, with its arguments."""
    items = _items(data)
    if not items or type(items[0]) is not str:
        return None
    function = function_of(module, items[0])
    return None if function is None else _arguments(function, items[1:])


def of_init(module: Module, args: bytes) -> Reading | None:
    """A deployment's arguments."""
    items = _items(args)
    return None if items is None else _arguments(init_of(module), items)


def of_event(module: Module, log: Log) -> Reading | None:
    """The event of the module that a log is."""
    found = read_event(module, log)
    if found is None:
        return None
    return Reading(found.name, tuple(Value(name, of, value) for name, of, value in found.fields))


def of_result(function: Function, ret: bytes) -> Value | None:
    """A successful call's result; None without one."""
    if function.result == NONE:
        return None
    try:
        return Value("", function.result, codec.decode(ret, function.result))
    except EncodingRefused:
        return None


def _items(data: bytes) -> list[Any] | None:
    try:
        items = codec.parse(data)
    except EncodingRefused:
        return None
    return items if type(items) is list else None


def _arguments(function: Function, items: Sequence[Any]) -> Reading | None:
    """Each argument by its parameter; trailing ones that were left out are not shown."""
    if len(items) > len(function.parameters):
        return None
    try:
        values = [
            Value(parameter.name, parameter.type, codec.from_plain(item, parameter.type))
            for parameter, item in zip(function.parameters, items, strict=False)
        ]
    except EncodingRefused:
        return None
    return Reading(function.name, tuple(values))

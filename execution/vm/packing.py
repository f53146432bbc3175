"""The data of a program as plain tuples, which ``marshal`` takes, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from execution.lang import tree
from execution.lang.types import Type
from execution.vm.names import Types

T = TypeVar("T")
Plain = Any


def plain(value: Any) -> Plain:
    """A dataclass of this engine as nested tuples; of a type, kind and arguments."""
    if isinstance(value, Type):
        return value.kind, tuple(map(plain, value.args))
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    if is_dataclass(value):
        return tuple(plain(getattr(value, field.name)) for field in fields(value))
    return value


def types_out(types: Iterable[Types]) -> Plain:
    """Types and rows of types; a row is a list."""
    return [list(plain(of)) if isinstance(of, tuple) else plain(of) for of in types]


def types_in(types: Plain) -> tuple[Types, ...]:
    """What ``types_out`` gave."""
    return tuple(
        tuple(type_in(*one) for one in of) if type(of) is list else type_in(*of) for of in types
    )


def type_in(kind: str, args: Plain) -> Type:
    """A type."""
    return Type(kind, tuple(type_in(*arg) for arg in args))


def stored_in(line: int, name: str, keys: Plain, value: Plain) -> tree.Stored:
    """A stored value or map."""
    return tree.Stored(line, name, tuple(type_in(*key) for key in keys), type_in(*value))


def event_in(line: int, name: str, parts: Plain) -> tree.Event:
    """An event."""
    return tree.Event(line, name, tuple((field, type_in(*of)) for field, of in parts))


def signature_in(
    make: Callable[..., T], name: str, parameters: Plain, result: Plain, *rest: Plain
) -> T:
    """A signature, made by its class."""
    made = [tree.Parameter(field, type_in(*of), default) for field, of, default in parameters]
    return make(name, tuple(made), type_in(*result), *rest)

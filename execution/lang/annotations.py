"""Types as they are written in source. Source: docs/spec/contracts.md, "Types"."""

from __future__ import annotations

from execution.lang import syntax as s
from execution.lang.errors import SourceRefused
from execution.lang.types import (
    NONE,
    SCALARS,
    TYPE_DEPTH,
    TYPE_SIZE,
    Type,
    is_large,
    optional,
    wrong_parts,
)

_WRITTEN = "int, bool, bytes, str, address, list[T], dict[K, V], tuple[A, B], T | None"


def type_of(node: s.Expression, *, result: bool = False) -> Type:
    """The type that the expression writes; ``result``: may it be None, behind ``->``?"""
    if result and isinstance(node, s.Value) and node.value is None:
        return NONE
    found = _read(node)
    if is_large(found):
        raise SourceRefused(
            "limit",
            node.line,
            node.column,
            f"the type is more than {TYPE_DEPTH} deep or has more than {TYPE_SIZE} parts",
            "split it into several values",
        )
    return found


def _read(node: s.Expression) -> Type:
    if isinstance(node, s.Operation) and node.op == "|":
        return _optional(node)
    if isinstance(node, s.Name):
        if node.text in SCALARS:
            return SCALARS[node.text]
        if node.text in ("list", "dict", "tuple"):
            example = {"list": "list[int]", "dict": "dict[str, int]", "tuple": "tuple[int, str]"}
            raise _refused(node, f"`{node.text}` needs its parts", example[node.text])
        raise _refused(node, f"`{node.text}` is no type", _WRITTEN)
    if isinstance(node, s.Subscript) and isinstance(node.base, s.Name):
        return _container(node, node.base.text)
    if isinstance(node, s.Value) and node.value is None:
        raise _refused(
            node, "None alone is no type of a value", "T | None, with the type it can be"
        )
    if isinstance(node, s.Value) and isinstance(node.value, str):
        raise _refused(node, "a type in quotes", "write the type without quotes")
    raise _refused(node, "this is no type", _WRITTEN)


def _optional(node: s.Operation) -> Type:
    right = node.right
    if not (isinstance(right, s.Value) and right.value is None):
        if isinstance(node.left, s.Value) and node.left.value is None:
            raise _refused(node, "None stands on the right", "T | None")
        raise _refused(node, "a value has one type", "T | None is the only choice there is")
    inner = _read(node.left)
    if inner.kind == "optional":
        raise _refused(node, "`| None` twice", "T | None")
    return optional(inner)


def _container(node: s.Subscript, name: str) -> Type:
    if name not in ("list", "dict", "tuple"):
        raise _refused(node, f"`{name}[…]` is no type", _WRITTEN)
    written = node.index.items if isinstance(node.index, s.Row) else [node.index]
    parts = tuple(_read(part) for part in written)
    wrong = wrong_parts(name, parts)
    if wrong:
        raise _refused(node, *wrong)
    return Type(name, parts)


def _refused(node: s.Expression, message: str, instead: str) -> SourceRefused:
    return SourceRefused("type", node.line, node.column, message, instead)

"""Types of the contract language, and what a value of one takes to look at and to hold.

Source: docs/spec/contracts.md, "Types" and "Dynamic costs".
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

INT_MIN, INT_MAX = -(2**255), 2**255 - 1
MAX_ITEMS = 65_536
ADDRESS_BYTES = 34


@dataclass(frozen=True)
class Type:
    """``name`` is int, bool, bytes, str, address, None, list, dict, tuple or optional."""

    name: str
    args: tuple[Type, ...] = ()

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.args))
        if self.name == "optional":
            return f"{inner} | None"
        return f"{self.name}[{inner}]" if self.args else self.name


INT, BOOL, BYTES, STR, ADDRESS, NONE = map(Type, ("int", "bool", "bytes", "str", "address", "None"))
ATOMS = {kind.name: kind for kind in (INT, BOOL, BYTES, STR, ADDRESS, NONE)}
CALL_RESULT = Type("tuple", (BOOL, BYTES))


def listed(item: Type) -> Type:
    return Type("list", (item,))


def tupled(*items: Type) -> Type:
    return Type("tuple", items)


def optional(inner: Type) -> Type:
    return Type("optional", (inner,))


def bare(kind: Type) -> Type:
    """The T of ``T | None``; any other type itself."""
    return kind.args[0] if kind.name == "optional" else kind


def read(node: ast.expr) -> Type:
    """The type that an annotation spells."""
    if isinstance(node, ast.BinOp):
        return optional(read(node.left))
    if isinstance(node, ast.Constant):
        return NONE
    if isinstance(node, ast.Name):
        return ATOMS[node.id]
    assert isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return Type(node.value.id, tuple(map(read, inner)))


def default(kind: Type) -> Any:
    """A fresh default value of the type."""
    match kind.name:
        case "int":
            return 0
        case "bool":
            return False
        case "bytes":
            return b""
        case "str":
            return ""
        case "address":
            return bytes(ADDRESS_BYTES)
        case "list":
            return []
        case "dict":
            return {}
        case "tuple":
            return tuple(map(default, kind.args))
    return None


def size(value: Any, kind: Type) -> int:
    """What a bytes, str, list or dict takes."""
    return {"bytes": 1, "str": 4, "list": 8, "dict": 100}[kind.name] * len(value)


def weight(value: Any, kind: Type) -> int:
    """The work to look at a value."""
    match kind.name:
        case "optional":
            return 4 if value is None else weight(value, kind.args[0])
        case "bytes":
            return 4 + len(value) // 16
        case "str":
            return 4 + len(value) // 4
        case "list":
            return 16 + sum(weight(item, kind.args[0]) for item in value)
        case "tuple":
            return 16 + sum(map(weight, value, kind.args))
        case "dict":
            key, item = kind.args
            return 64 + sum(8 + weight(k, key) + weight(v, item) for k, v in value.items())
    return 4


def has_dict(kind: Type) -> bool:
    """Is it a dict, or is there one in it?"""
    return kind.name == "dict" or any(map(has_dict, kind.args))


def density(kind: Type) -> int:
    """0 without list and dict in the type, 2 with a dict inside of a list or dict, else 1."""
    inner = max(map(density, kind.args), default=0)
    if kind.name not in ("list", "dict"):
        return inner
    return 2 if any(map(has_dict, kind.args)) else max(1, inner)

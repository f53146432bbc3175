"""The types of the contract language. Source: docs/spec/contracts.md, "Types"."""

from __future__ import annotations

from dataclasses import dataclass

INT_MIN, INT_MAX = -(2**255), 2**255 - 1
INT_BYTES = 32
SIZE_MOST = 65_536
"""Most bytes, code points or items of a value."""
TYPE_DEPTH = 6


@dataclass(frozen=True)
class Type:
    """``kind`` is int, bool, bytes, str, address, none, list, dict, tuple or optional.

    ``args``: of a list its item, of a dict key and value, of a tuple its items, of an optional
    the type that is not None.
    """

    kind: str
    args: tuple[Type, ...] = ()

    def __str__(self) -> str:
        if self.kind == "none":
            return "None"
        if self.kind == "optional":
            return f"{self.args[0]} | None"
        if not self.args:
            return self.kind
        return f"{self.kind}[{', '.join(map(str, self.args))}]"


INT, BOOL, BYTES, STR = Type("int"), Type("bool"), Type("bytes"), Type("str")
ADDRESS, NONE = Type("address"), Type("none")


def list_of(item: Type) -> Type:
    """``list[item]``."""
    return Type("list", (item,))


def dict_of(key: Type, value: Type) -> Type:
    """``dict[key, value]``."""
    return Type("dict", (key, value))


def tuple_of(*items: Type) -> Type:
    """``tuple[items…]``."""
    return Type("tuple", items)


def optional(of: Type) -> Type:
    """``of | None``."""
    return Type("optional", (of,))

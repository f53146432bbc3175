"""The types of the contract language. Source: docs/spec/contracts.md, "Types"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

INT_MIN, INT_MAX = -(2**255), 2**255 - 1
INT_BYTES = 32
SIZE_MOST = 65_536
"""Most bytes, code points or items of a value."""
TYPE_DEPTH = 6
TYPE_SIZE = 32
"""Most parts of a type, itself included; without it a few tuples of tuples grow beyond measure."""
TUPLE_MOST = 8
"""Most items of a tuple."""


@dataclass(frozen=True)
class Type:
    """``kind`` is int, bool, bytes, str, address, none, list, dict, tuple or optional.

    ``args``: of a list its item, of a dict key and value, of a tuple its items, of an optional
    the type that is not None.
    """

    kind: str
    args: tuple[Type, ...] = ()

    @cached_property
    def depth(self) -> int:
        """1 for a type without parts, else one more than its deepest part."""
        return 1 + max((part.depth for part in self.args), default=0)

    @cached_property
    def size(self) -> int:
        """How many types it is made of, itself included."""
        return 1 + sum(part.size for part in self.args)

    @cached_property
    def density(self) -> int:
        """How dear a byte of its encoded form may be: 0 without list and dict in it, 2 with a dict
        inside of a list or dict, else 1.
        """
        inner = max((part.density for part in self.args), default=0)
        if self.kind not in ("list", "dict"):
            return inner
        return 2 if any(part.has_dict for part in self.args) else max(1, inner)

    @cached_property
    def has_dict(self) -> bool:
        """Is it a dict, or is there one in it?"""
        return self.kind == "dict" or any(part.has_dict for part in self.args)

    @cached_property
    def memo(self) -> dict[str, Any]:
        """What others have worked out for the type and look up while contracts run, by their name.

        A table by type would have to hash it, which walks through all of it.
        """
        return {}

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


SCALARS = {"int": INT, "bool": BOOL, "bytes": BYTES, "str": STR, "address": ADDRESS}
"""Types without parts, by their text."""
KEYS = frozenset(("int", "bytes", "str", "address"))
"""Kinds that a dict may have as keys."""


def is_large(type_: Type) -> bool:
    """Is the type beyond the limits?"""
    return type_.depth > TYPE_DEPTH or type_.size > TYPE_SIZE


def is_immutable(type_: Type) -> bool:
    """Can no value of the type be changed in place?"""
    if type_.kind in ("tuple", "optional"):
        return all(map(is_immutable, type_.args))
    return type_.kind in SCALARS


def wrong_parts(kind: str, parts: tuple[Type, ...]) -> tuple[str, str] | None:
    """Why a list, dict or tuple cannot have these parts, and what to write; None if it can."""
    if kind == "list" and len(parts) != 1:
        return "a list has one type of items", "list[T]"
    if kind == "tuple" and not 2 <= len(parts) <= TUPLE_MOST:
        return f"a tuple has 2 to {TUPLE_MOST} items, each with its type", "tuple[A, B]"
    if kind == "dict" and len(parts) != 2:
        return "a dict has a type of keys and one of values", "dict[K, V]"
    if kind == "dict" and parts[0].kind not in KEYS:
        return f"{parts[0]} cannot be the key of a dict", "int, bytes, str or address"
    return None


def parse_type(text: str) -> Type:
    """The type that a text such as ``dict[str, int | None]`` writes, ``None`` included.

    Raises ValueError; what ``str(type)`` gives is read back as it was.
    """
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", "") or len(text) > _TEXT_LENGTH:
        raise ValueError(f"{text!r:.80} writes no type")
    found, rest = _parse(tokens, 0)
    if rest != len(tokens) or is_large(found):
        raise ValueError(f"{text!r:.80} writes no type")
    return found


_TOKEN = re.compile(r"[a-z]+|None|[\[\],|]")
_TEXT_LENGTH = 1_000
"""More than any type has within the limits of a contract."""


def _parse(tokens: list[str], at: int, depth: int = 1) -> tuple[Type, int]:
    """The type that begins at this token, and where it ends."""
    name = tokens[at] if at < len(tokens) and depth <= TYPE_DEPTH else ""
    at += 1
    if name == "None":
        return NONE, at
    if name in SCALARS:
        found = SCALARS[name]
    else:
        parts: list[Type] = []
        while tokens[at : at + 1] == ([","] if parts else ["["]):
            part, at = _parse(tokens, at + 1, depth + 1)
            parts.append(part)
        if name not in ("list", "dict", "tuple") or tokens[at : at + 1] != ["]"]:
            raise ValueError(f"{name!r:.80} is no type")
        if NONE in parts or wrong_parts(name, tuple(parts)):
            raise ValueError(f"{name} cannot have these parts")
        found, at = Type(name, tuple(parts)), at + 1
    if tokens[at : at + 2] == ["|", "None"]:
        return optional(found), at + 2
    return found, at

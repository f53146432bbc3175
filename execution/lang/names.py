"""The names of a module and of a function. Source: docs/spec/contracts.md, "The module"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from heapq import nlargest

from execution.lang import habits, tree
from execution.lang import syntax as s
from execution.lang.errors import SourceRefused
from execution.lang.types import Type

TYPES = frozenset(("int", "bool", "bytes", "str", "address", "list", "dict", "tuple"))
LOOPS = frozenset(("range", "enumerate", "zip", "reversed"))
BUILTINS = frozenset(("len", "abs", "min", "max", "sum", "sorted", "any", "all", "divmod", "pow"))
RESERVED = TYPES | LOOPS | BUILTINS
MODULES = frozenset(
    [
        "storage",
        "events",
        "abi",
        "hash",
        "crypto",
        "context",
        "treasury",
        "beacon",
        "syscalls",
        "zk",
    ]
)
LOCALS = 64
_ALIKE, _LOOKED_AT = 0.6, 4


def refused(kind: str, at: s.Node, message: str, instead: str) -> SourceRefused:
    """The refusal of what stands there."""
    return SourceRefused(kind, at.line, at.column, message, instead)


@dataclass
class Signature:
    """What a call of a function has to know."""

    name: str
    parameters: tuple[tree.Parameter, ...]
    result: Type
    view: bool
    payable: bool
    at: s.Node


@dataclass
class ConstantEntry:
    """A constant of the module."""

    type: Type


ModuleEntry = str
"""The name of a module of the standard library."""
Entry = ModuleEntry | ConstantEntry | tree.Stored | tree.Event | Signature


@dataclass
class Names:
    """The module's names: ``places`` of all of them, ``visible`` those that may be used now.

    Functions are visible from the start.
    """

    places: dict[str, s.Node] = field(default_factory=dict)
    visible: dict[str, Entry] = field(default_factory=dict)

    def claim(self, name: str, at: s.Node) -> None:
        """Take a name for one thing of the module."""
        if name in RESERVED:
            raise refused(
                "name", at, f"`{name}` is a builtin's or a type's name", "choose another name"
            )
        if name in self.places:
            raise refused(
                "name",
                at,
                f"`{name}` is taken in line {self.places[name].line}",
                "choose another name",
            )
        self.places[name] = at

    def entry(self, name: str) -> Entry | None:
        """What the name means here; None if it is none of the module's."""
        return self.visible.get(name)

    def unknown(self, name: str, at: s.Node, others: Iterable[str] = ()) -> SourceRefused:
        """The refusal of a name that means nothing here."""
        if name in self.places:
            line = self.places[name].line
            return refused(
                "name",
                at,
                f"`{name}` is declared further down, in line {line}",
                "declare it above its first use",
            )
        if name in habits.UNKNOWN:
            return refused("name", at, *habits.UNKNOWN[name])
        if name in MODULES:
            return refused(
                "name", at, f"`{name}` is not imported", f"from stdlib import {name}, at the top"
            )
        near = nearest(name, [*others, *self.visible, *RESERVED])
        return refused(
            "name",
            at,
            f"nothing is called `{name}`",
            f"did you mean `{near}`?" if near else "assign or declare it first",
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that looks most like this one, or nothing.

    Only a few get the close look: names can be chosen so that it takes long.
    """
    rough = SequenceMatcher(b=name)
    likely: list[tuple[float, str]] = []
    for each in sorted(set(known)):
        rough.set_seq1(each)
        if rough.real_quick_ratio() >= _ALIKE and (ratio := rough.quick_ratio()) >= _ALIKE:
            likely.append((ratio, each))
    few = [each for _, each in nlargest(_LOOKED_AT, likely)]
    found = get_close_matches(name, few, 1, _ALIKE)
    return found[0] if found else ""

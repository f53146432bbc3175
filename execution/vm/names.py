"""What generated code refers to by a number: constants, stored values, events, types, host calls.

Names of the source appear in generated code only as ``v_name`` and ``f_name``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from execution.lang import tree
from execution.lang.types import Type, tuple_of
from execution.vm.reach import static_views

Types = Type | tuple[Type, ...]
Emitter = Callable[[Any, "Names"], str]


class Names:
    """The numbers that one module's code uses, and the way to emit an expression of it.

    ``in_view`` says of the function that is being emitted whether it is a view.
    """

    def __init__(self, module: tree.Module, emitters: dict[type, Emitter]) -> None:
        self._emitters = emitters
        self._constants = {name: i for i, (name, _, _) in enumerate(module.constants)}
        self._stored = {stored.name: i for i, stored in enumerate(module.stored)}
        self._events = {event.name: i for i, event in enumerate(module.events)}
        self._types: dict[Types, int] = {}
        self._hosts: dict[str, None] = {}
        self._module = module
        self._views = frozenset(f.name for f in module.functions if f.view)
        self.in_view = False

    def goes_static(self, name: str) -> bool:
        """Does a call of this function from here begin something static?"""
        return not self.in_view and name in self._views and name in self._static

    @cached_property
    def _static(self) -> frozenset[str]:
        return static_views(self._module)

    @property
    def types(self) -> list[Types]:
        """The types that the code uses, ``y_0`` and on."""
        return list(self._types)

    @property
    def hosts(self) -> list[str]:
        """The host functions that the code calls."""
        return list(self._hosts)

    def expr(self, e: tree.Expr) -> str:
        """The Python text of an expression: an atom, a call, or in parentheses."""
        return self._emitters[type(e)](e, self)

    def listed(self, expressions: Iterable[tree.Expr]) -> str:
        """Arguments behind another one: ``, a, b``."""
        return "".join([f", {self.expr(e)}" for e in expressions])

    def packed(self, expressions: Iterable[tree.Expr]) -> str:
        """A tuple of any length."""
        return f"({''.join([self.expr(e) + ', ' for e in expressions])})"

    def constant(self, name: str) -> str:
        """A constant of the module."""
        return f"c_{self._constants[name]}"

    def stored(self, name: str) -> str:
        """A stored value or map."""
        return f"s_{self._stored[name]}"

    def event(self, name: str) -> str:
        """An event."""
        return f"e_{self._events[name]}"

    def type(self, of: Types) -> str:
        """A type, or a row of types."""
        return f"y_{self._types.setdefault(of, len(self._types))}"

    def type_of(self, *types: Type) -> str:
        """One type, or the type of the tuple of several values."""
        return self.type(types[0] if len(types) == 1 else tuple_of(*types))

    def host(self, name: str) -> str:
        """A function of the standard library that needs the chain."""
        self._hosts[name] = None
        return host_name(name)


def host_name(name: str) -> str:
    """The name in generated code of a host function, ``x_storage_get`` of ``storage.get``."""
    return "x_" + name.replace(".", "_")

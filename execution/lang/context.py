"""What the checks of expressions share: the names, the function, and the way to check a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from execution.lang import fit, tree
from execution.lang import syntax as s
from execution.lang.flow import FunctionScope
from execution.lang.names import Names, refused
from execution.lang.types import BOOL, TYPE_DEPTH, TYPE_SIZE, Type, is_large

_TRUTH = frozenset(("int", "bytes", "str", "list", "dict"))


@dataclass
class Context:
    """``function`` is None in a constant expression. ``forms`` has the check of each syntax class:
    (context, node, type that is expected there or None) → typed expression.
    """

    names: Names
    forms: Mapping[type, Callable[[Context, s.Expression, Type | None], tree.Expr]]
    function: FunctionScope | None = None

    def any(self, node: s.Expression, want: Type | None = None) -> tree.Expr:
        """An expression that may give nothing; a wanted type is only a hint."""
        found = self.forms[type(node)](self, node, want)
        if is_large(found.type):
            raise refused(
                "limit",
                node,
                f"the value's type is more than {TYPE_DEPTH} deep or of over {TYPE_SIZE} parts",
                "split it into several values",
            )
        return found

    def value(self, node: s.Expression, want: Type | None = None) -> tree.Expr:
        """An expression that gives a value."""
        found = self.any(node, want)
        if found.type.kind == "none":
            raise refused(
                "type",
                node,
                "this call gives nothing",
                "write it as a statement, on a line of its own",
            )
        return found

    def need(self, node: s.Expression, want: Type) -> tree.Expr:
        """An expression of the wanted type; a T | None is narrowed."""
        return fit.fit(self.value(node, want), want, node)

    def operand(self, node: s.Expression, want: Type | None = None) -> tree.Expr:
        """An expression that is not None: a T | None is narrowed."""
        return fit.narrow(self.value(node, want))

    def condition(self, node: s.Expression) -> tree.Expr:
        """An expression as a condition: a bool."""
        found = self.value(node)
        kind = found.type.kind
        if kind == "bool":
            return found
        if kind in _TRUTH:
            return tree.Truth(found.line, found)
        instead = "x is not None" if kind == "optional" else "compare it with == or !="
        raise refused("type", node, f"{found.type} as a condition", instead)

    def need_bool(self, node: s.Expression, what: str) -> tree.Expr:
        """An operand of ``and`` or ``or``."""
        found = self.operand(node)
        if found.type == BOOL:
            return found
        raise refused(
            "type",
            node,
            f"{found.type} as an operand of `{what}`",
            "compare it: n != 0, len(x) > 0, x is not None",
        )

    def is_variable(self, name: str) -> bool:
        """Is the name a parameter or local variable of the function, assigned yet or not?"""
        function = self.function
        return function is not None and (name in function.bound or name in function.locals)

    def known(self) -> list[str]:
        """The variables that have a type."""
        return list(self.function.locals) if self.function is not None else []

    def writes(self, what: str, at: s.Node) -> None:
        """Remember that the function writes here."""
        if self.function is not None:
            self.function.writes.append((what, at))

    def only_in_functions(self, what: str, at: s.Node) -> FunctionScope:
        """The function; refuses the thing in a constant expression."""
        if self.function is None:
            raise refused(
                "constant",
                at,
                f"{what} in a constant",
                "literals, constants above, operators, builtins and methods",
            )
        return self.function

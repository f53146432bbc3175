"""What is known at one place of a function: variables assigned, ways that end.

Source: docs/spec/contracts.md, "Flow".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from execution.lang import syntax as s
from execution.lang.names import LOCALS, Signature, refused
from execution.lang.types import Type


@dataclass
class Loop:
    """A loop that is being checked."""

    broken: bool = False


@dataclass
class FunctionScope:
    """A function while it is checked.

    ``assigned`` are the variables that have a value on every way to here, None where no way leads.
    ``bound`` are the names that the whole function assigns, ``writes`` and ``calls`` what it does.
    """

    signature: Signature
    bound: dict[str, s.Name]
    locals: dict[str, Type] = field(default_factory=dict)
    assigned: frozenset[str] | None = frozenset()
    loops: list[Loop] = field(default_factory=list)
    writes: list[tuple[str, s.Node]] = field(default_factory=list)
    calls: list[tuple[str, s.Node]] = field(default_factory=list)

    def declare(self, name: str, type_: Type, at: s.Node) -> None:
        """Give a new variable its type."""
        parameters = len(self.signature.parameters)
        if len(self.locals) >= parameters + LOCALS:
            raise refused(
                "limit",
                at,
                f"more than {LOCALS} local variables",
                "move a part of it into a function",
            )
        self.locals[name] = type_

    def has(self, name: str) -> bool:
        """Is the variable assigned on every way to here?"""
        return self.assigned is None or name in self.assigned

    def assign(self, *names: str) -> None:
        """From here on the variables have a value."""
        if self.assigned is not None and not self.assigned.issuperset(names):
            self.assigned = self.assigned.union(names)

    def end(self) -> None:
        """No way leads on from here."""
        self.assigned = None


def join(ways: list[frozenset[str] | None]) -> frozenset[str] | None:
    """What is assigned where these ways meet."""
    open_ = [way for way in ways if way is not None]
    if not open_:
        return None
    return frozenset.intersection(*open_)


def bound_names(body: list[s.Node]) -> dict[str, s.Name]:
    """The names that statements assign, each with its first place."""
    found: dict[str, s.Name] = {}
    for node in body:
        if isinstance(node, s.Assign):
            _targets(node.target, found)
        elif isinstance(node, s.For):
            _targets(node.target, found)
            _merge(node.body, found)
        elif isinstance(node, s.While):
            _merge(node.body, found)
        elif isinstance(node, s.If):
            for _, arm in node.arms:
                _merge(arm, found)
            _merge(node.otherwise, found)
    return found


def _merge(body: list[s.Node], found: dict[str, s.Name]) -> None:
    for name, at in bound_names(body).items():
        found.setdefault(name, at)


def _targets(target: s.Expression, found: dict[str, s.Name]) -> None:
    while isinstance(target, s.Group):
        target = target.inner
    if isinstance(target, s.Name):
        found.setdefault(target.text, target)
    elif isinstance(target, s.Row):
        for item in target.items:
            _targets(item, found)

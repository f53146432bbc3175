"""What the parser makes of contract source, before types. Lines and columns count from 1.

An expression stands where it begins, a binary operation and a comparison at the operator.
``deep`` is the depth of an expression: 1 for a name or literal, else one more than that of its
deepest part.
"""

from __future__ import annotations

from dataclasses import dataclass

# --- expressions ----------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Node:
    """Where something stands."""

    line: int
    column: int


@dataclass(slots=True, eq=False)
class Expression(Node):
    """Any expression."""

    deep: int


@dataclass(slots=True, eq=False)
class Name(Expression):
    """A name."""

    text: str


@dataclass(slots=True, eq=False)
class Value(Expression):
    """A literal."""

    value: int | bool | bytes | str | None


@dataclass(slots=True, eq=False)
class Group(Expression):
    """Parentheses around one expression."""

    inner: Expression


@dataclass(slots=True, eq=False)
class Attribute(Expression):
    """``base.name``; ``at`` is where the name stands."""

    base: Expression
    name: str
    at: Node


@dataclass(slots=True, eq=False)
class Argument(Node):
    """``value`` or ``name=value`` in a call."""

    name: str
    value: Expression


@dataclass(slots=True, eq=False)
class Call(Expression):
    """``function(arguments)``."""

    function: Expression
    arguments: list[Argument]


@dataclass(slots=True, eq=False)
class Subscript(Expression):
    """``base[index]``; several keys are a Row."""

    base: Expression
    index: Expression


@dataclass(slots=True, eq=False)
class Cut(Expression):
    """``base[start:stop]``."""

    base: Expression
    start: Expression | None
    stop: Expression | None


@dataclass(slots=True, eq=False)
class Prefix(Expression):
    """``-``, ``+``, ``~`` or ``not`` before an operand."""

    op: str
    operand: Expression


@dataclass(slots=True, eq=False)
class Operation(Expression):
    """``left op right``."""

    op: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class Comparison(Expression):
    """``first op operand …``; ops as in tree.Compare, with ``is`` and ``is not``.

    ``places`` has where each operator stands.
    """

    first: Expression
    rest: list[tuple[str, Expression]]
    places: list[Node]


@dataclass(slots=True, eq=False)
class Logic(Expression):
    """``and`` or ``or`` of two or more."""

    op: str
    operands: list[Expression]


@dataclass(slots=True, eq=False)
class Conditional(Expression):
    """``then if test else other``."""

    test: Expression
    then: Expression
    other: Expression


@dataclass(slots=True, eq=False)
class Row(Expression):
    """Expressions with commas between: a tuple, keys, or targets."""

    items: list[Expression]


@dataclass(slots=True, eq=False)
class ListDisplay(Expression):
    """``[…]``."""

    items: list[Expression]


@dataclass(slots=True, eq=False)
class DictDisplay(Expression):
    """``{…}``."""

    pairs: list[tuple[Expression, Expression]]


# --- statements -----------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Word(Node):
    """pass, break or continue."""

    word: str


@dataclass(slots=True, eq=False)
class Return(Node):
    """``return`` or ``return value``."""

    value: Expression | None


@dataclass(slots=True, eq=False)
class Assert(Node):
    """``assert test, reason``."""

    test: Expression
    reason: Expression | None


@dataclass(slots=True, eq=False)
class Delete(Node):
    """``del target``."""

    target: Expression


@dataclass(slots=True, eq=False)
class Assign(Node):
    """``target = value`` or ``name: type = value``."""

    target: Expression
    annotation: Expression | None
    value: Expression


@dataclass(slots=True, eq=False)
class Augment(Node):
    """``target op= value``; it stands at the operator, and ``op`` has no ``=``."""

    target: Expression
    op: str
    value: Expression


@dataclass(slots=True, eq=False)
class Evaluate(Node):
    """An expression as a statement."""

    value: Expression


@dataclass(slots=True, eq=False)
class If(Node):
    """Conditions with their bodies, and the ``else`` body."""

    arms: list[tuple[Expression, list[Node]]]
    otherwise: list[Node]


@dataclass(slots=True, eq=False)
class While(Node):
    """A loop with a condition."""

    test: Expression
    body: list[Node]


@dataclass(slots=True, eq=False)
class For(Node):
    """A loop over values."""

    target: Expression
    over: Expression
    body: list[Node]


# --- module ---------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Import(Node):
    """``from stdlib import names``."""

    names: list[Name]


@dataclass(slots=True, eq=False)
class Declaration(Node):
    """``name = value`` or ``name: type = value`` of the module."""

    name: str
    annotation: Expression | None
    value: Expression


@dataclass(slots=True, eq=False)
class Parameter(Node):
    """``name: type = default``."""

    name: str
    annotation: Expression
    default: Expression | None


@dataclass(slots=True, eq=False)
class Function(Node):
    """A function; it stands at its name."""

    name: str
    decorators: list[Name]
    parameters: list[Parameter]
    result: Expression | None
    documentation: str
    body: list[Node]


@dataclass(slots=True, eq=False)
class Module:
    """A module in the order of its text."""

    documentation: str
    parts: list[Import | Declaration | Function]

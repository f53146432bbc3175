"""The checked tree: what the checker hands to the engine. Every expression has its type.

Nothing here is looked up again: names are resolved, defaults filled in, conversions explicit.
``line`` is the line of the source (from 1). Source: docs/spec/contracts.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from execution.lang.types import BOOL, Type

# --- expressions ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Literal:
    """An int, bool, bytes, str or None written in the source."""

    line: int
    type: Type
    value: int | bool | bytes | str | None


@dataclass(frozen=True)
class Local:
    """A parameter or local variable."""

    line: int
    type: Type
    name: str


@dataclass(frozen=True)
class Constant:
    """A constant of the module; a parameter's default is the constant ``function.parameter``."""

    line: int
    type: Type
    name: str


@dataclass(frozen=True)
class Unary:
    """``op`` is ``-``, ``+`` or ``~``, on an int."""

    line: int
    type: Type
    op: str
    operand: Expr


@dataclass(frozen=True)
class Binary:
    """``op`` is one of ``+ - * // % ** << >> & | ^``; the operands' types say which operation."""

    line: int
    type: Type
    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Compare:
    """``first op operand op operand …``.

    ops: ``== != < <= > >= in``, ``not in``, ``is None``, ``is not None`` (their operand is the
    literal None). ``in`` has the container as its operand. Both sides of ``==`` and ``!=`` have one
    type, or one is T and the other T | None, or None.
    """

    line: int
    type: Type
    first: Expr
    rest: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True)
class StoredIn:
    """``keys in map`` (or ``not in``): a stored map. Never part of a chain."""

    line: int
    type: Type
    name: str
    keys: tuple[Expr, ...]
    negated: bool


@dataclass(frozen=True)
class Logic:
    """``and`` or ``or`` of two or more bools."""

    line: int
    type: Type
    op: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True)
class Not:
    """``not`` of a bool."""

    line: int
    type: Type
    operand: Expr


@dataclass(frozen=True)
class Truth:
    """Is an int, bytes, str, list or dict not zero, not empty? Costs TRUTH."""

    line: int
    operand: Expr
    type: Type = BOOL


@dataclass(frozen=True)
class Choice:
    """``then if test else other``."""

    line: int
    type: Type
    test: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True)
class TupleOf:
    """A tuple display, 2 to 8 items."""

    line: int
    type: Type
    items: tuple[Expr, ...]


@dataclass(frozen=True)
class ListOf:
    """A list display."""

    line: int
    type: Type
    items: tuple[Expr, ...]


@dataclass(frozen=True)
class DictOf:
    """A dict display."""

    line: int
    type: Type
    pairs: tuple[tuple[Expr, Expr], ...]


@dataclass(frozen=True)
class Index:
    """``base[index]`` of a list, bytes, str, tuple (a Literal in range, never negative) or dict."""

    line: int
    type: Type
    base: Expr
    index: Expr


@dataclass(frozen=True)
class Slice:
    """``base[start:stop]`` of a list, bytes or str."""

    line: int
    type: Type
    base: Expr
    start: Expr | None
    stop: Expr | None


@dataclass(frozen=True)
class StoredItem:
    """``name[keys]`` of a stored map."""

    line: int
    type: Type
    name: str
    keys: tuple[Expr, ...]


@dataclass(frozen=True)
class Call:
    """Call of a function of the module; arguments in the parameters' order, defaults filled in.

    ``order`` has the places of the arguments in the order in which they run, empty if that is the
    order in which they stand.
    """

    line: int
    type: Type
    name: str
    arguments: tuple[Expr, ...]
    order: tuple[int, ...] = ()


@dataclass(frozen=True)
class Builtin:
    """Call of a builtin, by its name in the spec: ``len``, ``int.from_bytes``, ``bytes.fromhex``, …

    ``flags`` are the literal parts: ``("big", False)`` of ``from_bytes`` (order, signed).
    Literals in ``flags`` cost nothing. ``sorted`` has ``reverse`` as its second argument, and the
    method ``sort`` as its first, where it is written.
    """

    line: int
    type: Type
    name: str
    arguments: tuple[Expr, ...]
    flags: tuple[object, ...] = ()


@dataclass(frozen=True)
class Method:
    """Call of a method of a value: ``base.name(arguments)``; flags as in Builtin (``to_bytes``)."""

    line: int
    type: Type
    name: str
    base: Expr
    arguments: tuple[Expr, ...]
    flags: tuple[object, ...] = ()


@dataclass(frozen=True)
class Host:
    """Call of the standard library, by its name in the spec (``storage.get``, ``abi.encode``, …).

    ``cell.get``, ``cell.set`` and ``emit`` have ``name_of``: the stored value or event; emit has
    its arguments as they are written, and ``order`` says which field each is.
    ``types`` are those that ``abi.decode`` is asked for. ``abi.call`` has ``value`` and ``gas``.
    """

    line: int
    type: Type
    name: str
    arguments: tuple[Expr, ...]
    name_of: str = ""
    order: tuple[int, ...] = ()
    types: tuple[Type, ...] = ()
    value: Expr | None = None
    gas: Expr | None = None
    value_first: bool = True  # was value= written before gas=? They run in that order


@dataclass(frozen=True)
class Context:
    """``context.name``: sender, origin, this, value, height, time, chain, txid."""

    line: int
    type: Type
    name: str


@dataclass(frozen=True)
class Narrow:
    """An optional taken for what it holds; ``vm.none`` if that is None."""

    line: int
    type: Type
    operand: Expr


Expr = (
    Literal
    | Local
    | Constant
    | Unary
    | Binary
    | Compare
    | StoredIn
    | Logic
    | Not
    | Truth
    | Choice
    | TupleOf
    | ListOf
    | DictOf
    | Index
    | Slice
    | StoredItem
    | Call
    | Builtin
    | Method
    | Host
    | Context
    | Narrow
)

# --- statements -----------------------------------------------------------------------------

Target = Local | Index | StoredItem
"""What can be assigned; Index of a list or dict."""


@dataclass(frozen=True)
class Assign:
    """``target = value``."""

    line: int
    target: Target
    value: Expr


@dataclass(frozen=True)
class Unpack:
    """``targets = value``, a tuple of as many items or a list; ``narrow`` marks those targets that
    take an optional item for what it holds.
    """

    line: int
    targets: tuple[Target, ...]
    value: Expr
    narrow: tuple[bool, ...]


@dataclass(frozen=True)
class Augment:
    """``target op= value``; the value has the target's type (an int for ``*=`` of a sequence)."""

    line: int
    target: Target
    op: str
    value: Expr


@dataclass(frozen=True)
class Delete:
    """``del target``, an Index of a list or dict, or a StoredItem."""

    line: int
    target: Index | StoredItem


@dataclass(frozen=True)
class Evaluate:
    """A call whose result is not used."""

    line: int
    value: Expr


@dataclass(frozen=True)
class Return:
    """``return``, with a value exactly when the function has a result."""

    line: int
    value: Expr | None


@dataclass(frozen=True)
class Assert:
    """``assert test, reason``; the reason is a str and is evaluated only on failure."""

    line: int
    test: Expr
    reason: Expr | None


@dataclass(frozen=True)
class Simple:
    """``word`` is pass, break or continue."""

    line: int
    word: str


@dataclass(frozen=True)
class If:
    """Conditions (bools) with their bodies, and the ``else`` body (empty without one)."""

    line: int
    arms: tuple[tuple[Expr, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True)
class While:
    """A loop with a condition."""

    line: int
    test: Expr
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class For:
    """A loop. ``over`` is value (one source), range, enumerate, zip or reversed.

    ``narrow`` as in Unpack; one target that takes each item, or as many as the item has parts.
    """

    line: int
    targets: tuple[Local, ...]
    narrow: tuple[bool, ...]
    over: str
    sources: tuple[Expr, ...]
    body: tuple[Statement, ...]


Statement = (
    Assign | Unpack | Augment | Delete | Evaluate | Return | Assert | Simple | If | While | For
)

# --- module ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """``storage.cell`` (no keys) or ``storage.map`` (one to three)."""

    line: int
    name: str
    keys: tuple[Type, ...]
    value: Type


@dataclass(frozen=True)
class Event:
    """``events.event``: field names with their types."""

    line: int
    name: str
    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True)
class Parameter:
    """``default`` says whether the constant ``function.name`` is its default."""

    name: str
    type: Type
    default: bool


@dataclass(frozen=True)
class Function:
    """A function; ``result`` is NONE without one. ``locals`` are names that are no parameters."""

    line: int
    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    body: tuple[Statement, ...]
    view: bool
    payable: bool
    documentation: str
    locals: tuple[tuple[str, Type], ...]

    @property
    def public(self) -> bool:
        """May it be called from outside?"""
        return not self.name.startswith("_") and self.name != "init"


@dataclass(frozen=True)
class Module:
    """A contract; ``constants``, defaults included, are in the order in which to compute them."""

    documentation: str
    constants: tuple[tuple[str, Type, Expr], ...] = ()
    stored: tuple[Stored, ...] = ()
    events: tuple[Event, ...] = ()
    functions: tuple[Function, ...] = field(default=())

"""Random well-typed expressions, as text.

``expr`` may give ``[]``, ``{}`` or ``None`` where their type is expected; ``own`` gives an
expression that says its type itself. Everything compound is in parentheses.
"""

# ruff: noqa: E501 - rows of productions

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.evaluator.drawn_values import literal
from tests.evaluator.kinds import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    STR,
    Type,
    listed,
    optional,
)


@dataclass
class Signature:
    name: str
    params: dict[str, Type]
    result: Type
    reads_only: bool = False
    defaults: int = 0
    public: bool = False


@dataclass
class Scope:
    """What may be named where an expression stands."""

    rng: Random
    constants: dict[str, Type]
    cells: dict[str, Type]
    maps: dict[str, tuple[tuple[Type, ...], Type]]
    functions: list[Signature]
    peers: list[tuple[str, Signature]]
    vars: dict[str, Type] = field(default_factory=dict)
    reads_only: bool = False
    host: bool = True

    def named(self, kind: Type) -> list[str]:
        """Variables and constants of a type."""
        found = [name for name, of in self.vars.items() if of == kind]
        return found + [name for name, of in self.constants.items() if of == kind]


Draw = Callable[[Scope, int], str]
RISK = 0.06
TYPED: dict[str, Callable[[Scope, Type, int], str]] = {}
"""Productions of each type, put here by ``drawn_productions``."""


def expr(s: Scope, kind: Type, depth: int) -> str:
    """An expression where a value of the type is expected."""
    roll = s.rng.random()
    if kind.name == "optional" and roll < 0.3:
        return "None" if roll < 0.1 else own(s, kind.args[0], depth)
    if kind.name in ("list", "dict") and roll < 0.15:
        return "[]" if kind.name == "list" else "{}"
    if roll > 0.96 and depth > 0:
        sides = expr(s, kind, depth - 1), expr(s, kind, depth - 1)
        return f"({sides[0]} if {condition(s, 1)} else {sides[1]})"
    if kind.name == "tuple" and roll < 0.2:
        return items_text(s, list(kind.args), depth - 1, "()", expr)
    if kind.name == "list" and roll > 0.92:
        return f"({s.rng.choice(('[]', own(s, kind, 1)))} + {expr(s, kind, 1)})"
    if kind.name != "optional" and roll < 0.04 and (found := s.named(optional(kind))):
        return s.rng.choice(found)
    if kind.name == "list" and roll < 0.3:
        return items_text(s, [kind.args[0]] * s.rng.randint(1, 3), depth - 1, "[]", expr)
    return own(s, kind, depth)


def own(s: Scope, kind: Type, depth: int) -> str:
    """An expression that has the type by itself."""
    found = s.named(kind)
    if found and s.rng.random() < (0.35 if depth > 0 else 0.8):
        return s.rng.choice(found)
    if depth > 0:
        draws = [_anything] * 2 + [TYPED[kind.name]] * 5
        text = s.rng.choice(draws)(s, kind, depth - 1)
        if text:
            return text
    return _leaf(s, kind, depth)


def _leaf(s: Scope, kind: Type, depth: int) -> str:
    match kind.name:
        case "list":
            return items_text(s, [kind.args[0]] * s.rng.randint(1, 2), depth - 1, "[]", own)
        case "tuple":
            return items_text(s, list(kind.args), depth - 1, "()", own)
        case "dict":
            return "{" + pair_text(s, kind, depth) + "}"
        case "optional":
            pair = pair_text(s, Type("dict", (INT, kind.args[0])), depth)
            return "{" + pair + "}.get(" + own(s, INT, 0) + ")"
    if kind == ADDRESS and s.host and s.rng.random() < 0.7:
        return s.rng.choice(("context.sender", "context.this", "context.origin"))
    return literal(s.rng, kind)


def pair_text(s: Scope, kind: Type, depth: int) -> str:
    return f"{own(s, kind.args[0], depth - 1)}: {own(s, kind.args[1], depth - 1)}"


def items_text(s: Scope, kinds: list[Type], depth: int, marks: str, draw: object) -> str:
    assert callable(draw)
    return marks[0] + ", ".join(draw(s, kind, depth) for kind in kinds) + marks[1]


def condition(s: Scope, depth: int) -> str:
    """What may stand where truth is asked for."""
    if s.rng.random() < 0.7:
        return own(s, BOOL, depth)
    kind = s.rng.choice((INT, BYTES, STR, listed(INT), Type("dict", (INT, INT))))
    return own(s, kind, depth)


# ------------------------------------------------------------------ of every type


def _anything(s: Scope, kind: Type, depth: int) -> str:
    return s.rng.choice(_GENERIC)(s, kind, depth)


def _conditional(s: Scope, kind: Type, depth: int) -> str:
    body, other = own(s, kind, depth), own(s, kind, depth)
    return f"({body} if {condition(s, depth)} else {other})"


def _call(s: Scope, kind: Type, depth: int) -> str:
    fit = [f for f in s.functions if f.result == kind and (f.reads_only or not s.reads_only)]
    return call_text(s, s.rng.choice(fit), depth) if fit else ""


def call_text(s: Scope, target: Signature, depth: int) -> str:
    """A call of a function of the module, defaults and keywords as chance has it."""
    names = list(target.params)
    given = len(names) - s.rng.randint(0, target.defaults)
    split = given if s.rng.random() < 0.6 else s.rng.randint(0, given)
    words = [expr(s, target.params[name], depth) for name in names[:split]]
    later = names[split:given]
    s.rng.shuffle(later)
    words += [f"{name}={expr(s, target.params[name], depth)}" for name in later]
    return f"{target.name}({', '.join(words)})"


def _item(s: Scope, kind: Type, depth: int) -> str:
    return f"{own(s, listed(kind), depth)}[{index(s)}]"


def index(s: Scope) -> str:
    """An index that is often there."""
    return (
        s.rng.choice(("0",) * 8 + ("-1", "-1", "1", "(-2)"))
        if s.rng.random() < 0.97
        else own(s, INT, 1)
    )


def _looked_up(s: Scope, kind: Type, depth: int) -> str:
    key = s.rng.choice((INT, STR, BYTES, ADDRESS))
    whole = own(s, Type("dict", (key, kind)), depth)
    wanted = own(s, key, depth)
    if s.rng.random() < RISK:
        return f"{whole}[{wanted}]"
    match s.rng.randrange(3):
        case 0:
            return f"{whole}.get({wanted}, {own(s, kind, depth)})"
        case 1:
            name = [n for n, of in s.vars.items() if of == Type("dict", (key, kind))]
            return f"{name[0]}.pop({wanted}, {own(s, kind, depth)})" if name else ""
    return f"{{{wanted}: {own(s, kind, depth)}}}[{wanted}]"


def _from_tuple(s: Scope, kind: Type, depth: int) -> str:
    for name, of in s.vars.items():
        if of.name == "tuple" and kind in of.args:
            return f"{name}[{of.args.index(kind)}]"
    other = own(s, s.rng.choice((INT, BOOL)), 0)
    return f"({other}, {own(s, kind, depth)})[1]"


def _stored(s: Scope, kind: Type, depth: int) -> str:
    if not s.host:
        return ""
    found = [f"{name}.get()" for name, of in s.cells.items() if of == kind]
    found += [
        f"{name}[{keys_text(s, name, depth)}]" for name, of in s.maps.items() if of[1] == kind
    ]
    return s.rng.choice(found) if found else ""


def keys_text(s: Scope, name: str, depth: int) -> str:
    return ", ".join(expr(s, key, min(depth, 1)) for key in s.maps[name][0])


def _decoded(s: Scope, kind: Type, depth: int) -> str:
    if not s.host:
        return ""
    if s.rng.random() < RISK / 2:
        return f"abi.decode({own(s, BYTES, depth)}, {kind})"
    if s.rng.random() < 0.3:
        words = f"{own(s, INT, 0)}, {own(s, kind, depth)}"
        return f"abi.decode(abi.encode({words}), int, {kind})[1]"
    return f"abi.decode(abi.encode({own(s, kind, depth)}), {kind})"


_GENERIC = (
    _conditional, _call, _call, _call, _item, _looked_up, _from_tuple, _stored, _stored, _stored, _decoded,
)  # fmt: skip

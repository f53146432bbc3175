"""Random statements, as lines of text."""

from __future__ import annotations

from tests.evaluator.drawn_expressions import (
    Scope,
    condition,
    expr,
    own,
)
from tests.evaluator.drawn_simple import INDENT, MAX_LOCALS, SIMPLE, Body, Lines, Statement
from tests.evaluator.drawn_values import drawn_type
from tests.evaluator.kinds import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    NONE,
    STR,
    Type,
    listed,
    tupled,
)


def suite(b: Body, level: int, most: int | None = None) -> Lines:
    """Statements of one suite; names that it assigns are forgotten behind it."""
    before = dict(b.scope.vars)
    lines: Lines = []
    for _ in range(b.scope.rng.randint(1, most or b.most)):
        lines += statement(b, level)
    lines += _ending(b) if level and b.scope.rng.random() < 0.2 else []
    b.scope.vars = before
    return lines or ["pass"]


def statement(b: Body, level: int) -> Lines:
    """One statement, of those that fit here."""
    rng = b.scope.rng
    for _ in range(6):
        draws = _COMPOUND if level < b.nesting and rng.random() < 0.25 else SIMPLE
        lines = rng.choice(draws)(b, level)
        if lines:
            return lines
    return ["pass"]


def _ending(b: Body) -> Lines:
    """A statement behind which nothing of the suite runs."""
    rng = b.scope.rng
    if b.loops and rng.random() < 0.6:
        return [rng.choice(("break", "continue"))]
    if rng.random() < 0.2:
        return [f"abi.revert({own(b.scope, STR, 0)})"]
    return returned(b)


def returned(b: Body) -> Lines:
    """``return`` with what the function gives."""
    if b.result == NONE:
        return ["return"]
    text = expr(b.scope, b.result, b.depth)
    return [f"return {text[1:-1] if b.result.name == 'tuple' and _display(text) else text}"]


def _display(text: str) -> bool:
    """Is it ``(a, b)`` of nothing but a display, whose parentheses may go?"""
    depth, commas = 0, 0
    for position, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        commas += char == "," and depth == 1
        if char in "\"'" or (depth == 0 and position < len(text) - 1):
            return False
    return text.startswith("(") and commas > 0


def _indented(lines: Lines) -> Lines:
    return [INDENT + line for line in lines]


# ------------------------------------------------------------------ compound statements


def _if(b: Body, level: int) -> Lines:
    s = b.scope
    lines = [f"if {condition(s, b.depth)}:", *_indented(suite(b, level + 1, 2))]
    for _ in range(s.rng.choice((0, 0, 1, 2))):
        lines += [f"elif {condition(s, b.depth)}:", *_indented(suite(b, level + 1, 2))]
    if s.rng.random() < 0.5:
        # its last statement never ends the way, so that what follows can be reached
        lines += ["else:", *_indented(_open(b, level))]
    return lines


def _open(b: Body, level: int) -> Lines:
    """A suite whose end is reached."""
    before = dict(b.scope.vars)
    lines = statement(b, level + 1)
    b.scope.vars = before
    return lines


def _looped(b: Body, level: int, inner: Lines | None = None) -> Lines:
    b.loops += 1
    lines = [*(inner or []), *suite(b, level + 1, 3)]
    b.loops -= 1
    return _indented(lines)


def _while(b: Body, level: int) -> Lines:
    s = b.scope
    if b.count > MAX_LOCALS:
        return []
    name = b.name()
    s.vars[name] = INT
    b.fixed.add(name)
    start = [f"{name} = {s.rng.randint(0, 3)}"]
    if s.rng.random() < 0.25:
        leave = [f"{name} += 1", f"if {name} > {s.rng.randint(1, 6)}:", f"{INDENT}break"]
        return [*start, "while True:", *_looped(b, level + 1, leave)] if level < 8 else []
    if s.rng.random() < 0.2:
        return [f"{name} = 4", f"while {name}:", *_looped(b, level, [f"{name} -= 1"])]
    test = f"{name} < {s.rng.randint(1, 6)}"
    if s.rng.random() < 0.3:
        test += f" and {own(s, BOOL, 1)}"
    return [*start, f"while {test}:", *_looped(b, level, [f"{name} += 1"])]


def _for(b: Body, level: int) -> Lines:
    s = b.scope
    if b.count > MAX_LOCALS:
        return []
    before = dict(s.vars)
    text, kinds = _iterated(s, b.depth)
    names = [b.name() for _ in kinds]
    s.vars |= dict(zip(names, kinds, strict=True))
    lines = [f"for {', '.join(names)} in {text}:", *_looped(b, level)]
    s.vars = before
    return lines


def _iterated(s: Scope, depth: int) -> tuple[str, list[Type]]:
    """What a loop runs over, and the types of its targets."""
    item = drawn_type(s.rng, 1)
    whole = own(s, listed(item), depth)
    match s.rng.randrange(10):
        case 0 | 1:
            bounds = s.rng.choice(
                ("3", "1, 4", "5, 0, (-2)", f"0, {own(s, INT, 0)}, 50", own(s, INT, 0))
            )
            return f"range({bounds})", [INT]
        case 2:
            return f"enumerate({whole}{s.rng.choice(('', ', 1', ', ' + own(s, INT, 0)))})", [
                INT,
                item,
            ]
        case 3:
            other = drawn_type(s.rng, 1)
            words, kinds = f"{whole}, {own(s, listed(other), depth)}", [item, other]
            if s.rng.random() < 0.3:
                return f"zip({words}, {own(s, listed(INT), 1)})", [*kinds, INT]
            return f"zip({words})", kinds
        case 4:
            return f"reversed({whole})", [item]
        case 5:
            kind = s.rng.choice((STR, BYTES))
            return own(s, kind, depth), [STR if kind == STR else INT]
        case 6:
            key = s.rng.choice((INT, STR, ADDRESS))
            return own(s, Type("dict", (key, INT)), depth), [key]
        case 7:
            return own(s, tupled(INT, INT, INT), depth), [INT]
        case 8:
            return own(s, Type("dict", (STR, INT)), depth) + ".items()", [STR, INT]
    return whole, [item]


_COMPOUND: tuple[Statement, ...] = (_if, _if, _if, _while, _for, _for)

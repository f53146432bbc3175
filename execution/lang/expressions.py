"""Parsing expressions. Source: docs/spec/contracts.md, "Grammar".

The binding strengths are numbers, so that depth of recursion is depth of nesting: each step into a
part counts one in ``nest``, and a part deeper than DEPTH is refused before it is entered.
Parentheses are no node; the lexer bounds how deep brackets stand in each other.
"""

from __future__ import annotations

from collections.abc import Sized

from execution.lang import habits
from execution.lang import syntax as s
from execution.lang.cursor import DEPTH, Cursor
from execution.lang.tokens import BYTES, INT, KEYWORD, NAME, NEWLINE, OP, STRING, Token

DISPLAY_ITEMS = 256
CALL_ARGUMENTS = 32
OPERANDS = 32
"""Most operands of a row of ``and`` or ``or``, or of one chained comparison."""

_OR, _AND, _NOT, _COMPARE, _ARITHMETIC = 1, 2, 3, 4, 5
_STRENGTH = {"or": _OR, "and": _AND, "not": _COMPARE, "in": _COMPARE, "is": _COMPARE}
_STRENGTH |= dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), _COMPARE)
_STRENGTH |= {"|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "//": 10, "%": 10}
_WORDS: dict[str, bool | None] = {"True": True, "False": False, "None": None}
_EXPRESSION = "a name, a literal, a call or an expression in parentheses"


def expression(c: Cursor) -> s.Expression:
    """``expr`` of the grammar."""
    first = operators(c, _OR)
    if not (c.token.text == "if" and c.token.kind == KEYWORD):
        return first
    c.advance()
    test = part(c, _OR)
    if c.token.text != "else":
        raise c.unexpected("`else`", "a if condition else b")
    c.advance()
    enter(c)
    other = expression(c)
    c.nest -= 1
    deep = depth(c, first, test.deep, first.deep, other.deep)
    return s.Conditional(first.line, first.column, deep, test, first, other)


def enter(c: Cursor) -> None:
    """Count one more enclosing node; refuse what is too deep before it is parsed."""
    if c.nest >= DEPTH - 1:
        raise c.too_deep()
    c.nest += 1


def part(c: Cursor, least: int) -> s.Expression:
    """An operand: an expression that binds at least so strongly, inside of one more node."""
    enter(c)
    found = operators(c, least)
    c.nest -= 1
    return found


def inside(c: Cursor) -> s.Expression:
    """A whole expression inside of one more node."""
    enter(c)
    found = expression(c)
    c.nest -= 1
    return found


def depth(c: Cursor, at: s.Expression | Token, *parts: int) -> int:
    """The depth of a node with parts so deep."""
    deep = 1 + max(parts, default=0)
    if deep > DEPTH:
        raise c.too_deep(at)
    return deep


def operators(c: Cursor, least: int) -> s.Expression:
    """``or`` to ``term`` of the grammar: operators that bind at least so strongly."""
    token = c.token
    if token.text == "not" and least <= _NOT and token.kind == KEYWORD:
        c.advance()
        operand = part(c, _NOT)
        deep = depth(c, token, operand.deep)
        left: s.Expression = s.Prefix(token.line, token.column, deep, "not", operand)
    else:
        left = factor(c)
    while True:
        token = c.token
        strength = _STRENGTH.get(token.text, 0)
        if not strength or strength < least:
            return left
        if strength >= _ARITHMETIC:
            c.advance()
            right = part(c, strength + 1)
            deep = depth(c, token, left.deep, right.deep)
            left = s.Operation(token.line, token.column, deep, token.text, left, right)
        elif strength == _COMPARE:
            left = comparison(c, left)
        else:
            left = logic(c, left, strength)


def logic(c: Cursor, first: s.Expression, strength: int) -> s.Expression:
    """A row of ``and`` or of ``or``: one node."""
    operands, op = [first], c.token.text
    while c.token.text == op:
        c.advance()
        operands.append(part(c, strength + 1))
        few(c, operands, OPERANDS, f"operands of `{op}`", "give a part of it a name")
    deep = depth(c, first, *(operand.deep for operand in operands))
    return s.Logic(first.line, first.column, deep, op, operands)


def comparison(c: Cursor, first: s.Expression) -> s.Expression:
    """A comparison or a chain of them: one node."""
    rest: list[tuple[str, s.Expression]] = []
    places: list[s.Node] = []
    while _STRENGTH.get(c.token.text) == _COMPARE and c.token.kind in (OP, KEYWORD):
        token = c.advance()
        op = token.text
        if op == "not":
            c.expect("in", "x not in y")
            op = "not in"
        elif op == "is" and c.take("not"):
            op = "is not"
        rest.append((op, part(c, _ARITHMETIC)))
        places.append(s.Node(token.line, token.column))
        few(c, rest, OPERANDS - 1, "comparisons in a chain", "join parts with `and`")
    deep = depth(c, first, first.deep, *(operand.deep for _, operand in rest))
    at = places[0]
    return s.Comparison(at.line, at.column, deep, first, rest, places)


def factor(c: Cursor) -> s.Expression:
    """``factor`` of the grammar, down to ``power``."""
    token = c.token
    if token.kind == OP and token.text in ("-", "+", "~"):
        c.advance()
        enter(c)
        operand = factor(c)
        c.nest -= 1
        deep = depth(c, token, operand.deep)
        return s.Prefix(token.line, token.column, deep, token.text, operand)
    base = postfix(c)
    token = c.token
    if token.text != "**":
        return base
    c.advance()
    enter(c)
    exponent = factor(c)
    c.nest -= 1
    deep = depth(c, token, base.deep, exponent.deep)
    return s.Operation(token.line, token.column, deep, "**", base, exponent)


def postfix(c: Cursor) -> s.Expression:
    """``postfix`` of the grammar."""
    base = atom(c)
    while c.token.kind == OP:
        token = c.token
        if token.text == ".":
            c.advance()
            name = c.name("a name behind the dot", "value.method(…)")
            deep = depth(c, token, base.deep)
            at = s.Node(name.line, name.column)
            base = s.Attribute(base.line, base.column, deep, base, name.text, at)
        elif token.text == "(":
            base = call(c, base)
        elif token.text == "[":
            base = subscript(c, base)
        else:
            break
    return base


def call(c: Cursor, function: s.Expression) -> s.Expression:
    """The arguments of a call, and the call."""
    c.advance()
    arguments: list[s.Argument] = []
    deepest = function.deep
    while not c.take(")"):
        argument = _argument(c, named=bool(arguments) and bool(arguments[-1].name))
        arguments.append(argument)
        deepest = max(deepest, argument.value.deep)
        few(c, arguments, CALL_ARGUMENTS, "arguments", "pass a list or a tuple")
        _no_comprehension(c)
        if not c.take(","):
            c.expect(")", "a comma between arguments, and `)` behind the last")
            break
    deep = depth(c, function, deepest)
    return s.Call(function.line, function.column, deep, function, arguments)


def _argument(c: Cursor, *, named: bool) -> s.Argument:
    token = c.token
    if token.kind == OP and token.text in ("*", "**"):
        raise c.refused("unsupported", *habits.OPERATORS[token.text])
    name = ""
    if token.kind == NAME and c.following().text == "=" and c.following().kind == OP:
        name = token.text
        c.advance()
        c.advance()
    elif named:
        raise c.refused(
            "syntax",
            "an argument without a name behind one with a name",
            "put the arguments without names first",
        )
    return s.Argument(token.line, token.column, name, inside(c))


def subscript(c: Cursor, base: s.Expression) -> s.Expression:
    """What stands in the brackets behind a value."""
    c.advance()
    token = c.token
    start = None if _is_op(token, ":") else inside(c)
    if start is not None and not _is_op(c.token, ":"):
        index = _row_behind(c, token, start, "]")
        c.expect("]", "close the bracket")
        deep = depth(c, base, base.deep, index.deep)
        return s.Subscript(base.line, base.column, deep, base, index)
    c.advance()
    stop = None if _is_op(c.token, "]", ":") else inside(c)
    if _is_op(c.token, ":"):
        raise c.refused("unsupported", "slices have no step", "build the list in a loop")
    c.expect("]", "x[a:b]")
    deep = depth(c, base, base.deep, start.deep if start else 0, stop.deep if stop else 0)
    return s.Cut(base.line, base.column, deep, base, start, stop)


def _is_op(token: Token, *texts: str) -> bool:
    return token.kind == OP and token.text in texts


def row(c: Cursor) -> s.Expression:
    """``exprs`` of the grammar, to the end of the line or to ``=``: one expression, or a Row."""
    token = c.token
    return _row_behind(c, token, expression(c), "")


def _row_behind(c: Cursor, token: Token, first: s.Expression, closing: str) -> s.Expression:
    """The first expression, or the Row that it begins; ``token`` is where, ``closing`` ends it."""
    if not _is_op(c.token, ","):
        return first
    items = [first]
    while c.take(","):
        if _row_ends(c, closing):
            break
        items.append(inside(c))
        few(c, items, DISPLAY_ITEMS, "items", "append the rest in a loop")
    deep = depth(c, token, *(item.deep for item in items))
    return s.Row(token.line, token.column, deep, items)


def _row_ends(c: Cursor, closing: str) -> bool:
    if c.token.kind == NEWLINE:
        return True
    if c.token.kind != OP:
        return False
    return c.token.text == closing if closing else c.token.text == "="


def few(c: Cursor, found: Sized, most: int, what: str, instead: str) -> None:
    """Refuse the token behind the last that may stand."""
    if len(found) > most:
        raise c.refused("limit", f"more than {most} {what}", instead)


def atom(c: Cursor) -> s.Expression:
    """``atom`` of the grammar."""
    token = c.token
    line, column, kind = token.line, token.column, token.kind
    if kind == NAME:
        c.advance()
        return s.Name(line, column, 1, token.text)
    if kind in (INT, STRING, BYTES):
        c.advance()
        if kind != INT and c.token.kind in (STRING, BYTES):
            raise c.refused("unsupported", "two strings side by side", "join them with +")
        return s.Value(line, column, 1, token.value)
    if kind == KEYWORD and token.text in _WORDS:
        c.advance()
        return s.Value(line, column, 1, _WORDS[token.text])
    if kind == OP and token.text == "(":
        return _parentheses(c)
    if kind == OP and token.text == "[":
        return _list(c)
    if kind == OP and token.text == "{":
        return _dict(c)
    raise _no_atom(c)


def _no_atom(c: Cursor) -> Exception:
    before, earlier = c.previous(), c.previous(2)
    if before and earlier and before.text in ("+", "-") and before.text == earlier.text:
        double = before.text * 2
        return c.refused("syntax", f"`{double}` is no operator", f"x {before.text}= 1", earlier)
    if c.token.kind == OP and c.token.text in ("*", "**"):
        return c.refused("unsupported", *habits.OPERATORS[c.token.text])
    if c.token.text == "=" and before and before.text in ("=", "<", ">", "=="):
        return c.refused("syntax", "`=` in the middle of an expression", "== compares, = assigns")
    if c.token.text in ("&", "|") and before and before.text == c.token.text:
        word = "and" if c.token.text == "&" else "or"
        return c.refused("syntax", f"`{c.token.text * 2}` is no operator", word, before)
    if c.token.text == "not":
        return c.refused("syntax", "`not` may not stand here", "put `(not …)` into parentheses")
    return c.unexpected("an expression", _EXPRESSION)


def _no_comprehension(c: Cursor) -> None:
    if c.token.text == "for" and c.token.kind == KEYWORD:
        raise c.refused("unsupported", "there are no comprehensions", "fill a list in a `for` loop")


def _parentheses(c: Cursor) -> s.Expression:
    token = c.advance()
    if c.take(")"):
        return s.Row(token.line, token.column, 1, [])
    first = expression(c)
    _no_comprehension(c)
    if _is_op(c.token, ","):
        items = _row_behind(c, token, first, ")")
        c.expect(")", "close the parenthesis")
        return items
    c.expect(")", "close the parenthesis")
    return s.Group(token.line, token.column, first.deep, first)


def _list(c: Cursor) -> s.Expression:
    token = c.advance()
    items: list[s.Expression] = []
    while not c.take("]"):
        items.append(inside(c))
        few(c, items, DISPLAY_ITEMS, "items", "append the rest in a loop")
        _no_comprehension(c)
        if not c.take(","):
            c.expect("]", "a comma between items, and `]` behind the last")
            break
    deep = depth(c, token, *(item.deep for item in items))
    return s.ListDisplay(token.line, token.column, deep, items)


def _dict(c: Cursor) -> s.Expression:
    token = c.advance()
    pairs: list[tuple[s.Expression, s.Expression]] = []
    deepest = 0
    while not c.take("}"):
        if c.token.kind == OP and c.token.text in ("*", "**"):
            raise c.refused("unsupported", *habits.OPERATORS[c.token.text])
        key = inside(c)
        if c.token.text in (",", "}", "for"):
            raise c.refused("unsupported", "there are no sets", "dict[T, bool], or a list", token)
        c.expect(":", "{key: value}")
        value = inside(c)
        pairs.append((key, value))
        deepest = max(deepest, key.deep, value.deep)
        few(c, pairs, DISPLAY_ITEMS, "items", "add the rest in a loop")
        _no_comprehension(c)
        if not c.take(","):
            c.expect("}", "a comma between items, and `}` behind the last")
            break
    return s.DictDisplay(token.line, token.column, depth(c, token, deepest), pairs)

"""Parsing statements. Source: docs/spec/contracts.md, "Grammar"."""

from __future__ import annotations

from execution.lang import expressions as e
from execution.lang import habits
from execution.lang import syntax as s
from execution.lang.cursor import Cursor
from execution.lang.tokens import BYTES, DEDENT, INDENT, INT, KEYWORD, NAME, NEWLINE, OP, STRING

SUITES = 10
ARMS = 64
"""Most conditions of one ``if``, with its ``elif``."""

_AUGMENTED = frozenset(["+=", "-=", "*=", "//=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^="])


def suite(c: Cursor, what: str) -> tuple[str, list[s.Node]]:
    """The body behind a colon: its documentation and its statements."""
    if c.token.text == "=":
        raise c.refused("syntax", "`=` in a condition", "== compares, = assigns")
    c.expect(":", f"end the line of the {what} with a colon")
    if c.token.kind != NEWLINE:
        raise c.refused(
            "unsupported", "a body behind the colon", "put it on lines of its own, indented"
        )
    c.advance()
    if c.token.kind != INDENT:
        raise c.refused(
            "syntax", f"the {what} has no body", "indent the lines of its body, or write `pass`"
        )
    if c.suites >= SUITES:
        raise c.refused(
            "limit",
            f"bodies nest more than {SUITES} deep",
            "move the inner part into a function",
        )
    c.advance()
    c.suites += 1
    documentation = documented(c)
    body: list[s.Node] = []
    while c.token.kind != DEDENT:
        body.append(statement(c))
    if not body:
        raise c.refused("syntax", f"the {what} has no statement", "write `pass`")
    c.suites -= 1
    c.advance()
    return documentation, body


def documented(c: Cursor) -> str:
    """The text of a leading string on a line of its own."""
    if c.token.kind != STRING or c.following().kind != NEWLINE:
        return ""
    text = c.advance().value
    c.advance()
    assert isinstance(text, str)
    return text


def statement(c: Cursor) -> s.Node:
    """``statement`` of the grammar."""
    token = c.token
    if token.kind == INDENT:
        raise c.refused(
            "syntax", "the line is deeper than the one above", "indent it as the line above"
        )
    if token.kind == KEYWORD:
        if token.text == "if":
            return _if(c)
        if token.text == "while":
            c.advance()
            test = e.expression(c)
            body = suite(c, "`while`")[1]
            _no_else(c)
            return s.While(token.line, token.column, test, body)
        if token.text == "for":
            return _for(c)
        _misplaced(c)
    elif token.kind == NAME and token.text in habits.SOFT and _is_command(c):
        raise c.refused("unsupported", *habits.SOFT[token.text])
    found = _simple(c)
    c.end_of_line("one statement a line; an operator between two operands")
    return found


def _is_command(c: Cursor) -> bool:
    """A name followed by what makes no expression of it: ``match x:``, ``print x``."""
    return c.following().kind in (NAME, INT, STRING, BYTES)


def _misplaced(c: Cursor) -> None:
    word = c.token.text
    if word == "def":
        raise c.refused(
            "unsupported", "a function inside of a function", "define it beside this one"
        )
    if word in ("import", "from"):
        raise c.refused("unsupported", "an import inside of a function", "import at the top")
    if word in ("elif", "else"):
        raise c.refused("syntax", f"`{word}` without an `if`", "indent it as its `if`")


def _no_else(c: Cursor) -> None:
    if c.token.text == "else" and c.token.kind == KEYWORD:
        raise c.refused(
            "unsupported", "`else` behind a loop", "remember in a variable how the loop ended"
        )


def _if(c: Cursor) -> s.Node:
    token = c.advance()
    arms = [(e.expression(c), suite(c, "`if`")[1])]
    while c.token.text == "elif" and c.token.kind == KEYWORD:
        if len(arms) >= ARMS:
            raise c.refused(
                "limit", f"more than {ARMS} conditions in a row", "split it, or look up in a dict"
            )
        c.advance()
        arms.append((e.expression(c), suite(c, "`elif`")[1]))
    otherwise: list[s.Node] = []
    if c.take("else"):
        if c.token.text == "if":
            raise c.refused("syntax", "`else if`", "elif")
        otherwise = suite(c, "`else`")[1]
    return s.If(token.line, token.column, arms, otherwise)


def _for(c: Cursor) -> s.Node:
    token = c.advance()
    target = _loop_target(c)
    if c.token.text != "in":
        raise c.unexpected("`in`", "for name in values:")
    c.advance()
    over = e.expression(c)
    body = suite(c, "`for`")[1]
    _no_else(c)
    return s.For(token.line, token.column, target, over, body)


def _loop_target(c: Cursor) -> s.Expression:
    """``target`` of a ``for``: stops before ``in``, which an expression would swallow."""
    token = c.token
    items = [e.postfix(c)]
    comma = False
    while c.take(","):
        comma = True
        if c.token.text == "in":
            break
        items.append(e.postfix(c))
        e.few(c, items, e.DISPLAY_ITEMS, "targets", "fewer names")
    if not comma:
        return items[0]
    deep = e.depth(c, token, *(item.deep for item in items))
    return s.Row(token.line, token.column, deep, items)


def _simple(c: Cursor) -> s.Node:
    token = c.token
    line, column = token.line, token.column
    if token.kind == KEYWORD:
        if token.text in ("pass", "break", "continue"):
            c.advance()
            return s.Word(line, column, token.text)
        if token.text == "return":
            c.advance()
            return s.Return(line, column, None if c.token.kind == NEWLINE else e.row(c))
        if token.text == "assert":
            c.advance()
            test = e.expression(c)
            reason = e.expression(c) if c.take(",") else None
            return s.Assert(line, column, test, reason)
        if token.text == "del":
            c.advance()
            target = e.postfix(c)
            if c.token.text == ",":
                raise c.refused("unsupported", "`del` takes one item", "one `del` a line")
            return s.Delete(line, column, target)
    return _assignment(c)


def _assignment(c: Cursor) -> s.Node:
    token = c.token
    first = e.row(c)
    if c.token.kind != OP:
        return s.Evaluate(token.line, token.column, first)
    if c.take(":"):
        return _annotated(c, first)
    if c.token.text in _AUGMENTED:
        op = c.advance()
        return s.Augment(op.line, op.column, first, op.text[:-1], e.expression(c))
    if c.take("="):
        value = e.row(c)
        if c.token.text == "=":
            raise c.refused("unsupported", "several targets", "one assignment a line")
        return s.Assign(token.line, token.column, first, None, value)
    return s.Evaluate(token.line, token.column, first)


def _annotated(c: Cursor, target: s.Expression) -> s.Node:
    if not isinstance(target, s.Name):
        raise c.refused("syntax", "a type stands only behind a name", "name: type = value", target)
    if c.token.kind == NEWLINE:
        raise c.refused("syntax", "a colon ends this line for no reason", "take it away", target)
    annotation = e.operators(c, 5)
    if c.token.kind == NEWLINE:
        raise c.refused(
            "syntax", f"`{target.text}` gets a type and no value", f"{target.text}: type = value"
        )
    c.expect("=", "name: type = value")
    return s.Assign(target.line, target.column, target, annotation, e.row(c))

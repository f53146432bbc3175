"""Parsing a module. Source: docs/spec/contracts.md, "Grammar"."""

from __future__ import annotations

from execution.lang import expressions as e
from execution.lang import statements, tokens
from execution.lang import syntax as s
from execution.lang.cursor import Cursor
from execution.lang.tokens import END, INDENT, KEYWORD, NAME, OP

PARAMETERS = 16
ANNOTATION = 5
"""Binding strength of a type: that of ``|``."""


def parse(source: bytes) -> s.Module:
    """The module as it is written. Raises SourceRefused."""
    c = Cursor(tokens.tokenize(source))
    documentation = statements.documented(c)
    parts: list[s.Import | s.Declaration | s.Function] = []
    while c.token.kind != END:
        parts.append(_part(c))
    return s.Module(documentation, parts)


def _part(c: Cursor) -> s.Import | s.Declaration | s.Function:
    token = c.token
    if token.text == "def" or (token.text == "@" and token.kind == OP):
        return _function(c)
    if token.kind == KEYWORD and token.text in ("from", "import"):
        return _import(c)
    if token.kind == NAME:
        return _declaration(c)
    if token.kind == INDENT:
        raise c.refused("syntax", "the line is indented", "begin it at the margin")
    raise c.refused(
        "unsupported",
        f"{c.said()} at the top of a module",
        "the top has only imports, declarations and functions; put statements into a function",
    )


def _import(c: Cursor) -> s.Import:
    token = c.advance()
    if token.text == "import":
        raise c.refused(
            "unsupported",
            "only the standard library can be imported",
            "from stdlib import storage, …",
            token,
        )
    if c.token.kind == OP and c.token.text in (".", "..."):
        raise c.refused("unsupported", "there are no relative imports", "from stdlib import …")
    module = c.name("`stdlib`", "from stdlib import …")
    if module.text != "stdlib":
        raise c.refused(
            "unsupported",
            f"there is no module `{module.text}`",
            "from stdlib import storage, …; a contract is one file",
            module,
        )
    c.expect("import", "from stdlib import …")
    names: list[s.Name] = []
    while True:
        if c.token.text in ("(", "*") and c.token.kind == OP:
            raise c.refused(
                "unsupported", f"`{c.token.text}` in an import", "name the modules, with commas"
            )
        name = c.name("a name", "from stdlib import storage, events")
        names.append(s.Name(name.line, name.column, 1, name.text))
        if not c.take(","):
            break
    c.end_of_line("from stdlib import storage, events")
    return s.Import(token.line, token.column, names)


def _declaration(c: Cursor) -> s.Declaration:
    found = statements.statement(c)
    if isinstance(found, s.Assign) and isinstance(found.target, s.Name):
        target = found.target
        return s.Declaration(target.line, target.column, target.text, found.annotation, found.value)
    raise c.refused(
        "unsupported",
        "this statement cannot stand at the top of a module",
        "declare `NAME = …`, or put it into a function",
        s.Expression(found.line, found.column, 1),
    )


def _function(c: Cursor) -> s.Function:
    decorators: list[s.Name] = []
    while c.take("@"):
        name = c.name("`view` or `payable`", "@view or @payable")
        decorators.append(s.Name(name.line, name.column, 1, name.text))
        c.end_of_line("@view or @payable, on a line of its own")
    c.expect("def", "def name(parameter: type) -> type:")
    name = c.name("the name of the function", "def name(parameter: type) -> type:")
    c.expect("(", "def name(parameter: type) -> type:")
    parameters = _parameters(c)
    result = e.operators(c, ANNOTATION) if c.take("->") else None
    documentation, body = statements.suite(c, "function")
    return s.Function(
        name.line, name.column, name.text, decorators, parameters, result, documentation, body
    )


def _parameters(c: Cursor) -> list[s.Parameter]:
    found: list[s.Parameter] = []
    while not c.take(")"):
        if len(found) >= PARAMETERS:
            raise c.refused("limit", f"more than {PARAMETERS} parameters", "pass a list or tuple")
        found.append(_parameter(c))
        if not c.take(","):
            c.expect(")", "a comma between parameters, and `)` behind the last")
            break
    return found


def _parameter(c: Cursor) -> s.Parameter:
    if c.token.kind == OP and c.token.text in ("*", "**", "/"):
        raise c.refused(
            "unsupported", f"`{c.token.text}` among the parameters", "name each parameter"
        )
    name = c.name("a parameter", "name: type")
    if name.text == "self":
        raise c.refused("unsupported", "there are no objects, so no `self`", "take it away", name)
    if c.token.text != ":":
        raise c.refused(
            "type",
            f"the parameter `{name.text}` has no type",
            f"{name.text}: int, or what it is",
            name,
        )
    c.advance()
    annotation = e.operators(c, ANNOTATION)
    default = e.expression(c) if c.take("=") else None
    return s.Parameter(name.line, name.column, name.text, annotation, default)

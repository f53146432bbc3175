"""Contract source to tokens, in one pass. Source: docs/spec/contracts.md, "Source".

Joined lines are joined and comments dropped; what opens and closes blocks is a token of its own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from execution.lang import habits, literals
from execution.lang.errors import SourceRefused

SOURCE_BYTES = 24_576
NAME_LENGTH = 64
BRACKETS = 32
"""Most brackets of any kind that are open at one place."""

NAME, KEYWORD, INT, STRING, BYTES = "name", "keyword", "int", "str", "bytes"
OP, NEWLINE, INDENT, DEDENT, END = "op", "line end", "indent", "dedent", "end"

KEYWORDS = frozenset(
    [
        "and",
        "assert",
        "break",
        "continue",
        "def",
        "del",
        "elif",
        "else",
        "False",
        "for",
        "from",
        "if",
        "import",
        "in",
        "is",
        "None",
        "not",
        "or",
        "pass",
        "return",
        "True",
        "while",
    ]
)

_PIECE = re.compile(
    r"""(?P<space>\ +|\#[^\n]*)
    |(?P<line>\n)
    |(?P<quote>[A-Za-z]{0,2}(?:'''|\"\"\"|'|\"))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>0[xXoObB][0-9A-Za-z_]*|\.?[0-9](?:[eE][+-](?=[0-9])|[0-9A-Za-z_.])*)
    |(?P<op>\*\*=|//=|>>=|<<=|\.\.\.|\*\*|//|<<|>>|->|:=|[-+*%&|^/@=!<>]=|[-+*/%&|^~<>=()[\]{},:.;@])
    |(?P<other>.)""",
    re.VERBOSE,
)
_BAD = re.compile(rb"[^\n\x20-\x7e]")
_SPACES = re.compile(r" *")
_CLOSES = {")": "(", "]": "[", "}": "{"}


class Token(NamedTuple):
    """``text`` is that of names, keywords and operators; ``value`` that of literals.

    ``line`` and ``column`` count from 1.
    """

    kind: str
    text: str
    line: int
    column: int
    value: int | str | bytes | None = None


def tokenize(source: bytes) -> list[Token]:
    """The tokens of the source; the last is END. Raises SourceRefused."""
    return _Lexer(_text_of(source)).run()


def _text_of(source: bytes) -> str:
    if len(source) > SOURCE_BYTES:
        raise SourceRefused(
            "limit",
            1,
            1,
            f"the source has {len(source):,} bytes, the limit is {SOURCE_BYTES:,}",
            "split the contract into several that call each other",
        )
    found = _BAD.search(source)
    if found is None:
        return source.decode("ascii")
    at = found.start()
    line = source.count(b"\n", 0, at) + 1
    raise SourceRefused(
        "characters", line, at - source.rfind(b"\n", 0, at), *habits.character(source[at])
    )


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.line_start = 0
        self.indents = [0]
        self.open: list[Token] = []
        self.tokens: list[Token] = []

    def run(self) -> list[Token]:
        self.begin_line()
        while self.at < len(self.text):
            match = _PIECE.match(self.text, self.at)
            assert match is not None  # the last alternative takes any character
            kind = match.lastgroup
            if kind == "space":
                self.at = match.end()
            elif kind == "op":
                self.operator(match.group())
            elif kind == "name":
                self.name(match.group())
            elif kind == "line":
                self.end_line()
            elif kind == "number":
                self.number(match.group())
            elif kind == "quote":
                self.string(match.group())
            else:
                raise self.refused("syntax", *habits.stray(match.group()))
        self.finish()
        return self.tokens

    def refused(self, kind: str, message: str, instead: str) -> SourceRefused:
        return SourceRefused(kind, self.line, self.column, message, instead)

    @property
    def column(self) -> int:
        return self.at - self.line_start + 1

    def add(self, kind: str, text: str = "", value: int | str | bytes | None = None) -> None:
        column = self.at - self.line_start + 1
        self.tokens.append(Token(kind, text, self.line, column, value))

    def begin_line(self) -> None:
        """At the start of a line outside of brackets: what the indentation opens or closes."""
        text = self.text
        while True:
            spaces = _SPACES.match(text, self.at)
            assert spaces is not None
            self.at = spaces.end()
            rest = text[self.at : self.at + 1]
            if rest == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
                rest = text[self.at : self.at + 1]
            if rest != "\n":
                break
            self.next_line()
        if rest:
            self.indentation(self.column - 1)

    def indentation(self, depth: int) -> None:
        if depth > self.indents[-1]:
            self.indents.append(depth)
            self.add(INDENT)
        while depth < self.indents[-1]:
            self.indents.pop()
            self.add(DEDENT)
        if depth != self.indents[-1]:
            raise self.refused(
                "syntax",
                "this line goes back to a depth that no earlier line has",
                f"indent it by {self.indents[-1]} spaces, as the block that it belongs to",
            )

    def next_line(self) -> None:
        self.at += 1
        self.line += 1
        self.line_start = self.at

    def end_line(self) -> None:
        if self.open:
            self.next_line()
            return
        self.add(NEWLINE)
        self.next_line()
        self.begin_line()

    def finish(self) -> None:
        if self.open:
            bracket = self.open[-1]
            raise SourceRefused(
                "syntax",
                bracket.line,
                bracket.column,
                f"`{bracket.text}` is never closed",
                "close it where the expression ends",
            )
        if self.tokens and self.tokens[-1].kind not in (NEWLINE, DEDENT):
            self.add(NEWLINE)
        for _ in self.indents[1:]:
            self.add(DEDENT)
        self.add(END)

    def operator(self, text: str) -> None:
        self.add(OP, text)
        if text in "([{":
            if len(self.open) >= BRACKETS:
                raise self.refused(
                    "limit",
                    f"brackets stand more than {BRACKETS} deep in each other",
                    "give a part a name on a line of its own",
                )
            self.open.append(self.tokens[-1])
        elif text in _CLOSES:
            if not self.open:
                raise self.refused("syntax", f"`{text}` closes nothing", "take it away")
            opened = self.open.pop()
            if opened.text != _CLOSES[text]:
                raise self.refused(
                    "syntax",
                    f"`{text}` does not close the `{opened.text}` of line {opened.line}",
                    f"close `{opened.text}` first",
                )
        self.at += len(text)

    def name(self, text: str) -> None:
        if text in KEYWORDS:
            self.add(KEYWORD, text)
        elif text in habits.KEYWORDS:
            raise self.refused("unsupported", *habits.KEYWORDS[text])
        elif text.startswith("__"):
            raise self.refused(
                "name", f"`{text}` begins with two underscores", "begin it with one, or a letter"
            )
        elif len(text) > NAME_LENGTH:
            raise self.refused(
                "limit",
                f"a name of {len(text)} characters; the limit is {NAME_LENGTH}",
                "shorten it",
            )
        else:
            self.add(NAME, text)
        self.at += len(text)

    def number(self, text: str) -> None:
        self.add(INT, "", literals.integer(text, self.line, self.column))
        self.at += len(text)

    def string(self, opening: str) -> None:
        value, end = literals.string(self.text, self.at, opening, self.line, self.line_start)
        self.add(BYTES if isinstance(value, bytes) else STRING, "", value)
        lines = self.text.count("\n", self.at, end)
        if lines:
            self.line += lines
            self.line_start = self.text.rfind("\n", self.at, end) + 1
        self.at = end

"""Where the parser is in the tokens, and how it refuses. Source: docs/spec/contracts.md."""

from __future__ import annotations

from execution.lang import habits
from execution.lang.errors import SourceRefused
from execution.lang.syntax import Expression
from execution.lang.tokens import DEDENT, END, INDENT, KEYWORD, NAME, NEWLINE, OP, Token

DEPTH = 32
"""Most nodes on the way from an expression to its deepest part."""

_SAID = {
    NEWLINE: "the end of the line",
    END: "the end of the source",
    INDENT: "a deeper line",
    DEDENT: "the end of the block",
}


class Cursor:
    """The tokens with a place in them; ``nest`` is how many nodes enclose the next expression."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.token = tokens[0]
        self.nest = 0
        self.suites = 0

    def advance(self) -> Token:
        """Step over the token and return it; never past END."""
        passed = self.token
        if passed.kind != END:
            self.index += 1
            self.token = self.tokens[self.index]
        return passed

    def previous(self, back: int = 1) -> Token | None:
        """The token that many before this one."""
        return self.tokens[self.index - back] if self.index >= back else None

    def following(self) -> Token:
        """The token behind this one."""
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)]

    def take(self, text: str) -> bool:
        """Step over this operator or keyword if it is the next token."""
        if self.token.text != text or self.token.kind not in (OP, KEYWORD):
            return False
        self.advance()
        return True

    def expect(self, text: str, instead: str) -> Token:
        """Step over the operator or keyword that has to stand here."""
        token = self.token
        if not self.take(text):
            raise self.unexpected(f"`{text}`", instead)
        return token

    def name(self, what: str, instead: str) -> Token:
        """Step over the name that has to stand here."""
        if self.token.kind != NAME:
            raise self.unexpected(what, instead)
        return self.advance()

    def end_of_line(self, instead: str = "begin a new line") -> None:
        """Step over the end of the line, which has to stand here."""
        if self.token.kind == NEWLINE:
            self.advance()
            return
        if self.token.text == ";":
            raise self.refused("unsupported", *habits.OPERATORS[";"])
        raise self.unexpected("the end of the line", instead)

    def refused(
        self, kind: str, message: str, instead: str, at: Token | Expression | None = None
    ) -> SourceRefused:
        """The refusal, at this token if no other place is given."""
        place = at or self.token
        return SourceRefused(kind, place.line, place.column, message, instead)

    def unexpected(self, wanted: str, instead: str) -> SourceRefused:
        """The refusal of a token that may not stand here."""
        if self.token.kind == OP and self.token.text in habits.UNUSABLE:
            return self.refused("unsupported", *habits.OPERATORS[self.token.text])
        return self.refused("syntax", f"expected {wanted}, found {self.said()}", instead)

    def said(self) -> str:
        """The token in words."""
        token = self.token
        if token.text:
            return f"`{token.text}`"
        return _SAID.get(token.kind) or f"the literal {token.value!r:.40}"

    def too_deep(self, at: Token | Expression | None = None) -> SourceRefused:
        """The refusal of an expression that nests too deeply."""
        return self.refused(
            "limit",
            f"the expression is more than {DEPTH} nodes deep",
            "give a part of it a name on a line of its own",
            at,
        )

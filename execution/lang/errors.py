"""Why contract source is refused: where, what, and what to write instead."""

from __future__ import annotations

from core.errors import RequestRefused


class SourceRefused(RequestRefused):
    """Contract source that the language does not accept.

    ``kind`` is one word for the rule: characters, syntax, unsupported, name, type, flow, effect,
    limit or constant. ``line`` and ``column`` count from 1; ``instead`` is what to write.
    """

    code = "contract.source"
    hint = "Mend the line; docs/spec/contracts.md has the grammar."

    def __init__(self, kind: str, line: int, column: int, message: str, instead: str) -> None:
        super().__init__(
            f"line {line}, column {column}: {message}",
            kind=kind,
            line=line,
            column=column,
            why=message,
            instead=instead,
        )
        self.kind, self.line, self.column = kind, line, column
        self.reason, self.instead = message, instead

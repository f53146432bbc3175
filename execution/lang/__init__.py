"""The contract language: source text to a checked tree. Pure. Source: docs/spec/contracts.md.

types         the types, and their text           tree        what the checker hands to the engine
errors        why source is refused, and where    interface   what clients need of a contract

tokens, literals, cursor, expressions, statements, parser: source to syntax
check_module, check_stmt, check_expr and what they name: syntax to tree
"""

from __future__ import annotations

from execution.lang import check_module, parser, tokens, tree


def parse_and_check(source: bytes) -> tree.Module:
    """The checked tree of contract source. Raises SourceRefused with place, rule and advice.

    Constants are typed but not computed; the engine does that.
    """
    return check_module.check(parser.parse(source))


def size_of(source: bytes) -> int:
    """Tokens of contract source, line ends and the end among them. Raises SourceRefused."""
    return len(tokens.tokenize(source))

"""Contract source as HTML: words in their colours, a numbered line each, made on the server.

The text of the page is the source, character for character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from execution.lang.tokens import KEYWORDS

_TYPES = frozenset(("int", "bool", "bytes", "str", "address", "list", "dict", "tuple"))
_PIECE = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>b?(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"
        |'(?:\\.|[^\\'\n])*'|"(?:\\.|[^\\"\n])*"))
    |(?P<mark>@[A-Za-z_][A-Za-z0-9_]*)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>[0-9][0-9A-Za-z_]*)
    |(?P<other>[^#'"@A-Za-z_0-9]+|.)""",
    re.VERBOSE | re.DOTALL,
)


def pieces(source: str) -> Iterator[tuple[str, str]]:
    """(class, text) of the source in order: comment, string, mark, word, type, number or none."""
    for match in _PIECE.finditer(source):
        kind, text = match.lastgroup or "", match.group()
        if kind == "name":
            kind = "word" if text in KEYWORDS else "type" if text in _TYPES else ""
        yield "" if kind == "other" else kind, text


def lines(source: str) -> list[list[tuple[str, str]]]:
    """The pieces of each line, line ends left out."""
    found: list[list[tuple[str, str]]] = [[]]
    for kind, text in pieces(source):
        first, *rest = text.split("\n")
        if first:
            found[-1].append((kind, first))
        for part in rest:
            found.append([(kind, part)] if part else [])
    if not found[-1] and len(found) > 1:
        found.pop()
    return found


@lru_cache(maxsize=64)
def html(source: str) -> SafeString:
    """Rows of a ``pre``: each has the id ``L`` and its number, and leads to itself."""
    rows = enumerate(lines(source), 1)
    return format_html_join("", '<span class="row" id="L{}">{}{}\n</span>', map(_row, rows))


def _row(numbered: tuple[int, list[tuple[str, str]]]) -> tuple[int, SafeString, SafeString]:
    number, parts = numbered
    link = format_html('<a class="no" href="#L{0}" aria-label="Line {0}">{0}</a>', number)
    return number, link, SafeString("".join(_span(kind, text) for kind, text in parts))


def _span(kind: str, text: str) -> SafeString:
    """Plain parts have no element of their own: most of a source is plain."""
    return format_html('<span class="py-{}">{}</span>', kind, text) if kind else escape(text)

"""Integers and strings as they are written. Source: docs/spec/contracts.md, "Source"."""

from __future__ import annotations

import re

from execution.lang.errors import SourceRefused
from execution.lang.types import INT_MAX

_INTEGER = re.compile(
    r"0|[1-9](?:_?[0-9])*|0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*"
)
_FLOAT = re.compile(r"[0-9_]*\.|[0-9_]+[eEjJ]")
_DIGITS = 80
"""More decimal digits than the largest integer has; int() of more is slow or refused."""

_BODY = {
    "'": re.compile(r"[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'"),
    '"': re.compile(r'[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"'),
    "'''": re.compile(r"[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''", re.DOTALL),
    '"""': re.compile(r'[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""', re.DOTALL),
}
_ESCAPE = re.compile(
    r"\\(?:(?P<one>[\\'\"nrt]|0(?![0-7]))|x(?P<x>[0-9A-Fa-f]{2})"
    r"|u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8}))"
)
_ONE = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t", "0": "\0"}


def integer(text: str, line: int, column: int) -> int:
    """The value of an integer literal, 0 to 2^255 − 1."""
    if not _INTEGER.fullmatch(text):
        raise SourceRefused(*_not_an_integer(text, line, column))
    digits = text.replace("_", "")
    value = int(digits, 0) if digits[:1] == "0" or len(digits) <= _DIGITS else INT_MAX + 1
    if value > INT_MAX:
        raise SourceRefused(
            "limit",
            line,
            column,
            "the number is above 2^255 - 1",
            "integers go from -2**255 to 2**255 - 1",
        )
    return value


def _not_an_integer(text: str, line: int, column: int) -> tuple[str, int, int, str, str]:
    """What SourceRefused takes."""
    if not re.match("0[xX]", text) and _FLOAT.match(text):
        return (
            "unsupported",
            line,
            column,
            f"`{text:.40}`: there are no floats and no complex numbers",
            "count in a smaller unit: 1_500 thousandths for 1.5",
        )
    if re.fullmatch(r"0[0-9_]+", text):
        decimal = text.lstrip("0_") or "0"
        message = f"`{text:.40}` begins with a zero"
        return "syntax", line, column, message, f"{decimal:.40}, or 0o for octal"
    return (
        "syntax",
        line,
        column,
        f"`{text:.40}` is no integer",
        "digits, or 0x, 0o, 0b and digits; single underscores stand between digits",
    )


def string(text: str, at: int, opening: str, line: int, line_start: int) -> tuple[str | bytes, int]:
    """The value of the string that begins at ``at`` with ``opening`` (prefix and quotes), and
    where it ends; ``line`` and ``line_start`` are those of ``at``.
    """
    quote = opening.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    prefix = opening[: len(opening) - len(quote)]
    column = at - line_start + 1
    if prefix not in ("", "b"):
        raise SourceRefused("unsupported", line, column, *_prefix(prefix))
    start = at + len(opening)
    body = _BODY[quote].match(text, start)
    if body is None:
        raise SourceRefused(
            "syntax",
            line,
            column,
            "the string does not end" + ("" if len(quote) == 3 else " on its line"),
            f"close it with {quote}"
            + ("" if len(quote) == 3 else ', or use """ for several lines'),
        )
    end = body.end()
    value = _unescape(text, start, end - len(quote), is_bytes=bool(prefix))
    return (value.encode("latin-1") if prefix else value), end


def _prefix(prefix: str) -> tuple[str, str]:
    if prefix in ("if", "in", "is", "or"):
        return f"a string right behind `{prefix}`", "put a space between them"
    if "f" in prefix.lower():
        return "there are no f-strings", 'join parts with +: "total " + str(n)'
    if "r" in prefix.lower():
        return f"the prefix `{prefix}` does not exist", 'write each backslash twice: "\\\\d"'
    return f"the prefix `{prefix}` does not exist", 'write "…" for text and b"…" for bytes'


def _unescape(text: str, start: int, end: int, *, is_bytes: bool) -> str:
    """The characters between the quotes; bytes as code points below 256."""
    at = text.find("\\", start, end)
    if at < 0:
        return text[start:end]
    parts: list[str] = []
    while at >= 0:
        parts.append(text[start:at])
        match = _ESCAPE.match(text, at, end)
        character = _escaped(match, is_bytes=is_bytes)
        if match is None or character is None:
            raise SourceRefused(
                "syntax",
                text.count("\n", 0, at) + 1,
                at - text.rfind("\n", 0, at),
                f"`{text[at : at + 2].strip()}` is no escape of a {'bytes' if is_bytes else 'str'}",
                "\\\\ \\' \\\" \\n \\r \\t \\0 \\xHH, and in text \\uHHHH \\UHHHHHHHH",
            )
        parts.append(character)
        start = match.end()
        at = text.find("\\", start, end)
    parts.append(text[start:end])
    return "".join(parts)


def _escaped(match: re.Match[str] | None, *, is_bytes: bool) -> str | None:
    if match is None:
        return None
    if match["one"]:
        return _ONE[match["one"]]
    if match["x"]:
        return chr(int(match["x"], 16))
    code = int(match["u"] or match["U"], 16)
    if is_bytes or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return None
    return chr(code)

"""A refusal of source as people read it: place, line, caret, and what to write instead."""

from __future__ import annotations

from execution.lang.errors import SourceRefused

_WIDTH = 100


def excerpt(refusal: SourceRefused, source: bytes, name: str) -> list[str]:
    """``name:line:column: why``, the line with a caret under the column, and the remedy.

    The line is cut around the column when it is long, and what cannot be printed shows as ``?``.
    """
    rows = [f"{name}:{refusal.line}:{refusal.column}: {refusal.reason}"]
    lines = source.split(b"\n")
    if 0 < refusal.line <= len(lines):
        shown = "".join(chr(b) if 32 <= b < 127 else "?" for b in lines[refusal.line - 1])
        column = min(max(refusal.column, 1), len(shown) + 1)
        start = max(0, column - _WIDTH * 3 // 4) if len(shown) > _WIDTH else 0
        margin = f"{refusal.line:>5} | "
        rows.append(margin + shown[start : start + _WIDTH])
        rows.append(" " * (len(margin) - 2) + "| " + " " * (column - 1 - start) + "^")
    if refusal.instead:
        rows.append(f"      = help: {refusal.instead}")
    return rows

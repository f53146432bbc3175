"""Sources as given: text, bytes or a file; checked once for each text."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from execution.lang import parse_and_check, tree
from workbench.errors import SourceUnreadable


def read(source: str | bytes | Path) -> bytes:
    """The bytes of a source: a path, or text (which has more than one line, or no ``.py`` end).

    Raises ``SourceUnreadable``.
    """
    if isinstance(source, bytes):
        return source
    if isinstance(source, str) and not is_path(source):
        return source.encode("utf-8", "surrogatepass")
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise SourceUnreadable(
            f"cannot read {source}: {error.strerror}", path=str(source)
        ) from None


def name_of(source: str | bytes | Path) -> str:
    """What to call a contract: its file's name, or its folder's for a file ``contract.py``."""
    if isinstance(source, bytes) or (isinstance(source, str) and not is_path(source)):
        return "contract"
    path = Path(source)
    stem = path.resolve().parent.name if path.stem == "contract" else path.stem
    return stem or "contract"


@lru_cache(maxsize=256)
def module_of(code: bytes) -> tree.Module:
    """The checked module. Raises ``SourceRefused``."""
    return parse_and_check(code)


def line_of(source: bytes, line: int | None) -> str:
    """The text of a line, without its indentation; empty for no line."""
    lines = source.decode("ascii", "replace").split("\n")
    return lines[line - 1].strip() if line is not None and 0 < line <= len(lines) else ""


def is_path(source: str | Path) -> bool:
    """Is it a file's path, and not a source?"""
    return isinstance(source, Path) or ("\n" not in source and source.endswith(".py"))

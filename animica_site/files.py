"""Small private files beside the data: written whole or not at all, readable by the owner only."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.failpoints import reach


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` with ``text`` (UTF-8, mode 0600); a crash leaves the old file or the new.

    Raises ``OSError``.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        reach("file.drafted")
        Path(draft).replace(path)
        reach("file.replaced")
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def keep_first(path: Path, make: Callable[[], str]) -> str:
    """The text of ``path``; the first process that asks writes what ``make`` gives.

    An empty file counts as absent. Raises ``OSError``.
    """
    if text := _text(path):
        return text
    with _folder_locked(path.parent):
        if not (text := _text(path)):
            text = make()
            write_private(path, text)
    return text


def write_secrets(path: Path, text: str) -> None:
    """Write ``text`` where a user wants it, pipes and devices included; a plain file gets 0600.

    Raises ``OSError``, also where another user's file would be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        if path.is_file():
            # Before anything is in it: a file that is there already keeps the mode it has.
            os.fchmod(handle, 0o600)
            os.ftruncate(handle, 0)
        file.write(text)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


@contextmanager
def _folder_locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

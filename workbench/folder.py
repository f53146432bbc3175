"""A folder for a new contract: source, tests, README."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from workbench.errors import FolderTaken, FolderUnwritable

FILES = ("contract.py", "test_contract.py", "README.md")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def make(path: Path) -> list[Path]:
    """Make the folder and its files. Raises ``FolderTaken`` or ``FolderUnwritable``."""
    name = path.name
    if _NAME.fullmatch(name) is None:
        raise FolderUnwritable(f"{name!r} is no name: letters, digits, - and _")
    try:
        path.mkdir(parents=True)
        return [_write(path / file, name) for file in FILES]
    except FileExistsError:
        raise FolderTaken(f"there is something at {path} already", path=str(path)) from None
    except OSError as error:
        raise FolderUnwritable(f"cannot write {path}: {error.strerror}", path=str(path)) from None


def _write(file: Path, name: str) -> Path:
    template = resources.files(__package__).joinpath(f"template/{file.name}.txt")
    file.write_text(template.read_text("utf-8").replace("NAME", name), "utf-8")
    return file

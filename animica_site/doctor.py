"""What is wrong with this installation, ranked: each finding has an id, a sentence, a next step."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from animica_site import kernel
from core.errors import AnimicaError

Level = Literal["error", "warning", "ok"]
LEVELS: tuple[Level, ...] = ("error", "warning", "ok")
_LOW_DISK_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """The outcome of one check. ``hint`` is empty where nothing is to be done."""

    id: str
    level: Level
    message: str
    hint: str = ""


def examine(data_dir: Path) -> list[Finding]:
    """All findings, the worst first. Django is set up on ``data_dir``; nothing is changed."""
    found = [finding for check in CHECKS for finding in check(data_dir)]
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def _python(_: Path) -> Iterator[Finding]:
    version = platform.python_version()
    if (3, 11) <= sys.version_info[:2] < (3, 14):
        yield Finding("python", "ok", f"Python {version}")
    else:
        hint = "Make the virtual environment with Python 3.11, 3.12 or 3.13: make clean install."
        yield Finding("python", "error", f"Python {version} is not supported", hint)


def _signatures(_: Path) -> Iterator[Finding]:
    from pq.backends import require_backends

    well = "ML-DSA-65, SLH-DSA-SHAKE-128s and ML-KEM-768 work"
    yield _tried("signatures", require_backends, well)


def _kernel(_: Path) -> Iterator[Finding]:
    if kernel.name() == "native":
        yield Finding("kernel", "ok", "the native kernel is in use")
        return
    hint = "For speed: apt-get install gcc libc6-dev, then make install; unset ANIMICA_KERNEL."
    yield Finding("kernel", "warning", "the portable kernel is in use: same results, slower", hint)


def _data_dir(data_dir: Path) -> Iterator[Finding]:
    if not data_dir.is_dir():
        yield Finding("data-dir", "ok", f"{data_dir} is not there yet; the node makes it")
        return
    if data_dir.stat().st_mode & 0o077:
        hint = f"chmod 700 {data_dir}"
        yield Finding("data-dir", "warning", f"others may look into {data_dir}", hint)
    else:
        yield Finding("data-dir", "ok", f"{data_dir} is its owner's alone")
    free = shutil.disk_usage(data_dir).free
    words = f"{free / 1e9:.1f} GB of the disk are free"
    if free < _LOW_DISK_BYTES:
        hint = "Make room, or drop old history with `animica prune`."
        yield Finding("disk", "warning", words, hint)
    else:
        yield Finding("disk", "ok", words)


def _identity(data_dir: Path) -> Iterator[Finding]:
    from p2p import identity

    path = data_dir / identity.FILE_NAME
    if not path.exists():
        yield Finding("identity", "ok", "no identity for peers yet; the node makes it")
        return
    yield _tried("identity", lambda: identity.load(path), "the node's identity for peers is sound")


def _database(data_dir: Path) -> Iterator[Finding]:
    from animica_site import database
    from chain import service as chain

    if database.is_absent(data_dir):
        yield Finding("database", "ok", "no database yet; the node makes it")
        return
    for id, check, words in (
        ("database", database.connect, "the database answers"),
        ("migrations", database.require_current, "its tables are of this version"),
        ("head", chain.verify_head, "the stored head holds together"),
    ):
        finding = _tried(id, check, words)
        yield finding
        if finding.level == "error":
            return


def _tried(id: str, check: Callable[[], object], words: str) -> Finding:
    try:
        check()
    except AnimicaError as error:
        return Finding(id, "error", f"{error.message} [{error.code}]", error.hint)
    return Finding(id, "ok", words)


CHECKS: tuple[Callable[[Path], Iterator[Finding]], ...] = (
    _python,
    _signatures,
    _kernel,
    _data_dir,
    _identity,
    _database,
)

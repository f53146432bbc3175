"""What a backup says of itself: ``backup.json``. Format: docs/operations/ledger.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha3_256
from pathlib import Path
from typing import Any

from animica_site import networks
from animica_site.config import NETWORK_FILE
from animica_site.ledger.faults import BackupDamaged, BackupForm

NAME = "backup.json"
FORMAT = 1
_BYTES_MOST = 1 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """``files`` maps a name to size and SHA3-256; ``tables`` are the applied migrations."""

    database: str
    chain: int
    genesis: str
    height: int
    head: str
    tables: list[str]
    files: dict[str, dict[str, Any]]
    software: str
    format: int = FORMAT

    def text(self) -> str:
        """As it is written."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(int(entry["bytes"]) for entry in self.files.values())


def read(folder: Path) -> Manifest:
    """The manifest of a backup. Raises BackupForm."""
    try:
        with (folder / NAME).open("rb") as file:
            data = file.read(_BYTES_MOST + 1)
    except OSError as error:
        raise BackupForm(f"{folder} has no {NAME} that can be read: {error.strerror}") from None
    try:
        known = json.loads(data) if len(data) <= _BYTES_MOST else None
        if not isinstance(known, dict) or known.get("format") != FORMAT:
            raise BackupForm(f"{folder / NAME} is not of format {FORMAT}")
        manifest = Manifest(**known)
        sizes = [manifest.size, manifest.height, manifest.chain]
        if not all(type(size) is int and size >= 0 for size in sizes):
            raise BackupForm(f"{folder / NAME} has a number that is none")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise BackupForm(f"{folder / NAME} cannot be understood") from None
    return manifest


def network_of(folder: Path) -> dict[str, Any]:
    """The backup's network file as a table. Raises BackupForm, NetworkInvalid."""
    read(folder)
    path = folder / NETWORK_FILE
    if not path.is_file():
        raise BackupForm(f"{path} is missing")
    return networks.load_table(str(path))


def entry(path: Path, progress: Callable[[int], None]) -> dict[str, Any]:
    """Size and SHA3-256 of a file, read back from the disk; ``progress`` gets bytes read."""
    digest, size = sha3_256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            progress(len(chunk))
    return {"bytes": size, "sha3": digest.hexdigest()}


def check_files(folder: Path, manifest: Manifest, progress: Callable[[int], None]) -> None:
    """Every file is as it was written. Raises BackupDamaged."""
    for name, wanted in manifest.files.items():
        if Path(name).name != name:
            raise BackupForm(f"{name!r} is not the name of a file of a backup")
        path = folder / name
        if not path.is_file():
            raise BackupDamaged(f"{path} is missing", file=name)
        if entry(path, progress) != wanted:
            raise BackupDamaged(f"{path} is not as it was written", file=name)

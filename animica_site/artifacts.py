"""Compiled contracts on disk: a cache that may be deleted at any time.

One file for each code hash, written whole or not at all. What is in them is code that the node
runs: they lie in the data directory, which is its owner's alone, and are as trusted as the
database beside them. Why there are programs to keep: docs/decisions/0013-…
"""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

log = logging.getLogger("animica.contracts")

FOLDER = "contracts"
FILES_MOST = 20_000
_ROOM_PART = 4  # one file in so many is dropped when there are too many
_MODE = 0o700


class ArtifactFiles:
    """Files of compiled contracts under ``folder``, at most ``most``; the oldest make room.

    Nothing here ever raises: a disk that fails costs time, not the block.
    """

    def __init__(self, folder: Path, most: int = FILES_MOST) -> None:
        self._folder = folder
        self._most = most
        self._count = self._counted()

    def load(self, code_hash: bytes) -> bytes | None:
        """What was saved under the hash; None if there is nothing that can be read."""
        path = self._path(code_hash)
        try:
            data = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("cannot read %s: %s", path, error.strerror)
            return None
        return data

    def save(self, code_hash: bytes, data: bytes) -> None:
        """Keep the bytes, if the disk takes them."""
        path = self._path(code_hash)
        try:
            self._folder.mkdir(mode=_MODE, exist_ok=True)
            self._write(path, data)
            self._count += 1
            if self._count > self._most:
                self._make_room()
        except OSError as error:
            log.warning("cannot keep %s: %s", path, error.strerror)

    def _write(self, path: Path, data: bytes) -> None:
        """A crash leaves no file or the whole one; a torn one would be found out when read."""
        handle, draft = tempfile.mkstemp(dir=self._folder, prefix=".draft.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise

    def _make_room(self) -> None:
        """Drop the files that were used longest ago, drafts of a killed process among them."""
        files = sorted(self._folder.iterdir(), key=_last_use)
        for path in files[: len(files) // _ROOM_PART]:
            path.unlink(missing_ok=True)
        self._count = self._counted()

    def _counted(self) -> int:
        try:
            return sum(1 for _ in self._folder.iterdir())
        except OSError:
            return 0

    def _path(self, code_hash: bytes) -> Path:
        return self._folder / code_hash.hex()


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has just deleted it
        return 0.0

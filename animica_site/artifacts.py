"""Compiled contracts on disk: a cache that may be deleted at any time.

One file for each code hash, written whole or not at all. What is in them is code that the node
runs: they lie in the data directory, which is its owner's alone, and are as trusted as the
database beside them. Gas is part of that code, so a file counts only for the very engine that made
it. Why there are programs to keep: docs/decisions/0013-…
"""

from __future__ import annotations

import logging
import os
import tempfile
import zlib
from pathlib import Path

import execution
from core.hashing import sha3

log = logging.getLogger("animica.contracts")

FOLDER = "contracts"
BYTES_MOST = 4 * 1024**3
FILE_BYTES = 16 * 1024
"""A file counts as at least so many bytes: folders of very many files are slow."""
_ROOM_PART = 4  # one part in so many of the bytes is dropped when there are too many
_MODE = 0o700
_LEVEL = 1


def engine_of_this_node() -> bytes:
    """H over the sources of the contract engine, 32 bytes: any change of them is another engine."""
    root = Path(execution.__file__).parent
    files = sorted(root.rglob("*.py"))
    assert files, "the node is installed with its sources"
    names = (path.relative_to(root).as_posix().encode() for path in files)
    parts = zip(names, (path.read_bytes() for path in files), strict=True)
    return sha3(b"".join(sha3(name) + sha3(text) for name, text in parts))


class ArtifactFiles:
    """Files of compiled contracts under ``folder``, ``most`` bytes; the oldest make room.

    Compressed: they shrink 20 times, and what only looks large (a constant of 65,536 zeros) takes
    no room from others. ``engine`` (32 bytes) stands before each: files of another one are not
    there. Nothing here ever raises: a disk that fails costs time, not the block.
    """

    def __init__(self, folder: Path, engine: bytes, most: int = BYTES_MOST) -> None:
        self._folder = folder
        self._engine = engine
        self._most = most
        self._bytes = self._counted()

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
        if not data.startswith(self._engine):
            return None
        try:
            return zlib.decompress(data[len(self._engine) :])
        except zlib.error:
            return None

    def save(self, code_hash: bytes, data: bytes) -> None:
        """Keep the bytes, if the disk takes them."""
        path = self._path(code_hash)
        try:
            self._folder.mkdir(mode=_MODE, exist_ok=True)
            self._write(path, self._engine + zlib.compress(data, _LEVEL))
            self._bytes += _size(path)
            if self._bytes > self._most:
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
        self._bytes = self._counted()
        for path in sorted(self._folder.iterdir(), key=_last_use):
            if self._bytes <= self._most - self._most // _ROOM_PART:
                break
            self._bytes -= _size(path)
            path.unlink(missing_ok=True)

    def _counted(self) -> int:
        try:
            return sum(map(_size, self._folder.iterdir()))
        except OSError:
            return 0

    def _path(self, code_hash: bytes) -> Path:
        return self._folder / code_hash.hex()


def _size(path: Path) -> int:
    try:
        return max(FILE_BYTES, path.stat().st_size)
    except OSError:  # another process has just deleted it
        return 0


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has just deleted it
        return 0.0

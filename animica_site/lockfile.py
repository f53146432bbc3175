"""One node to a data directory: an advisory lock that the system drops with the process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from animica_site.faults import DataDirInUse, DataDirUnusable


class DataDirLock:
    """Held from start to stop; a killed process leaves nothing behind."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "node.lock"
        self._file: int | None = None

    def take(self) -> None:
        """Take the lock or raise ``DataDirInUse`` at once; ``DataDirUnusable`` without a file."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DataDirUnusable(
                f"{self._path} cannot be written: {error.strerror}", path=str(self._path.parent)
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise DataDirInUse(
                f"{self._path.parent} is in use by another node", path=str(self._path.parent)
            ) from None
        self._file = handle

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

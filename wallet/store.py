"""Wallets by name: ``<folder>/<name>.json``, mode 0600 in a folder of mode 0700."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from wallet.errors import (
    KeyFileFormat,
    WalletExists,
    WalletFolder,
    WalletName,
    WalletNotFound,
)
from wallet.keyfile import FILE_BYTES, KeyFile

DEFAULT_FOLDER = Path("~/.animica/wallets")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
_SUFFIX = ".json"


class WalletStore:
    """The key files of one folder. Files are written once and never changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser()

    def path(self, name: str) -> Path:
        """Where the wallet of that name lies. Raises ``WalletName``."""
        # An address in the place of a name must never be taken for one.
        if _NAME.fullmatch(name) is None or name.lower().startswith("anim1"):
            raise WalletName("the name cannot be a wallet's", field="name")
        return self.folder / (name + _SUFFIX)

    def names(self) -> list[str]:
        """The names in the folder, sorted; none when there is no folder yet."""
        try:
            files = [path for path in self.folder.iterdir() if path.suffix == _SUFFIX]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._fault(error) from None
        return sorted(path.stem for path in files if _NAME.fullmatch(path.stem))

    def read(self, name: str) -> KeyFile:
        """The key file of that name. Raises ``WalletNotFound`` or a refusal of the file."""
        try:
            with self.path(name).open("rb") as file:
                data = file.read(FILE_BYTES + 1)
        except FileNotFoundError:
            raise WalletNotFound(f"there is no wallet {name}", name=name) from None
        except OSError as error:
            raise self._fault(error) from None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise KeyFileFormat("the file is not text") from None
        return KeyFile.decode(text)

    def require_free(self, name: str) -> None:
        """Raise ``WalletExists`` or ``WalletName`` before any work is done for a new wallet."""
        if os.path.lexists(self.path(name)):
            raise WalletExists(f"there is a wallet {name} already", name=name)

    def write(self, name: str, file: KeyFile) -> Path:
        """Write a new wallet: whole and on the disk, or not at all. Raises ``WalletExists``."""
        path = self.path(name)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._fault(error) from None
        try:
            _write_new(path, file.encode().encode())
        except FileExistsError:
            raise WalletExists(f"there is a wallet {name} already", name=name) from None
        except OSError as error:
            raise self._fault(error) from None
        return path

    def _fault(self, error: OSError) -> WalletFolder:
        return WalletFolder(
            f"cannot use {error.filename or self.folder}: {error.strerror}",
            path=str(self.folder),
        )


def _write_new(path: Path, data: bytes) -> None:
    """A hard link appears with the whole file in one step, and fails where a file already is."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(temporary)
    finally:
        Path(temporary).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

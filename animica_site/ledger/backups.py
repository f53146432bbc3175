"""Backups: a directory with a copy of the ledger, its network file, and what they are.

docs/operations/ledger.md describes the directory. Django must be set up.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from animica_site import database, networks
from animica_site.config import NETWORK_FILE, keep_network
from animica_site.ledger import manifest, sqlite_copy
from animica_site.ledger.blockfile import sync_folder
from animica_site.ledger.faults import (
    BackupForm,
    BackupOtherDatabase,
    BackupOtherTables,
    FileUnusable,
    RestoreOccupied,
)
from animica_site.ledger.manifest import Manifest
from animica_site.progress import Progress
from animica_site.writer_lock import WriterLock
from chain import service as chain
from chain.errors import OtherGenesis
from consensus.rules.genesis import genesis_block
from rpc import software

DATABASE_COPY = "node.sqlite3"
_ROWS = ".rows"
_CHUNK = 1 << 20


# ------------------------------------------------------------------ making one


def make(folder: Path, table: dict[str, Any]) -> Manifest:
    """Copy the ledger and ``table``, its network, into a new directory, checked.

    Made beside it and renamed when it is whole. Raises OtherGenesis, FileUnusable, OSError.
    """
    if genesis_block(networks.parse(table)).hash != chain.genesis_hash():
        raise OtherGenesis("the network file is not that of the stored chain; give its --network")
    part = folder.with_name(folder.name + ".part")
    _empty(part)
    keep_network(table, part)
    facts = _copy_rows(part) if connection.vendor == "postgresql" else _copy_file(part)
    paths = sorted(part.iterdir())
    size = sum(path.stat().st_size for path in paths)
    with Progress("reading back", total=size, unit="bytes") as progress:
        files = {path.name: manifest.entry(path, progress.advance) for path in paths}
    made = Manifest(**facts, files=files, software=software.version())
    (part / manifest.NAME).write_text(made.text(), "utf-8")
    _sync(part)
    part.replace(folder)
    sync_folder(folder.parent)
    return made


def _empty(part: Path) -> None:
    """An empty directory in place of what an interrupted backup left; strangers' files stay."""
    part.mkdir(mode=0o700, exist_ok=True)
    own = {manifest.NAME, NETWORK_FILE, DATABASE_COPY, DATABASE_COPY + "-journal"}
    own |= {name + _ROWS for name in chain.table_names()}
    for path in part.iterdir():
        if path.name not in own:
            raise FileUnusable(f"{path} is no part of a backup", path=str(path))
        path.unlink()


def _facts() -> dict[str, Any]:
    """What the database that is looked at holds, once it has been checked."""
    chain.verify_head()
    head = chain.head()
    return {
        "database": connection.vendor,
        "chain": head.header.chain,
        "genesis": chain.genesis_hash().hex(),
        "height": head.height,
        "head": head.hash.hex(),
        "tables": chain.table_migrations(),
    }


def _copy_file(part: Path) -> dict[str, Any]:
    source, target = Path(connection.settings_dict["NAME"]), part / DATABASE_COPY
    with _sqlite_told(target), Progress("copying", unit="bytes") as progress:
        sqlite_copy.copy(source, target, progress)
    return sqlite_copy.look(target, _facts)


def _copy_rows(part: Path) -> dict[str, Any]:
    names = chain.table_names()
    with chain.snapshot():
        facts = _facts()
        total = sum(chain.table_row_count(name) for name in names)
        with Progress("copying", total=total, unit="rows") as progress:
            for name in names:
                with (part / (name + _ROWS)).open("wb") as file:
                    for row in chain.table_rows(name):
                        file.write(row)
                        progress.advance()
    return facts


def _sync(part: Path) -> None:
    for path in part.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync_folder(part)


@contextmanager
def _sqlite_told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise FileUnusable(f"{path} cannot be made: {error}", path=str(path)) from None


# ------------------------------------------------------------------ taking one back


def read(folder: Path, table: dict[str, Any]) -> Manifest:
    """The manifest of a backup whose network ``table`` is. Raises BackupForm."""
    known = manifest.read(folder)
    if genesis_block(networks.parse(table)).hash.hex() != known.genesis:
        raise BackupForm("the backup's network file is not that of its chain")
    return known


def restore(
    folder: Path, known: Manifest, table: dict[str, Any], data_dir: Path, *, replace: bool
) -> None:
    """Put a backup in the place of this node's ledger, which nobody else has open.

    Everything is checked before anything is replaced. Raises BackupOtherDatabase,
    BackupOtherTables, RestoreOccupied, BackupDamaged.
    """
    if known.database != connection.vendor:
        raise BackupOtherDatabase(
            f"the backup is of {known.database}, the database here is {connection.vendor}"
        )
    if known.tables != chain.table_migrations():
        raise BackupOtherTables(f"the backup was made by version {known.software}")
    put = _restore_rows if connection.vendor == "postgresql" else _restore_file
    put(folder, known, table, data_dir, replace)


def _check_files(folder: Path, known: Manifest, needed: set[str]) -> None:
    if not needed <= known.files.keys():
        raise BackupForm(f"the backup lacks {', '.join(sorted(needed - known.files.keys()))}")
    with Progress("checking", total=known.size, unit="bytes") as progress:
        manifest.check_files(folder, known, progress.advance)


def _restore_file(
    folder: Path, known: Manifest, table: dict[str, Any], data_dir: Path, replace: bool
) -> None:
    place = Path(connection.settings_dict["NAME"])
    if not replace and _holds_something(place):
        raise RestoreOccupied(f"{place} holds a chain already", path=str(place))
    _check_files(folder, known, {DATABASE_COPY, NETWORK_FILE})
    new = place.with_name(place.name + ".restoring")
    with (
        (folder / DATABASE_COPY).open("rb") as source,
        new.open("wb") as target,
        Progress("copying", total=known.files[DATABASE_COPY]["bytes"], unit="bytes") as progress,
    ):
        new.chmod(0o600)
        while chunk := source.read(_CHUNK):
            target.write(chunk)
            progress.advance(len(chunk))
        target.flush()
        os.fsync(target.fileno())
    sqlite_copy.look(new, _facts)
    keep_network(table, data_dir)
    sqlite_copy.put_in_place(new, place)


def _holds_something(place: Path) -> bool:
    """Whether a database file holds a chain, or anything that cannot be read as an empty one."""
    if not place.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{place.resolve().as_uri()}?mode=ro", uri=True)) as there:
            tables = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'chain_meta'"
            if there.execute(tables).fetchone() == (0,):
                return False
            return bool(there.execute("SELECT COUNT(*) FROM chain_meta").fetchone() != (0,))
    except sqlite3.Error:
        return True


def _restore_rows(
    folder: Path, known: Manifest, table: dict[str, Any], data_dir: Path, replace: bool
) -> None:
    database.open_database()
    writer = WriterLock()
    writer.take()
    try:
        if not replace and not chain.is_empty():
            raise RestoreOccupied("the database holds a chain already")
        needed = {name + _ROWS for name in chain.table_names()}
        _check_files(folder, known, needed | {NETWORK_FILE})
        total = sum(known.files[name]["bytes"] for name in needed)
        with Progress("loading", total=total, unit="bytes") as progress:
            chain.load_tables(lambda name: _chunks(folder / (name + _ROWS), progress))
        keep_network(table, data_dir)
    finally:
        writer.release()


def _chunks(path: Path, progress: Progress) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
            progress.advance(len(chunk))

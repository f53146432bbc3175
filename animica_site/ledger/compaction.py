"""Give the space of deleted rows back to the file system."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

# What pruning empties; PostgreSQL rewrites these two, SQLite its whole file.
_TABLES = ("chain_blockbody", "chain_undo")


def size() -> int:
    """Bytes that the database takes on its disk."""
    if connection.vendor == "postgresql":
        return int(_one("SELECT pg_database_size(current_database())"))
    paths = (_file(), Path(f"{_file()}-wal"))
    return sum(path.stat().st_size for path in paths if path.exists())


def room_missing() -> int:
    """Bytes of free disk that ``compact`` lacks; 0 where it can go ahead.

    SQLite writes what is kept twice: into a temporary file beside the database, then into its
    log. A PostgreSQL server watches over its own disk.
    """
    if connection.vendor == "postgresql":
        return 0
    pages = _one("PRAGMA page_count") - _one("PRAGMA freelist_count")
    return max(0, 2 * pages * _one("PRAGMA page_size") - shutil.disk_usage(_file().parent).free)


def compact() -> None:
    """Rewrite the database without its free space. Nobody else may use it meanwhile."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in _TABLES:
                cursor.execute(f"VACUUM (FULL, ANALYZE) {table}")
            return
        with _temporary_files_beside(_file()):
            # The settings keep temporary data in memory; this one is as large as the database.
            cursor.execute("PRAGMA temp_store = FILE")
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
            cursor.execute("PRAGMA temp_store = MEMORY")


@contextmanager
def _temporary_files_beside(path: Path) -> Iterator[None]:
    before = os.environ.get("SQLITE_TMPDIR")
    os.environ["SQLITE_TMPDIR"] = str(path.parent)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SQLITE_TMPDIR"]
        else:
            os.environ["SQLITE_TMPDIR"] = before


def _file() -> Path:
    return Path(connection.settings_dict["NAME"])


def _one(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])

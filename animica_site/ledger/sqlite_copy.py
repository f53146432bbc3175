"""A SQLite database copied while others write it, looked at, and put in another one's place."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from animica_site.ledger.blockfile import sync_folder
from animica_site.ledger.faults import BackupDamaged
from animica_site.progress import Progress
from core.errors import AnimicaError

T = TypeVar("T")
_PAGES_AT_ONCE = 1_024


def copy(source: Path, target: Path, progress: Progress) -> None:
    """Copy one commit of a database into a new file of its own, without a journal beside it.

    The read transaction keeps that commit while the copy lasts, whatever is written meanwhile.
    Raises ``sqlite3.Error``.
    """
    target.unlink(missing_ok=True)
    read_only = f"{source.resolve().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(read_only, uri=True, isolation_level=None)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        (page_bytes,) = old.execute("PRAGMA page_size").fetchone()

        def tell(_: int, remaining: int, total: int) -> None:
            progress.at((total - remaining) * page_bytes, total * page_bytes)

        old.execute("BEGIN")
        old.execute("SELECT COUNT(*) FROM chain_meta").fetchone()
        old.backup(new, pages=_PAGES_AT_ONCE, progress=tell)
        old.execute("ROLLBACK")
        new.execute("PRAGMA journal_mode = DELETE")
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def look(path: Path, check: Callable[[], T]) -> T:
    """What ``check`` gives when it runs on the database in a file as if it were this node's.

    Django's connections belong to threads, so one of its own leaves this thread's alone. Raises
    BackupDamaged with what the check or the database says.
    """
    problems: list[str] = []
    found: list[T] = []

    def run() -> None:
        from django.db import DatabaseError, connections

        own = connections["default"].copy()
        own.settings_dict["NAME"] = str(path)
        # A look leaves no trace: the file stays without a write-ahead log.
        own.settings_dict["OPTIONS"] = {"init_command": "PRAGMA query_only = ON"}
        connections["default"] = own
        try:
            found.append(check())
        except (AnimicaError, DatabaseError) as error:
            problems.append(str(error))
        finally:
            own.close()

    thread = threading.Thread(target=run, name="look")
    thread.start()
    thread.join()
    if problems:
        raise BackupDamaged(f"the copied database does not hold together: {problems[0]}")
    return found[0]


def put_in_place(new: Path, place: Path) -> None:
    """Make ``new`` the database at ``place``, whatever was there.

    The old write-ahead log must never meet the new file, so the old database goes first. Cut
    short in between, there is no database: restoring again finishes.
    """
    old = place.with_name(place.name + ".replaced")
    if place.exists():
        place.replace(old)
        sync_folder(place.parent)
    for ending in ("-wal", "-shm", "-journal"):
        place.with_name(place.name + ending).unlink(missing_ok=True)
    new.replace(place)
    sync_folder(place.parent)
    old.unlink(missing_ok=True)

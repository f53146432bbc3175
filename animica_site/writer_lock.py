"""One node to a PostgreSQL database: an advisory lock on a connection of its own.

The data directory's lock cannot see a second node elsewhere on the same database. The server
drops this one with the connection, so a killed node leaves nothing behind. SQLite needs none: its
file lies in the data directory.
"""

from __future__ import annotations

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from animica_site.faults import DatabaseInUse

_KEY = int.from_bytes(b"animica", "big")


class WriterLock:
    """Held from start to stop."""

    def __init__(self) -> None:
        self._own: BaseDatabaseWrapper | None = None

    def take(self) -> None:
        """Take the lock or raise ``DatabaseInUse`` at once; nothing to do on SQLite."""
        if connection.vendor != "postgresql":
            return
        own = connection.copy()
        own.inc_thread_sharing()  # taken and given back by whichever thread starts and stops
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_KEY])
            (taken,) = cursor.fetchone()
        if not taken:
            own.close()
            raise DatabaseInUse("another node writes to this database")
        self._own = own

    def release(self) -> None:
        """Give the lock back."""
        if self._own is not None:
            self._own.close()
            self._own = None

"""Many reads, one state of the database: a read transaction that blocks no writer.

``atomic`` would not do: on SQLite it takes the write lock, on PostgreSQL each statement of it
sees the latest commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

_BEGIN = {
    "sqlite": "BEGIN DEFERRED",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}


@contextmanager
def snapshot() -> Iterator[None]:
    """All reads of this thread inside see one commit. Nests; inside a transaction it is no-op.

    Writing inside fails.
    """
    connection.ensure_connection()
    if connection.in_atomic_block or _open(connection.connection):
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN[connection.vendor])
    try:
        yield
    finally:
        # An error may have ended the connection, and the transaction with it.
        if connection.connection is not None and _open(connection.connection):
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")


def _open(raw: Any) -> bool:
    """Whether the driver's connection is inside a transaction."""
    if connection.vendor == "sqlite":
        return bool(raw.in_transaction)
    return bool(raw.info.transaction_status)  # 0 is idle

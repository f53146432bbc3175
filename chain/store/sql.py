"""Set-based SQL on SQLite and PostgreSQL through Django's connection of this thread.

Statements are written with ``%s`` for parameters. Nothing here loops over rows one query each:
many keys are one ``IN`` list per 900 on SQLite and one binary array on PostgreSQL; many rows are
one ``executemany`` on SQLite, and one binary ``COPY``, or arrays where known keys are updated, on
PostgreSQL. docs/performance.md has the
figures behind each choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from chain.store import pg

Row = tuple[Any, ...]

# SQLite builds may refuse more than 999 parameters a statement.
_IN_LIST = 900


@cache
def is_postgres() -> bool:
    """Whether the default database is PostgreSQL; otherwise it is SQLite."""
    return connection.vendor == "postgresql"


def rows(query: str, params: Sequence[Any] = ()) -> list[Row]:
    """All rows of a bounded query."""
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        return cursor.fetchall()


def one(query: str, params: Sequence[Any] = ()) -> Row | None:
    """The first row, None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        return cursor.fetchone()


def run(query: str, params: Sequence[Any] = ()) -> int:
    """Execute one statement; the number of rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        return cursor.rowcount


def rows_in(query: str, keys: Sequence[bytes]) -> Iterator[Row]:
    """Rows of ``query``, which ends in a binary column's name, for ``keys`` in that column."""
    if not keys:
        return
    if is_postgres():
        yield from pg.rows(f"{query} = ANY(%b)", [pg.array_of(keys, "bytea")])
        return
    database = connections[DEFAULT_DB_ALIAS]  # looked up once: it costs as much as a row
    for start in range(0, len(keys), _IN_LIST):
        yield from _rows_of(database, query, keys[start : start + _IN_LIST])


def _rows_of(database: BaseDatabaseWrapper, query: str, keys: Sequence[bytes]) -> list[Row]:
    """On SQLite, by the driver's own cursor: Django's costs more than the look-up of a key.

    Where statements are counted it is Django's after all; errors are Django's either way.
    """
    database.ensure_connection()
    if database.queries_logged:
        with database.cursor() as cursor:
            cursor.execute(f"{query} IN ({','.join(['%s'] * len(keys))})", tuple(keys))
            return cursor.fetchall()
    marks = ",".join("?" * len(keys))
    with database.wrap_database_errors, closing(database.connection.cursor()) as cursor:
        cursor.execute(f"{query} IN ({marks})", tuple(keys))
        found: list[Row] = cursor.fetchall()
    return found


def delete_in(table: Table, column: str, keys: Sequence[bytes]) -> None:
    """Delete the rows whose binary ``column`` is one of ``keys``."""
    if not keys:
        return
    if is_postgres():
        statement = f"DELETE FROM {table.name} WHERE {column} = ANY(%b)"
        pg.run(statement, [pg.array_of(keys, "bytea")])
        return
    with connection.cursor() as cursor:
        statement = f"DELETE FROM {table.name} WHERE {column} = %s"
        cursor.executemany(statement, [(key,) for key in keys])


@dataclass(frozen=True)
class Table:
    """A table that is written in bulk: its columns with their PostgreSQL types.

    ``key`` makes an insert of a known key an update of all other columns.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    key: str | None = None

    @property
    def names(self) -> str:
        """The column list."""
        return ", ".join(name for name, _ in self.columns)

    @property
    def on_conflict(self) -> str:
        """The clause that turns an insert into an update."""
        if self.key is None:
            return ""
        sets = ", ".join(f"{n} = EXCLUDED.{n}" for n, _ in self.columns if n != self.key)
        return f" ON CONFLICT ({self.key}) DO UPDATE SET {sets}"

    def write(self, values: Sequence[Row]) -> None:
        """Insert or update all ``values``, tuples in the order of the columns."""
        if not values:
            return
        if not is_postgres():
            marks = ", ".join(["%s"] * len(self.columns))
            insert = f"INSERT INTO {self.name} ({self.names}) VALUES ({marks})"
            with connection.cursor() as cursor:
                cursor.executemany(insert + self.on_conflict, values)
        elif self.key is None:
            pg.copy(self.name, self.columns, values)
        else:
            columns = zip(self.columns, zip(*values, strict=True), strict=True)
            arrays = [pg.array_of(column, kind) for (_, kind), column in columns]
            marks = ", ".join(["%b"] * len(arrays))
            source = f"SELECT * FROM unnest({marks})"
            pg.run(f"INSERT INTO {self.name} ({self.names}) {source}{self.on_conflict}", arrays)

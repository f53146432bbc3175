"""Set-based SQL on SQLite and PostgreSQL through Django's connection of this thread.

Statements are written with ``%s`` for parameters. Nothing here loops over rows one query each:
many keys are one ``IN`` list per 900 on SQLite and one array on PostgreSQL; many rows are one
``executemany`` on SQLite and one array per column on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

Row = tuple[Any, ...]

# SQLite builds may refuse more than 999 parameters a statement.
_IN_LIST = 900


def is_postgres() -> bool:
    """Whether the default database is PostgreSQL; otherwise it is SQLite."""
    return connection.vendor == "postgresql"


def rows(query: str, params: Sequence[Any] = ()) -> list[Row]:
    """All rows of a bounded query."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def one(query: str, params: Sequence[Any] = ()) -> Row | None:
    """The first row, None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchone()


def run(query: str, params: Sequence[Any] = ()) -> int:
    """Execute one statement; the number of rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.rowcount


def rows_in(query: str, keys: Sequence[Any]) -> Iterator[Row]:
    """Rows of ``query``, which ends in a column name, for all ``keys`` in that column."""
    if not keys:
        return
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute(f"{query} = ANY(%s)", (list(keys),))
            yield from cursor.fetchall()
            return
        for start in range(0, len(keys), _IN_LIST):
            part = keys[start : start + _IN_LIST]
            marks = ",".join(["%s"] * len(part))
            cursor.execute(f"{query} IN ({marks})", tuple(part))
            yield from cursor.fetchall()


def delete_in(table: Table, column: str, keys: Sequence[Any]) -> None:
    """Delete the rows whose ``column`` is one of ``keys``."""
    if not keys:
        return
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute(f"DELETE FROM {table.name} WHERE {column} = ANY(%s)", (list(keys),))
        else:
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

    def write(self, values: Iterable[Row]) -> None:
        """Insert or update all ``values``, tuples in the order of the columns."""
        listed = values if isinstance(values, list) else list(values)
        if not listed:
            return
        insert = f"INSERT INTO {self.name} ({self.names}) "
        with connection.cursor() as cursor:
            if is_postgres():
                arrays = ", ".join(f"%s::{kind}[]" for _, kind in self.columns)
                statement = f"{insert}SELECT * FROM unnest({arrays}){self.on_conflict}"
                cursor.execute(statement, [list(column) for column in zip(*listed, strict=True)])
            else:
                marks = ", ".join(["%s"] * len(self.columns))
                cursor.executemany(f"{insert}VALUES ({marks}){self.on_conflict}", listed)

"""PostgreSQL in binary: arrays as parameters, rows by COPY, results without a detour through hex.

Django's cursors write every parameter into the text of the statement; for a block's megabytes
that, and the server's reading of it, cost more than the work. These cursors of the same
connection, inside the same transaction, send parameters beside the statement. Their errors are
Django's, like those of any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Any

import psycopg
from django.db import connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = Struct(">iiIii")
_SIZE = Struct(">i")


class Array:
    """An array in PostgreSQL's binary form: dimensions, nulls, element type, size, lower bound.

    ``element`` is the type's object id in PostgreSQL's catalogue. No value may be None.
    """

    element = 0

    def __init__(self, values: Sequence[bytes]) -> None:
        parts = [_HEAD.pack(1, 0, self.element, len(values), 1)]
        for value in values:
            parts += (_SIZE.pack(len(value)), value)
        self.data = b"".join(parts)


class ByteaArray(Array):
    """Of binary values."""

    element = 17


class TextArray(Array):
    """Of texts, encoded."""

    element = 25


class _ByteaDumper(Dumper):
    format, oid = Format.BINARY, 1001

    def dump(self, obj: Array) -> bytes:
        return obj.data


class _TextDumper(_ByteaDumper):
    oid = 1009


def array_of(values: Sequence[Any], kind: str) -> Array:
    """``values`` of a ``bytea`` or ``text`` column as one parameter."""
    if kind == "bytea":
        return ByteaArray(values)
    assert kind == "text", "no other column is written in arrays"
    return TextArray([value.encode() for value in values])


def rows(query: str, params: Sequence[Array]) -> list[tuple[Any, ...]]:
    """All rows of a query; binary columns arrive as bytes."""
    with connection.wrap_database_errors, _cursor() as cursor:
        return list(cursor.execute(query, params, binary=True).fetchall())


def run(statement: str, params: Sequence[Array]) -> None:
    """Execute a statement."""
    with connection.wrap_database_errors, _cursor() as cursor:
        cursor.execute(statement, params)


def copy(table: str, columns: Sequence[tuple[str, str]], values: Sequence[tuple[Any, ...]]) -> None:
    """Append rows; ``columns`` are names with their types."""
    names = ", ".join(name for name, _ in columns)
    statement = f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)"
    with (
        connection.wrap_database_errors,
        _cursor() as cursor,
        cursor.copy(statement) as rows_in,
    ):
        rows_in.set_types([kind for _, kind in columns])
        for row in values:
            rows_in.write_row(row)


def _cursor() -> psycopg.Cursor[Any]:
    """A cursor that binds parameters on the server, on Django's connection of this thread."""
    connection.ensure_connection()
    cursor: psycopg.Cursor[Any] = psycopg.Cursor(connection.connection)
    cursor.adapters.register_dumper(ByteaArray, _ByteaDumper)
    cursor.adapters.register_dumper(TextArray, _TextDumper)
    return cursor

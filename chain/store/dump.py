"""The chain's tables as PostgreSQL's own binary rows, table by table, out and back in.

For backups of a PostgreSQL database; a SQLite database is one file. Reading runs inside a
snapshot, writing inside one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

from chain.store import sql
from core.failpoints import reach


def _models() -> list[type[Model]]:
    """In the order of their definition: a table comes after those that it refers to."""
    return list(apps.get_app_config("chain").get_models())


def tables() -> list[str]:
    """Every table of the chain."""
    return [model._meta.db_table for model in _models()]


def migrations() -> list[str]:
    """Which tables this version of the node has: the names of their migrations."""
    known = MigrationLoader(None).disk_migrations or {}
    return sorted(name for app, name in known if app == "chain")


def count(table: str) -> int:
    """How many rows a table has."""
    row = sql.one(f"SELECT COUNT(*) FROM {_known(table)}")
    return 0 if row is None else int(row[0])


def rows_out(table: str) -> Iterator[bytes]:
    """The table as ``COPY … (FORMAT BINARY)`` gives it, a row at a time."""
    with connection.cursor() as cursor:
        statement = f"COPY {_known(table)} ({_columns(table)}) TO STDOUT (FORMAT BINARY)"
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            for data in copy:
                yield bytes(data)


def rows_in(table: str, chunks: Iterable[bytes]) -> None:
    """Put rows that ``rows_out`` gave into the table, which is empty."""
    with connection.cursor() as cursor:
        statement = f"COPY {_known(table)} ({_columns(table)}) FROM STDIN (FORMAT BINARY)"
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            for chunk in chunks:
                copy.write(chunk)
    reach("load.filled")


def empty() -> None:
    """Delete every row of every table."""
    sql.run(f"TRUNCATE {', '.join(tables())} CASCADE")
    reach("load.emptied")


def settle() -> None:
    """After ``rows_in``: let new row numbers start behind those that are there."""
    for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
        sql.run(statement)
    reach("load.settled")


def _known(table: str) -> str:
    """The name of a table of the chain, and of no other."""
    assert table in tables(), table
    return table


def _columns(table: str) -> str:
    """By name and order of the models, so that the order inside the database does not matter."""
    (model,) = (model for model in _models() if model._meta.db_table == table)
    return ", ".join(str(field.column) for field in model._meta.local_concrete_fields)

"""The database as a process finds it: does it answer, are its tables those of this version?"""

from __future__ import annotations

import os
from pathlib import Path

from animica_site.faults import DatabaseOutdated, DatabaseUnreachable
from core.failpoints import reach

DATABASE_FILE = "node.sqlite3"


def is_absent(data_dir: Path) -> bool:
    """Whether the database is a file of this directory that nobody has made yet."""
    return "DATABASE_URL" not in os.environ and not (data_dir / DATABASE_FILE).is_file()


def open_database() -> None:
    """Connect and bring the tables up to date. Raises ``DatabaseUnreachable``."""
    from django.core.management import call_command
    from django.db import OperationalError

    connect()
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise DatabaseUnreachable(f"the database does not answer: {error}") from None
    reach("migrations.done")


def connect() -> None:
    """Raises ``DatabaseUnreachable``."""
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise DatabaseUnreachable(f"the database does not answer: {error}") from None


def require_current() -> None:
    """For those who only read: raises ``DatabaseOutdated`` where tables are to be changed first."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise DatabaseOutdated("the database's tables are of an older version, or missing")

"""A node on a database that holds the chain of ``tests.fuzz.world``, put back after each input."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection, transaction


def make_database(folder: Path) -> None:
    """A new SQLite database for this process, with its tables, in ``folder``; not under pytest."""
    os.environ["ANIMICA_DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "animica_site.settings"
    os.environ.pop("DATABASE_URL", None)
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is rolled back."""
    from chain.store import pages

    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    pages.forget()


def writes() -> int | None:
    """Rows written on this connection so far, undone ones included; None where nobody counts."""
    if connection.vendor != "sqlite":
        return None
    connection.ensure_connection()
    return int(connection.connection.total_changes)

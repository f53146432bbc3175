"""A copy of a prepared ledger, open in this process, for one benchmark."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench import fixtures

if TYPE_CHECKING:
    from consensus.service import Importer

DEFAULT_POSTGRES = "postgres://animica:animica@127.0.0.1:5432/animica"


def on_sqlite(accounts: int) -> AbstractContextManager[Importer]:
    """On a copy of the prepared SQLite database of a size."""
    return on_copy(fixtures.folder(accounts))


@contextmanager
def on_copy(ledger: Path) -> Iterator[Importer]:
    """On a copy of the prepared SQLite database in a folder."""
    from animica_site import networks
    from bench.embedded import make_importer, open_database

    with tempfile.TemporaryDirectory(prefix="animica-bench-") as temporary:
        shutil.copy(ledger / "start.sqlite3", Path(temporary) / "node.sqlite3")
        open_database(networks.load_table(fixtures.NETWORK), Path(temporary))
        yield make_importer()
        _close()


@contextmanager
def on_postgres(accounts: int) -> Iterator[Importer]:
    """On a fresh database of the server that POSTGRES_URL names; dropped afterwards."""
    import psycopg
    from psycopg import sql

    from animica_site import networks
    from bench.embedded import make_importer, open_database

    server = os.environ.get("POSTGRES_URL", DEFAULT_POSTGRES).rsplit("/", 1)[0]
    name = f"animica_bench_{uuid.uuid4().hex[:12]}"
    database = sql.Identifier(name)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(database))
        try:
            with tempfile.TemporaryDirectory(prefix="animica-bench-") as temporary:
                table = networks.load_table(fixtures.NETWORK)
                open_database(table, Path(temporary), f"{server}/{name}")
                fixtures.write_genesis(accounts)
                # What autovacuum does in time on a ledger that was not filled a second ago.
                with psycopg.connect(f"{server}/{name}", autocommit=True) as owner:
                    owner.execute("VACUUM ANALYZE")
                yield make_importer()
        finally:
            _close()
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


def _close() -> None:
    from django.db import connections

    connections.close_all()

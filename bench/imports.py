"""``import.sqlite`` and ``import.postgres``: blocks of 1,000 signed transfers, verified in full."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from rich.progress import track

from bench import fixtures, machine
from bench.rows import Row

DEFAULT_POSTGRES = "postgres://animica:animica@127.0.0.1:5432/animica"


def run_sqlite(scale: int) -> list[Row]:
    """On a copy of the prepared SQLite database."""
    folder = fixtures.import_folder(scale)
    with tempfile.TemporaryDirectory(prefix="animica-bench-") as temporary:
        shutil.copy(folder / "start.sqlite3", Path(temporary) / "node.sqlite3")
        return [_measure("import.sqlite", scale, Path(temporary), None)]


def run_postgres(scale: int) -> list[Row]:
    """On a fresh database of the server that POSTGRES_URL names; dropped afterwards."""
    import psycopg
    from psycopg import sql

    server = os.environ.get("POSTGRES_URL", DEFAULT_POSTGRES).rsplit("/", 1)[0]
    name = f"animica_bench_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            url = f"{server}/{name}"
            with tempfile.TemporaryDirectory(prefix="animica-bench-") as temporary:
                return [_measure("import.postgres", scale, Path(temporary), url)]
        finally:
            from django.db import connections

            connections.close_all()
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _measure(name: str, scale: int, data_dir: Path, database_url: str | None) -> Row:
    from bench.embedded import open_database, start_importer

    folder = fixtures.import_folder(scale)
    table = json.loads((folder / "network.json").read_text("utf-8"))
    open_database(table, data_dir, database_url)
    importer = start_importer(table)
    raw_blocks = fixtures.read_blocks(folder / "blocks.bin")
    for raw in raw_blocks[: fixtures.SETUP_BLOCKS]:
        importer.import_block(raw, source="bench")
    measured = raw_blocks[fixtures.SETUP_BLOCKS :]
    start = time.perf_counter()
    row = importer.import_blocks(measured, source="bench")
    for _ in track(row, name, total=len(measured), transient=True):
        pass
    seconds = time.perf_counter() - start
    rate = len(measured) * fixtures.SENDERS / seconds
    limit = machine.verifies_per_second(os.cpu_count() or 1)
    return Row(name, rate, "signed txs/s", limit, "ML-DSA-65 verifies/s on all cores")

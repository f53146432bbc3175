"""A ledger and an importer in this process, on the database that the environment names."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from animica_site import config, networks
from core.bus import EventBus

if TYPE_CHECKING:
    from consensus.service import Importer
    from mempool.service import Pool


def open_database(table: dict[str, Any], data_dir: Path, database_url: str | None = None) -> None:
    """Set up Django on ``data_dir`` (SQLite) or on ``database_url``, and migrate."""
    config.export(table, data_dir)
    if database_url is not None:
        os.environ["DATABASE_URL"] = database_url
    else:
        os.environ.pop("DATABASE_URL", None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def make_importer() -> Importer:
    """An importer on the open database, whatever genesis is stored there."""
    from animica_site.clock import NodeClock
    from animica_site.tasks import ThreadRunner
    from consensus.service import Importer
    from consensus.witnesses import WitnessChecker

    network = networks.load(os.environ["ANIMICA_NETWORK"])
    checker = WitnessChecker(ThreadRunner())
    return Importer(network=network, clock=NodeClock(), witnesses=checker, bus=_bus())


def make_pool(importer: Importer) -> Pool:
    """A pool on the open database that shares the importer's memory of signatures."""
    from animica_site.clock import NodeClock
    from chain import service as chain
    from mempool.service import Pool

    return Pool(
        network=importer.network,
        state=chain.reader,
        head=lambda: chain.head().header,
        witnesses=importer.witnesses,
        clock=NodeClock(),
        bus=_bus(),
    )


def _bus() -> EventBus:
    """A bus that hides no failure of a listener."""

    def fail(event: object, error: Exception) -> None:
        raise error

    return EventBus(fail)


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy of an SQLite database while it is open."""
    with sqlite3.connect(source) as reader, sqlite3.connect(target) as writer:
        reader.backup(writer)

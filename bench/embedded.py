"""A ledger and an importer in this process, on the database that the environment names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from animica_site import config, networks

if TYPE_CHECKING:
    from consensus.service import Importer


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


def start_importer(table: dict[str, Any]) -> Importer:
    """An importer on the open database, genesis written if it was empty."""
    from animica_site.clock import NodeClock
    from animica_site.tasks import ThreadRunner
    from consensus.service import Importer
    from consensus.witnesses import WitnessChecker
    from core.bus import EventBus

    def fail(event: object, error: Exception) -> None:
        raise error

    checker = WitnessChecker(ThreadRunner())
    network = networks.parse(table)
    importer = Importer(network=network, clock=NodeClock(), witnesses=checker, bus=EventBus(fail))
    importer.start()
    return importer

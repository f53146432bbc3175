"""``animica backup`` and ``animica restore``: the whole ledger to a directory and back."""

from __future__ import annotations

from pathlib import Path

import click

from animica_site.commands import running
from animica_site.commands.opened import Place, faults_told, place_options, reading
from animica_site.ledger.blockfile import told
from animica_site.ledger.faults import FileExists
from animica_site.lockfile import DataDirLock

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@place_options
def backup(folder: Path, place: Place) -> None:
    """Copy database and network file to a new directory FOLDER; works beside a running node.

    FOLDER appears when the copy is whole and has been checked. An interrupted backup starts anew.
    """
    if folder.exists():
        raise FileExists(f"{folder} is there already", path=str(folder))
    with reading(place), told(folder):
        from animica_site.ledger import backups

        made = backups.make(folder, place.table)
    click.echo(f"{folder}: block {made.height}, 0x{made.head}, {made.size:,} bytes")


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Where the chain will be kept; else the place of the backup's network.",
)
@click.option("--replace", is_flag=True, help="Give up the chain that is there.")
def restore(folder: Path, data_dir: Path | None, replace: bool) -> None:
    """Put the backup in FOLDER into an empty data directory or database.

    The node must be stopped. Everything is checked before anything is replaced; an interrupted
    restore starts anew.
    """
    from animica_site.ledger.manifest import network_of

    table = network_of(folder)
    directory = running.data_dir(data_dir, str(table["name"]))
    running.prepare(table, directory, json_logs=False, level="WARNING")
    from animica_site.ledger import backups

    lock = DataDirLock(directory)
    lock.take()
    try:
        with faults_told(), told(folder):
            known = backups.read(folder, table)
            backups.restore(folder, known, table, directory, replace=replace)
    finally:
        lock.release()
    click.echo(f"{directory}: block {known.height}, 0x{known.head}")

"""A node's data opened for a tool: to read it beside a running node, or to write it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from animica_site import database, networks
from animica_site.commands import running
from animica_site.config import NETWORK_FILE
from animica_site.faults import DatabaseFailed
from animica_site.lockfile import DataDirLock
from core.network import Network


@dataclass(frozen=True)
class Place:
    """Where a node's data lies, and its network as a table. The table kept beside the data wins."""

    data_dir: Path
    table: dict[str, Any]

    @property
    def network(self) -> Network:
        """The network. Raises ``NetworkInvalid``."""
        return networks.parse(self.table)


def place_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds ``--network`` and ``--data-dir``; the command gets a ``place``."""

    @click.option(
        "--network",
        default="testnet",
        show_default=True,
        help="mainnet, testnet, devnet, fast or a network file; what is kept with the data wins.",
    )
    @click.option("--data-dir", type=click.Path(path_type=Path), help="Where the chain is kept.")
    @wraps(command)
    def wrapped(network: str, data_dir: Path | None, **options: Any) -> None:
        command(place=find(network, data_dir), **options)

    return wrapped


def find(network: str, data_dir: Path | None) -> Place:
    """The place that the options name, as ``animica node`` would."""
    table = networks.load_table(network)
    directory = running.data_dir(data_dir, str(table["name"]))
    kept = directory / NETWORK_FILE
    if kept.is_file():
        table = networks.load_table(str(kept))
    return Place(directory, table)


@contextmanager
def reading(place: Place) -> Iterator[None]:
    """For tools that only read, also beside a running node; makes nothing where nothing is.

    Raises ``ChainEmpty`` without a chain.
    """
    _require_file(place)
    running.prepare(place.table, place.data_dir, json_logs=False, level="WARNING")
    from chain import service as chain

    with faults_told():
        database.connect()
        database.require_current()
        chain.genesis_hash()
        yield


def _require_file(place: Place) -> None:
    from chain.errors import ChainEmpty

    if database.is_absent(place.data_dir):
        raise ChainEmpty(f"no chain is stored in {place.data_dir}")


@contextmanager
def beside(place: Place) -> Iterator[None]:
    """For tools that leave word for a running node, beside it or before it starts.

    They write rows that no block depends on. Raises ``ChainEmpty`` without a chain.
    """
    with reading(place):
        yield


@contextmanager
def changing(place: Place) -> Iterator[None]:
    """For tools that change a stored chain: like ``writing``, of this network's chain only.

    Makes nothing where nothing is. Raises ``ChainEmpty``, ``OtherGenesis`` and what a chain that
    does not hold together raises.
    """
    _require_file(place)
    with writing(place):
        from chain import service as chain
        from chain.errors import OtherGenesis
        from consensus.rules import genesis

        if chain.genesis_hash() != genesis.genesis_block(place.network).hash:
            raise OtherGenesis(f"the database holds another chain than {place.network.name}")
        chain.verify_head()
        yield


@contextmanager
def writing(place: Place) -> Iterator[None]:
    """For tools that write: alone, under the locks of a running node, tables up to date."""
    running.prepare(place.table, place.data_dir, json_logs=False, level="WARNING")
    from animica_site.writer_lock import WriterLock

    lock, writer = DataDirLock(place.data_dir), WriterLock()
    lock.take()
    try:
        with faults_told():
            database.open_database()
            writer.take()
            yield
    finally:
        writer.release()
        lock.release()


@contextmanager
def faults_told() -> Iterator[None]:
    """What the database says in the middle of the work, as a ``DatabaseFailed``."""
    from django.db import DatabaseError, InterfaceError

    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        raise DatabaseFailed(f"the database failed: {error}") from None


@contextmanager
def goes_on() -> Iterator[None]:
    """Ctrl-C is said to be harmless where it is."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("interrupted; the same command goes on where it stopped", err=True)
        raise SystemExit(130) from None

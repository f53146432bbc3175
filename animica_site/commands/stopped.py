"""The chain of a node that does not run, for commands that need it to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from animica_site import networks
from animica_site.commands import running
from animica_site.config import NETWORK_FILE
from animica_site.faults import DataDirEmpty
from animica_site.lockfile import DataDirLock
from core.network import Network


@contextmanager
def stopped_node(data_dir: Path) -> Iterator[Network]:
    """Django set up on a data directory, its chain checked, no other process writing to it.

    Raises ``DataDirEmpty``, ``DataDirInUse``, ``DatabaseInUse`` and what a bad chain raises.
    """
    directory = running.data_dir(data_dir, "")
    kept = directory / NETWORK_FILE
    if not kept.is_file():
        raise DataDirEmpty(f"{directory} holds no chain", path=str(directory))
    network = running.prepare(
        networks.load_table(str(kept)), directory, json_logs=False, level="WARNING"
    )
    lock = DataDirLock(directory)
    lock.take()
    try:
        with _database(network):
            yield network
    finally:
        lock.release()


@contextmanager
def _database(network: Network) -> Iterator[None]:
    """The database opened, locked, and found to hold this network's chain."""
    from animica_site.runtime import open_database
    from animica_site.writer_lock import WriterLock
    from chain import service as chain
    from chain.errors import OtherGenesis
    from consensus.rules import genesis

    open_database()
    writer = WriterLock()
    writer.take()
    try:
        if chain.genesis_hash() != genesis.genesis_block(network).hash:
            raise OtherGenesis(f"the database holds another chain than {network.name}")
        chain.verify_head()
        yield
    finally:
        writer.release()

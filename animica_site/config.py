"""What one node process was asked to do, gathered from the command line before Django starts."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from animica_site.faults import DataDirUnusable
from animica_site.files import write_private
from core.network import Network
from p2p.config import PeersConfig

ADMIN_USER = "admin"
NETWORK_FILE = "network.json"


@dataclass(frozen=True)
class NodeConfig:
    """How to run: where the data lies, which network, which services.

    ``mine_to`` is the miner's address (34 bytes) or None for no miner; ``block_time_ms`` None is
    the network's own interval, 0 a block for each transaction. ``collect_shares``: the miner keeps
    hash shares that it comes across. ``prune`` names one of
    ``pruning.POLICIES``, None to keep everything; ``prune_keep`` is how many blocks below the head
    keep everything, None for the network's maxReorg. ``table`` is the network as read
    or made, to be kept beside the data; None where it is in a file already. ``peers`` None: the
    node takes no part in a network.
    """

    network: Network
    data_dir: Path
    host: str = "127.0.0.1"
    http_port: int = 8545
    mine_to: bytes | None = None
    block_time_ms: int | None = None
    workers: int = 1
    collect_shares: bool = True
    prune: str | None = None
    prune_keep: int | None = None
    table: dict[str, Any] | None = None
    peers: PeersConfig | None = None


def export(network_table: dict[str, Any], data_dir: Path) -> None:
    """Tell settings, and child processes, where the data lies and which network runs."""
    point_to(data_dir)
    keep_network(network_table, data_dir)


def point_to(data_dir: Path) -> None:
    """Tell settings, and child processes, where the data and the kept network file lie.

    Makes the directory, for the owner only; raises ``DataDirUnusable``.
    """
    _usable(data_dir)
    os.environ["ANIMICA_DATA_DIR"] = str(data_dir)
    os.environ["ANIMICA_NETWORK"] = str(data_dir / NETWORK_FILE)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "animica_site.settings")


def keep_network(network_table: dict[str, Any], data_dir: Path) -> None:
    """Write the network beside the data, so that every process of the node reads the same file.

    Only once the data is known to be of this network: a start that is refused changes nothing.
    """
    path = data_dir / NETWORK_FILE
    text = json.dumps(network_table, indent=2, sort_keys=True)
    if not path.exists() or path.read_text("utf-8") != text:
        write_private(path, text)


def _usable(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DataDirUnusable(
            f"{data_dir} cannot be made: {error.strerror}", path=str(data_dir)
        ) from None
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise DataDirUnusable(f"{data_dir} cannot be written", path=str(data_dir))

"""What ``devnet`` and ``node`` share: set up Django, run, and say where everything is."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from animica_site import config as node_config
from animica_site import logs, networks
from animica_site.faults import DataDirUnusable
from core.network import Network


def prune_options(command: Callable[..., None]) -> Callable[..., None]:
    """``--prune`` and ``--prune-keep``, for commands that run a node."""
    what = click.option(
        "--prune",
        type=click.Choice(["witnesses", "bodies", "all"]),
        help="Drop old history as the chain grows; `all` is bodies and undo.",
    )
    keep = click.option(
        "--prune-keep",
        type=click.IntRange(min=1),
        metavar="BLOCKS",
        help="Newest blocks that stay whole; by default and at least the network's maxReorg.",
    )
    return what(keep(command))


no_shares_option = click.option(
    "--no-shares", is_flag=True, help="Do not collect hash shares while mining."
)
"""``--no-shares``, for commands that run a miner."""


def prepare(table: dict[str, Any], data_dir: Path, *, json_logs: bool, level: str) -> Network:
    """Check the network, tell settings where the data lies and set up Django.

    From here on this process makes files for its owner only; what is there keeps its modes.
    """
    os.umask(0o077)
    network = networks.parse(table)
    node_config.point_to(data_dir)
    import django

    django.setup()
    logs.configure(json_lines=json_logs, level=level)
    return network


def data_dir(given: Path | None, name: str) -> Path:
    """What --data-dir says, else ``$ANIMICA_DATA_DIR``, else ``var/<network>``; absolute.

    Raises ``DataDirUnusable`` for a path that leads nowhere.
    """
    chosen = given or Path(os.environ.get("ANIMICA_DATA_DIR") or Path("var") / name)
    try:
        return chosen.resolve()
    except (OSError, RuntimeError):  # links in a circle; which of the two depends on the version
        raise DataDirUnusable(f"{chosen} leads nowhere", path=str(chosen)) from None


def is_any(host: str) -> bool:
    """Whether a server bound to this listens on every address of the machine."""
    try:
        return not host or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False  # a name


def urls(host: str, port: int) -> dict[str, str]:
    """Where a running node answers, seen from this machine."""
    reached = host
    if is_any(host):
        reached = "::1" if ":" in host else "127.0.0.1"
    base = f"[{reached}]:{port}" if ":" in reached else f"{reached}:{port}"
    return {
        "explorer": f"http://{base}/",
        "rpc": f"http://{base}/rpc",
        "ws": f"ws://{base}/ws",
        "admin": f"http://{base}/admin/",
        "metrics": f"http://{base}/metrics",
    }

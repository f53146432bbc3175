"""What ``devnet`` and ``node`` share: set up Django, run, and say where everything is."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from animica_site import config as node_config
from animica_site import logs, networks
from animica_site.faults import DataDirUnusable
from core.network import Network
from p2p.net import dialling
from p2p.rules.addresses import Address, parse

if TYPE_CHECKING:
    from animica_site.runtime import Node


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


def connect_option(command: Callable[..., None]) -> Callable[..., None]:
    """``--connect``, for commands that run a node."""
    return click.option(
        "--connect",
        multiple=True,
        metavar="ADDRESS",
        help="Keep connected to this node: host:port, tcp://… or ws://…; may be repeated.",
    )(command)


def dialable(texts: tuple[str, ...]) -> tuple[Address, ...]:
    """The addresses in these texts. Raises ``AddressInvalid``."""
    return tuple(dialling.check(parse(text)) for text in texts)


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


def is_near(host: str) -> bool:
    """Whether a server bound to this can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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


def place_among_peers(node: Node) -> dict[str, str]:
    """Where peers reach a running node, and by which id they know it; empty without peers."""
    if node.peers is None:
        return {}
    net = node.peers.net()
    return {"peerId": "0x" + net.id.hex(), **({"p2p": net.listen[0]} if net.listen else {})}

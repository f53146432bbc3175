"""What ``devnet`` and ``node`` share: set up Django, run, and say where everything is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from animica_site import config as node_config
from animica_site import logs, networks
from core.network import Network


def prepare(table: dict[str, Any], data_dir: Path, *, json_logs: bool, level: str) -> Network:
    """Check the network, tell settings where the data lies and set up Django."""
    network = networks.parse(table)
    node_config.point_to(data_dir)
    import django

    django.setup()
    logs.configure(json_lines=json_logs, level=level)
    return network


def default_data_dir(name: str) -> Path:
    """``$ANIMICA_DATA_DIR`` or ``var/<network>`` below the working directory."""
    given = os.environ.get("ANIMICA_DATA_DIR")
    return Path(given) if given else Path("var") / name


def urls(host: str, port: int) -> dict[str, str]:
    """Where a running node answers."""
    base = f"{host}:{port}"
    return {
        "explorer": f"http://{base}/",
        "rpc": f"http://{base}/rpc",
        "ws": f"ws://{base}/ws",
        "admin": f"http://{base}/admin/",
        "metrics": f"http://{base}/metrics",
    }

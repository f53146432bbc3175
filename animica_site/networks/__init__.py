"""The network files that ship with the node, and how a file becomes a ``Network``."""

from __future__ import annotations

import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from core.errors import NodeFault
from core.network import Network, read_network
from pq import addresses

NAMES = ("mainnet", "testnet", "devnet", "fast")


class NetworkUnknown(NodeFault):
    """No network of that name, and no file at that path."""

    code = "network.unknown"
    hint = "Name mainnet, testnet, devnet or fast, or give the path of a network file."


def load(name_or_path: str) -> Network:
    """The shipped network of that name, or the one in the TOML or JSON file at that path."""
    return parse(load_table(name_or_path))


def load_table(name_or_path: str) -> dict[str, Any]:
    """The network file as a plain table, for callers that add to it before parsing."""
    if name_or_path in NAMES:
        text = resources.files(__package__).joinpath(f"{name_or_path}.toml").read_text("utf-8")
    elif (path := Path(name_or_path)).is_file():
        text = path.read_text("utf-8")
    else:
        raise NetworkUnknown(f"no network called {name_or_path!r}", name=name_or_path)
    table: dict[str, Any] = (
        json.loads(text) if name_or_path.endswith(".json") else tomllib.loads(text)
    )
    return table


def parse(table: dict[str, Any]) -> Network:
    """Check a table and make a ``Network`` of it."""
    rows = table.get("genesis", {}).get("allocations", [])
    allocations = tuple((addresses.from_text(row["address"]), row["balance"]) for row in rows)
    return read_network(table, allocations)

"""The network files that ship with the node, and how a file becomes a ``Network``."""

from __future__ import annotations

import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from core.errors import EncodingRefused, NodeFault
from core.network import Network, NetworkInvalid
from core.network_file import read_network, read_number
from pq import addresses
from pq.algorithms import SIGNATURE_ALGORITHMS

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
    if name_or_path not in NAMES and not Path(name_or_path).is_file():
        raise NetworkUnknown(f"no network called {name_or_path!r}", name=name_or_path)
    try:
        if name_or_path in NAMES:
            data = resources.files(__package__).joinpath(f"{name_or_path}.toml").read_bytes()
        else:
            data = Path(name_or_path).read_bytes()
        # Not read as text: that would turn the line ends that TOML refuses into those it takes.
        text = data.decode("utf-8")
        table = json.loads(text) if name_or_path.endswith(".json") else tomllib.loads(text)
    except (ValueError, OSError, RecursionError) as error:
        raise NetworkInvalid(f"the network file cannot be read: {error}", field="file") from None
    if not isinstance(table, dict):
        raise NetworkInvalid("the network file is not a table", field="file")
    return table


def parse(table: dict[str, Any]) -> Network:
    """Check a table and make a ``Network`` of it; raises ``NetworkInvalid`` naming the entry."""
    network = read_network(table, _allocations(table.get("genesis")))
    for alg, _ in network.alg_from:
        if alg not in SIGNATURE_ALGORITHMS:
            raise NetworkInvalid(f"alg {alg} is not a signature algorithm", field="alg")
    return network


def _allocations(genesis: Any) -> tuple[tuple[bytes, int], ...]:
    rows = genesis.get("allocations", []) if isinstance(genesis, dict) else []
    where = "genesis.allocations"
    if not isinstance(rows, list):
        raise NetworkInvalid(f"{where} must be a list", field=where)
    found = []
    for row in rows:
        if not isinstance(row, dict) or row.keys() != {"address", "balance"}:
            raise NetworkInvalid(f"{where} holds pairs of address and balance", field=where)
        try:
            address = addresses.from_text(str(row["address"]))
        except EncodingRefused as error:
            raise NetworkInvalid(f"{where}: {error}", field=where) from None
        found.append((address, read_number(row["balance"], where)))
    return tuple(found)

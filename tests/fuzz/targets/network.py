"""Network files, TOML or JSON: what is accepted can start a chain and price its next block."""

from __future__ import annotations

import json
import tempfile
import tomllib
from importlib import resources
from pathlib import Path
from random import Random

from animica_site import networks
from consensus.rules import fees, genesis, issuance
from core.block import Block
from core.network import NetworkInvalid
from pq import addresses
from tests.fuzz import mutate as mutations
from tests.fuzz.claims import attempt

MAX_BYTES = 6_000
_FOLDER = tempfile.TemporaryDirectory(prefix="animica-fuzz-")


def one_input(data: bytes) -> None:
    in_json = data[:1] in (b"{", b"[")
    path = Path(_FOLDER.name) / ("network.json" if in_json else "network.toml")
    path.write_bytes(data)
    network = attempt(networks.load, str(path), refusals=NetworkInvalid)
    if network is None:
        return
    params = network.at(0).params
    for split in (params.subsidy_split, params.base_fee_split, params.tip_split):
        assert sum(split.to_map().values()) == 1_000_000
    block = genesis.genesis_block(network)
    table = json.loads(data) if in_json else tomllib.loads(data.decode())
    supply = sum(row["balance"] for row in table["genesis"].get("allocations", []))
    assert genesis.genesis_supply(network) == supply < 2**63
    assert Block.decode(block.raw, limit=8_192, items=1_000) == block
    assert fees.next_base_fee(block.header, params) >= 1
    assert fees.next_blob_fee(block.header, params) >= 1
    assert 0 <= issuance.subsidy(1, params) < 2**63


def mutate(data: bytes, rng: Random) -> bytes:
    return mutations.text(data, rng)


def seeds() -> dict[str, bytes]:
    table = networks.load_table("fast")
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(b"\x10\x03" + bytes(32)), "balance": 7}
    ]
    shipped = (resources.files("animica_site.networks") / "fast.toml").read_bytes()
    nested = {"json-nested": b"[" * 2_000, "toml-nested": b"a=" + b"[" * 2_000}
    return {"json": json.dumps(table).encode(), "toml": shipped, **nested}

"""Network files, TOML or JSON: what is accepted can start a chain and price its next block."""

from __future__ import annotations

import json
import tomllib
from random import Random

from animica_site import networks
from consensus.rules import fees, genesis, issuance
from core.network import NetworkInvalid
from tests.fuzz import mutate as mutations
from tests.fuzz.claims import attempt

MAX_BYTES = 6_000


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        table = json.loads(text) if text.startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    network = attempt(networks.parse, table, refusals=NetworkInvalid)
    if network is None:
        return
    params = network.params
    for split in (params.subsidy_split, params.base_fee_split, params.tip_split):
        assert sum(split.to_map().values()) == 1_000_000
    block = genesis.genesis_block(network)
    supply = sum(row["balance"] for row in table["genesis"].get("allocations", []))
    assert genesis.genesis_supply(network) == supply < 2**63
    assert type(block).decode(block.raw, limit=8_192, items=1_000) == block
    assert fees.next_base_fee(block.header, params) >= 1
    assert fees.next_blob_fee(block.header, params) >= 1
    assert 0 <= issuance.subsidy(1, params) < 2**63


def mutate(data: bytes, rng: Random) -> bytes:
    return mutations.text(data, rng)


def seeds() -> dict[str, bytes]:
    table = networks.load_table("fast")
    table["genesis"]["allocations"] = [
        {"address": networks.addresses.to_text(b"\x10\x03" + bytes(32)), "balance": 7}
    ]
    shipped = (networks.resources.files("animica_site.networks") / "fast.toml").read_bytes()
    return {"json": json.dumps(table).encode(), "toml": shipped}

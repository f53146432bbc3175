"""Network files, TOML or JSON: what is accepted can start a chain and price its next block."""

from __future__ import annotations

import json
import tempfile
import tomllib
from importlib import resources
from pathlib import Path
from random import Random

import core.network
from animica_site import networks
from consensus.rules import fees, genesis, issuance, tuning
from core.block import Block
from core.header import Header
from core.network import Network, NetworkInvalid
from pq import addresses
from tests.fuzz import mutate as mutations
from tests.fuzz.claims import attempt
from tests.model.sets import ParamSet, read_sets

MAX_BYTES = 6_000
_FOLDER = tempfile.TemporaryDirectory(prefix="animica-fuzz-")


def one_input(data: bytes) -> None:
    in_json = data[:1] in (b"{", b"[")
    path = Path(_FOLDER.name) / ("network.json" if in_json else "network.toml")
    path.write_bytes(data)
    network = attempt(networks.load, str(path), refusals=NetworkInvalid)
    if network is None:
        return
    table = json.loads(data) if in_json else tomllib.loads(data.decode())
    _same_sets(network, read_sets(table))
    block = genesis.genesis_block(network)
    supply = sum(row["balance"] for row in table["genesis"].get("allocations", []))
    assert genesis.genesis_supply(network) == supply < 2**63
    assert Block.decode(block.raw, limit=8_192, items=1_000) == block
    for one in network.sets:
        _sound(one, block.header)


def _same_sets(network: Network, expected: list[ParamSet]) -> None:
    """The sets, their first heights and their digests are those of the model."""
    assert [one.first for one in network.sets] == [one.first for one in expected]
    for own, one in zip(network.sets, expected, strict=True):
        assert own.params.to_map() == one.params and own.poies.to_map() == one.poies
        for height in (one.first, one.first + 1, max(0, one.first - 1)):
            ruling = next(each for each in reversed(expected) if height >= each.first)
            assert network.at(height).first == ruling.first
            assert network.pins_at(height).to_map() == ruling.policy


def _sound(one: core.network.ParamSet, above: Header) -> None:
    """Numbers that no chain can do without."""
    params, poies = one.params, one.poies
    for split in (params.subsidy_split, params.base_fee_split, params.tip_split):
        assert sum(split.to_map().values()) == 1_000_000
    assert fees.next_base_fee(above, params) >= 1
    assert fees.next_blob_fee(above, params) >= 1
    assert 0 <= issuance.subsidy(1, params) < 2**63
    assert params.theta_min_unat >= poies.gamma_unat + 1_000_000, "a block that costs nothing"
    assert poies.share_offset_min_unat > poies.gamma_unat, "a share that is dearer than a block"
    tuned = tuning.Tuning.start(poies).next_epoch(params, poies)
    assert tuned.within(poies) == tuned == tuning.Tuning.decode(tuned.encode())


def mutate(data: bytes, rng: Random) -> bytes:
    return mutations.text(data, rng)


def seeds() -> dict[str, bytes]:
    table = networks.load_table("fast")
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(b"\x10\x03" + bytes(32)), "balance": 7}
    ]
    changes = {"params": {"gas_limit": 9}, "poies": {"ai": {"unit0": 5}, "shares_per_block": 64}}
    upgraded = {
        **table,
        "proof_types": [{"type": 1, "from": 3}],
        "upgrades": [{"name": "one", "height": 2}, {"name": "two", "height": 9, **changes}],
    }
    shipped = (resources.files("animica_site.networks") / "fast.toml").read_bytes()
    nested = {"json-nested": b"[" * 2_000, "toml-nested": b"a=" + b"[" * 2_000}
    told = {"json": json.dumps(table).encode(), "upgrades": json.dumps(upgraded).encode()}
    return {**told, "toml": shipped, **nested}

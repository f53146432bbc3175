"""Parameter sets: which numbers rule at which height, and the digests that headers pin.

Chapter: networks.md (Entries, Upgrades).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import cbor
from tests.model.primitives import t


@dataclass(frozen=True)
class ParamSet:
    """The numbers of the heights from ``first`` on, and their digests."""

    first: int
    params: Mapping[str, Any]
    poies: Mapping[str, Any]
    policy: Mapping[str, bytes]

    @property
    def blob_limit(self) -> int:
        """The most blob bytes of a block."""
        limit: int = 512 * self.params["da_k_max"] ** 2
        return limit

    @property
    def size(self) -> tuple[int, int]:
        """The most bytes and the most CBOR items of a block."""
        return self.params["block_bytes"], self.params["gas_limit"] // 350 + 1_000


def read_sets(network: Mapping[str, Any]) -> list[ParamSet]:
    """The file's numbers, and those that each upgrade leaves, the latest last."""
    params, poies = network["params"], network["poies"]
    upgrades = network.get("upgrades", [])
    ends = [*(upgrade["height"] for upgrade in upgrades), 2**63]
    sets = [_set(network, 0, ends[0], params, poies)]
    for upgrade, end in zip(upgrades, ends[1:], strict=True):
        params = _over(params, upgrade.get("params", {}))
        poies = _over(poies, upgrade.get("poies", {}))
        sets.append(_set(network, upgrade["height"], end, params, poies))
    return sets


def _over(table: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The table with the changes laid over it, tables within it likewise."""
    return {
        name: _over(value, changes.get(name, {}))
        if isinstance(value, dict)
        else changes.get(name, value)
        for name, value in table.items()
    }


def _set(
    network: Mapping[str, Any],
    first: int,
    end: int,
    params: Mapping[str, Any],
    poies: Mapping[str, Any],
) -> ParamSet:
    """The set of the heights from ``first`` to below ``end``; it pins what begins before that."""
    pinned = {
        "poies": {**poies, "types": [row for row in network["proof_types"] if row["from"] < end]},
        "alg": {"algs": [row for row in network["alg"] if row["from"] < end]},
        "zk": {},
        "params": dict(params),
    }
    policy = {
        name: t(f"animica/policy-{name}/v1", cbor.encode(content))
        for name, content in pinned.items()
    }
    return ParamSet(first, params, poies, policy)

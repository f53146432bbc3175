"""The development network: the shipped parameters plus funded test accounts.

Everything follows from one seed text, so two people with the same seed share one chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from animica_site import networks
from pq import addresses, devnet_keys, signing
from pq.devnet_keys import DEFAULT_SEED as DEFAULT_SEED

BALANCE_NANM = 1_000_000 * 10**9
MOST_ACCOUNTS = 1_000


@dataclass(frozen=True)
class TestAccount:
    """An account whose key everybody can compute: never for real money."""

    address: bytes
    alg: int
    seed: bytes
    balance: int

    def view(self) -> dict[str, Any]:
        """The JSON view, with the key seed."""
        return {
            "address": addresses.to_text(self.address),
            "alg": self.alg,
            "seed": self.seed.hex(),
            "balance": str(self.balance),
        }


def accounts(seed: str, count: int) -> list[TestAccount]:
    """The first ``count`` funded accounts of a seed text."""
    out = []
    for index in range(count):
        key_seed = devnet_keys.key_seed(seed, index)
        key = signing.from_seed(key_seed)
        out.append(TestAccount(key.address, key.alg, key_seed, BALANCE_NANM))
    return out


def network_table(funded: list[TestAccount], *, retarget: bool) -> dict[str, Any]:
    """The devnet file with the accounts in its genesis.

    ``retarget`` lets Θ follow the hash rate, which also turns pacing off.
    """
    table = networks.load_table("devnet")
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(account.address), "balance": account.balance}
        for account in funded
    ]
    if retarget:
        table["params"]["retarget"] = True
        table["local"]["paced"] = False
    return table

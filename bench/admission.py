"""``admission``: signed transactions taken in over JSON-RPC, per core of the node."""

from __future__ import annotations

from typing import Any

import httpx

from bench import machine
from bench.node import RunningNode, devnet
from bench.rows import Row

_ACCOUNTS = 1_000
_EACH = 3
_BATCH = 50


def run(scale: int) -> list[Row]:
    """Transfers of a thousand accounts in batches, against a node that does not mine."""
    with devnet("--no-mine", "--accounts", str(_ACCOUNTS)) as node:
        raws = _signed(node, _EACH * scale)
        before = machine.cpu_seconds(node.pid)
        _submit(node.facts["rpc"], raws)
        seconds = machine.cpu_seconds(node.pid) - before
    limit = machine.verifies_per_second(1)
    what = "ML-DSA-65 verifies/s on one core"
    return [Row("admission", len(raws) / seconds, "signed txs/core-s", limit, what)]


def _signed(node: RunningNode, each: int) -> list[str]:
    """Raw transactions in the order of their nonces, across all accounts."""
    from animica_site import networks
    from bench.transfers import Sender, transfer
    from pq import addresses, signing

    network = networks.load("devnet")
    accounts = node.facts["accounts"]
    senders = [Sender(signing.from_seed(bytes.fromhex(account["seed"]))) for account in accounts]
    to = addresses.from_text(accounts[0]["address"])
    return [
        "0x" + transfer(network, sender, to, with_key=True).raw.hex()
        for _ in range(each)
        for sender in senders
    ]


def _submit(url: str, raws: list[str]) -> None:
    with httpx.Client(timeout=60) as client:
        for start in range(0, len(raws), _BATCH):
            calls: list[dict[str, Any]] = [
                {"jsonrpc": "2.0", "id": i, "method": "tx.sendRawTransaction", "params": [raw]}
                for i, raw in enumerate(raws[start : start + _BATCH])
            ]
            for answer in client.post(url, json=calls).json():
                if "error" in answer:
                    raise RuntimeError(f"not admitted: {answer['error']}")

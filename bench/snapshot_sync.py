"""From nothing to the head by a snapshot: two real nodes over TCP on this machine.

``python -m bench.snapshot_sync`` builds the serving node's data; ``make bench-data`` does too.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.progress import track

from bench import fixtures
from bench.rows import Row

ACCOUNTS, BLOCKS, TXS = 100_000, 2_000, 2
EVERY_BLOCKS = 1_024
"""As nodes do by default: of this block there is a snapshot, those above are executed."""
LIMIT_S = 60.0
_NETWORK = "fast"
_BALANCE = 10**12
_PATIENCE_S = 600


def folder() -> Path:
    """Where ``network.json`` and the data of the serving node lie."""
    return fixtures.DATA / f"snapshot-{ACCOUNTS}"


def network_table() -> dict[str, Any]:
    """The fast network with that many accounts; the first are the senders'."""
    from animica_site import networks
    from pq import addresses

    table = networks.load_table(_NETWORK)
    signers = fixtures.keys()
    senders = [key.address for key in signers]
    others = [fixtures.address(index) for index in range(ACCOUNTS - len(senders))]
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(owner), "balance": _BALANCE} for owner in senders + others
    ]
    return table


def build() -> None:
    """The serving node's chain and its snapshot."""
    from bench.embedded import make_importer, open_database

    work = folder().with_suffix(".part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    table = network_table()
    (work / "network.json").write_text(json.dumps(table))
    print(f"genesis of {ACCOUNTS:,} accounts", file=sys.stderr)
    open_database(table, work / "data")
    importer = make_importer()
    importer.start()
    for raw in track(_blocks(importer), f"{BLOCKS} blocks", total=BLOCKS):
        importer.import_block(raw, source="bench")
        if _height() == EVERY_BLOCKS:
            _snapshot(work / "data")
    work.rename(folder())


def _height() -> int:
    from chain import service as chain

    return chain.head().height


def _blocks(importer: Any) -> Iterator[bytes]:
    from bench import blocks
    from bench.transfers import Sender, transfer

    signers = fixtures.keys()
    senders = [Sender(key) for key in signers]
    for height in range(1, BLOCKS + 1):
        txs = []
        for number in range(TXS):
            place = (height * TXS + number) % len(senders)
            sender = senders[place]
            to = fixtures.address(height * TXS + number)
            txs.append(transfer(importer.network, sender, to, with_key=sender.nonce == 0))
        yield blocks.seal_block(importer.network, fixtures.address(0), txs).raw


def _snapshot(data: Path) -> None:
    from animica_site.ledger import snapshots
    from animica_site.ledger.shelf import FOLDER
    from chain import service as chain

    (data / FOLDER).mkdir()
    name = snapshots.name_of(chain.head().header)
    snapshots.make(data / FOLDER / name, headers=False)


def run(scale: int) -> list[Row]:
    """How long a node with nothing takes until it has the head of the other."""
    from bench.node import follower

    if not folder().exists():
        raise SystemExit("run `make bench-data` first")
    network = folder() / "network.json"
    with tempfile.TemporaryDirectory(prefix="animica-bench-") as place:
        shutil.copytree(folder() / "data", Path(place) / "one")
        with follower(network, Path(place) / "one") as server:
            began = time.monotonic()
            options = ("--snapshot-sync", "--connect", server.facts["p2p"])
            with follower(network, Path(place) / "two", *options) as fresh:
                started = time.monotonic()
                loaded = _until(fresh.facts["rpc"], EVERY_BLOCKS, began)
                whole = _until(fresh.facts["rpc"], BLOCKS, began)
    chain = f"{ACCOUNTS:,} accounts, {BLOCKS:,} blocks with {TXS} transfers each"
    return [
        Row("p2p.snapshot", whole, "s", LIMIT_S, f"from nothing to the head, {chain}"),
        Row("  started", started - began, "s", LIMIT_S, "the node answers; genesis is written"),
        Row("  loaded", loaded, "s", LIMIT_S, f"the state of block {EVERY_BLOCKS:,} is in place"),
    ]


def _until(rpc: str, height: int, began: float) -> float:
    """Seconds from ``began`` until the node has that height."""
    import httpx

    request = {"jsonrpc": "2.0", "id": 1, "method": "chain.getHead", "params": {}}
    with httpx.Client(timeout=30, trust_env=False) as client:
        while time.monotonic() - began < _PATIENCE_S:
            if client.post(rpc, json=request).json()["result"]["height"] >= height:
                return time.monotonic() - began
            time.sleep(0.1)
    raise SystemExit(f"the node did not reach block {height} in {_PATIENCE_S} s")


if __name__ == "__main__":
    if not folder().exists():
        build()

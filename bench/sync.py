"""Catching up: a node with nothing takes the chain of another over TCP on this machine.

``p2p.sync_blocks`` takes many empty blocks, ``p2p.sync_txs`` few full ones; the limit is importing
the same blocks from memory. ``python -m bench.sync`` builds the chains, ``make bench-data`` too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.progress import track

from bench import fixtures
from bench.rows import Row

_NETWORK = "fast"
_BALANCE = 10**12
_PATIENCE_S = 600


@dataclass(frozen=True)
class Shape:
    """A chain of so many blocks with so many transfers each."""

    name: str
    blocks: int
    txs: int

    @property
    def folder(self) -> Path:
        """Where ``network.json``, ``blocks.bin`` and the data of the serving node lie."""
        return fixtures.DATA / f"sync-{self.name}"


EMPTY, FULL = Shape("blocks", 5_000, 0), Shape("txs", 60, 600)
"""Full as far as gas goes while the senders' keys are stored: 600 first transactions a block."""


def network_table() -> dict[str, Any]:
    """The fast network with the senders funded."""
    from animica_site import networks
    from pq import addresses

    table = networks.load_table(_NETWORK)
    signers = fixtures.keys()
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(signer.address), "balance": _BALANCE} for signer in signers
    ]
    return table


def build(shape: Shape) -> None:
    """The serving node's data, and its blocks in a row."""
    from bench.embedded import make_importer, open_database

    work = shape.folder.with_suffix(".part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    table = network_table()
    (work / "network.json").write_text(json.dumps(table))
    open_database(table, work / "data")
    importer = make_importer()
    importer.start()
    made = track(_blocks(importer, shape), f"sync-{shape.name}", total=shape.blocks)
    fixtures.write_blocks(work / "blocks.bin", _imported(importer, made))
    work.rename(shape.folder)


def _imported(importer: Any, raws: Any) -> Iterator[bytes]:
    for raw in raws:
        importer.import_block(raw, source="bench")
        yield raw


def _blocks(importer: Any, shape: Shape) -> Iterator[bytes]:
    from bench import blocks
    from bench.transfers import Sender, transfer

    signers = fixtures.keys() if shape.txs else []
    senders = [Sender(signer) for signer in signers]
    for height in range(1, shape.blocks + 1):
        txs = []
        for number in range(shape.txs):
            sender = senders[number % len(senders)]
            to = fixtures.address(height * shape.txs + number)
            txs.append(transfer(importer.network, sender, to, with_key=sender.nonce == 0))
        yield blocks.seal_block(importer.network, fixtures.address(0), txs).raw


def run_blocks(scale: int) -> list[Row]:
    """Empty blocks a second."""
    rate, direct = _rates(EMPTY)
    what = f"blocks/s imported from memory; {EMPTY.blocks:,} empty ones"
    return [Row("p2p.sync_blocks", rate, "blocks/s", direct, what)]


def run_txs(scale: int) -> list[Row]:
    """Signed transactions a second."""
    rate, direct = _rates(FULL)
    what = f"txs/s imported from memory; {FULL.blocks} blocks of {FULL.txs:,}"
    return [Row("p2p.sync_txs", rate * FULL.txs, "signed txs/s", direct * FULL.txs, what)]


def _rates(shape: Shape) -> tuple[float, float]:
    """Blocks a second over the wire, and from memory."""
    if not shape.folder.exists():
        raise SystemExit("run `make bench-data` first")
    command = [sys.executable, "-m", "bench.sync", "--direct", shape.name]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return shape.blocks / _over_the_wire(shape), shape.blocks / float(told.split()[-1])


def _over_the_wire(shape: Shape) -> float:
    """Seconds from starting the fresh node until it has the last block.

    It begins to catch up before it can be asked how far it is, so its start is counted too.
    """
    from bench.node import follower

    network = shape.folder / "network.json"
    with tempfile.TemporaryDirectory(prefix="animica-bench-") as place:
        shutil.copytree(shape.folder / "data", Path(place) / "one")
        with follower(network, Path(place) / "one") as server:
            start = time.monotonic()
            options = ("--connect", server.facts["p2p"])
            with (
                follower(network, Path(place) / "two", *options) as fresh,
                httpx.Client(timeout=_PATIENCE_S, trust_env=False) as client,
            ):
                while time.monotonic() - start < _PATIENCE_S:
                    if _height(client, fresh.facts["rpc"]) >= shape.blocks:
                        return time.monotonic() - start
                    time.sleep(0.05)
    raise SystemExit(f"the node did not reach block {shape.blocks} in {_PATIENCE_S} s")


def _height(client: httpx.Client, url: str) -> int:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "chain.getHead", "params": {}}
    return int(client.post(url, json=asked).json()["result"]["height"])


def _import_directly(shape: Shape) -> float:
    """Seconds that importing the blocks takes in this process."""
    from bench.embedded import make_importer, open_database

    with tempfile.TemporaryDirectory(prefix="animica-bench-") as place:
        open_database(network_table(), Path(place))
        importer = make_importer()
        importer.start()
        raws = fixtures.read_blocks_of(shape.folder, shape.blocks)
        start = time.perf_counter()
        for _ in importer.import_blocks(raws, source="bench"):
            pass
        return time.perf_counter() - start


def main(words: list[str]) -> None:
    """Build what is missing, one chain a process, or measure what ``--direct`` names."""
    shapes = {shape.name: shape for shape in (EMPTY, FULL)}
    match words:
        case ["--direct", name]:
            print(_import_directly(shapes[name]))
        case ["--here", name]:
            build(shapes[name])
        case _:
            for shape in shapes.values():
                if not shape.folder.exists():
                    command = [sys.executable, "-m", "bench.sync", "--here", shape.name]
                    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])

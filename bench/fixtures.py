"""Large data, built once by ``make bench-data`` into ``bench/data`` (ignored by git).

``python -m bench.fixtures [--scale N]`` builds what is missing; each part runs in its own process
because each has its own database.
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import subprocess
import sys
from dataclasses import replace
from hashlib import shake_128
from pathlib import Path
from typing import Any

from rich.progress import track

DATA = Path(__file__).resolve().parent / "data"
SENDERS = 1_000
IMPORT_ACCOUNTS = 100_000
TREE_ACCOUNTS = 1_000_000
IMPORT_BLOCKS = 4
SETUP_BLOCKS = 2
_BALANCE = 10**12


def import_folder(scale: int) -> Path:
    """Where the blocks and databases of the import benchmark lie."""
    return DATA / f"import-{IMPORT_ACCOUNTS * scale}"


def tree_folder(scale: int) -> Path:
    """Where the database of the state root benchmark lies."""
    return DATA / f"tree-{TREE_ACCOUNTS * scale}"


def address(index: int) -> bytes:
    """A key address that nobody has the key of, the same at each call."""
    return (0x1003).to_bytes(2, "big") + shake_128(b"bench %d" % index).digest(32)


def keys() -> list[Any]:
    """The senders' private keys."""
    from pq import signing

    return [signing.from_seed(shake_128(b"bench key %d" % i).digest(32)) for i in range(SENDERS)]


def import_table(scale: int) -> dict[str, Any]:
    """Devnet parameters with ``IMPORT_ACCOUNTS`` funded accounts, the senders among them."""
    from animica_site import networks
    from pq import addresses

    table = networks.load_table("devnet")
    filler = IMPORT_ACCOUNTS * scale - SENDERS
    owners = [key.address for key in keys()] + [address(i) for i in range(filler)]
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(owner), "balance": _BALANCE} for owner in owners
    ]
    return table


def write_blocks(path: Path, blocks: list[bytes]) -> None:
    """Raw blocks, each behind its length as u32be."""
    path.write_bytes(b"".join(struct.pack(">I", len(raw)) + raw for raw in blocks))


def read_blocks(path: Path) -> list[bytes]:
    """What ``write_blocks`` wrote."""
    data, position, out = path.read_bytes(), 0, []
    while position < len(data):
        (size,) = struct.unpack_from(">I", data, position)
        out.append(data[position + 4 : position + 4 + size])
        position += 4 + size
    return out


def build_import(scale: int) -> None:
    """A chain whose senders' keys are stored, its database, and the blocks to import on it."""
    folder = import_folder(scale)
    work = folder.with_suffix(".part")
    shutil.rmtree(work, ignore_errors=True)
    table = import_table(scale)

    from bench.embedded import open_database, start_importer

    open_database(table, work / "node")
    importer = start_importer(table)
    from bench import blocks

    network = importer.network
    senders = [blocks.Sender(key) for key in keys()]
    raw_blocks: list[bytes] = []
    plan = [(half, True) for half in (senders[:500], senders[500:])]
    plan += [(senders, False)] * IMPORT_BLOCKS
    for number, (group, first) in enumerate(track(plan, "import blocks"), start=1):
        txs = [
            blocks.transfer(network, sender, address(number * SENDERS + i), with_key=first)
            for i, sender in enumerate(group)
        ]
        block = blocks.seal_block(network, address(0), txs)
        importer.import_block(block.raw, source="bench")
        raw_blocks.append(block.raw)
        if number == SETUP_BLOCKS:
            _copy_database(work / "node" / "node.sqlite3", work / "start.sqlite3")
    write_blocks(work / "blocks.bin", raw_blocks)
    (work / "network.json").write_text(json.dumps(table))
    shutil.rmtree(work / "node")
    work.rename(folder)


def _copy_database(source: Path, target: Path) -> None:
    """A consistent copy while the source is open."""
    import sqlite3

    with sqlite3.connect(source) as reader, sqlite3.connect(target) as writer:
        reader.backup(writer)


def build_tree(scale: int) -> None:
    """A ledger of ``TREE_ACCOUNTS`` accounts at genesis."""
    folder = tree_folder(scale)
    work = folder.with_suffix(".part")
    shutil.rmtree(work, ignore_errors=True)

    from animica_site import networks
    from bench.embedded import open_database

    open_database(networks.load_table("devnet"), work)

    write_accounts(TREE_ACCOUNTS * scale)
    work.rename(folder)


def write_accounts(count: int) -> None:
    """Make a ledger whose genesis holds ``count`` accounts."""
    from animica_site import networks
    from chain import service as chain
    from consensus.rules.genesis import genesis_block
    from core import statetree
    from core.block import Block
    from core.hashing import sha3

    records = {record(index): record_value(1) for index in range(count)}
    leaves = [(chain.key_of(*record), sha3(value)) for record, value in records.items()]
    header = genesis_block(networks.load("devnet")).header
    roots = replace(header.roots, state=statetree.build(leaves).root)
    genesis = Block(replace(header, roots=roots))
    chain.initialise(genesis=genesis, changes=records, supply=count)


def record(index: int) -> tuple[str, bytes]:
    """The state record of the account ``address(index)``."""
    return "account", address(index)


def record_value(balance: int) -> bytes:
    """The value of an account record with this balance (nANM)."""
    from execution.accounts import Account

    value = Account(balance=balance).encode()
    assert value is not None
    return value


def main() -> None:
    """Build what is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--part", choices=("import", "tree"))
    chosen = parser.parse_args()
    if chosen.part == "import":
        build_import(chosen.scale)
    elif chosen.part == "tree":
        build_tree(chosen.scale)
    else:
        for part, folder in (("import", import_folder), ("tree", tree_folder)):
            if not folder(chosen.scale).exists():
                command = [sys.executable, "-m", "bench.fixtures", "--part", part]
                subprocess.run([*command, "--scale", str(chosen.scale)], check=True)


if __name__ == "__main__":
    main()

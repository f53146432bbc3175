"""Large data, built once by ``make bench-data`` into ``bench/data`` (ignored by git).

``python -m bench.fixtures [ACCOUNTS…]`` builds what is missing: for each size a ledger whose
genesis holds that many accounts, and a row of blocks to import on it. Each is built in a process
of its own because each has its own database.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from hashlib import shake_128
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import track

if TYPE_CHECKING:
    from core.block import Block
    from pq.signing import PrivateKey

DATA = Path(__file__).resolve().parent / "data"
SENDERS = 1_000
SMALL, MEDIUM, LARGE = 10_000, 100_000, 1_000_000
# The medium ledger also serves the benchmark of undoing a hundred blocks.
BLOCKS = {SMALL: 10, MEDIUM: 100, LARGE: 10}
NETWORK = "devnet"
_BALANCE = 10**12


def folder(accounts: int) -> Path:
    """Where the ledger of a size and its blocks lie: ``start.sqlite3`` and ``blocks.bin``."""
    return DATA / f"ledger-{accounts}"


def address(index: int) -> bytes:
    """A key address that nobody has the key of, the same at each call."""
    return (0x1003).to_bytes(2, "big") + shake_128(b"bench %d" % index).digest(32)


@lru_cache(maxsize=1)
def keys() -> list[PrivateKey]:
    """The senders' private keys."""
    from pq import signing

    return [signing.from_seed(shake_128(b"bench key %d" % i).digest(32)) for i in range(SENDERS)]


def records(accounts: int) -> dict[tuple[str, bytes], bytes]:
    """The state at genesis: the senders with their keys stored, and accounts of nobody."""
    from animica_site import networks
    from consensus.rules import tuning
    from execution.accounts import KEY_MODULE, encode_key

    funded = [key.address for key in keys()]
    others = [address(index) for index in range(accounts - SENDERS)]
    out = {("account", owner): record_value(_BALANCE) for owner in funded + others}
    out.update({(KEY_MODULE, key.address): encode_key(key.public_key) for key in keys()})
    out[tuning.RECORD] = tuning.Tuning.start(networks.load(NETWORK).at(0).poies).encode()
    return out


def record(index: int) -> tuple[str, bytes]:
    """The state record of the account ``address(index)``."""
    return "account", address(index)


def record_value(balance: int) -> bytes:
    """The value of an account record with this balance (nANM)."""
    from execution.accounts import Account

    value = Account(balance=balance).encode()
    assert value is not None
    return value


def write_genesis(accounts: int) -> Block:
    """Store a genesis with that many accounts in the open, empty database."""
    from animica_site import networks
    from chain import service as chain
    from consensus.rules.genesis import genesis_block
    from core import statetree
    from core.block import Block
    from core.hashing import sha3

    state = records(accounts)
    leaves = [(chain.key_of(*key), sha3(value)) for key, value in state.items()]
    header = genesis_block(networks.load(NETWORK)).header
    roots = replace(header.roots, state=statetree.build(leaves).root)
    genesis = Block(replace(header, roots=roots))
    chain.initialise(genesis=genesis, changes=state, supply=accounts * _BALANCE)
    return genesis


def write_blocks(path: Path, blocks: Iterable[bytes]) -> None:
    """Raw blocks, each behind its length as u32be."""
    with path.open("wb") as file:
        for raw in blocks:
            file.write(struct.pack(">I", len(raw)) + raw)


def read_blocks(accounts: int, count: int) -> list[bytes]:
    """The first ``count`` blocks of the ledger of a size."""
    return read_blocks_of(folder(accounts), count)


def read_blocks_of(ledger: Path, count: int) -> list[bytes]:
    """The first ``count`` blocks of a ledger."""
    out = []
    with (ledger / "blocks.bin").open("rb") as file:
        for _ in range(count):
            (size,) = struct.unpack(">I", file.read(4))
            out.append(file.read(size))
    return out


def build(accounts: int) -> None:
    """The ledger of a size, and the blocks to import on it."""
    build_ledger(folder(accounts), accounts, lambda: None, _signed(accounts), BLOCKS[accounts])


def build_ledger(
    target: Path,
    accounts: int,
    prepare: Callable[[], object],
    rows: Iterable[list[Any]],
    count: int,
) -> None:
    """A ledger, as it is after ``prepare``, and ``count`` blocks of the rows of transactions."""
    from animica_site import networks
    from bench.embedded import copy_database, make_importer, open_database

    work = target.with_suffix(".part")
    shutil.rmtree(work, ignore_errors=True)
    open_database(networks.load_table(NETWORK), work / "node")
    print(f"genesis of {accounts:,} accounts", file=sys.stderr)
    write_genesis(accounts)
    prepare()
    copy_database(work / "node" / "node.sqlite3", work / "start.sqlite3")
    importer = make_importer()
    from bench import blocks

    def made() -> Iterator[bytes]:
        for txs in track(rows, f"{count} blocks", total=count):
            block = blocks.seal_block(importer.network, address(0), txs)
            importer.import_block(block.raw, source="bench")
            yield block.raw

    write_blocks(work / "blocks.bin", made())
    shutil.rmtree(work / "node")
    work.rename(target)


def _signed(accounts: int) -> Iterator[list[Any]]:
    """The transactions of each block, signed by processes beside this one."""
    from core.tx import SignedTx

    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for raws in pool.imap(partial(_sign_block, accounts), range(BLOCKS[accounts])):
            yield [SignedTx.decode(raw) for raw in raws]


def _sign_block(accounts: int, number: int) -> list[bytes]:
    """A transfer of every sender to accounts that exist, others in each block."""
    from animica_site import networks
    from bench.transfers import Sender, transfer

    network = networks.load(NETWORK)
    known = accounts - SENDERS
    return [
        transfer(
            network, Sender(key, number), address((number * SENDERS + i) % known), with_key=False
        ).raw
        for i, key in enumerate(keys())
    ]


def main() -> None:
    """Build what is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", type=int, nargs="*", metavar="ACCOUNTS")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    for accounts in chosen.sizes or BLOCKS:
        if accounts not in BLOCKS:
            parser.error(f"there are ledgers of {', '.join(map(str, BLOCKS))} accounts")
        if chosen.here:
            build(accounts)
        elif not folder(accounts).exists():
            command = [sys.executable, "-m", "bench.fixtures", str(accounts), "--here"]
            subprocess.run(command, check=True)
    if not chosen.sizes:
        subprocess.run([sys.executable, "-m", "bench.calls"], check=True)
        subprocess.run([sys.executable, "-m", "bench.sync"], check=True)
        subprocess.run([sys.executable, "-m", "bench.snapshot_sync"], check=True)


if __name__ == "__main__":
    main()

"""Blocks of 1,000 signed transfers, verified in full: ``import.*`` and ``rollback``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import click
from rich.progress import track

from bench import fixtures, ledgers, machine
from bench.rows import Row

if TYPE_CHECKING:
    from consensus.service import Importer

BLOCKS = 10
ROLLBACK_BLOCKS = 100
_LIMIT = "ML-DSA-65 verifies/s on all cores"


def run_sqlite(scale: int) -> list[Row]:
    """The embedded ledger."""
    accounts = _accounts(scale)
    with ledgers.on_sqlite(accounts) as importer:
        return [_rate("import.sqlite", _import(importer, accounts, BLOCKS))]


def run_postgres(scale: int) -> list[Row]:
    """The scaled-out ledger."""
    accounts = _accounts(scale)
    with ledgers.on_postgres(accounts) as importer:
        return [_rate("import.postgres", _import(importer, accounts, BLOCKS))]


def run_warm(scale: int) -> list[Row]:
    """Block by block, each of transactions that the pool has admitted before."""
    accounts = _accounts(scale)
    seconds = 0.0
    with ledgers.on_sqlite(accounts) as importer:
        for raw in track(fixtures.read_blocks(accounts, BLOCKS), "import.warm", transient=True):
            _admit(importer, raw)
            start = time.perf_counter()
            importer.import_block(raw, source="bench")
            seconds += time.perf_counter() - start
    return [_rate("import.warm", seconds)]


def run_growth(scale: int) -> list[Row]:
    """What a transaction costs on the large ledger, against the small one."""
    small = _seconds_apart(fixtures.SMALL) / (BLOCKS * fixtures.SENDERS) * 10**6
    large = _seconds_apart(fixtures.LARGE) / (BLOCKS * fixtures.SENDERS) * 10**6
    what = f"the same at {fixtures.SMALL:,} accounts instead of {fixtures.LARGE:,}"
    return [Row("import.growth", large, "µs a tx", small, what)]


def run_rollback(scale: int) -> list[Row]:
    """Undoing a hundred blocks in one transaction, against importing them."""
    from chain import service as chain

    accounts = fixtures.MEDIUM
    with ledgers.on_sqlite(accounts) as importer:
        start_hash = chain.head().hash
        imported = _import(importer, accounts, ROLLBACK_BLOCKS)
        start = time.perf_counter()
        with chain.unit() as unit:
            unit.unwind_to(start_hash)
        seconds = time.perf_counter() - start
        chain.verify_head()
    what = f"importing those {ROLLBACK_BLOCKS} blocks"
    return [Row("rollback", seconds, "s", imported, what)]


def _accounts(scale: int) -> int:
    accounts = fixtures.MEDIUM * scale
    if accounts not in fixtures.BLOCKS:
        raise click.UsageError("the import benchmarks have --scale 1 and --scale 10")
    return accounts


def _import(importer: Importer, accounts: int, count: int) -> float:
    """Seconds for the first ``count`` blocks in a row."""
    raws = fixtures.read_blocks(accounts, count)
    start = time.perf_counter()
    row = importer.import_blocks(raws, source="bench")
    for _ in track(row, f"import, {accounts:,} accounts", total=count, transient=True):
        pass
    return time.perf_counter() - start


def _rate(name: str, seconds: float) -> Row:
    limit = machine.verifies_per_second(os.cpu_count() or 1)
    return Row(name, BLOCKS * fixtures.SENDERS / seconds, "signed txs/s", limit, _LIMIT)


def _admit(importer: Importer, raw: bytes) -> None:
    """Submit a block's transactions to a pool that shares the importer's memory of signatures."""
    from bench.embedded import make_pool
    from core.block import Block

    pool = make_pool(importer)
    network = importer.network
    block = Block.decode(raw, limit=network.block_bytes_most, items=network.block_items_most)
    for tx in block.txs:
        pool.submit(tx.raw)


def _seconds_apart(accounts: int) -> float:
    """Import in a process of its own, because a process has one database."""
    command = [sys.executable, "-m", "bench.imports", str(accounts)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    with ledgers.on_sqlite(int(sys.argv[1])) as fresh:
        print(_import(fresh, int(sys.argv[1]), BLOCKS))

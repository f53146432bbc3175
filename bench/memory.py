"""``memory``: what the process holds after thousands of blocks, against half of them.

SQLite's page cache is kept small here: filling its 64 MB would hide what else grows.
"""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

from rich.progress import track

from bench import machine
from bench.rows import Row

BLOCKS = 10_000
FIRST = 5_000  # by then the remembered headers, 4,096 at most, have filled up
_SENDERS = 8


def run(scale: int) -> list[Row]:
    """Import a chain of blocks with a transfer each, made one ahead of the importer."""
    from animica_site import networks
    from bench.embedded import make_importer, open_database
    from bench.fixtures import address, keys
    from bench.transfers import Sender, transfer
    from pq import addresses

    senders = [Sender(key) for key in keys()[:_SENDERS]]
    table = networks.load_table("fast")
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(sender.key.address), "balance": 10**15} for sender in senders
    ]
    with tempfile.TemporaryDirectory(prefix="animica-bench-") as temporary:
        open_database(table, Path(temporary))
        from django.db import connection

        from bench import blocks

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -4096")
        importer = make_importer()
        importer.start()
        held = 0.0
        for number in track(range(BLOCKS * scale), "memory", transient=True):
            sender = senders[number % _SENDERS]
            tx = transfer(
                importer.network, sender, address(number % 1_000), with_key=not sender.nonce
            )
            block = blocks.seal_block(importer.network, address(0), [tx])
            importer.import_block(block.raw, source="bench")
            if number + 1 == FIRST:
                held = _megabytes()
        grown = _megabytes()
    what = f"MB after {FIRST:,} blocks"
    return [Row("memory", grown, f"MB after {BLOCKS * scale:,}", held, what)]


def _megabytes() -> float:
    gc.collect()
    return machine.own_memory_bytes() / 2**20

"""Files that come from anywhere: files of blocks, and what a backup says of itself.

The first byte chooses which. A file of blocks that is accepted is written again from what was
read; it must come out the same.
"""

from __future__ import annotations

import io
import json
import struct
import tempfile
from hashlib import sha3_256
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from animica_site.ledger import manifest
from animica_site.ledger.blockfile import BlockFile
from animica_site.ledger.faults import BackupForm, BlockFileCut, BlockFileDamaged, BlockFileForm
from animica_site.progress import Progress
from tests.fuzz import mutate as mutations
from tests.fuzz import world
from tests.fuzz.claims import attempt

MAX_BYTES = 32 * 1024
_BLOCK_MOST = 20_000
_SILENT = Progress("reading", console=Console(file=io.StringIO()))
_FOLDER = tempfile.TemporaryDirectory(prefix="animica-fuzz-")


def one_input(data: bytes) -> None:
    if data:
        (_blocks, _manifest)[data[0] % 2](data[1:])


def _blocks(data: bytes) -> None:
    read = attempt(_read, data, refusals=(BlockFileCut, BlockFileDamaged, BlockFileForm))
    if read is None:
        return
    file, count = read
    raws = list(file.blocks())
    head = file.head
    assert len(raws) == count and all(0 < len(raw) <= _BLOCK_MOST for raw in raws)
    assert _written(head.chain, head.genesis, head.first, raws) == data, "two files of one meaning"


def _read(data: bytes) -> tuple[BlockFile, int]:
    file = BlockFile(io.BytesIO(data), most=_BLOCK_MOST)
    return file, file.check(_SILENT)


def _written(chain: int, genesis: bytes, first: int, raws: list[bytes]) -> bytes:
    """The format of docs/operations/ledger.md."""
    head = b"ANIMBLKS" + struct.pack(">IQ", 1, chain) + genesis + struct.pack(">Q", first)
    body = b"".join(struct.pack(">I", len(raw)) + raw for raw in raws)
    whole = head + body + struct.pack(">IQ", 0, len(raws))
    return whole + sha3_256(whole).digest()


def _manifest(data: bytes) -> None:
    folder = Path(_FOLDER.name)
    (folder / manifest.NAME).write_bytes(data)
    found = attempt(manifest.read, folder, refusals=BackupForm)
    if found is not None:
        assert found.size >= 0 and found.height >= 0 and found.format == 1
        assert json.loads(found.text()) == {**json.loads(data), "format": 1}


def mutate(data: bytes, rng: Random) -> bytes:
    """A file of blocks changed under a digest that fits, or a manifest's entries changed."""
    if not data:
        return rng.choice(list(seeds().values()))
    if data[0] % 2:
        return data[:1] + mutations.text(data[1:], rng)
    body = mutations.flip(data[1:-32], rng)
    return data[:1] + body + sha3_256(body).digest()


def seeds() -> dict[str, bytes]:
    line = world.chain().line
    genesis = world.chain().builder.genesis.hash
    known: dict[str, Any] = {
        "database": "sqlite", "chain": 31337, "genesis": "0x" + genesis.hex(), "height": 3,
        "head": "0x" + line[-1].hash.hex(), "tables": ["chain.0001_initial"],
        "files": {"node.sqlite3": {"bytes": 5, "sha3": "00"}}, "software": "0.1.0", "format": 1,
    }  # fmt: skip
    return {
        "blocks": b"\x00" + _written(31337, genesis, 2, [made.raw for made in line[1:]]),
        "no-blocks": b"\x00" + _written(31337, genesis, 1, []),
        "backup": b"\x01" + json.dumps(known).encode(),
        "backup-nested": b"\x01" + b"[" * 3_000,
        "network-nested": b"\x01" + b'{"format":' * 2_000,
    }

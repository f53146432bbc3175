"""The entrance for whole blocks, shared by ``chain.submitBlock`` and ``POST /api/v1/blocks``."""

from __future__ import annotations

from threading import BoundedSemaphore

from rpc import context
from rpc.errors import Busy
from rpc.results.chain import SubmittedBlock

AT_ONCE = 4
# Blocks are imported one after another; those who wait would keep threads from the readers.
_places = BoundedSemaphore(AT_ONCE)


def most_bytes() -> int:
    """The largest encoding of a block that this network can take."""
    return context.importer().network.block_bytes_most


def submit(raw: bytes) -> SubmittedBlock:
    """Import a block in canonical CBOR.

    Raises the ``Refused`` of the first broken rule, or ``Busy`` while four others are at work.
    """
    if not _places.acquire(blocking=False):
        raise Busy(f"{AT_ONCE} blocks are being imported", limit=AT_ONCE)
    try:
        result = context.importer().import_block(raw, source="rpc")
    finally:
        _places.release()
    return {
        "hash": "0x" + result.hash.hex(),
        "height": result.height,
        "outcome": result.outcome,
    }

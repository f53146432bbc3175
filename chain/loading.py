"""Loading a state of others into an empty ledger: begun, gathered chunk by chunk, put in place.

Beside ``chain.service``, with the same manners. Until ``finish`` the ledger is at genesis, whole
and usable, whatever is broken off; a start finds in ``progress`` how far a load had come.
Source: docs/spec/state.md, "Snapshots".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.db import transaction

from chain.errors import SnapshotInvalid
from chain.store import loading as rows
from chain.store import pages
from chain.values import SnapshotLoad, StoredHeader
from core.failpoints import reach
from core.header import Header
from core.ports import RecordKey

__all__ = ["begin", "drop", "finish", "progress", "store"]


def progress() -> SnapshotLoad | None:
    """How far a snapshot is loaded that did not become the chain's state yet; None: none is."""
    return rows.state()


def begin(*, headers: Iterable[Header]) -> SnapshotLoad:
    """Get ready to load the state after the last of ``headers``, which rise from height 1.

    What was loaded before is dropped; to go on with it, look at ``progress``. The headers
    are held to be verified. Raises SnapshotOccupied, SnapshotInvalid.
    """
    with transaction.atomic():
        reach("gather.begun")
        begun = rows.begin(headers)
    reach("gather.committed")
    return begun


def store(
    *,
    hash: bytes,
    index: int,
    first: bytes,
    last: bytes,
    records: Sequence[tuple[RecordKey, bytes]],
) -> SnapshotLoad:
    """Keep the chunk that comes next: all records with keys from ``first`` to ``last``.

    Raises SnapshotOutOfOrder. Whether they are the block's is found out at the end at the latest.
    """
    with transaction.atomic():
        reach("chunk.begun")
        stored = rows.store(hash, index=index, first=first, last=last, records=records)
    reach("chunk.committed")
    return stored


def finish(*, hash: bytes, work_of: Callable[[int], int]) -> StoredHeader:
    """Make the loaded state and its block the head, in one transaction; the head.

    ``work_of`` gives the work of a block of some Θ (micro-nats). Raises SnapshotOutOfOrder,
    SnapshotOccupied, and SnapshotInvalid where the records are not those of the block; then the
    load is dropped.
    """
    try:
        with transaction.atomic():
            reach("base.begun")
            head = rows.finish(hash, work_of)
        reach("base.committed")
    except SnapshotInvalid:
        drop()
        raise
    pages.forget()
    return head


def drop() -> None:
    """Forget a snapshot that was not loaded to its end."""
    with transaction.atomic():
        reach("drop.begun")
        rows.drop()
    reach("drop.committed")

"""Rows ↔ values: the only writer of the pool's table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction

from core.failpoints import reach
from mempool.models import PoolTx

# SQLite builds may refuse more than 999 parameters a statement.
_ROWS = 300
_IN_LIST = 900


@dataclass(frozen=True)
class StoredTx:
    """A row: the transaction's id and encoding, and when it arrived (Unix ms)."""

    txid: bytes
    raw: bytes
    arrived_ms: int


def load() -> list[StoredTx]:
    """Every stored transaction, by arrival."""
    rows = PoolTx.objects.order_by("arrived_ms", "txid").values_list("txid", "raw", "arrived_ms")
    return [StoredTx(bytes(txid), bytes(raw), arrived_ms) for txid, raw, arrived_ms in rows]


def write(fresh: Iterable[StoredTx], gone: Collection[bytes]) -> None:
    """Add ``fresh`` and delete ``gone`` (ids) in one transaction."""
    rows = [PoolTx(txid=tx.txid, raw=tx.raw, arrived_ms=tx.arrived_ms) for tx in fresh]
    if not rows and not gone:
        return
    with transaction.atomic():
        reach("flush.begun")
        listed = list(gone)
        for start in range(0, len(listed), _IN_LIST):
            PoolTx.objects.filter(txid__in=listed[start : start + _IN_LIST]).delete()
        reach("flush.deleted")
        PoolTx.objects.bulk_create(rows, batch_size=_ROWS)
        reach("flush.inserted")
    reach("flush.committed")

"""Rows ↔ values: the only writer of the pool's table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from core.failpoints import reach
from mempool.models import PoolTx

# SQLite builds may refuse more than 999 parameters a statement.
_IN_LIST = 900
_INSERT = "INSERT INTO mempool_pooltx (txid, raw, arrived_ms) VALUES (%s, %s, %s)"


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
    rows = [(tx.txid, tx.raw, tx.arrived_ms) for tx in fresh]
    if not rows and not gone:
        return
    with transaction.atomic():
        reach("flush.begun")
        listed = list(gone)
        for start in range(0, len(listed), _IN_LIST):
            PoolTx.objects.filter(txid__in=listed[start : start + _IN_LIST]).delete()
        reach("flush.deleted")
        if rows:
            with connection.cursor() as cursor:
                cursor.executemany(_INSERT, rows)
        reach("flush.inserted")
    reach("flush.committed")

"""Rows ↔ values: the only writer of the pool's table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from core.failpoints import reach
from mempool.models import PoolTx

# SQLite builds may refuse more than 999 parameters a statement.
_IN_LIST = 900
_INSERT = "INSERT INTO mempool_pooltx (txid, raw, arrived_ms, height) VALUES (%s, %s, %s, %s)"


@dataclass(frozen=True)
class StoredTx:
    """A row: the transaction's id and encoding, and when it arrived (Unix ms).

    ``height`` is that of the block which made it invalid, None while it waits.
    """

    txid: bytes
    raw: bytes
    arrived_ms: int
    height: int | None = None


def load() -> list[StoredTx]:
    """Every stored transaction, by arrival."""
    columns = ("txid", "raw", "arrived_ms", "height")
    rows = PoolTx.objects.order_by("arrived_ms", "txid").values_list(*columns)
    return [StoredTx(bytes(txid), bytes(raw), *others) for txid, raw, *others in rows]


def write(fresh: Iterable[StoredTx], gone: Collection[bytes]) -> None:
    """Delete ``gone`` (ids) and add ``fresh`` in one transaction."""
    rows = [(tx.txid, tx.raw, tx.arrived_ms, tx.height) for tx in fresh]
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

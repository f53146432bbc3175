"""Current records of the state, their tree, and the old values that undo a block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chain.store import sql
from chain.store.keys import key_of, keys_of
from chain.store.pages import Pages
from chain.store.sql import Table
from chain.values import Record, StagedState
from core import statetree
from core.failpoints import reach
from core.hashing import sha3
from core.ports import RecordKey
from execution.accounts import MODULE as ACCOUNT
from execution.accounts import Account

_RECORD = Table(
    "chain_staterecord",
    (("key", "bytea"), ("module", "text"), ("ident", "bytea"), ("value", "bytea")),
    key="key",
)
_UNDO = Table(
    "chain_undo",
    (
        *(("height", "int8"), ("key", "bytea"), ("module", "text"), ("ident", "bytea")),
        ("value", "bytea"),
    ),
)
_BATCH = 1_000


def read(records: Sequence[RecordKey]) -> dict[RecordKey, bytes]:
    """The present values of those records that exist."""
    by_key = dict(zip(keys_of(records), records, strict=True))
    query = "SELECT key, value FROM chain_staterecord WHERE key"
    found = sql.rows_in(query, list(by_key))
    return {by_key[bytes(key)]: bytes(value) for key, value in found}


def stage(changes: Mapping[RecordKey, bytes | None], pages: Pages, head: bytes) -> StagedState:
    """The tree after ``changes`` to the state behind ``head``; nothing is written."""
    hashes = {
        key: None if value is None else sha3(value)
        for key, value in zip(keys_of(changes), changes.values(), strict=True)
    }
    updated = statetree.update(pages, hashes)
    return StagedState(updated.root, updated.pages, head)


def write(changes: Mapping[RecordKey, bytes | None]) -> None:
    """Set the present values of records; None deletes."""
    keys = keys_of(changes)
    keyed = zip(keys, changes.items(), strict=True)
    _RECORD.write([(key, *record, value) for key, (record, value) in keyed if value is not None])
    reach("records.written")
    gone = [key for key, value in zip(keys, changes.values(), strict=True) if value is None]
    sql.delete_in(_RECORD, "key", gone)
    reach("records.deleted")


def write_undo(height: int, previous: Mapping[RecordKey, bytes | None]) -> None:
    """Keep what the records were before the block at ``height``."""
    keyed = zip(keys_of(previous), previous.items(), strict=True)
    _UNDO.write([(height, key, *record, value) for key, (record, value) in keyed])
    reach("undo.written")


def undo_above(height: int) -> dict[RecordKey, bytes | None]:
    """What every record changed above ``height`` was at that height."""
    query = (
        "SELECT module, ident, value FROM (SELECT module, ident, value, "
        "ROW_NUMBER() OVER (PARTITION BY key ORDER BY height) AS turn "
        "FROM chain_undo WHERE height > %s) earliest WHERE turn = 1"
    )
    return {
        (module, bytes(ident)): None if value is None else bytes(value)
        for module, ident, value in sql.rows(query, (height,))
    }


def undo_size_above(height: int, most: int) -> tuple[int, int]:
    """Undo records of blocks above ``height``, and bytes of their values, of up to ``most``."""
    row = sql.one(
        "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM (SELECT COALESCE(LENGTH(value), 0) AS size "
        "FROM chain_undo WHERE height > %s LIMIT %s) counted",
        (height, most),
    )
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def delete_undo_above(height: int) -> None:
    """Forget the undo of blocks that are undone."""
    sql.run("DELETE FROM chain_undo WHERE height > %s", (height,))
    reach("undo.deleted")


def value_at(record: RecordKey, height: int) -> bytes | None:
    """What a record was after the best chain's block at ``height``, None when absent."""
    row = sql.one(
        "SELECT value FROM chain_undo WHERE key = %s AND height > %s ORDER BY height LIMIT 1",
        (key_of(*record), height),
    )
    if row is None:
        return read([record]).get(record)
    return None if row[0] is None else bytes(row[0])


def balances(values: Mapping[RecordKey, bytes | None]) -> int:
    """Sum of the balances in the account records among ``values``, in nANM."""
    return sum(
        Account.of_record(value).balance
        for (module, _), value in values.items()
        if module == ACCOUNT and value is not None
    )


def records_between(first: bytes, last: bytes, batch: int) -> Iterator[tuple[bytes, Record]]:
    """Present (key, record) from one state key to another, in key order, ``batch`` a query."""
    query = (
        "SELECT key, module, ident, value FROM chain_staterecord "
        "WHERE key >= %s AND key <= %s ORDER BY key LIMIT %s"
    )
    start = int.from_bytes(first)
    while start <= int.from_bytes(last):
        rows = sql.rows(query, (start.to_bytes(32), last, batch))
        for key, module, ident, value in rows:
            yield bytes(key), Record(module, bytes(ident), bytes(value))
        if len(rows) < batch:
            return
        start = int.from_bytes(rows[-1][0]) + 1


def every_record() -> Iterator[tuple[bytes, str, bytes, bytes]]:
    """All records (key, module, id, value) in key order, read in batches."""
    last = b""
    while True:
        batch = sql.rows(
            "SELECT key, module, ident, value FROM chain_staterecord WHERE key > %s "
            "ORDER BY key LIMIT %s",
            (last, _BATCH),
        )
        for key, module, ident, value in batch:
            yield bytes(key), module, bytes(ident), bytes(value)
        if len(batch) < _BATCH:
            return
        last = bytes(batch[-1][0])


def count() -> int:
    """How many records there are."""
    row = sql.one("SELECT COUNT(*) FROM chain_staterecord")
    return 0 if row is None else int(row[0])

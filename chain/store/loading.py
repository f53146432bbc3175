"""A state of others loaded into an empty ledger: gathered aside, then put in place at once.

Until the last transaction the ledger is at genesis and whole: what comes in lies in tables of its
own. So a load can be broken off, gone on with, or dropped at any moment. Nothing is believed: the
headers must lead from genesis to the snapshot's, the records give its state root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from chain.errors import SnapshotInvalid, SnapshotOccupied, SnapshotOutOfOrder
from chain.store import blocks, meta, pages, sql
from chain.values import BlockStatus, SnapshotLoad, StoredHeader
from core import statetree, tags
from core.errors import EncodingRefused
from core.failpoints import reach
from core.hashing import sha3, tagged
from core.header import Header
from core.ports import RecordKey
from core.statetree import FIRST_KEY, LAST_KEY
from execution.accounts import MODULE as ACCOUNT
from execution.accounts import Account

WorkOf = Callable[[int], int]
"""The work of a block of some Θ (micro-nats), by consensus rules."""

_BATCH = 1_000
_HEADER = sql.Table("chain_snapshotheader", (("height", "int8"), ("header", "bytea")))
_RECORD = sql.Table(
    "chain_snapshotrecord",
    (("key", "bytea"), ("module", "text"), ("ident", "bytea"), ("value", "bytea")),
)
_BLOCK = sql.Table(
    "chain_block",
    (
        *(("hash", "bytea"), ("height", "int8"), ("parent_hash", "bytea"), ("time_ms", "int8")),
        *(("coinbase", "bytea"), ("header", "bytea"), ("total_work", "bytea"), ("status", "text")),
        *(("invalid_code", "text"), ("canonical", "bool"), ("gas_used", "int8")),
        ("supply", "int8"),
    ),
)
_COLUMNS = "hash, height, following, chunks, records"
_TABLES = ("chain_snapshotload", "chain_snapshotheader", "chain_snapshotrecord")


def state() -> SnapshotLoad | None:
    """The load that was begun, None where none was."""
    row = sql.one(f"SELECT {_COLUMNS} FROM chain_snapshotload WHERE id = 1")
    if row is None:
        return None
    hash, height, following, chunks, records = row
    rest = None if following is None else bytes(following)
    return SnapshotLoad(bytes(hash), height, rest, chunks, records)


def begin(headers: Iterable[Header]) -> SnapshotLoad:
    """Get ready for the state after the last of ``headers``, or go on with it where it is.

    They rise from height 1. Raises SnapshotOccupied, SnapshotInvalid.
    """
    _require_empty()
    drop()
    last = None
    rising = _linked(headers)
    while batch := list(islice(rising, _BATCH)):
        _HEADER.write([(header.height, header.encoded) for header in batch])
        reach("gather.headers")
        last = batch[-1]
    if last is None:
        raise SnapshotInvalid("a snapshot is of a block above genesis")
    begun = SnapshotLoad(last.hash, last.height, FIRST_KEY, chunks=0, records=0)
    sql.run(
        f"INSERT INTO chain_snapshotload (id, {_COLUMNS}) VALUES (1, %s, %s, %s, 0, 0)",
        (begun.hash, begun.height, begun.following),
    )
    reach("gather.opened")
    return begun


def _linked(headers: Iterable[Header]) -> Iterator[Header]:
    """The headers, as long as each follows the one before it, from genesis on."""
    hash, height = meta.required().genesis_hash, 0
    for header in headers:
        if header.parent != hash or header.height != height + 1:
            raise SnapshotInvalid(
                f"the header of block {header.height} does not follow block {height}",
                height=header.height,
            )
        yield header
        hash, height = header.hash, header.height


def store(
    hash: bytes,
    *,
    index: int,
    first: bytes,
    last: bytes,
    records: Sequence[tuple[RecordKey, bytes]],
) -> SnapshotLoad:
    """Keep chunk ``index``, all records from key ``first`` to ``last``.

    Raises SnapshotOutOfOrder.
    """
    now = _required(hash)
    if index != now.chunks or first != now.following:
        raise SnapshotOutOfOrder(
            f"chunk {index} is not the one that comes next, {now.chunks}",
            chunk=index,
            next=now.chunks,
        )
    rows = [
        (tagged(tags.state(module), ident), module, ident, value)
        for (module, ident), value in records
    ]
    before = first
    for key, *_ in rows:
        if not before <= key <= last or (key == before and key != first):
            raise SnapshotOutOfOrder(f"the records of chunk {index} do not rise", chunk=index)
        before = key
    _RECORD.write(rows)
    reach("gather.records")
    following = None if last == LAST_KEY else (int.from_bytes(last) + 1).to_bytes(32)
    count = now.records + len(rows)
    sql.run(
        "UPDATE chain_snapshotload SET following = %s, chunks = %s, records = %s WHERE id = 1",
        (following, index + 1, count),
    )
    reach("gather.advanced")
    return SnapshotLoad(hash, now.height, following, index + 1, count)


def finish(hash: bytes, work_of: WorkOf) -> StoredHeader:
    """Make the snapshot's block the head. Raises SnapshotOccupied, SnapshotInvalid.

    The headers join the best chain, the records become the state, its tree is built.
    """
    _require_empty()
    now = _required(hash)
    if now.following is not None:
        raise SnapshotOutOfOrder(
            f"records are missing behind chunk {now.chunks - 1}", next=now.chunks
        )
    header = _header_at(now.height)
    sql.run("DELETE FROM chain_statepage")
    reach("gather.unpaged")
    supply = _build(header)
    sql.run("DELETE FROM chain_staterecord")
    reach("gather.cleared")
    sql.run(
        "INSERT INTO chain_staterecord (key, module, ident, value) "
        "SELECT key, module, ident, value FROM chain_snapshotrecord ORDER BY key"
    )
    reach("gather.moved")
    _put_headers(now.height, supply, work_of)
    meta.rebase(hash, now.height, supply)
    drop()
    head = blocks.head()
    assert head is not None, "the head is one of the headers"
    return head


def drop() -> None:
    """Forget what has been loaded so far."""
    for table in _TABLES:
        sql.run(f"DELETE FROM {table}")
        reach("gather.dropped")


def _required(hash: bytes) -> SnapshotLoad:
    now = state()
    if now is None or now.hash != hash:
        raise SnapshotOutOfOrder("no such snapshot is being loaded", block="0x" + hash.hex())
    return now


def _require_empty() -> None:
    """Only genesis is stored: another chain, even a side block, would not fit below."""
    row = sql.one("SELECT COUNT(*) FROM (SELECT 1 FROM chain_block LIMIT 2) counted")
    if meta.required(lock=True).base_height or row is None or row[0] != 1:
        raise SnapshotOccupied("blocks are stored here already, besides genesis")


def _header_at(height: int) -> Header:
    row = sql.one("SELECT header FROM chain_snapshotheader WHERE height = %s", (height,))
    assert row is not None, "they were stored with the load's row"
    return Header.decode(bytes(row[0]))


def _build(header: Header) -> int:
    """Write the tree of the records, which must be the header's; the sum of their balances."""
    supply = 0
    writer = _PageWriter()

    def leaves() -> Iterator[tuple[bytes, bytes]]:
        nonlocal supply
        for key, module, ident, value in _records():
            if module == ACCOUNT:
                supply += _balance(ident, value)
            yield key, sha3(value)

    root = statetree.build_sorted(leaves(), writer.put)
    writer.flush()
    if root != header.roots.state:
        raise SnapshotInvalid(
            f"the records do not give the state root of block {header.height}",
            height=header.height,
        )
    return supply


def _balance(ident: bytes, value: bytes) -> int:
    try:
        return Account.decode(value).balance
    except EncodingRefused as refusal:
        raise SnapshotInvalid(
            f"the record of account {ident.hex()} cannot be read: {refusal}"
        ) from None


def _records() -> Iterator[tuple[bytes, str, bytes, bytes]]:
    """All gathered records (key, module, id, value), rising by key."""
    last = b""
    while True:
        batch = sql.rows(
            "SELECT key, module, ident, value FROM chain_snapshotrecord WHERE key > %s "
            "ORDER BY key LIMIT %s",
            (last, _BATCH),
        )
        for key, module, ident, value in batch:
            yield bytes(key), module, bytes(ident), bytes(value)
        if len(batch) < _BATCH:
            return
        last = bytes(batch[-1][0])


class _PageWriter:
    """Takes the tree's pages and writes them some at a time."""

    def __init__(self) -> None:
        self._pages = pages.Pages(b"")
        self._batch: dict[bytes, bytes | None] = {}

    def put(self, path: bytes, page: bytes) -> None:
        """Take a page."""
        self._batch[path] = page
        if len(self._batch) == _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what has been taken."""
        self._pages.write(self._batch)
        self._batch = {}


def _put_headers(height: int, supply: int, work_of: WorkOf) -> None:
    """The gathered headers as blocks of the best chain without bodies."""
    work, below = 0, 0
    while below < height:
        batch = sql.rows(
            "SELECT header FROM chain_snapshotheader WHERE height > %s ORDER BY height LIMIT %s",
            (below, _BATCH),
        )
        rows: list[sql.Row] = []
        for (encoded,) in batch:
            header = Header.decode(bytes(encoded))
            work += work_of(header.theta)
            rows.append(_block_row(header, work, supply if header.height == height else None))
        _BLOCK.write(rows)
        reach("gather.blocks")
        below += len(batch)


def _block_row(header: Header, work: int, supply: int | None) -> sql.Row:
    return (
        *(header.hash, header.height, header.parent, header.time, header.coinbase),
        *(header.encoded, blocks.work_bytes(work), BlockStatus.HEADER.value, "", True),
        *(header.gas_used, supply),
    )

"""Block rows: headers, bodies and the tree that parents span."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from chain.errors import BodyMissing, UnknownBlock
from chain.store import sections, sql
from chain.store.sql import Row
from chain.values import BlockStatus, BlockView, StoredHeader
from core.block import Block
from core.failpoints import reach
from core.header import Header

PARENT_INVALID = "block.parent_invalid"
"""Code of blocks that are invalid because they build on an invalid one."""

_WORK_BYTES = 32
_TIPS_MOST = 256
_SECTIONS = ("txs", "proofs", "witnesses", "envelopes")
_BODY = sql.Table(
    "chain_blockbody",
    (("block_id", "int8"), ("receipts", "bytea"), *((name, "bytea") for name in _SECTIONS)),
)
_STORED = "b.header, b.total_work, b.status, b.canonical, b.invalid_code"
_VIEW = (
    "b.header, b.total_work, b.status, b.canonical, b.size_bytes, b.tx_count, "
    "b.minted, b.burnt, b.supply"
)


def work_bytes(total_work: int) -> bytes:
    """Total work as the column keeps it."""
    return total_work.to_bytes(_WORK_BYTES, "big")


@lru_cache(maxsize=4096)
def read_header(encoded: bytes) -> Header:
    """The header of its stored bytes."""
    header = Header.decode(encoded)
    header.__dict__["encoded"] = encoded  # decoding is strict, so encoding gives these bytes
    return header


def _stored(row: Row) -> StoredHeader:
    encoded, work, status, canonical, code = row
    return StoredHeader(
        read_header(bytes(encoded)),
        int.from_bytes(work, "big"),
        BlockStatus(status),
        bool(canonical),
        code,
    )


def view(row: Row) -> BlockView:
    """A reader's view from a row of ``views``."""
    encoded, work, status, canonical, size, count, minted, burnt, supply = row
    return BlockView(
        header=read_header(bytes(encoded)),
        total_work=int.from_bytes(work, "big"),
        status=BlockStatus(status),
        canonical=bool(canonical),
        size_bytes=size,
        tx_count=count,
        minted=minted,
        burnt=burnt,
        supply=supply,
    )


def by_hash(block_hash: bytes) -> StoredHeader | None:
    """The header stored under a hash."""
    row = sql.one(f"SELECT {_STORED} FROM chain_block b WHERE b.hash = %s", (block_hash,))
    return None if row is None else _stored(row)


def head() -> StoredHeader | None:
    """The head of the best chain, None on an empty database."""
    row = sql.one(
        f"SELECT {_STORED} FROM chain_meta m JOIN chain_block b ON b.hash = m.head_hash "
        "WHERE m.id = 1"
    )
    return None if row is None else _stored(row)


def at_height(height: int) -> StoredHeader | None:
    """The best chain's header at a height."""
    query = f"SELECT {_STORED} FROM chain_block b WHERE b.height = %s AND b.canonical"
    row = sql.one(query, (height,))
    return None if row is None else _stored(row)


def children(block_hash: bytes) -> list[StoredHeader]:
    """Stored headers whose parent is this block, in order of arrival."""
    query = f"SELECT {_STORED} FROM chain_block b WHERE b.parent_hash = %s ORDER BY b.id"
    return [_stored(row) for row in sql.rows(query, (block_hash,))]


def tips_heavier_than(total_work: int) -> list[StoredHeader]:
    """Ends of side branches with more work, the heaviest first; at most 256."""
    query = (
        f"SELECT {_STORED} FROM chain_block b WHERE b.total_work > %s AND NOT b.canonical "
        "AND b.status <> %s AND NOT EXISTS (SELECT 1 FROM chain_block c "
        "WHERE c.parent_hash = b.hash AND c.status <> %s) "
        "ORDER BY b.total_work DESC, b.hash LIMIT %s"
    )
    invalid = BlockStatus.INVALID.value
    params = (work_bytes(total_work), invalid, invalid, _TIPS_MOST)
    return [_stored(row) for row in sql.rows(query, params)]


def view_by_hash(block_hash: bytes) -> BlockView | None:
    """A block for readers."""
    row = sql.one(f"SELECT {_VIEW} FROM chain_block b WHERE b.hash = %s", (block_hash,))
    return None if row is None else view(row)


def views(first: int, last: int) -> list[BlockView]:
    """The best chain's blocks from height ``last`` down to ``first``."""
    query = (
        f"SELECT {_VIEW} FROM chain_block b WHERE b.height BETWEEN %s AND %s AND b.canonical "
        "ORDER BY b.height DESC"
    )
    return [view(row) for row in sql.rows(query, (first, last))]


def headers(first: int, last: int) -> list[Header]:
    """The best chain's headers from height ``first`` up to ``last``."""
    query = (
        "SELECT header FROM chain_block WHERE height BETWEEN %s AND %s AND canonical "
        "ORDER BY height"
    )
    return [read_header(bytes(row[0])) for row in sql.rows(query, (first, last))]


def hashes_above(height: int) -> list[bytes]:
    """Hashes of the best chain above a height, the head first."""
    query = "SELECT hash FROM chain_block WHERE height > %s AND canonical ORDER BY height DESC"
    return [bytes(row[0]) for row in sql.rows(query, (height,))]


def minted_and_burnt_above(height: int) -> tuple[int, int]:
    """Sums over the best chain above a height, in nANM."""
    query = (
        "SELECT COALESCE(SUM(minted), 0), COALESCE(SUM(burnt), 0) FROM chain_block "
        "WHERE height > %s AND canonical"
    )
    row = sql.one(query, (height,))
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def _sections(block_hash: bytes) -> Row | None:
    return sql.one(
        "SELECT b.header, d.txs, d.proofs, d.witnesses, d.envelopes, d.receipts "
        "FROM chain_block b JOIN chain_blockbody d ON d.block_id = b.id WHERE b.hash = %s",
        (block_hash,),
    )


def raw(block_hash: bytes) -> bytes | None:
    """The canonical encoding of a stored block, equal to ``Block.raw``.

    None when no such block is stored or a section of its body is no longer kept.
    """
    found = _sections(block_hash)
    if found is None or any(part is None for part in found[:5]):
        return None
    header, txs, proofs, witnesses, envelopes = map(bytes, found[:5])
    return sections.assemble(
        header, txs=txs, proofs=proofs, witnesses=witnesses, envelopes=envelopes
    )


def load(block_hash: bytes) -> tuple[Block, bytes | None] | None:
    """A stored block decoded, and its receipts section (None when never executed)."""
    found = _sections(block_hash)
    if found is None or any(part is None for part in found[:5]):
        return None
    header, txs, proofs, witnesses, envelopes = map(bytes, found[:5])
    block = Block(
        read_header(header),
        sections.read_txs(txs, witnesses),
        sections.read_proof_receipts(proofs),
        sections.read_envelopes(envelopes),
    )
    block.__dict__["raw"] = sections.assemble(
        header, txs=txs, proofs=proofs, witnesses=witnesses, envelopes=envelopes
    )
    return block, None if found[5] is None else bytes(found[5])


def receipts(block_hash: bytes) -> bytes | None:
    """The receipts section of a stored block; None when it was never executed."""
    row = sql.one(
        "SELECT d.receipts FROM chain_block b JOIN chain_blockbody d ON d.block_id = b.id "
        "WHERE b.hash = %s",
        (block_hash,),
    )
    return None if row is None or row[0] is None else bytes(row[0])


def required(block_hash: bytes) -> Block:
    """A stored block decoded. Raises BodyMissing."""
    found = load(block_hash)
    if found is None:
        raise BodyMissing("the body of a block is not stored", block="0x" + block_hash.hex())
    return found[0]


def insert(block: Block, total_work: int, receipts: bytes | None = None) -> int:
    """Store a block beside the best chain and return its row's id."""
    header = block.header
    parts = sections.split(block)
    columns: dict[str, Any] = {
        "hash": block.hash,
        "height": header.height,
        "parent_hash": header.parent,
        "time_ms": header.time,
        "coinbase": header.coinbase,
        "header": header.encoded,
        "total_work": work_bytes(total_work),
        "status": BlockStatus.STORED.value,
        "invalid_code": "",
        "canonical": False,
        "size_bytes": len(sections.assemble(header.encoded, **parts)),
        "tx_count": len(block.txs),
        "gas_used": header.gas_used,
    }
    marks = ", ".join(["%s"] * len(columns))
    names = ", ".join(columns)
    sql.run(f"INSERT INTO chain_block ({names}) VALUES ({marks})", tuple(columns.values()))
    reach("blocks.inserted")
    row_id = id_of(block.hash)
    assert row_id is not None, "a row that was just written is there"
    _BODY.write([(row_id, receipts, *(parts[name] for name in _SECTIONS))])
    reach("bodies.inserted")
    return row_id


def id_of(block_hash: bytes) -> int | None:
    """The row id of a stored block."""
    row = sql.one("SELECT id FROM chain_block WHERE hash = %s", (block_hash,))
    return None if row is None else int(row[0])


def make_canonical(
    block: Block, total_work: int, *, minted: int, burnt: int, supply: int, receipts: bytes
) -> int:
    """Put a block, stored before or not, at the end of the best chain with what executing it gave.

    Returns its row's id.
    """
    row_id = id_of(block.hash)
    if row_id is None:
        row_id = insert(block, total_work, receipts)
    else:
        query = "UPDATE chain_blockbody SET receipts = %s WHERE block_id = %s"
        sql.run(query, (receipts, row_id))
        reach("receipts.updated")
    sql.run(
        "UPDATE chain_block SET status = %s, invalid_code = '', canonical = %s, "
        "total_work = %s, minted = %s, burnt = %s, supply = %s WHERE id = %s",
        (
            *(BlockStatus.EXECUTED.value, True, work_bytes(total_work)),
            *(minted, burnt, supply, row_id),
        ),
    )
    reach("canonical.set")
    return row_id


def leave_canonical(height: int) -> None:
    """Take every block above ``height`` off the best chain."""
    sql.run(
        "UPDATE chain_block SET canonical = %s, minted = NULL, burnt = NULL, supply = NULL "
        "WHERE height > %s AND canonical",
        (False, height),
    )
    reach("canonical.cleared")


def mark_invalid(block_hash: bytes, code: str) -> None:
    """Mark a side block and, with PARENT_INVALID, every block that builds on it.

    Raises UnknownBlock when it is not stored or stands on the best chain.
    """
    found = by_hash(block_hash)
    if found is None or found.canonical:
        place = "not stored" if found is None else "on the best chain"
        raise UnknownBlock(f"a block is {place}", block="0x" + block_hash.hex())
    invalid = BlockStatus.INVALID.value
    sql.run(
        "WITH RECURSIVE below(hash) AS (SELECT hash FROM chain_block WHERE parent_hash = %s "
        "UNION SELECT c.hash FROM chain_block c JOIN below ON c.parent_hash = below.hash) "
        "UPDATE chain_block SET status = %s, invalid_code = %s "
        "WHERE hash IN (SELECT hash FROM below) AND status <> %s",
        (block_hash, invalid, PARENT_INVALID, invalid),
    )
    reach("descendants.marked")
    sql.run(
        "UPDATE chain_block SET status = %s, invalid_code = %s WHERE hash = %s",
        (invalid, code, block_hash),
    )
    reach("invalid.marked")

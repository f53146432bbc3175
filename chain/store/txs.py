"""Transaction and log rows of the best chain, and the slices they point at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chain.store import history, sections, sql
from chain.store.sql import Row, Table
from chain.values import BlockEffects, LogLine, PlainTx, TxCharge, TxLine, TxOutcome, TxView
from core import cbor
from core.block import Block
from core.failpoints import reach
from core.limits import ADDRESS_BYTES, TX_BYTES
from core.receipt import OK, Log, Receipt
from core.tx import UnsignedTx, Witness

_TX = Table(
    "chain_tx",
    (
        *(("txid", "bytea"), ("block_id", "int8"), ("height", "int8"), ("tx_index", "int4")),
        *(("kind", "text"), ("sender", "bytea"), ("recipient", "bytea"), ("value", "int8")),
        *(("nonce", "int8"), ("status", "int2"), ("gas_used", "int8")),
        *(("price", "int8"), ("base_fee_paid", "int8"), ("tip_paid", "int8")),
        *(("tx_at", "int4"), ("tx_size", "int4"), ("witness_at", "int4"), ("witness_size", "int4")),
        *(("receipt_at", "int4"), ("receipt_size", "int4")),
    ),
)
_LOG = Table(
    "chain_log",
    (
        *(("height", "int8"), ("tx_index", "int4"), ("log_index", "int4"), ("address", "bytea")),
        *(("topic0", "bytea"), ("topic1", "bytea"), ("topic2", "bytea"), ("topic3", "bytea")),
        ("data", "bytea"),
    ),
)
_TOPICS = 4
_DEPLOY = "deploy"
# A receipt's logs are bounded by gas; this bounds memory on reading our own bytes back.
_RECEIPT_BYTES = 2**26

_LINE = (
    "t.txid, t.height, t.tx_index, b.time_ms, t.kind, t.sender, t.recipient, t.value, t.nonce, "
    "t.status, t.gas_used, t.base_fee_paid + t.tip_paid"
)
_FROM = "FROM chain_tx t JOIN chain_block b ON b.id = t.block_id"
_NEWEST = "ORDER BY t.height DESC, t.tx_index DESC LIMIT %s"


def write(block: Block, block_id: int, effects: BlockEffects) -> None:
    """Write the rows of a block that joins the best chain."""
    _TX.write(_tx_rows(block, block_id, effects))
    reach("txs.written")
    _LOG.write(_log_rows(block.header.height, effects.receipts))
    reach("logs.written")


def delete_above(height: int) -> None:
    """Delete the rows of all blocks above a height."""
    sql.run("DELETE FROM chain_tx WHERE height > %s", (height,))
    reach("txs.deleted")
    sql.run("DELETE FROM chain_log WHERE height > %s", (height,))
    reach("logs.deleted")


def _tx_rows(block: Block, block_id: int, effects: BlockEffects) -> list[Row]:
    height = block.header.height
    at_tx = sections.places([tx.unsigned.encoded for tx in block.txs])
    at_witness = sections.places([tx.witness.encoded for tx in block.txs])
    at_receipt = sections.places([receipt.encoded for receipt in effects.receipts])
    out: list[Row] = []
    for index, tx in enumerate(block.txs):
        unsigned, receipt, charge = tx.unsigned, effects.receipts[index], effects.charges[index]
        out.append(
            (
                *(tx.txid, block_id, height, index, unsigned.kind, unsigned.sender),
                *(_recipient(unsigned, receipt), _value(unsigned.body), unsigned.nonce),
                *(receipt.status, receipt.gas_used),
                *(charge.price, charge.base_fee_paid, charge.tip_paid),
                *(*at_tx[index], *at_witness[index], *at_receipt[index]),
            )
        )
    return out


def _recipient(unsigned: UnsignedTx, receipt: Receipt) -> bytes | None:
    """Whom it is addressed to; of a deployment the contract that it made."""
    made = unsigned.kind == _DEPLOY and receipt.status == OK
    to = receipt.ret if made else unsigned.body.get("to")
    return to if type(to) is bytes and len(to) == ADDRESS_BYTES else None


def _value(body: dict[str, Any]) -> int:
    value = body.get("value")
    return value if type(value) is int else 0


def _log_rows(height: int, receipts: Sequence[Receipt]) -> list[Row]:
    """One row a log; the last receipt is the system's and belongs to no transaction."""
    out: list[Row] = []
    system = len(receipts) - 1
    for index, receipt in enumerate(receipts):
        tx_index = None if index == system else index
        for log in receipt.logs:
            topics = (*log.topics, *(None,) * (_TOPICS - len(log.topics)))
            out.append((height, tx_index, len(out), log.address, *topics, log.data))
    return out


_OUTCOME = (
    "t.txid, b.hash, t.height, t.tx_index, b.time_ms, t.kind, t.sender, t.recipient, t.value, "
    "t.nonce, t.tx_size, t.witness_size, t.price, t.base_fee_paid, t.tip_paid, "
    "substr(d.receipts, t.receipt_at + 1, t.receipt_size)"
)
_OF_TXID = f"{_FROM} JOIN chain_blockbody d ON d.block_id = b.id WHERE t.txid = %s"
# Around an unsigned transaction and its witness: the head of an array of two.
_PAIR_BYTES = 1


def outcome(txid: bytes) -> TxOutcome | None:
    """What a transaction of the best chain did, from its row and a slice of the receipts."""
    row = sql.one(f"SELECT {_OUTCOME} {_OF_TXID}", (txid,))
    return None if row is None else _outcome(row)


def view(txid: bytes) -> TxView | None:
    """A transaction of the best chain, read as three slices of its block's sections.

    Raises Pruned where its body is no longer kept.
    """
    row = sql.one(
        f"SELECT {_OUTCOME}, substr(d.txs, t.tx_at + 1, t.tx_size), "
        f"substr(d.witnesses, t.witness_at + 1, t.witness_size) {_OF_TXID}",
        (txid,),
    )
    if row is None:
        return None
    *known, unsigned, witness = row
    done = _outcome(tuple(known))
    if unsigned is None or (witness is None and done.height >= history.kept().witnesses_from):
        raise history.missing(done.height, of=done.block_hash)
    return TxView(
        UnsignedTx.from_map(cbor.decode(bytes(unsigned), limit=TX_BYTES, what="tx")),
        None
        if witness is None
        else Witness.from_map(cbor.decode(bytes(witness), limit=TX_BYTES, what="witness")),
        done,
    )


def _outcome(row: Row) -> TxOutcome:
    found, block_hash, height, index, time_ms, kind, sender, to, value, nonce = row[:10]
    tx_size, witness_size, *charge, receipt = row[10:]
    if receipt is None:
        raise history.missing(height, of=bytes(block_hash))
    return TxOutcome(
        *(bytes(found), bytes(block_hash), height, index, time_ms, kind, bytes(sender)),
        *(None if to is None else bytes(to), value, nonce),
        size_bytes=_PAIR_BYTES + tx_size + witness_size,
        receipt=_receipt(bytes(receipt)),
        charge=TxCharge(*charge),
    )


def ids_of_block(height: int) -> tuple[bytes, ...]:
    """Ids of the transactions of the best chain's block at a height, in body order."""
    query = "SELECT txid FROM chain_tx WHERE height = %s ORDER BY tx_index"
    return tuple(bytes(row[0]) for row in sql.rows(query, (height,)))


def plain_of_block(block_hash: bytes) -> tuple[PlainTx, ...]:
    """The transactions of a block of the best chain, without their witnesses. Raises Pruned."""
    row = sql.one(
        "SELECT d.txs FROM chain_block b JOIN chain_blockbody d ON d.block_id = b.id "
        "WHERE b.hash = %s",
        (block_hash,),
    )
    if row is None or row[0] is None:
        history.check_body(block_hash)
        return ()
    sizes = sql.rows(
        "SELECT t.tx_size + t.witness_size FROM chain_tx t JOIN chain_block b "
        "ON b.id = t.block_id WHERE b.hash = %s ORDER BY t.tx_index",
        (block_hash,),
    )
    unsigned = map(UnsignedTx.from_map, sections.unpack(bytes(row[0]), "txs"))
    return tuple(
        PlainTx(tx, _PAIR_BYTES + size) for tx, (size,) in zip(unsigned, sizes, strict=True)
    )


def receipt(txid: bytes) -> Receipt | None:
    """The receipt of a transaction of the best chain."""
    row = sql.one(
        "SELECT substr(d.receipts, t.receipt_at + 1, t.receipt_size) FROM chain_tx t "
        "JOIN chain_blockbody d ON d.block_id = t.block_id WHERE t.txid = %s",
        (txid,),
    )
    return None if row is None or row[0] is None else _receipt(bytes(row[0]))


def _receipt(encoded: bytes) -> Receipt:
    return Receipt.from_map(cbor.decode(encoded, limit=_RECEIPT_BYTES, what="receipt"))


def _line(row: Row) -> TxLine:
    txid, height, index, time_ms, kind, sender, recipient, *numbers = row
    to = None if recipient is None else bytes(recipient)
    return TxLine(bytes(txid), height, index, time_ms, kind, bytes(sender), to, *numbers)


def of_block(height: int, start: int, limit: int) -> list[TxLine]:
    """Lines of the best chain's block at ``height`` from index ``start`` up."""
    query = (
        f"SELECT {_LINE} {_FROM} WHERE t.height = %s AND t.tx_index >= %s "
        "ORDER BY t.tx_index LIMIT %s"
    )
    return [_line(row) for row in sql.rows(query, (height, start, limit))]


def newest(limit: int) -> list[TxLine]:
    """The latest lines of the best chain, newest first."""
    return [_line(row) for row in sql.rows(f"SELECT {_LINE} {_FROM} {_NEWEST}", (limit,))]


def of_address(address: bytes, before: tuple[int, int], limit: int) -> list[TxLine]:
    """Lines that an address sent or received below a place (height, index), newest first."""
    below = "(t.height, t.tx_index) < (%s, %s)"
    sent = f"SELECT {_LINE} {_FROM} WHERE t.sender = %s AND {below} {_NEWEST}"
    got = f"SELECT {_LINE} {_FROM} WHERE t.recipient = %s AND t.sender <> %s AND {below} {_NEWEST}"
    query = (
        f"SELECT * FROM (SELECT * FROM ({sent}) s UNION ALL SELECT * FROM ({got}) r) lines "
        "ORDER BY 2 DESC, 3 DESC LIMIT %s"
    )
    params = (address, *before, limit, address, address, *before, limit, limit)
    return [_line(row) for row in sql.rows(query, params)]


def maker_of(contract: bytes) -> TxLine | None:
    """The line of the deployment that made a contract."""
    query = (
        f"SELECT {_LINE} {_FROM} WHERE t.recipient = %s AND t.kind = %s "
        "ORDER BY t.height, t.tx_index LIMIT 1"
    )
    row = sql.one(query, (contract, _DEPLOY))
    return None if row is None else _line(row)


Topics = Sequence[bytes | Sequence[bytes] | None]
_LOGS = (
    "SELECT l.height, b.hash, t.txid, l.tx_index, l.log_index, l.address, "
    "l.topic0, l.topic1, l.topic2, l.topic3, l.data FROM chain_log l "
    "JOIN chain_block b ON b.height = l.height AND b.canonical "
    "LEFT JOIN chain_tx t ON t.height = l.height AND t.tx_index = l.tx_index"
)


def logs(
    address: bytes | None,
    topics: Topics,
    first: tuple[int, int],
    last_height: int,
    limit: int,
) -> list[LogLine]:
    """Events from place ``first`` (height, log index) through ``last_height``, oldest first."""
    where = ["(l.height, l.log_index) >= (%s, %s)", "l.height <= %s"]
    params: list[Any] = [*first, last_height]
    if address is not None:
        where.append("l.address = %s")
        params.append(address)
    for place, wanted in enumerate(topics):
        if wanted is None:
            continue
        choices = [wanted] if isinstance(wanted, bytes) else list(wanted)
        where.append(f"l.topic{place} IN ({', '.join(['%s'] * len(choices))})")
        params.extend(choices)
    query = f"{_LOGS} WHERE {' AND '.join(where)} ORDER BY l.height, l.log_index LIMIT %s"
    return [_log_line(row) for row in sql.rows(query, (*params, limit))]


def newest_logs(address: bytes, before: tuple[int, int], limit: int) -> list[LogLine]:
    """Events of an account below a place (height, log index), newest first."""
    query = (
        f"{_LOGS} WHERE l.address = %s AND (l.height, l.log_index) < (%s, %s) "
        "ORDER BY l.height DESC, l.log_index DESC LIMIT %s"
    )
    return [_log_line(row) for row in sql.rows(query, (address, *before, limit))]


def _log_line(row: Row) -> LogLine:
    height, block_hash, txid, tx_index, log_index, address, *topics, data = row
    shown = tuple(bytes(topic) for topic in topics if topic is not None)
    return LogLine(
        log=Log(bytes(address), shown, bytes(data)),
        height=height,
        block_hash=bytes(block_hash),
        txid=None if txid is None else bytes(txid),
        tx_index=tx_index,
        log_index=log_index,
    )

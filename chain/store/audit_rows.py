"""Transaction and log rows built anew from a block's sections and compared with what is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from chain.store import sections, sql
from core import cbor
from core.header import Header
from core.limits import ADDRESS_BYTES, TOPICS_PER_LOG
from core.receipt import OK
from core.tx import UnsignedTx

Damaged = Callable[[str, str], NoReturn]
"""Raises the error of a block: the part, and the problem as a sentence's end."""

_LOG_COLUMNS = (
    *("tx_index", "log_index", "address", "topic0", "topic1", "topic2", "topic3", "data"),
)


@dataclass(frozen=True)
class Body:
    """A block's decoded lists by section; None where one is not kept."""

    lists: dict[str, list[Any] | None]

    @property
    def not_kept(self) -> list[str]:
        """The sections that are not there."""
        return [name for name, items in self.lists.items() if items is None]

    def places(self, name: str) -> list[tuple[int, int]] | None:
        """Where each item of a section lies: (offset, size)."""
        items = self.lists[name]
        return None if items is None else sections.places([cbor.encode(item) for item in items])


def check_txs(header: Header, block_id: int, body: Body, damaged: Damaged) -> int:
    """The rows of a best-chain block's transactions; returns how many."""
    receipts = body.lists["receipts"] or []
    # The last one is the system's; a block that was loaded over has none at all.
    count = max(0, len(receipts) - 1) if header.height else 0
    rows = _tx_rows(header.height)
    if len(rows) != count:
        damaged("chain_tx", f"it has {count} transactions and {len(rows)} rows of them")
    wanted = _wanted(header, block_id, body, count)
    for index, (row, columns) in enumerate(zip(rows, wanted, strict=True)):
        for name, value in columns.items():
            if row[name] != value:
                damaged(f"chain_tx.{name}", f"{name} of the row of transaction {index} is wrong")
        if row["base_fee_paid"] + row["tip_paid"] != row["gas_used"] * row["price"]:
            damaged("chain_tx.tip_paid", f"the fees of transaction {index} do not add up")
    return count


def _tx_rows(height: int) -> list[dict[str, Any]]:
    """The rows by column. ``height`` is how they are found."""
    names = (
        *("txid", "block_id", "tx_index", "kind", "sender", "recipient", "value", "nonce"),
        *("status", "gas_used", "price", "base_fee_paid", "tip_paid", "tx_at", "tx_size"),
        *("witness_at", "witness_size", "receipt_at", "receipt_size"),
    )
    query = f"SELECT {', '.join(names)} FROM chain_tx WHERE height = %s ORDER BY tx_index"
    return [dict(zip(names, _plain(row), strict=True)) for row in sql.rows(query, (height,))]


def _plain(row: sql.Row) -> list[Any]:
    return [bytes(value) if isinstance(value, memoryview) else value for value in row]


def _wanted(header: Header, block_id: int, body: Body, count: int) -> list[dict[str, Any]]:
    """What each row must say, as far as the sections that are kept tell."""
    out: list[dict[str, Any]] = []
    receipts = body.lists["receipts"] or []
    for index in range(count):
        gas = receipts[index]["gasUsed"]
        out.append(
            {
                "block_id": block_id,
                "tx_index": index,
                "status": receipts[index]["status"],
                "gas_used": gas,
                "base_fee_paid": gas * header.base_fee,
            }
        )
    for name, prefix in (("txs", "tx"), ("witnesses", "witness"), ("receipts", "receipt")):
        for columns, (at, size) in zip(out, body.places(name) or (), strict=False):
            columns |= {f"{prefix}_at": at, f"{prefix}_size": size}
    for columns, item, receipt in zip(out, body.lists["txs"] or (), receipts, strict=False):
        columns |= _of_tx(header, UnsignedTx.from_map(item), receipt)
    return out


def _of_tx(header: Header, tx: UnsignedTx, receipt: dict[str, Any]) -> dict[str, Any]:
    to, value = tx.body.get("to"), tx.body.get("value")
    if tx.kind == "deploy" and receipt["status"] == OK:
        to = receipt["ret"]
    return {
        "txid": tx.txid,
        "kind": tx.kind,
        "sender": tx.sender,
        "recipient": to if type(to) is bytes and len(to) == ADDRESS_BYTES else None,
        "value": value if type(value) is int else 0,
        "nonce": tx.nonce,
        "price": header.base_fee + min(tx.max_tip, tx.max_fee - header.base_fee),
    }


def check_logs(header: Header, body: Body, damaged: Damaged) -> int:
    """The rows of a best-chain block's events; returns how many."""
    wanted: list[list[Any]] = []
    receipts = body.lists["receipts"] or []
    for index, receipt in enumerate(receipts):
        tx_index = None if index == len(receipts) - 1 else index
        for log in receipt["logs"]:
            topics = [*log["topics"], *[None] * (TOPICS_PER_LOG - len(log["topics"]))]
            wanted.append([tx_index, len(wanted), log["address"], *topics, log["data"]])
    query = f"SELECT {', '.join(_LOG_COLUMNS)} FROM chain_log WHERE height = %s ORDER BY log_index"
    rows = [_plain(row) for row in sql.rows(query, (header.height,))]
    if len(rows) != len(wanted):
        damaged("chain_log", f"it has {len(wanted)} events and {len(rows)} rows of them")
    for number, (row, values) in enumerate(zip(rows, wanted, strict=True)):
        for name, found, value in zip(_LOG_COLUMNS, row, values, strict=True):
            if found != value:
                damaged(f"chain_log.{name}", f"{name} of the row of event {number} is wrong")
    return len(wanted)

"""Put made blocks into the ledger, and read its tables back whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from chain import service
from tests.chain import builder
from tests.chain.builder import Node

TABLES = {
    "chain_tx": (
        "t.txid, b.hash, t.height, t.tx_index, kind, sender, recipient, value, nonce, t.status, "
        "t.gas_used, price, base_fee_paid, tip_paid, tx_at, tx_size, witness_at, witness_size, "
        "receipt_at, receipt_size FROM chain_tx t JOIN chain_block b ON b.id = t.block_id"
    ),
    "chain_log": (
        "height, tx_index, log_index, address, topic0, topic1, topic2, topic3, data FROM chain_log"
    ),
    "chain_staterecord": "key, module, ident, value FROM chain_staterecord",
    "chain_statepage": "path, data FROM chain_statepage",
    "chain_undo": "height, key, module, ident, value FROM chain_undo",
    "chain_meta": "* FROM chain_meta",
    "chain_block": (
        "hash, height, parent_hash, time_ms, coinbase, header, total_work, status, invalid_code, "
        "canonical, size_bytes, tx_count, gas_used, minted, burnt, supply, receipts, txs, proofs, "
        "witnesses, envelopes FROM chain_block b JOIN chain_blockbody d ON d.block_id = b.id "
        "WHERE canonical"
    ),
}


def dump() -> dict[str, list[tuple]]:
    """Every table without its row numbers, in an order of its own."""
    out = {}
    with connection.cursor() as cursor:
        for table, columns in TABLES.items():
            cursor.execute("SELECT " + columns)
            rows = [
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                for row in cursor.fetchall()
            ]
            out[table] = sorted(rows, key=repr)
    return out


def start(genesis: Node) -> None:
    service.initialise(
        genesis=genesis.block, changes=genesis.effects.changes, supply=genesis.supply
    )


def put(unit: service.Unit, node: Node) -> None:
    staged = service.stage_state(node.effects.changes)
    unit.append(block=node.block, effects=node.effects, staged=staged, total_work=node.work)


def append(*nodes: Node) -> None:
    for node in nodes:
        with service.unit() as unit:
            put(unit, node)


@pytest.fixture
def genesis(db: None) -> Node:
    """A chain with only its genesis: accounts 0 to 9 with 1,000 each."""
    node = builder.genesis(dict.fromkeys(range(10), 1_000))
    start(node)
    return node


@pytest.fixture
def fresh(db: None) -> Callable[[], None]:
    """Empties the ledger's tables, as a new database."""

    def wipe() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM chain_blockbody")
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table}")

    return wipe

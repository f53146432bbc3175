"""``tx.``: sending transactions, finding them again, and what they cost."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

from django.db import Error as DatabaseFault

from chain import queries
from chain import service as chain
from chain.errors import BadCursor, Pruned
from chain.values import TxOutcome
from core.errors import EncodingRefused, Refused, TxRefused
from core.network import PPM
from core.tx import SignedTx
from mempool.values import Admission
from pq import addresses
from rpc import context, prices, readings, views
from rpc.at_block import height_of
from rpc.caller import Caller
from rpc.dispatch import database_away
from rpc.errors import DatabaseAway, NodeAbsent
from rpc.params import Address, BlockRef, Bytes32, Cursor, Limit, RawTx, whole
from rpc.registry import many, method
from rpc.results.tx import (
    FeeBlock,
    FeeHistory,
    RawTransactionView,
    ReceiptView,
    SubmittedTx,
    TransactionView,
    TxPage,
    TxStatusView,
)

_PERCENTILES_PPM = (100_000, 500_000, 900_000)
_BLOCK_LINES = 200


@method("tx.sendRawTransaction", errors=[TxRefused, EncodingRefused, NodeAbsent])
def send_raw_transaction(
    raw: Annotated[RawTx, "Canonical CBOR of [unsigned, witness]."],
    caller: Caller,
) -> SubmittedTx:
    """Put a signed transaction into the pool.

    `held` means that an earlier nonce of the sender is missing. A refusal carries the code of the
    first rule that the transaction breaks.
    """
    return _submitted(context.pool().submit(raw, caller.source))


@many("tx.sendRawTransaction")
def send_raw_transactions(
    calls: list[dict[str, Any]], caller: Caller
) -> list[SubmittedTx | Refused | DatabaseAway]:
    """The same for neighbours in a batch: the accounts of their senders are read at once."""
    outcomes = context.pool().submit_many([call["raw"] for call in calls], caller.source)
    answers: list[SubmittedTx | Refused | DatabaseAway] = []
    away: DatabaseAway | None = None
    for outcome in outcomes:
        if isinstance(outcome, DatabaseFault):
            away = away or database_away(outcome)  # logged once
            answers.append(away)
        else:
            answers.append(outcome if isinstance(outcome, Refused) else _submitted(outcome))
    return answers


def _submitted(admission: Admission) -> SubmittedTx:
    return {"txid": views.hexed(admission.txid), "state": admission.state}


@method("tx.getTransactionByHash", errors=[NodeAbsent, Pruned])
def get_transaction_by_hash(txid: Bytes32) -> RawTransactionView | None:
    """A transaction of the best chain or of the pool; null if the node knows neither."""
    found = queries.tx(txid)
    if found is None:
        pooled = context.pool().get(txid)
        if pooled is not None:
            return _raw(pooled.tx, views.transaction(pooled.tx))
        found = queries.tx(txid)  # it may have left the pool for a block in between
    if found is None:
        return None
    place, made = views.place_of(found.outcome), found.outcome.recipient
    if found.tx is None:
        view = views.plain_transaction(found.unsigned, found.outcome.size_bytes, place)
        return {**view, "reading": readings.of_tx(found.unsigned, made), "raw": None}
    return _raw(found.tx, views.transaction(found.tx, place), made)


def _raw(tx: SignedTx, view: TransactionView, contract: bytes | None = None) -> RawTransactionView:
    return {
        **view,
        "reading": readings.of_tx(tx.unsigned, contract),
        "raw": views.hexed(tx.raw),
    }


@method("tx.getTransactionReceipt")
def get_transaction_receipt(txid: Bytes32) -> ReceiptView | None:
    """What a transaction did and paid; null while it is in no block of the best chain.

    `result` is there for a call that succeeded, null where the transaction's body is pruned.
    """
    found = queries.outcome(txid)
    return None if found is None else readings.of_receipt(found, _calldata(found))


def _calldata(found: TxOutcome) -> bytes | None:
    if found.kind != readings.CALL or not found.receipt.ret:
        return None
    try:
        view = queries.tx(found.txid)
    except Pruned:
        return None
    data = None if view is None else view.unsigned.body.get("data")
    return data if isinstance(data, bytes) else None


@method("tx.getByAddress", errors=[BadCursor])
def get_by_address(address: Address, cursor: Cursor | None = None, limit: Limit = 25) -> TxPage:
    """Transactions that an address sent or received, newest first."""
    page = queries.txs_by_address(address, cursor, limit)
    return {"items": [views.tx_line(line) for line in page.items], "cursor": page.cursor}


@method("tx.getStatus", errors=[NodeAbsent])
def get_status(txid: Bytes32) -> TxStatusView:
    """Where a transaction is: pending, held, mined, dropped (and why) or unknown."""
    pool = context.pool()
    found = queries.outcome(txid)
    pooled = pool.get(txid) if found is None else None
    if found is None and pooled is None:
        found = queries.outcome(txid)  # it may have left the pool for a block in between
    if found is not None:
        return _mined(found)
    status: TxStatusView = {
        "txid": views.hexed(txid),
        "state": "unknown",
        "blockHash": None,
        "height": None,
        "confirmations": 0,
        "code": None,
        "reason": None,
    }
    if pooled is not None:
        status["state"] = "held" if pooled.state == "held" else "pending"
        status["reason"] = pooled.reason
    elif (drop := pool.dropped(txid)) is not None:
        status["state"] = "dropped"
        status["code"], status["reason"] = drop.code, drop.reason
    return status


def _mined(found: TxOutcome) -> TxStatusView:
    head = queries.head().header.height
    return {
        "txid": views.hexed(found.txid),
        "state": "mined",
        "blockHash": views.hexed(found.block_hash),
        "height": found.height,
        "confirmations": max(1, head - found.height + 1),
        "code": None,
        "reason": None,
    }


@method("tx.feeHistory", errors=[NodeAbsent])
def fee_history(
    count: Annotated[int, whole(least=1, most=50), "Blocks to look at."] = 10,
    newest: BlockRef = "latest",
) -> FeeHistory:
    """Base fee, fullness and tips of a run of blocks, and the next block's base fee.

    Blocks below a snapshot that the node began from are left out: nobody here saw their tips.
    """
    with chain.snapshot():
        head = queries.head().header
        last = min(height_of(newest), head.height)
        base = queries.kept().base
        first = max(base + 1 if base else 0, last - count + 1)
        headers = queries.headers(first, last - first + 1) if first <= last else ()
        blocks: list[FeeBlock] = [
            {
                "height": header.height,
                "baseFee": str(header.base_fee),
                "gasUsedRatioPpm": header.gas_used * PPM // header.gas_limit,
                "tips": [str(tip) for tip in _tips(header.hash, header.height, header.base_fee)],
            }
            for header in headers
        ]
    return {"blocks": blocks, "nextBaseFee": str(prices.next_base_fee(head))}


@lru_cache(maxsize=1024)
def _tips(block_hash: bytes, height: int, base_fee: int) -> tuple[int, ...]:
    """Tips per gas at the percentiles by gas used; zeros for a block without transactions.

    ``block_hash`` makes the cache right over reorgs; the caller's snapshot makes ``height`` so.
    """
    paid: list[tuple[int, int]] = []
    cursor: str | None = None
    while True:
        page = queries.block_txs(height, cursor, _BLOCK_LINES)
        paid += [(line.fee_paid // line.gas_used - base_fee, line.gas_used) for line in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    paid.sort()
    total = sum(gas for _, gas in paid)
    return tuple(_percentile(paid, total * ppm // PPM) for ppm in _PERCENTILES_PPM)


def _percentile(paid: list[tuple[int, int]], wanted: int) -> int:
    """The tip at which ``wanted`` gas is reached, in rising order of tips."""
    reached = 0
    for tip, gas in paid:
        reached += gas
        if reached >= wanted:
            return tip
    return 0


@method("tx.decode", errors=[EncodingRefused])
def decode(
    raw: Annotated[RawTx, "Canonical CBOR of [unsigned, witness]."],
) -> RawTransactionView:
    """Read a raw transaction without sending it. Signature and state are not checked."""
    tx = SignedTx.decode(raw)
    addresses.check(tx.unsigned.sender)
    return _raw(tx, views.transaction(tx))

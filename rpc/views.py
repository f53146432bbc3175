"""Values to their JSON form: bytes ``0x`` hex, addresses bech32m, amounts decimal strings."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, cast

from chain.values import BlockView as StoredBlock
from chain.values import LogLine, RecordProof, TxLine, TxOutcome
from core.header import Header
from core.receipt import REVERTED, Log
from core.tx import SignedTx, UnsignedTx
from execution import reasons
from pq import addresses
from rpc.results.chain import BlockSummary, HeaderView
from rpc.results.contracts import EventView, FailureView
from rpc.results.state import StateProof
from rpc.results.tx import LogView, ReceiptView, TransactionView, TxLineView

OUTCOMES: tuple[Literal["ok", "reverted", "outOfGas"], ...] = ("ok", "reverted", "outOfGas")
_DEPLOY = "deploy"
_BODY_ADDRESSES = frozenset(("to",))
_BODY_AMOUNTS = frozenset(("value",))


def hexed(data: bytes) -> str:
    """``0x`` and lower-case hex."""
    return "0x" + data.hex()


@lru_cache(maxsize=4096)
def address_text(address: bytes) -> str:
    """The bech32m text; lists repeat few addresses, and a checksum costs more than a look-up."""
    return addresses.to_text(address)


def header(value: Header) -> HeaderView:
    """A header with its hash."""
    roots, policy = value.roots, value.policy
    return {
        "hash": hexed(value.hash),
        "v": value.v,
        "chain": value.chain,
        "height": value.height,
        "parent": hexed(value.parent),
        "time": value.time,
        "coinbase": address_text(value.coinbase),
        "gasLimit": value.gas_limit,
        "gasUsed": value.gas_used,
        "baseFee": str(value.base_fee),
        "blobBytes": value.blob_bytes,
        "blobFee": str(value.blob_fee),
        "theta": value.theta,
        "psi": value.psi,
        "roots": {
            "state": hexed(roots.state),
            "txs": hexed(roots.txs),
            "witnesses": hexed(roots.witnesses),
            "receipts": hexed(roots.receipts),
            "proofs": hexed(roots.proofs),
            "da": hexed(roots.da),
        },
        "beacon": {"round": value.beacon.round, "out": hexed(value.beacon.out)},
        "mix": hexed(value.mix),
        "policy": {
            "poies": hexed(policy.poies),
            "alg": hexed(policy.alg),
            "zk": hexed(policy.zk),
            "params": hexed(policy.params),
        },
        "extra": hexed(value.extra),
        "nonce": hexed(value.nonce),
    }


def block_summary(block: StoredBlock) -> BlockSummary:
    """A stored block without its transactions."""
    return {
        **header(block.header),
        "canonical": block.canonical,
        "status": block.status.value,
        "totalWork": str(block.total_work),
        "sizeBytes": block.size_bytes,
        "txCount": block.tx_count,
        "minted": _amount(block.minted),
        "burnt": _amount(block.burnt),
        "supply": _amount(block.supply),
    }


def _amount(value: int | None) -> str | None:
    return None if value is None else str(value)


Place = tuple[bytes, int, int, int]
"""Where a transaction is: block hash, height, index in the block, time in ms."""


def transaction(tx: SignedTx, place: Place | None = None) -> TransactionView:
    """A transaction, with its place if it is in a block of the best chain."""
    return _transaction(tx.unsigned, tx.witness.alg, len(tx.raw), place)


def plain_transaction(tx: UnsignedTx, size_bytes: int, place: Place | None) -> TransactionView:
    """The same without its witness: a valid one's algorithm is the one that the sender names."""
    return _transaction(tx, addresses.alg_of(tx.sender), size_bytes, place)


def _transaction(
    unsigned: UnsignedTx, alg: int, size_bytes: int, place: Place | None
) -> TransactionView:
    block_hash, height, index, time = place or (None, None, None, None)
    view: dict[str, Any] = {
        "txid": hexed(unsigned.txid),
        "v": unsigned.v,
        "chain": unsigned.chain,
        "kind": unsigned.kind,
        "from": address_text(unsigned.sender),
        "nonce": unsigned.nonce,
        "gas": unsigned.gas,
        "maxFee": str(unsigned.max_fee),
        "maxTip": str(unsigned.max_tip),
        "body": {name: _body_value(name, value) for name, value in unsigned.body.items()},
    }
    if unsigned.max_blob_fee is not None:
        view["maxBlobFee"] = str(unsigned.max_blob_fee)
    if unsigned.access is not None:
        view["access"] = [
            [hexed(address), [hexed(slot) for slot in slots]] for address, slots in unsigned.access
        ]
    if unsigned.until is not None:
        view["until"] = unsigned.until
    if unsigned.keep:
        view["keep"] = True
    view["alg"] = alg
    view["sizeBytes"] = size_bytes
    view["blockHash"] = None if block_hash is None else hexed(block_hash)
    view["height"], view["index"], view["time"] = height, index, time
    return cast("TransactionView", view)


def _body_value(name: str, value: Any) -> Any:
    """A body is the kind's own map: show its two common fields well and the rest plainly."""
    if name in _BODY_AMOUNTS and isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        if name in _BODY_ADDRESSES and _is_address(value):
            return address_text(value)
        return hexed(value)
    if isinstance(value, list):
        return [_body_value("", item) for item in value]
    if isinstance(value, dict):
        return {key: _body_value(key, item) for key, item in value.items()}
    return value


def _is_address(value: bytes) -> bool:
    return len(value) == addresses.ADDRESS_BYTES and (
        addresses.is_key_address(value) or addresses.alg_of(value) == 0
    )


def place_of(found: TxOutcome) -> Place:
    """The place of a transaction of the best chain."""
    return found.block_hash, found.height, found.index, found.time_ms


def receipt(found: TxOutcome) -> ReceiptView:
    """What a transaction of the best chain did and paid."""
    charge, outcome, to = found.charge, found.receipt, found.recipient
    made = found.kind == _DEPLOY
    view: dict[str, Any] = {
        "txid": hexed(found.txid),
        "blockHash": hexed(found.block_hash),
        "height": found.height,
        "index": found.index,
        "time": found.time_ms,
        "kind": found.kind,
        "from": address_text(found.sender),
        "to": address_text(to) if to is not None and not made and _is_address(to) else None,
        "status": outcome.status,
        "outcome": OUTCOMES[outcome.status],
        "gasUsed": outcome.gas_used,
        "price": str(charge.price),
        "feePaid": str(charge.base_fee_paid + charge.tip_paid),
        "baseFeePaid": str(charge.base_fee_paid),
        "tipPaid": str(charge.tip_paid),
        "logs": [event(log) for log in outcome.logs],
        "ret": hexed(outcome.ret),
        "contract": address_text(to) if made and to is not None else None,
        "failure": failure(outcome.status, outcome.ret),
    }
    return cast("ReceiptView", view)


def event(log: Log) -> EventView:
    """One event as the receipt holds it."""
    return {
        "address": address_text(log.address),
        "topics": [hexed(topic) for topic in log.topics],
        "data": hexed(log.data),
    }


def failure(status: int, ret: bytes) -> FailureView | None:
    """Why a call ended with a status (1 reverted, 2 out of gas); None for success."""
    reason = ret.decode("utf-8", "replace") if status == REVERTED else ""
    known = reasons.explain(status, reason)
    if known is None:
        return None
    return {"reason": reason, "sentence": known.sentence, "hint": known.hint}


def state_proof(proved: RecordProof) -> StateProof:
    """A record of the state, or its absence, with its proof."""
    return {
        "header": hexed(proved.header.encoded),
        "blockHash": hexed(proved.header.hash),
        "height": proved.header.height,
        "key": hexed(proved.key),
        "value": None if proved.value is None else hexed(proved.value),
        "proof": hexed(proved.proof.encode()),
    }


def log_line(line: LogLine) -> LogView:
    """One event with its place."""
    return {
        **event(line.log),
        "blockHash": hexed(line.block_hash),
        "height": line.height,
        "logIndex": line.log_index,
        "txid": None if line.txid is None else hexed(line.txid),
        "txIndex": line.tx_index,
    }


def tx_line(line: TxLine) -> TxLineView:
    """One line of a transaction list."""
    view: dict[str, Any] = {
        "txid": hexed(line.txid),
        "height": line.height,
        "index": line.index,
        "time": line.time_ms,
        "kind": line.kind,
        "from": address_text(line.sender),
        "to": None if line.recipient is None else address_text(line.recipient),
        "value": str(line.value),
        "nonce": line.nonce,
        "status": line.status,
        "gasUsed": line.gas_used,
        "feePaid": str(line.fee_paid),
    }
    return cast("TxLineView", view)

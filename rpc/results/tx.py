"""Transactions, what they did, and what they pay."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from rpc.results.contracts import EventView, FailureView, ReadingView, ValueView
from rpc.results.forms import AddressText, AmountText, Hash, Hex

# "from" is a Python word, hence the other way to write this one.
TransactionView = TypedDict(
    "TransactionView",
    {
        "txid": Hash,
        "v": int,
        "chain": int,
        "kind": str,
        "from": AddressText,
        "nonce": int,
        "gas": int,
        "maxFee": AmountText,
        "maxTip": AmountText,
        "body": dict[str, Any],
        "maxBlobFee": NotRequired[AmountText],
        "access": NotRequired[list[Any]],
        "until": NotRequired[int],
        "keep": NotRequired[bool],
        "alg": int,
        "sizeBytes": int,
        "blockHash": Hash | None,
        "height": int | None,
        "index": int | None,
        "time": int | None,
        "reading": NotRequired[ReadingView | None],
    },
)
TransactionView.__doc__ = (
    "A transaction; `blockHash` to `time` are null while it is in no block of the best chain. "
    "`reading` is what it asks of a contract, by that contract's interface."
)


class RawTransactionView(TransactionView):
    """A transaction with its canonical bytes, witness included.

    `raw` is null where the witness is pruned.
    """

    raw: Hex | None


class LogView(EventView):
    """One event and where it happened; the last two are null in the system receipt."""

    blockHash: Hash
    height: int
    logIndex: int
    txid: Hash | None
    txIndex: int | None


class LogPage(TypedDict):
    """A page of events and the cursor of the next page."""

    items: list[LogView]
    cursor: str | None


ReceiptView = TypedDict(
    "ReceiptView",
    {
        "txid": Hash,
        "blockHash": Hash,
        "height": int,
        "index": int,
        "time": int,
        "kind": str,
        "from": AddressText,
        "to": AddressText | None,
        "status": Literal[0, 1, 2],
        "outcome": Literal["ok", "reverted", "outOfGas"],
        "gasUsed": int,
        "price": AmountText,
        "feePaid": AmountText,
        "baseFeePaid": AmountText,
        "tipPaid": AmountText,
        "logs": list[EventView],
        "ret": Hex,
        "contract": AddressText | None,
        "failure": FailureView | None,
        "result": NotRequired[ValueView | None],
    },
)
ReceiptView.__doc__ = (
    "What a transaction of the best chain did and paid. `price` is per gas; `contract` is what a "
    "deployment made; `failure` says why it did not succeed; `result` is `ret` read by the "
    "contract's interface."
)


TxLineView = TypedDict(
    "TxLineView",
    {
        "txid": Hash,
        "height": int,
        "index": int,
        "time": int,
        "kind": str,
        "from": AddressText,
        "to": AddressText | None,
        "value": AmountText,
        "nonce": int,
        "status": Literal[0, 1, 2],
        "gasUsed": int,
        "feePaid": AmountText,
    },
)
TxLineView.__doc__ = "One line of a transaction list."


class TxPage(TypedDict):
    """A page of transactions, newest first, and the cursor of the next page."""

    items: list[TxLineView]
    cursor: str | None


class SubmittedTx(TypedDict):
    """A transaction that the pool took: ready, or held until a nonce gap closes."""

    txid: Hash
    state: Literal["ready", "held"]


class TxStatusView(TypedDict):
    """Where a transaction is. `code` and `reason` say why it was dropped or is held."""

    txid: Hash
    state: Literal["pending", "held", "mined", "dropped", "unknown"]
    blockHash: Hash | None
    height: int | None
    confirmations: int
    code: str | None
    reason: str | None


class GasEstimate(TypedDict):
    """Gas that a transfer needs, and prices to put into it."""

    gas: int
    keyStored: bool
    baseFee: AmountText
    maxFee: AmountText
    maxTip: AmountText


class FeeBlock(TypedDict):
    """Fees of one block; `tips` are the 10th, 50th and 90th percentile per gas, by gas used."""

    height: int
    baseFee: AmountText
    gasUsedRatioPpm: int
    tips: list[AmountText]


class FeeHistory(TypedDict):
    """Fees of a run of blocks, oldest first, and the base fee of the next block."""

    blocks: list[FeeBlock]
    nextBaseFee: AmountText

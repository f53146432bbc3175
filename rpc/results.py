"""The shapes of results, as the OpenRPC document describes them.

Amounts are decimal strings of nANM, bytes ``0x`` hex, heights and times (Unix ms) numbers, scores
micro-nats. Source: docs/spec/rpc.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired, TypedDict


@dataclass(frozen=True, eq=False)  # by identity: annotations must be hashable
class Shape:
    """The JSON schema of an annotated result type."""

    schema: Mapping[str, Any]


Hex = Annotated[str, Shape({"type": "string", "pattern": "^0x([0-9a-f]{2})*$"})]
Hash = Annotated[str, Shape({"type": "string", "pattern": "^0x[0-9a-f]{64}$"})]
AddressText = Annotated[str, Shape({"type": "string", "pattern": "^anim1[0-9a-z]+$"})]
AmountText = Annotated[str, Shape({"type": "string", "pattern": "^[0-9]+$", "title": "nANM"})]
WorkText = Annotated[str, Shape({"type": "string", "pattern": "^[0-9]+$", "title": "total work"})]
BigText = Annotated[str, Shape({"type": "string", "pattern": "^[0-9]+$", "title": "whole number"})]


class RootsView(TypedDict):
    """The Merkle commitments of a block."""

    state: Hash
    txs: Hash
    witnesses: Hash
    receipts: Hash
    proofs: Hash
    da: Hash


class PolicyView(TypedDict):
    """Digests of the policies active at a height."""

    poies: Hash
    alg: Hash
    zk: Hash
    params: Hash


class BeaconView(TypedDict):
    """The latest final round of the randomness beacon."""

    round: int
    out: Hash


class HeaderView(TypedDict):
    """A block header and its hash."""

    hash: Hash
    v: int
    chain: int
    height: int
    parent: Hash
    time: int
    coinbase: AddressText
    gasLimit: int
    gasUsed: int
    baseFee: AmountText
    blobBytes: int
    blobFee: AmountText
    theta: int
    psi: int
    roots: RootsView
    beacon: BeaconView
    mix: Hash
    policy: PolicyView
    extra: Hex
    nonce: Hex


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
    },
)
TransactionView.__doc__ = (
    "A transaction; the last four fields are null while it is in no block of the best chain."
)


class RawTransactionView(TransactionView):
    """A transaction with its canonical bytes, witness included.

    `raw` is null where the witness is pruned.
    """

    raw: Hex | None


class BlockSummary(HeaderView):
    """A block without its transactions; amounts are null for blocks off the best chain."""

    canonical: bool
    status: Literal["stored", "executed", "invalid"]
    totalWork: WorkText
    sizeBytes: int
    txCount: int
    minted: AmountText | None
    burnt: AmountText | None
    supply: AmountText | None


class BlockView(BlockSummary):
    """A block with its transactions: ids, or in full."""

    txs: list[Hash] | list[TransactionView]


class TypeScoreView(TypedDict):
    """One type's part of Σψ. `work` is units · quality, in millionths of a unit; `alpha` in ppm.

    `raw` is before the block's multiplier, `multiplied` after it, `psi` after the type's `cap`.
    """

    type: int
    name: str
    work: BigText
    alpha: int
    raw: int
    multiplied: int
    cap: int
    capped: bool
    psi: int


class ScoreView(TypedDict):
    """Why a block counts as sealed: `u` < `threshold`, which says `draw` + `psi` ≥ `theta`.

    `u` is the draw as a number below 2^256, `draw` its −ln. `multiplier` is in ppm. `uncapped` is
    Σψ before `gamma`, the most that useful work may bring. `work` is what the block counts in its
    chain, `expectedDraws` what sealing it took on average.
    """

    hash: Hash
    height: int
    canonical: bool
    u: BigText
    draw: int
    types: list[TypeScoreView]
    multiplier: int
    uncapped: int
    gamma: int
    capped: bool
    psi: int
    score: int
    theta: int
    surplus: int
    threshold: BigText
    expectedDraws: BigText
    work: BigText


class ProofView(TypedDict):
    """A proof of useful work: its receipt, what it was paid, and the proof itself.

    `credited` says whether its units count. `envelope` is CBOR, which `digest` commits to; it is
    null where the node has pruned it. `share` is the header that a hash share is, else null.
    """

    type: int
    name: str
    nullifier: Hash
    payee: AddressText
    psi: int
    units: BigText
    quality: int
    credited: bool
    paid: AmountText
    digest: Hash
    envelope: Hex | None
    share: HeaderView | None


class BlockProofsView(TypedDict):
    """A block's verified proofs in their order. `slice` is what each hash share is paid."""

    hash: Hash
    height: int
    canonical: bool
    slice: AmountText
    proofs: list[ProofView]


class EventView(TypedDict):
    """One event as the receipt holds it."""

    address: AddressText
    topics: list[Hash]
    data: Hex


class LogView(EventView):
    """One event and where it happened; the last two are null in the system receipt."""

    blockHash: Hash
    height: int
    logIndex: int
    txid: Hash | None
    txIndex: int | None


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
    },
)
ReceiptView.__doc__ = "What a transaction of the best chain did and paid. `price` is per gas."

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


class LogPage(TypedDict):
    """A page of events and the cursor of the next page."""

    items: list[LogView]
    cursor: str | None


class SubmittedTx(TypedDict):
    """A transaction that the pool took: ready, or held until a nonce gap closes."""

    txid: Hash
    state: Literal["ready", "held"]


class SubmittedBlock(TypedDict):
    """What became of a submitted block; `added` and `reorg` made it the head."""

    hash: Hash
    height: int
    outcome: Literal["added", "side", "reorg", "known", "early", "orphan"]


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


class AccountView(TypedDict):
    """An account in the state behind the named block."""

    address: AddressText
    nonce: int
    balance: AmountText
    code: Hash | None
    keyStored: bool
    height: int
    blockHash: Hash


class StateProof(TypedDict):
    """A record (or its absence: `value` null) with its proof under `header`'s state root.

    `header` is CBOR(header): hashing it gives `blockHash`. `proof` lists siblings, root first.
    """

    header: Hex
    blockHash: Hash
    height: int
    key: Hash
    value: Hex | None
    proof: Hex


class StateRecord(TypedDict):
    """A record of the state; its key is the module's tagged hash of `id`."""

    module: str
    id: Hex
    value: Hex


class StateRange(TypedDict):
    """All records with keys from `first` to `last`, by key, proven under `header`'s state root.

    `next` is the key to ask on from where the answer ended early, else null.
    """

    header: Hex
    blockHash: Hash
    height: int
    first: Hash
    last: Hash
    records: list[StateRecord]
    proof: Hex
    next: Hash | None


class PooledTxView(TypedDict):
    """A transaction in the pool.

    `tip` is per gas at the next base fee; `reason` says what it waits for, if anything.
    """

    tx: TransactionView
    state: Literal["ready", "held"]
    arrived: int
    tip: str
    reason: str | None


class PoolPage(TypedDict):
    """A page of the pool and the cursor of the next page."""

    items: list[PooledTxView]
    cursor: str | None


class SenderPool(TypedDict):
    """What the pool holds of one sender, by nonce."""

    address: AddressText
    nextNonce: int
    items: list[PooledTxView]


class PoolStatsView(TypedDict):
    """The pool in numbers. Fees and tips per gas; tips and `oldest` are null in an empty pool.

    `baseFee` is the next block's. A negative tip waits for a lower base fee.
    """

    count: int
    ready: int
    held: int
    senders: int
    bytes: int
    limitCount: int
    limitBytes: int
    minFee: AmountText
    baseFee: AmountText
    oldest: int | None
    tipLow: str | None
    tipMedian: str | None
    tipHigh: str | None


class SyncStatus(TypedDict):
    """How far the node is; `state` is the word that `animica status` shows."""

    state: str
    height: int
    hash: Hash
    time: int
    ageMs: int


class ParamsView(TypedDict):
    """The network: its identity, consensus parameters, policy digests and local policy."""

    name: str
    chain: int
    genesisHash: Hash
    params: dict[str, Any]
    poies: dict[str, Any]
    algs: list[dict[str, int]]
    proofTypes: list[dict[str, int]]
    sets: list[dict[str, str | int]]
    policy: PolicyView
    local: dict[str, Any]

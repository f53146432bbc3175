"""What crosses the ledger's border: frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from core.block import Block
from core.header import Header
from core.ports import RecordKey
from core.proof import Envelope, ProofReceipt
from core.receipt import Log, Receipt
from core.statetree import Proof, RangeProof
from core.tx import SignedTx, UnsignedTx, Witness

T = TypeVar("T")


class BlockStatus(StrEnum):
    """What the node knows of a stored block."""

    STORED = "stored"  # sealed, its body verified; not executed (a side branch)
    EXECUTED = "executed"  # executed with the right result at least once
    HEADER = "header"  # below a snapshot: the header was verified, the body was never here
    INVALID = "invalid"  # breaks a rule that its hash commits to; never tried again


class Part(StrEnum):
    """What a node may drop of old blocks, each by itself; headers and receipts always stay."""

    WITNESSES = "witnesses"  # signatures, and the raw proofs of useful work
    BODIES = "bodies"  # transactions and proof receipts, and with them the witnesses
    STATE = "state"  # undo: what records were before a block


@dataclass(frozen=True)
class Kept:
    """From which height on this node has each part of history; 0: all of it.

    ``witnesses_from`` and ``bodies_from`` are blocks, ``state_from`` is the lowest block whose
    state can be read and returned to. Genesis has no transactions and is always whole. ``base``
    is the block of the snapshot that this ledger began from: of blocks 1 to it only the headers
    have ever been here, no receipts and no lists of transactions either.
    """

    witnesses_from: int = 0
    bodies_from: int = 0
    state_from: int = 0
    base: int = 0

    @property
    def lowest_head(self) -> int:
        """The lowest block that the best chain can be taken back to.

        A head has its whole body, or is the base, which never had one.
        """
        bodies = max(self.bodies_from, self.witnesses_from)
        if 0 < self.base == bodies - 1:
            bodies = self.base
        return max(self.state_from, bodies)

    def start_of(self, part: Part) -> int:
        """The height from which a part is here."""
        return {
            Part.WITNESSES: self.witnesses_from,
            Part.BODIES: self.bodies_from,
            Part.STATE: self.state_from,
        }[part]


@dataclass(frozen=True)
class Pruning:
    """What one step of pruning did, or a plan of it: heights from ``first`` below ``end``.

    ``size`` counts the bytes of the dropped values, without the database's own overhead.
    """

    part: Part
    first: int
    end: int
    size: int

    @property
    def blocks(self) -> int:
        """How many heights."""
        return self.end - self.first


@dataclass(frozen=True)
class StoredHeader:
    """A header with its place in the tree of blocks. ``total_work`` counts from genesis."""

    header: Header
    total_work: int
    status: BlockStatus
    canonical: bool
    invalid_code: str = ""

    @property
    def hash(self) -> bytes:
        """The block hash."""
        return self.header.hash

    @property
    def height(self) -> int:
        """The block's height."""
        return self.header.height


@dataclass(frozen=True)
class TxCharge:
    """What one transaction paid, in nANM: price per gas, and gasUsed times its two parts."""

    price: int
    base_fee_paid: int
    tip_paid: int


@dataclass(frozen=True)
class BlockEffects:
    """Everything that executing a block changes. Keys of both maps are the same.

    ``changes`` holds the value of each record after the block, ``previous`` the one before it
    (None: absent). ``receipts`` ends with the system receipt. Amounts in nANM.
    """

    changes: Mapping[RecordKey, bytes | None]
    previous: Mapping[RecordKey, bytes | None]
    receipts: tuple[Receipt, ...]
    charges: tuple[TxCharge, ...]
    minted: int
    burnt: int


@dataclass(frozen=True)
class StagedState:
    """A state tree with changes applied but not written: its root and the pages to write.

    ``base`` is the hash of the head that it was staged on; it can be written on no other.
    """

    root: bytes
    pages: Mapping[bytes, bytes | None]
    base: bytes


@dataclass(frozen=True)
class BlockView:
    """A stored block for readers. Totals (nANM) are None for blocks not on the best chain.

    Of a block below a snapshot, whose status is HEADER, they and its size and count of
    transactions are None; the snapshot's own block has a supply.
    """

    header: Header
    total_work: int
    status: BlockStatus
    canonical: bool
    size_bytes: int | None
    tx_count: int | None
    minted: int | None
    burnt: int | None
    supply: int | None

    @property
    def hash(self) -> bytes:
        """The block hash."""
        return self.header.hash


@dataclass(frozen=True)
class TxOutcome:
    """What a transaction of the best chain did, and where. Known however much is pruned.

    ``size_bytes`` is the length of its encoding with the witness.
    """

    txid: bytes
    block_hash: bytes
    height: int
    index: int
    time_ms: int
    kind: str
    sender: bytes
    recipient: bytes | None
    value: int
    nonce: int
    size_bytes: int
    receipt: Receipt
    charge: TxCharge


@dataclass(frozen=True)
class TxView:
    """A transaction of the best chain. ``witness`` is None where it is pruned."""

    unsigned: UnsignedTx
    witness: Witness | None
    outcome: TxOutcome

    @property
    def tx(self) -> SignedTx | None:
        """The transaction with its witness, None where that is pruned."""
        return None if self.witness is None else SignedTx(self.unsigned, self.witness)


@dataclass(frozen=True)
class PlainTx:
    """A transaction without its witness; ``size_bytes`` counts that in."""

    unsigned: UnsignedTx
    size_bytes: int


@dataclass(frozen=True)
class TxLine:
    """One line of a transaction list: what a table shows without decoding the transaction."""

    txid: bytes
    height: int
    index: int
    time_ms: int
    kind: str
    sender: bytes
    recipient: bytes | None
    value: int
    nonce: int
    status: int
    gas_used: int
    fee_paid: int


@dataclass(frozen=True)
class LogLine:
    """One event of the best chain. ``tx_index`` is None for the system receipt's.

    ``log_index`` counts through the whole block.
    """

    log: Log
    height: int
    block_hash: bytes
    txid: bytes | None
    tx_index: int | None
    log_index: int


@dataclass(frozen=True)
class Page(Generic[T]):
    """A bounded slice of a list and the cursor of the next one (None at the end)."""

    items: tuple[T, ...]
    cursor: str | None


@dataclass(frozen=True)
class RecordProof:
    """A record of the state behind ``header`` with the proof that it is (or is not) there."""

    header: Header
    key: bytes
    value: bytes | None
    proof: Proof


class Record(NamedTuple):
    """A present record of the state."""

    module: str
    id: bytes
    value: bytes


@dataclass(frozen=True)
class ProvenRange:
    """All records with keys from ``first`` to ``last`` in the state behind ``header``, by key.

    ``last`` may be below what was asked for: then it is the last record's key.
    """

    header: Header
    first: bytes
    last: bytes
    records: tuple[Record, ...]
    proof: RangeProof


@dataclass(frozen=True)
class Totals:
    """Money after the head, in nANM: supply = base supply + minted − burnt.

    Minted and burnt count from the block ``base_height`` on: genesis, or the snapshot that this
    ledger began from, whose supply is the sum of its proven balances.
    """

    genesis: int
    minted: int
    burnt: int
    supply: int
    base_height: int
    base_supply: int


@dataclass(frozen=True)
class FullBlock:
    """A decoded block with the receipts of its execution (empty when not executed)."""

    block: Block
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True)
class BlockProofs:
    """A block's proofs of useful work, in body order. ``envelopes`` is None where pruned."""

    receipts: tuple[ProofReceipt, ...]
    envelopes: tuple[Envelope, ...] | None


@dataclass(frozen=True)
class RewindPlan:
    """What taking the best chain from ``head`` back to ``height`` deletes.

    ``txs`` are transactions of the best chain, ``side_blocks`` lie beside it.
    """

    head: int
    height: int
    txs: int
    side_blocks: int

    @property
    def blocks(self) -> int:
        """Blocks of the best chain that go."""
        return self.head - self.height


@dataclass(frozen=True)
class Audited:
    """What an audit of blocks has compared so far.

    ``not_kept`` counts by name the sections that are not there to be compared.
    """

    blocks: int = 0
    txs: int = 0
    logs: int = 0
    not_kept: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SnapshotLoad:
    """How far a snapshot of the block ``hash`` is loaded.

    ``following`` is the key from which on records are missing, None where all are here.
    """

    hash: bytes
    height: int
    following: bytes | None
    chunks: int
    records: int

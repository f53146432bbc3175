"""Headers, blocks, and what the node says of its chain."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from rpc.results.forms import AddressText, AmountText, Hash, Hex, WorkText
from rpc.results.tx import TransactionView


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


class BlockSummary(HeaderView):
    """A block without its transactions; amounts are null for blocks off the best chain.

    Of a block below the snapshot that the node began from (`status` is `header`) only the header
    is known: amounts, size and count are null, but for the supply at the snapshot's own block.
    """

    canonical: bool
    status: Literal["stored", "executed", "header", "invalid"]
    totalWork: WorkText
    sizeBytes: int | None
    txCount: int | None
    minted: AmountText | None
    burnt: AmountText | None
    supply: AmountText | None


class BlockView(BlockSummary):
    """A block with its transactions: ids, or in full."""

    txs: list[Hash] | list[TransactionView]


class SubmittedBlock(TypedDict):
    """What became of a submitted block; `added` and `reorg` made it the head."""

    hash: Hash
    height: int
    outcome: Literal["added", "side", "reorg", "known", "early", "orphan"]


class SyncStatus(TypedDict):
    """How far the node is; `state` is the word that `animica status` shows.

    `target` is the greatest height that is known to be ahead, `percent` how much of it is here,
    rounded down; `etaMs` is null where nothing can be said. `records` counts those of a snapshot
    that is being loaded.
    """

    state: str
    height: int
    hash: Hash
    time: int
    ageMs: int
    target: int
    percent: int
    blocksPerSecond: float
    etaMs: int | None
    records: int
    peers: int


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

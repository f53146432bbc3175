"""What the engine may read while it handles an event, as protocols that drivers fill.

All answers come at once, from memory or in a few database reads; nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from chain.values import Kept, StoredHeader
from core.header import Header
from core.proof import Envelope
from core.tx import SignedTx


class Chance(Protocol):
    """Randomness, so that a simulation can be repeated."""

    def below(self, end: int) -> int:
        """A whole number from 0 to ``end`` − 1, each as likely as any other."""

    def data(self, size: int) -> bytes:
        """Random bytes."""


class Ledger(Protocol):
    """The stored chain."""

    def head(self) -> StoredHeader:
        """The head of the best chain."""

    def stored(self, hash: bytes) -> StoredHeader | None:
        """A stored header on any branch, with its work and status."""

    def canonical_header(self, height: int) -> StoredHeader | None:
        """The best chain's header at a height."""

    def headers(self, first: int, count: int) -> Sequence[Header]:
        """Up to ``count`` headers of the best chain, rising from height ``first``."""

    def raw_block(self, hash: bytes) -> bytes | None:
        """A stored block whole, None if it is not stored or a part of it is not kept."""

    def kept(self) -> Kept:
        """From which height on this node has each part of history."""


class Pool(Protocol):
    """What waits: transactions by their id, proofs by their envelope's digest."""

    def tx(self, txid: bytes) -> SignedTx | None:
        """A waiting transaction, in the form that the next block would take."""

    def knows_tx(self, txid: bytes) -> bool:
        """Whether it waits, or left so lately that asking for it is of no use."""

    def txids(self) -> Collection[bytes]:
        """Ids of all that wait."""

    def proof(self, digest: bytes) -> Envelope | None:
        """A waiting proof."""

    def knows_proof(self, digest: bytes) -> bool:
        """Whether it waits, or was refused for good."""

    def proofs(self) -> Collection[bytes]:
        """Digests of all that wait."""


class Shelf(Protocol):
    """The snapshots that this node serves."""

    def heights(self) -> Sequence[tuple[int, bytes]]:
        """(height, block hash) of each, the highest first."""

    def manifest(self, hash: bytes) -> bytes | None:
        """The manifest of the snapshot after a block, as docs/spec/p2p.md defines it."""

    def chunk(self, hash: bytes, index: int) -> bytes | None:
        """A chunk, as it is on the wire."""

    def interrupted(self) -> bytes | None:
        """Of which block a snapshot is half loaded into this node's ledger."""

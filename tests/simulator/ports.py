"""What the engine reads of a simulated node. To be the node's own ports once there are some."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chain import queries
from chain import service as chain
from chain.errors import Pruned
from chain.values import Kept, StoredHeader
from consensus.proof_pool import ProofPool
from core.header import Header
from core.proof import Envelope
from core.tx import SignedTx
from mempool.service import Pool


class LedgerPort:
    """The stored chain."""

    def head(self) -> StoredHeader:
        return chain.head()

    def stored(self, hash: bytes) -> StoredHeader | None:
        return chain.stored(hash)

    def canonical_header(self, height: int) -> StoredHeader | None:
        return chain.canonical_header(height)

    def headers(self, first: int, count: int) -> Sequence[Header]:
        return queries.headers(first, count)

    def raw_block(self, hash: bytes) -> bytes | None:
        try:
            return chain.raw_block(hash)
        except Pruned:
            return None

    def kept(self) -> Kept:
        return chain.kept()


class PoolPort:
    """What waits."""

    def __init__(self, pool: Pool, proofs: ProofPool) -> None:
        self._pool = pool
        self._proofs = proofs

    def tx(self, txid: bytes) -> SignedTx | None:
        return self._pool.waiting(txid)

    def knows_tx(self, txid: bytes) -> bool:
        return self._pool.waiting(txid) is not None or self._pool.dropped(txid) is not None

    def txids(self) -> Collection[bytes]:
        return self._pool.txids()

    def proof(self, digest: bytes) -> Envelope | None:
        return self._proofs.waiting(digest)

    def knows_proof(self, digest: bytes) -> bool:
        waits = self._proofs.waiting(digest) is not None
        return waits or self._proofs.refused_for_good(digest)

    def proofs(self) -> Collection[bytes]:
        return self._proofs.digests()


class EmptyShelf:
    """No snapshots."""

    def heights(self) -> Sequence[tuple[int, bytes]]:
        return ()

    def manifest(self, hash: bytes) -> bytes | None:
        return None

    def chunk(self, hash: bytes, index: int) -> bytes | None:
        return None

    def interrupted(self) -> bytes | None:
        return None

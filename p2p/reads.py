"""What the engine reads, out of this process's services: the ports of ``p2p.rules.ports``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from secrets import SystemRandom, token_bytes

from chain import queries
from chain import service as chain
from chain.errors import Pruned
from chain.values import Kept, StoredHeader
from consensus.events import BlockAdded, ChainReorganised
from consensus.proof_pool import ProofPool
from core.header import Header
from core.ports import Clock
from core.proof import Envelope
from core.tx import SignedTx
from mempool.service import Pool
from p2p.net.limits import DROPPED_MS, GONE_TXIDS


class SystemChance:
    """The system's randomness."""

    def __init__(self) -> None:
        self._random = SystemRandom()

    def below(self, end: int) -> int:
        """See ``p2p.rules.ports.Chance``."""
        return self._random.randrange(end)

    def data(self, size: int) -> bytes:
        """See ``p2p.rules.ports.Chance``."""
        return token_bytes(size)


class LedgerReads:
    """The stored chain, in the engine's own thread and with its own connection."""

    def head(self) -> StoredHeader:
        """See ``p2p.rules.ports.Ledger``."""
        return chain.head()

    def stored(self, hash: bytes) -> StoredHeader | None:
        """See ``p2p.rules.ports.Ledger``."""
        return chain.stored(hash)

    def canonical_header(self, height: int) -> StoredHeader | None:
        """See ``p2p.rules.ports.Ledger``."""
        return chain.canonical_header(height)

    def headers(self, first: int, count: int) -> Sequence[Header]:
        """See ``p2p.rules.ports.Ledger``."""
        return queries.headers(first, count)

    def raw_block(self, hash: bytes) -> bytes | None:
        """See ``p2p.rules.ports.Ledger``."""
        try:
            return chain.raw_block(hash)
        except Pruned:
            return None

    def kept(self) -> Kept:
        """See ``p2p.rules.ports.Ledger``."""
        return chain.kept()


class PoolReads:
    """Both pools. What blocks took lately is remembered here, since pools forget it.

    Composition subscribes ``on_block`` and ``on_reorg``.
    """

    def __init__(self, pool: Pool, proofs: ProofPool, clock: Clock) -> None:
        self._pool = pool
        self._proofs = proofs
        self._clock = clock
        self._gone: OrderedDict[bytes, None] = OrderedDict()

    # ------------------------------------------------------------ listeners

    def on_block(self, event: BlockAdded) -> None:
        """Remember what it took."""
        for txid in event.txids:
            self._gone[txid] = None
        while len(self._gone) > GONE_TXIDS:
            self._gone.popitem(last=False)

    def on_reorg(self, event: ChainReorganised) -> None:
        """What was taken may be wanted again: the old branch's is not told apart."""
        self._gone.clear()
        for txid in event.txids[-GONE_TXIDS:]:
            self._gone[txid] = None

    # ------------------------------------------------------------ the port

    def tx(self, txid: bytes) -> SignedTx | None:
        """See ``p2p.rules.ports.Pool``."""
        return self._pool.waiting(txid)

    def knows_tx(self, txid: bytes) -> bool:
        """See ``p2p.rules.ports.Pool``."""
        if txid in self._gone or self._pool.waiting(txid) is not None:
            return True
        drop = self._pool.dropped(txid)
        return drop is not None and self._clock.now_ms() - drop.at_ms < DROPPED_MS

    def txids(self) -> Collection[bytes]:
        """See ``p2p.rules.ports.Pool``."""
        return self._pool.txids()

    def proof(self, digest: bytes) -> Envelope | None:
        """See ``p2p.rules.ports.Pool``."""
        return self._proofs.waiting(digest)

    def knows_proof(self, digest: bytes) -> bool:
        """See ``p2p.rules.ports.Pool``."""
        return self.proof(digest) is not None or self._proofs.refused_for_good(digest)

    def proofs(self) -> Collection[bytes]:
        """See ``p2p.rules.ports.Pool``."""
        return self._proofs.digests()

"""A short chain with transactions and shares, made once, and pools that are plain dicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from core.block import Block
from core.proof import Envelope
from core.tx import SignedTx
from tests.support import ChainBuilder, Made, fast_network, key, transfer

NETWORK = fast_network()


@dataclass(frozen=True)
class Small:
    """Block ``full`` on ``first``: from sender 2 a transaction with its key, from 1 without.

    ``txs`` are what the senders signed, keys included.
    """

    builder: ChainBuilder
    first: Made
    full: Made
    txs: tuple[SignedTx, ...]

    @property
    def block(self) -> Block:
        return self.full.block


@cache
def small() -> Small:
    builder = ChainBuilder(NETWORK)
    keeps = transfer(key(1), key(9).address, 1, nonce=0, keep=True)
    first = builder.make(builder.genesis, [keeps])
    txs = (
        *(transfer(key(1), key(8).address, n, nonce=n) for n in (1, 2)),
        *(transfer(key(2), key(8).address, n + 1, nonce=n) for n in (0, 1)),
        transfer(key(3), key(8).address, 1, nonce=0),
    )
    worked = [builder.share(first, key(5).address), builder.share(first, key(6).address)]
    full = builder.make(first, txs, envelopes=worked)
    return Small(builder, first, full, txs)


@dataclass
class DictPool:
    """A ``p2p.rules.ports.Pool``."""

    txs: dict[bytes, SignedTx] = field(default_factory=dict)
    envelopes: dict[bytes, Envelope] = field(default_factory=dict)
    left: set[bytes] = field(default_factory=set)

    @classmethod
    def of(cls, block: Block) -> DictPool:
        return cls({tx.txid: tx for tx in block.txs}, {one.digest: one for one in block.envelopes})

    def tx(self, txid):
        return self.txs.get(txid)

    def knows_tx(self, txid):
        return txid in self.txs or txid in self.left

    def txids(self):
        return self.txs.keys()

    def proof(self, digest):
        return self.envelopes.get(digest)

    def knows_proof(self, digest):
        return digest in self.envelopes or digest in self.left

    def proofs(self):
        return self.envelopes.keys()

"""``p2p.compact``: what a block of 1,000 transactions costs on the wire where pools are warm."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace

from bench import fixtures
from bench.rows import Row
from core.block import Block, txs_root, witnesses_root
from core.errors import NodeFault
from core.proof import Envelope
from core.tx import SignedTx
from p2p.rules.wire import codec, compact
from p2p.rules.wire.messages import Message

_TXS = 1_000
_WAITING = 10_000
"""Transactions that wait at the receiver, all but those that it lacks of the block among them."""
_LACKING = (0, 5, 10)
"""Transactions of a hundred that the receiver does not have."""
_SALT = b"bench p2"


@dataclass(frozen=True)
class _Pool:
    """What waits at the receiver."""

    waiting: dict[bytes, SignedTx]

    def tx(self, txid: bytes) -> SignedTx | None:
        return self.waiting.get(txid)

    def txids(self) -> Collection[bytes]:
        return self.waiting.keys()

    def proof(self, digest: bytes) -> Envelope | None:
        raise NodeFault(f"the block has no proofs, and {digest.hex()} was looked for")


def run(scale: int) -> list[Row]:
    """Bytes of all three messages as a share of the block's, by how much the receiver lacks."""
    block = _block(_TXS * scale)
    rows = [_share(block, lacking) for lacking in _LACKING]
    return [*rows, _time(block)]


def _block(count: int) -> Block:
    """A block whose body and header fit; nothing else of the header is looked at."""
    from animica_site import networks
    from bench.transfers import Sender, transfer
    from consensus.rules import genesis

    network = networks.load(fixtures.NETWORK)
    senders = list(map(Sender, fixtures.keys()))
    to = fixtures.address(0)
    txs = tuple(
        transfer(network, senders[number % len(senders)], to, with_key=False)
        for number in range(count)
    )
    header = genesis.genesis_block(network).header
    roots = replace(header.roots, txs=txs_root(txs), witnesses=witnesses_root(txs))
    return Block(replace(header, height=1, roots=roots), txs)


def _pool(block: Block, lacking: int) -> _Pool:
    """Others that wait are of no block: only their ids are looked at."""
    waiting = {tx.txid: tx for n, tx in enumerate(block.txs) if n % 100 >= lacking}
    others = ((_SALT + n.to_bytes(24, "big"), block.txs[0]) for n in range(_WAITING))
    return _Pool(waiting | dict(others))


def _over(message: Message) -> int:
    return len(codec.encode(message))


def _share(block: Block, lacking: int) -> Row:
    short = compact.make(block, _SALT)
    plan = compact.Plan.of(short, block.header, _pool(block, lacking))
    size = _over(short)
    if (ask := plan.missing) is not None:
        parts = compact.parts(block, ask)
        size += _over(ask) + _over(parts)
        plan.fill(parts)
    assert plan.finish().raw == block.raw, "the block is whole again"
    what = f"the block's bytes; {lacking} % of its {len(block.txs):,} txs are lacking"
    return Row(f"p2p.compact.{lacking}", float(size), "bytes on the wire", len(block.raw), what)


def _time(block: Block) -> Row:
    """Putting it together from 10,000 that wait, against hashing its body for the roots."""
    pool, short = _pool(block, 0), compact.make(block, _SALT)
    start = time.perf_counter()
    compact.Plan.of(short, block.header, pool).finish()
    taken = time.perf_counter() - start
    start = time.perf_counter()
    txs_root(block.txs), witnesses_root(block.txs)
    limit = time.perf_counter() - start
    return Row("p2p.compact.time", 1_000 * taken, "ms", 1_000 * limit, "both roots of its body")

"""What the engine reads of the pools and the ledger."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chain.errors import Pruned
from consensus.events import BlockAdded, ChainReorganised
from mempool.events import TxDropped
from p2p import reads
from p2p.net.limits import DROPPED_MS, GONE_TXIDS
from p2p.reads import LedgerReads, PoolReads, SystemChance

A, B, C = (bytes([number]) * 32 for number in range(3))


class Pools:
    def __init__(self) -> None:
        self.txs = {A: "tx a"}
        self.proofs = {A: "proof a"}
        self.refused = {C}
        self.drops: dict[bytes, TxDropped] = {}
        self.now = 10**9
        pool = SimpleNamespace(
            waiting=self.txs.get, txids=lambda: tuple(self.txs), dropped=self.drops.get
        )
        proofs = SimpleNamespace(
            waiting=self.proofs.get,
            digests=lambda: tuple(self.proofs),
            refused_for_good=lambda digest: digest in self.refused,
        )
        self.reads = PoolReads(pool, proofs, SimpleNamespace(now_ms=lambda: self.now))


@pytest.fixture
def pools() -> Pools:
    return Pools()


def block(*txids: bytes) -> BlockAdded:
    return BlockAdded(None, txids)


def test_what_waits(pools):
    assert (pools.reads.tx(A), pools.reads.tx(B)) == ("tx a", None)
    assert (pools.reads.knows_tx(A), pools.reads.knows_tx(B)) == (True, False)
    assert pools.reads.txids() == pools.reads.proofs() == (A,)
    assert (pools.reads.proof(A), pools.reads.proof(B)) == ("proof a", None)
    assert [pools.reads.knows_proof(one) for one in (A, B, C)] == [True, False, True]


def test_what_a_block_took_is_not_asked_for_again(pools):
    pools.reads.on_block(block(B))
    assert pools.reads.knows_tx(B) and pools.reads.tx(B) is None


def test_a_reorganisation_may_make_it_wanted_again(pools):
    pools.reads.on_block(block(B))
    pools.reads.on_reorg(
        ChainReorganised(None, None, 0, removed=(), added=(), txids=(C,), returned=())
    )
    assert (pools.reads.knows_tx(B), pools.reads.knows_tx(C)) == (False, True)


def test_what_is_remembered_of_blocks_is_bounded(pools):
    ids = [number.to_bytes(32, "big") for number in range(GONE_TXIDS + 3)]
    pools.reads.on_block(block(*ids))
    assert len(pools.reads._gone) == GONE_TXIDS
    assert [pools.reads.knows_tx(one) for one in (ids[2], ids[3], ids[-1])] == [False, True, True]
    pools.reads.on_reorg(
        ChainReorganised(None, None, 0, removed=(), added=(), txids=tuple(ids), returned=())
    )
    assert len(pools.reads._gone) == GONE_TXIDS


def test_what_was_dropped_is_let_alone_for_a_while(pools):
    pools.drops[B] = TxDropped(B, "pool.outbid", "outbid", pools.now)
    assert pools.reads.knows_tx(B)
    pools.now += DROPPED_MS - 1
    assert pools.reads.knows_tx(B)
    pools.now += 1
    assert not pools.reads.knows_tx(B)


def test_a_pruned_block_is_not_here(monkeypatch):
    def pruned(hash: bytes) -> bytes:
        raise Pruned("its body is pruned")

    monkeypatch.setattr(reads.chain, "raw_block", pruned)
    assert LedgerReads().raw_block(A) is None


def test_chance_is_within_its_bounds():
    chance = SystemChance()
    assert {chance.below(3) for _ in range(200)} == {0, 1, 2}
    assert len(chance.data(8)) == 8 and chance.data(8) != chance.data(8)

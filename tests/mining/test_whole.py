"""The miner on the real ledger, pool and importer: what it seals, the node takes."""

from __future__ import annotations

import pytest

from chain import service as chain
from consensus.events import BlockAdded, ChainReorganised
from consensus.proof_pool import ProofPool
from consensus.service import Importer
from consensus.witnesses import WitnessChecker
from core.block import Block
from core.bus import EventBus
from core.header import Header
from execution.accounts import MODULE, Account
from mempool.events import TxAdded
from mempool.service import Pool
from mining.search import SearchPool
from mining.service import Miner
from mining.values import MinerState
from tests.mining.conftest import RICH, FakeClock, SerialRunner, World
from tests.support import ChainBuilder, Made, after

pytestmark = pytest.mark.django_db(transaction=True)


class Node:
    def __init__(self, world: World, *, pool_hears: bool = True, **settings) -> None:
        network = world.network
        self.errors: list[Exception] = []
        bus = EventBus(lambda event, error: self.errors.append(error))
        witnesses = WitnessChecker(SerialRunner())
        self.clock = FakeClock(world.clock.ms)
        self.importer = Importer(network=network, clock=self.clock, witnesses=witnesses, bus=bus)
        self.importer.start()
        self.pool = Pool(
            network=network,
            state=chain.reader,
            head=lambda: chain.head().header,
            witnesses=witnesses,
            clock=self.clock,
            bus=bus,
        )
        self.proofs = ProofPool(network=network, ledger=chain, clock=self.clock, bus=bus)
        self.miner = Miner(
            network=network,
            ledger=chain,
            importer=self.importer,
            pool=self.pool,
            proofs=self.proofs,
            search=SearchPool(0),
            clock=self.clock,
            coinbase=world.coinbase,
            **settings,
        )
        if pool_hears:
            bus.subscribe(BlockAdded, self.pool.on_block)
        bus.subscribe(ChainReorganised, self.proofs.on_reorg)
        bus.subscribe(BlockAdded, self.miner.head_changed)
        bus.subscribe(ChainReorganised, self.miner.head_changed)
        bus.subscribe(TxAdded, self.miner.tx_added)

    def head(self) -> Header:
        return chain.head().header

    def blocks(self) -> list[Block]:
        """The best chain without genesis."""
        headers = (chain.canonical_header(n) for n in range(1, self.head().height + 1))
        return [chain.load_block(header.hash) for header in headers]


def balance(address: bytes) -> Account:
    return Account.decode(chain.reader().get_many([(MODULE, address)]).get((MODULE, address)))


def test_blocks_of_the_pools_transactions(world):
    node = Node(world)
    node.miner.step()
    for sender, nonce in ((0, 0), (0, 1), (1, 0), (2, 0)):
        node.pool.submit(world.transfer(sender, nonce, keep=True).raw)
    node.miner.step()
    assert node.head().height == 2
    assert node.pool.stats().count == 0
    assert balance(world.keys[0].address).nonce == 2
    assert balance(world.keys[1].address).balance < RICH + 20
    # Stored keys are now left out of witnesses: by the pool, which hears of each block.
    node.pool.submit(world.transfer(0, 2).raw)
    header = node.miner.mine_one()
    block = chain.load_block(header.hash)
    assert block is not None
    assert [tx.witness.pk for tx in block.txs] == [None]
    assert node.errors == []


def test_shares_that_the_miner_finds_are_paid(world):
    node = Node(world)
    for _ in range(12):  # past an epoch's end
        assert node.miner.step() == 0
    counts = [len(block.envelopes) for block in node.blocks()]
    assert counts[0] == 0
    assert sum(counts) > 12
    poies = world.network.at(0).poies
    assert max(counts) == poies.shares_per_block
    producer, slice_ = 6_000_000_000, 2_000_000_000 // poies.shares_per_block
    assert balance(world.coinbase).balance == 12 * producer + sum(counts) * slice_
    stats = node.miner.stats()
    assert stats.blocks_refused == 0
    assert stats.shares_found >= sum(counts)
    assert node.errors == []


def test_shares_of_a_removed_block_go_into_the_next(world):
    node, rival = Node(world), ChainBuilder(world.network)
    node.miner.step()
    while not node.blocks()[-1].envelopes:
        node.miner.step()
    *common, removed = node.blocks()
    made = rival.genesis
    for block in common:
        made = replay(rival, made, block)
    for _ in range(2):  # these outweigh the other child
        made = rival.make(made, extra=b"rival")
        node.importer.import_block(made.raw, source="test")
    assert node.head().hash == made.hash
    node.clock.ms = made.header.time
    node.miner.step()
    included = {one.nullifier for one in node.blocks()[-1].envelopes}
    assert {one.nullifier for one in removed.envelopes} <= included
    assert node.errors == []


def replay(builder: ChainBuilder, parent: Made, block: Block) -> Made:
    """A block that the miner made, with the state after it."""
    proven = builder.prove(parent, block.header, block.envelopes)
    effects, _ = builder.run(parent, block.header, block.txs, proven)
    return Made(block, parent, after(parent.records, effects), work=0)


def test_on_demand_each_transaction_gets_its_block(world):
    node = Node(world, block_time_ms=0)
    for nonce in (0, 1, 2):
        node.pool.submit(world.transfer(0, nonce).raw)
    while node.miner.step() == 0:
        pass
    assert node.miner.stats().state is MinerState.WAITING_TX
    assert node.head().height == 3
    for height in (1, 2, 3):
        header = chain.canonical_header(height)
        assert header is not None
        block = chain.load_block(header.hash)
        assert block is not None
        assert [tx.unsigned.nonce for tx in block.txs] == [height - 1]
    assert node.errors == []


def test_a_transaction_that_expired_unnoticed_is_dropped_with_its_reason(world):
    """Here the pool does not hear of blocks, so that the miner is the one to notice."""
    node = Node(world, pool_hears=False)
    tx, good = world.transfer(0, 0, until=1), world.transfer(1, 0)
    select, node.pool.select = node.pool.select, lambda **budgets: []
    node.miner.step()
    node.pool.select = select
    node.pool.submit(tx.raw)
    node.pool.submit(good.raw)
    node.miner.step()
    block = chain.load_block(node.head().hash)
    assert block is not None
    assert [each.txid for each in block.txs] == [good.txid]
    dropped = node.pool.dropped(tx.txid)
    assert dropped is not None
    assert dropped.code == "tx.expired"

"""A small real chain behind the pages: genesis, sealed blocks, signed transfers, a pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from animica_site import networks
from chain import service as chain
from consensus import service as consensus
from consensus.events import BlockAdded, ChainReorganised
from consensus.service import Importer
from consensus.witnesses import WitnessChecker
from core import tags
from core.block import Block
from core.bus import EventBus
from core.header import Header
from core.network import Network
from core.tx import SignedTx, UnsignedTx, Witness
from execution.gas import intrinsic_gas
from explorer import network as explorer_network
from mempool import service as mempool
from mempool.service import Pool
from mining import service as mining
from mining.nonces import search_range
from mining.template import Base, Wishes, build
from pq import addresses, signing
from tests.rpc.played import PlayedNet

ALICE = signing.from_seed(b"\x01" * 32)
BOB = signing.from_seed(b"\x02" * 32)
MINER = signing.from_seed(b"\x03" * 32)
INTERVAL_MS = 1_500


class StillClock:
    """A clock that a test moves."""

    def __init__(self, time_ms: int) -> None:
        self.time_ms = time_ms

    def now_ms(self) -> int:
        return self.time_ms


class Inline:
    """Runs coarse work in the caller's thread."""

    def map(self, function, items):
        return [function(item) for item in items]


def network() -> Network:
    table = networks.load_table("fast")
    table["genesis"]["allocations"] = [
        {"address": addresses.to_text(key.address), "balance": 1_000 * 10**9}
        for key in (ALICE, BOB)
    ]
    return networks.parse(table)


class World:
    """A node's services without its processes, and verbs that make blocks and transactions."""

    def __init__(self) -> None:
        self.network = network()
        self.clock = StillClock(self.network.genesis.time_ms)
        self.bus = EventBus(self._fail)
        witnesses = WitnessChecker(Inline())
        self.importer = Importer(
            network=self.network, clock=self.clock, witnesses=witnesses, bus=self.bus
        )
        self.importer.start()
        self.pool = Pool(
            network=self.network,
            state=chain.reader,
            head=lambda: chain.head().header,
            witnesses=witnesses,
            clock=self.clock,
            bus=self.bus,
        )
        self.bus.subscribe(BlockAdded, self.pool.on_block)
        self.bus.subscribe(ChainReorganised, self.pool.on_reorg)

    @staticmethod
    def _fail(event: object, error: Exception) -> None:
        raise error

    def template(self, txs: Sequence[SignedTx] = (), extra: bytes = b"") -> Block:
        """A sealed child of the head, not imported."""
        head = chain.head()
        above = chain.stored(head.header.parent)
        base = Base(
            network=self.network,
            parent=head.header,
            grandparent=above.header if above else None,
            reader=chain.reader(),
            stage=lambda changes: chain.stage_state(changes).root,
            lineage=chain.ancestors(head.height),
        )
        wishes = Wishes(MINER.address, extra, head.header.time + INTERVAL_MS)
        made = build(base, wishes, txs)
        nonce = search_range(made.seal_prefix, 0, 10_000, made.threshold)
        assert nonce is not None
        return made.sealed(nonce)

    def take(self, block: Block) -> Header:
        self.clock.time_ms = max(self.clock.time_ms, block.header.time)
        self.importer.import_block(block.raw, source="test")
        return block.header

    def mine(self, txs: Sequence[SignedTx] = (), extra: bytes = b"") -> Header:
        return self.take(self.template(txs, extra))

    def transfer(self, value: int, nonce: int, max_fee: int = 5, **more) -> SignedTx:
        """A signed transfer from Alice to Bob."""
        fields = {
            "chain": self.network.chain,
            "kind": "transfer",
            "sender": ALICE.address,
            "nonce": nonce,
            "gas": 80_000,
            "max_fee": max_fee,
            "max_tip": 2,
            "body": {"to": BOB.address, "value": value},
            **more,
        }
        unsigned = UnsignedTx(**fields)
        assert intrinsic_gas(unsigned, ALICE.alg, len(ALICE.public_key)) <= unsigned.gas
        signature = ALICE.sign(unsigned.txid, tags.CONTEXT_TX)
        return SignedTx(unsigned, Witness(ALICE.alg, signature, ALICE.public_key))


@pytest.fixture
def world(db) -> Iterator[World]:
    """A node that knows genesis only."""
    made = World()
    consensus.install(made.importer)
    mempool.install(made.pool)
    mining.install(None)
    explorer_network.install(PlayedNet())
    yield made
    explorer_network.install(None)
    mempool.install(None)
    consensus.install(None)


@pytest.fixture
def busy(world: World) -> World:
    """Sixteen blocks, two of them with a transfer; one transaction waits and one is held."""
    world.mine()
    world.mine([world.transfer(1_234_567_890, 0)])
    for _ in range(13):
        world.mine()
    world.mine([world.transfer(5, 1)])
    world.pool.submit(world.transfer(7, 2).raw)
    world.pool.submit(world.transfer(8, 4).raw)
    return world

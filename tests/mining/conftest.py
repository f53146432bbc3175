"""A chain in memory for the miner: a ledger of dictionaries and the real import pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from animica_site import networks
from chain.values import BlockStatus, StagedState, StoredHeader
from consensus.proof_pool import ProofPool
from consensus.rules import genesis, pipeline
from consensus.rules.header import Ancestry
from consensus.witnesses import WitnessChecker
from core import statetree, tags
from core.block import Block
from core.bus import EventBus
from core.errors import Refused
from core.hashing import sha3, tagged
from core.header import Header
from core.network import Genesis, Network
from core.ports import RecordKey
from core.tx import SignedTx, UnsignedTx, Witness
from execution import accounts
from execution.accounts import Account
from execution.validity import check_signature
from pq import signing
from pq.signing import PrivateKey
from tests.support import raise_error

RICH = 1_000_000_000_000_000


def key(number: int) -> PrivateKey:
    return signing.from_seed(sha3(b"mining test key %d" % number))


@dataclass
class FakeClock:
    ms: int

    def now_ms(self) -> int:
        return self.ms


class SerialRunner:
    def map(self, function, items):
        return [function(item) for item in items]


def no_event(block: Block) -> None:
    pass


@dataclass
class MemoryChain:
    """Ledger and importer at once; no forks."""

    network: Network
    clock: FakeClock
    blocks: list[Block] = field(default_factory=list)
    records: dict[RecordKey, bytes] = field(default_factory=dict)
    listener: Callable[[Block], None] = no_event
    refuse_with: Refused | None = None
    sources: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.blocks.append(genesis.genesis_block(self.network))
        self.records.update(genesis.genesis_records(self.network))
        self._witnesses = WitnessChecker(SerialRunner())

    # the ledger

    def head(self) -> StoredHeader:
        return self._stored(self.blocks[-1].header)

    def stored(self, hash: bytes) -> StoredHeader | None:
        found = [block.header for block in self.blocks if block.hash == hash]
        return self._stored(found[0]) if found else None

    def ancestors(self, highest: int) -> MemoryChain:
        return self

    def header(self, height: int) -> Header:
        return self.blocks[height].header

    def height_of(self, hash: bytes) -> int | None:
        return next((b.header.height for b in self.blocks if b.hash == hash), None)

    def reader(self) -> MemoryChain:
        return self

    def get_many(self, records: Sequence[RecordKey]) -> dict[RecordKey, bytes]:
        return {record: self.records[record] for record in records if record in self.records}

    def stage_state(self, changes: Mapping[RecordKey, bytes | None]) -> StagedState:
        return StagedState(root_of(self._after(changes)), {}, base=self.blocks[-1].hash)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        yield

    # the importer: every step of the pipeline

    def import_block(self, raw: bytes, *, source: str):
        self.sources.append(source)
        if self.refuse_with is not None:
            raise self.refuse_with
        decoded = pipeline.decode(raw, self.network)
        checked = pipeline.check_header(decoded, self.ancestry(), self.network, self.clock.now_ms())
        assert decoded.block.header.parent == self.head().hash
        assert not checked.early
        matched = pipeline.check_body(pipeline.check_seal(checked), self.blocks[0].header.beacon)
        witnessed = pipeline.check_witnesses(matched, self.network, self, self._witnesses.check_all)
        proven = pipeline.check_proofs(witnessed, self.network, self)
        executed = pipeline.execute(proven, self.network)
        after = self._after(executed.effects.changes)
        pipeline.check_state_root(executed, root_of(after))
        self.records = after
        self.blocks.append(decoded.block)
        self.listener(decoded.block)
        return Added(decoded.block.hash)

    # helpers of tests

    def ancestry(self) -> Ancestry:
        below = self.blocks[-2].header if len(self.blocks) > 1 else None
        return Ancestry(self.blocks[-1].header, below)

    def account(self, address: bytes) -> Account:
        return Account.decode(self.records.get((accounts.MODULE, address)))

    def _stored(self, header: Header) -> StoredHeader:
        return StoredHeader(header, 0, BlockStatus.EXECUTED, True)

    def _after(self, changes: Mapping[RecordKey, bytes | None]) -> dict[RecordKey, bytes]:
        merged = {**self.records, **changes}
        return {record: value for record, value in merged.items() if value is not None}


@dataclass(frozen=True)
class Added:
    hash: bytes
    outcome: str = "added"


def root_of(records: Mapping[RecordKey, bytes]) -> bytes:
    leaves = [(tagged(tags.state(module), id), sha3(v)) for (module, id), v in records.items()]
    return statetree.build(leaves).root


@dataclass
class ListPool:
    """Gives what it was given, in order, until it is mined or dropped."""

    txs: list[SignedTx] = field(default_factory=list)
    dropped: list[tuple[bytes, str]] = field(default_factory=list)

    def select(self, *, base_fee: int, gas: int, size: int, taken=(), without=()) -> list[SignedTx]:
        rest = [tx for tx in self.txs if tx.txid not in taken]
        return [tx for tx in rest if tx.unsigned.sender not in without]

    def drop(self, txid: bytes, refusal: Refused) -> None:
        self.dropped.append((txid, refusal.code))
        self.forget({txid})

    def forget(self, txids) -> None:
        self.txs = [tx for tx in self.txs if tx.txid not in txids]


@dataclass
class World:
    """A chain with three funded keys, a pool that hears of blocks, a coinbase and a clock."""

    network: Network
    keys: list[PrivateKey]
    chain: MemoryChain
    pool: ListPool
    proofs: ProofPool
    clock: FakeClock
    coinbase: bytes

    def transfer(self, sender: int = 0, nonce: int = 0, **changes) -> SignedTx:
        """A signed transfer with its key in the witness."""
        made = UnsignedTx(
            chain=self.network.chain,
            kind="transfer",
            sender=self.keys[sender].address,
            nonce=nonce,
            gas=200_000,
            max_fee=10,
            max_tip=1,
            body={"to": self.keys[1].address, "value": 5},
        )
        unsigned = replace(made, **changes)
        signed_by = self.keys[sender]
        sig = signed_by.sign(unsigned.txid, tags.CONTEXT_TX)
        tx = SignedTx(unsigned, Witness(signed_by.alg, sig, signed_by.public_key))
        check_signature(tx, signed_by.public_key)
        return tx


def make_world(network: Network) -> World:
    keys = [key(number) for number in range(3)]
    allocations = tuple((each.address, RICH) for each in keys)
    network = replace(network, genesis=Genesis(network.genesis.time_ms, allocations))
    clock = FakeClock(network.genesis.time_ms + 1_000_000)
    pool = ListPool()
    chain = MemoryChain(network, clock)
    chain.listener = lambda block: pool.forget({tx.txid for tx in block.txs})
    proofs = ProofPool(network=network, ledger=chain, clock=clock, bus=EventBus(raise_error))
    return World(network, keys, chain, pool, proofs, clock, key(99).address)


@pytest.fixture
def world() -> World:
    return make_world(networks.load("fast"))

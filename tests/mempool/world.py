"""A world small enough to hold in the head: a dict for the state, headers without work.

What a block does to accounts is written here plainly, sharing nothing with the transition.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import cbor2

from consensus.events import BlockAdded, ChainReorganised
from consensus.witnesses import WitnessChecker
from core import tags
from core.bus import EventBus
from core.header import Beacon, Header, Roots
from core.network import Network
from core.network_file import read_network
from core.tx import SignedTx, UnsignedTx, Witness
from mempool.events import TxAdded, TxDropped
from mempool.rules.limits import LOCAL, PoolLimits
from mempool.service import Pool
from pq import signing
from pq.signing import PrivateKey

NETWORKS = Path(__file__).parents[2] / "animica_site" / "networks"
RICH = 10**15
GAS_WITH_PK = 80_000
BASE_FEE = 100


@cache
def network(name: str = "fast") -> Network:
    return read_network(tomllib.loads((NETWORKS / f"{name}.toml").read_text()), ())


@cache
def key(number: int) -> PrivateKey:
    return signing.from_seed(number.to_bytes(32, "big"))


class FakeState:
    """Records in a dict; counts the reads."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, bytes], bytes] = {}
        self.reads = 0

    def get_many(self, records):
        self.reads += 1
        return {record: self.records[record] for record in records if record in self.records}

    def account(self, address: bytes) -> tuple[int, int]:
        found = cbor2.loads(self.records.get(("account", address), b"\xa0"))
        return found.get("nonce", 0), found.get("balance", 0)

    def set_account(self, address: bytes, nonce: int, balance: int) -> None:
        value = cbor2.dumps({"nonce": nonce, "balance": balance}, canonical=True)
        self.records["account", address] = value

    def store_key(self, owner: PrivateKey) -> None:
        self.records["key", owner.address] = cbor2.dumps(owner.public_key)


class SerialRunner:
    def map(self, function, items):
        return [function(item) for item in items]


class FakeClock:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        self.ms += 1
        return self.ms


class CountingChecker(WitnessChecker):
    """The real checker; counts the checks asked of it."""

    def __init__(self) -> None:
        super().__init__(SerialRunner())
        self.asked = 0

    def check_one(self, signed) -> None:
        self.asked += 1
        super().check_one(signed)


def header(height: int = 0, base_fee: int = BASE_FEE) -> Header:
    """A header whose child has the same base fee: half its gas is used."""
    net = network()
    zero = bytes(32)
    return Header(
        chain=net.chain,
        height=height,
        parent=zero,
        time=height,
        coinbase=key(99).address,
        gas_limit=net.at(0).params.gas_limit,
        gas_used=net.at(0).params.gas_limit // 2,
        base_fee=base_fee,
        blob_bytes=0,
        blob_fee=1,
        theta=net.at(0).params.theta_start_unat,
        psi=0,
        roots=Roots(zero, zero, zero, zero, zero, zero),
        beacon=Beacon(),
        mix=zero,
        policy=net.pins_at(0),
    )


def unsigned(owner: PrivateKey, nonce: int = 0, **changes) -> UnsignedTx:
    plain = UnsignedTx(
        chain=network().chain,
        kind="transfer",
        sender=owner.address,
        nonce=nonce,
        gas=GAS_WITH_PK,
        max_fee=1_000,
        max_tip=10,
        body={"to": key(98).address, "value": 1},
    )
    return replace(plain, **changes)


def sign(owner: PrivateKey, tx: UnsignedTx, *, pk: bool = True) -> SignedTx:
    signature = owner.sign(tx.txid, tags.CONTEXT_TX)
    return SignedTx(tx, Witness(owner.alg, signature, owner.public_key if pk else None))


class World:
    """A pool over a fake chain. Senders 0…9 are rich."""

    def __init__(self, limits: PoolLimits | None = None, net: Network | None = None) -> None:
        self.network = net or network()
        self.state = FakeState()
        for number in range(10):
            self.state.set_account(key(number).address, 0, RICH)
        self.head = header()
        self.clock = FakeClock()
        self.news: list[TxAdded | TxDropped] = []
        self.faults: list[Exception] = []
        self.bus = EventBus(lambda event, error: self.faults.append(error))
        self.bus.subscribe(TxAdded, self.news.append)
        self.bus.subscribe(TxDropped, self.news.append)
        self.witnesses = CountingChecker()
        self.limits = limits
        self.pool = self.new_pool()

    def new_pool(self) -> Pool:
        return Pool(
            network=self.network,
            state=lambda: self.state,
            head=lambda: self.head,
            witnesses=self.witnesses,
            clock=self.clock,
            bus=self.bus,
            limits=self.limits,
        )

    def tx(self, number: int = 0, nonce: int = 0, *, pk: bool = True, **changes) -> SignedTx:
        return sign(key(number), unsigned(key(number), nonce, **changes), pk=pk)

    def submit(
        self, number: int = 0, nonce: int = 0, *, pk: bool = True, source: str = LOCAL, **changes
    ) -> bytes:
        return self.pool.submit(self.tx(number, nonce, pk=pk, **changes).raw, source).txid

    def mine(self, *txs: SignedTx, base_fee: int = BASE_FEE, announce: bool = True) -> None:
        """The next block with these transactions; each burns a round fee."""
        self.head = header(self.head.height + 1, base_fee)
        for tx in txs:
            sender = tx.unsigned.sender
            nonce, balance = self.state.account(sender)
            assert tx.unsigned.nonce == nonce
            value = tx.unsigned.body["value"]
            self.state.set_account(sender, nonce + 1, balance - value - 1_000)
            to = tx.unsigned.body["to"]
            to_nonce, to_balance = self.state.account(to)
            self.state.set_account(to, to_nonce, to_balance + value)
            if tx.unsigned.keep:
                self.state.records["key", sender] = cbor2.dumps(tx.witness.pk)
        if announce:
            self.pool.on_block(BlockAdded(self.head, tuple(tx.txid for tx in txs)))

    def checkpoint(self) -> tuple[dict, Header]:
        return dict(self.state.records), self.head

    def reorg(
        self,
        fork: tuple[dict, Header],
        branch: Sequence[Sequence[SignedTx]],
        returned: Sequence[SignedTx] = (),
        base_fee: int = BASE_FEE,
    ) -> None:
        """Go back to ``fork`` and on to a branch of blocks with these transactions."""
        old_head = self.head
        self.state.records, self.head = dict(fork[0]), fork[1]
        for txs in branch:
            self.mine(*txs, base_fee=base_fee, announce=False)
        self.announce_reorg(old_head, fork[1].height, branch, returned)

    def announce_reorg(
        self,
        old_head: Header,
        fork_height: int,
        branch: Sequence[Sequence[SignedTx]],
        returned: Sequence[SignedTx],
    ) -> None:
        """Tell the pool of a branch that has taken over; ``returned`` were on the old one only."""
        self.pool.on_reorg(
            ChainReorganised(
                old_head=old_head,
                new_head=self.head,
                fork_height=fork_height,
                removed=(),
                added=(),
                txids=tuple(tx.txid for txs in branch for tx in txs),
                returned=tuple(tx.raw for tx in returned),
            )
        )

    def held(self) -> dict[bytes, str]:
        """Txid → state of everything in the pool."""
        page = self.pool.content(None, 200)
        assert page.cursor is None
        return {pooled.tx.txid: pooled.state for pooled in page.items}

    def drops(self) -> dict[bytes, str]:
        """Txid → code of every announced drop."""
        return {news.txid: news.code for news in self.news if isinstance(news, TxDropped)}

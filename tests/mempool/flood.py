"""A pool under a flood of junk and cheap transactions; ``tests.campaigns.flood`` is the long one.

Junk is what no rule lets in. It is early where it is refused before anyone looks at its signature,
and forged where all but the signature is right. Cheap transactions are valid and pay next to
nothing: three quarters come from two sources, the rest from hundreds. Between them people submit
transactions that pay well. None of these may be refused or leave. The flood's processor time is
counted in verifications of one signature, measured in the same run.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from core import tags
from core.errors import Refused
from core.tx import SignedTx
from mempool.rules.limits import PoolLimits
from pq import signing
from pq.signing import PrivateKey
from tests.mempool.world import RICH, World, sign, unsigned

BUDGETS = {"early": 1.0, "forged": 2.0, "cheap": 3.0}
"""What an item may cost on average, in verifications. Source: docs/spec/mempool.md."""

BATCH = 50
PER_SECOND = 20_000
"""So fast the flood comes, by the pool's clock."""
PAYING_EVERY = 100
"""Flood items between two transactions that pay."""
_NONCES = 10

Item = tuple[str, bytes]
"""A source and what it submits."""


class SetClock:
    """A clock that the flood moves."""

    def __init__(self) -> None:
        self.us = 1_000_000_000

    def now_ms(self) -> int:
        return self.us // 1_000


@dataclass
class Report:
    """What a flood did and cost; by kind of item where it says so."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    seconds: Counter[str] = field(default_factory=Counter)
    verification: list[float] = field(default_factory=list)
    paying: int = 0

    def items(self, kind: str) -> int:
        return sum(self.outcomes[kind].values())

    def ratio(self, kind: str) -> float:
        """What an item of this kind cost on average, in verifications."""
        unit = sum(self.verification) / len(self.verification)
        return self.seconds[kind] / self.items(kind) / unit


class Flood:
    """One pool; some transactions that pay wait in it already."""

    def __init__(self, limits: PoolLimits, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = World(limits)
        self.clock = self.world.clock = SetClock()
        self.world.pool = self.world.new_pool()
        self.report = Report()
        self.paying: set[bytes] = set()
        self._people = [self._owner(1_000 + n) for n in range(limits.count // 50)]
        self._next = dict.fromkeys(range(len(self._people)), 0)
        self._sample = sign(self._people[0], unsigned(self._people[0], max_tip=150))
        for _ in range(limits.count // 20):
            self.pay()

    def _owner(self, number: int) -> PrivateKey:
        owner = signing.from_seed(number.to_bytes(32, "big"))
        self.world.state.set_account(owner.address, 0, RICH)
        return owner

    # ------------------------------------------------------------- who pays

    def pay(self) -> None:
        """One of the people submits a transaction with a tip of 100 to 200; it must be let in."""
        number = self.rng.choice(list(self._next))
        nonce = self._next[number]
        self._next[number] += 1
        if self._next[number] == 64:
            del self._next[number]
        owner = self._people[number]
        tx = sign(owner, unsigned(owner, nonce, max_tip=self.rng.randint(100, 200)))
        assert self.world.pool.submit(tx.raw, f"people {number % 100}").state == "ready"
        self.paying.add(tx.txid)
        self.report.paying += 1

    def check(self) -> None:
        """Every transaction that pays is still there, and the pool is within its limits."""
        pool = self.world.pool
        for txid in self.paying:
            assert pool.get(txid) is not None, f"one that pays has left: {pool.dropped(txid)}"
        stats = pool.stats()
        assert stats.count <= stats.limit_count and stats.bytes <= stats.limit_bytes

    # ------------------------------------------------------------- the flood

    def pour(self, kind: str, count: int, told: Callable[[int], None] = lambda done: None) -> None:
        """Submit so many items in batches, as the RPC does, and weigh them."""
        items = {"early": self._early, "forged": self._forged, "cheap": self._cheap}[kind]()
        outcomes = self.report.outcomes.setdefault(kind, Counter())
        for done in range(BATCH, count + 1, BATCH):
            batch = [next(items) for _ in range(BATCH)]
            begun = time.thread_time()
            found = self.world.pool.submit_many([raw for _, raw in batch], batch[0][0])
            self.report.seconds[kind] += time.thread_time() - begun
            outcomes.update(o.code if isinstance(o, Refused) else o.state for o in found)
            self.clock.us += BATCH * 1_000_000 // PER_SECOND
            if done % PAYING_EVERY == 0:
                self.pay()
            if done % 1_000 == 0:
                self._verify()
                told(BATCH * 20)
        self.check()

    def _verify(self) -> None:
        """How long a verification takes just now, in seconds."""
        witness, begun = self._sample.witness, time.thread_time()
        for _ in range(20):
            assert signing.verify(
                witness.alg, witness.pk, self._sample.txid, witness.sig, tags.CONTEXT_TX
            )
        self.report.verification.append((time.thread_time() - begun) / 20)

    def _early(self) -> Iterator[Item]:
        makers = (self._noise, self._cut, self._flipped, self._elsewhere, self._strange)
        for number in self._numbers():
            raw = makers[number % len(makers)](number)
            yield f"junk {number // BATCH % 4}", raw

    def _forged(self) -> Iterator[Item]:
        unsigned_part = self._sample.unsigned
        for number in self._numbers():
            body = {**unsigned_part.body, "value": number}
            forged = replace(unsigned_part, nonce=64 + number % 8, body=body)
            yield f"forger {number // BATCH % 4}", SignedTx(forged, self._sample.witness).raw

    def _cheap(self) -> Iterator[Item]:
        for number in self._numbers():
            if number % _NONCES == 0:
                owner = self._owner(1_000_000 + number)
            tip = self.rng.randint(0, 2)
            tx = sign(owner, unsigned(owner, number % _NONCES, max_tip=tip))
            batch = number // BATCH
            yield f"flood {batch % 2}" if batch % 4 else f"bot {batch % 1_000}", tx.raw

    def _numbers(self) -> Iterator[int]:
        yield from range(10**9)

    def _noise(self, _: int) -> bytes:
        return self.rng.randbytes(self.rng.randint(1, 8_000))

    def _cut(self, _: int) -> bytes:
        return self._sample.raw[: self.rng.randrange(len(self._sample.raw))]

    def _flipped(self, _: int) -> bytes:
        """Another head or field name in the first bytes."""
        raw = bytearray(self._sample.raw)
        raw[self.rng.randrange(4)] ^= 1 + self.rng.randrange(255)
        return bytes(raw)

    def _elsewhere(self, number: int) -> bytes:
        other = replace(self._sample.unsigned, chain=1, nonce=number)
        return SignedTx(other, self._sample.witness).raw

    def _strange(self, number: int) -> bytes:
        """With the key of somebody else."""
        witness = replace(self._sample.witness, pk=self._people[1].public_key)
        return SignedTx(replace(self._sample.unsigned, nonce=64 + number), witness).raw

"""What happens to the node in the crash campaign: a snapshot to begin from, blocks of all fates,
with hash shares and ends of epochs, pool traffic, pruning, rewinding, and on PostgreSQL a backup
that is put back.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from chain.values import Part
from consensus.rules import nullifiers, shares
from core.block import Block
from core.limits import SHARE_WINDOW
from core.network import Network
from core.proof import Envelope
from core.tx import SignedTx
from tests.support import ChainBuilder, Made, fast_network, key, reseal, transfer

SLOW = 60_000
"""An interval (ms) that keeps Θ at its least, so that branches weigh by their length."""
DEEPEST = 6
KEPT = 10
"""Blocks below the head that pruning spares, and the deepest reorganisation."""
EPOCH = 4
"""Blocks of an epoch: fewer than a reorganisation takes back, so that tuning is taken back too."""
LOADED = 5
"""The block whose state is loaded at the beginning."""
POOL_SENDERS = (8, 9)
"""Accounts whose transactions go through the pool; 0 to 7 pay in blocks alone."""


@dataclass(frozen=True)
class Step:
    """Hand in a block or a transaction (``raw``), drop history (``part`` of all but ``KEPT``
    blocks), go back to ``height``, put the tables' own rows back, or load the state after the block
    ``made`` into an empty ledger; then the pool is flushed.
    """

    kind: Literal["block", "tx", "prune", "rewind", "reload", "load"]
    raw: bytes = b""
    part: Part | None = None
    height: int = 0
    made: Made | None = None

    @property
    def is_block(self) -> bool:
        """Whether a block is handed in."""
        return self.kind == "block"


def network() -> Network:
    """The fast network with short epochs and reorganisations no deeper than what is kept."""
    return fast_network(params={"epoch_blocks": EPOCH}, local={"max_reorg_blocks": KEPT})


def tell(seed: int, chapters: int, *, reload: bool) -> list[Step]:
    """The steps, the same for the same arguments; ``reload`` is for PostgreSQL."""
    return list(_Teller(random.Random(seed)).tell(chapters, reload))


def share_fates(story: list[Step]) -> set[str]:
    """What of useful work is in the story's blocks: ``fresh`` and ``lost`` shares, ``epoch``."""
    blocks = [Block.decode(step.raw, limit=10**6, items=10**4) for step in story if step.is_block]
    hashes = {block.hash for block in blocks}
    shared = [shares.decode(each.body).hash for block in blocks for each in block.envelopes]
    fates = {"lost" if hash in hashes else "fresh" for hash in shared}
    return fates | {"epoch" for block in blocks if block.header.height % EPOCH == 0}


class _Teller:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.builder = ChainBuilder(network())
        self.tip = self.builder.genesis
        self.waiting: list[SignedTx] = []
        self.submitted = Counter[int]()
        self.seen: deque[Made] = deque(maxlen=20)

    def tell(self, chapters: int, reload: bool) -> Iterator[Step]:
        for _ in range(LOADED):
            self.tip = self._block(self.tip)
        yield Step("load", made=self.tip)
        yield from self._plain(DEEPEST + 2)
        for chapter in range(chapters):
            yield from self._submissions()
            yield from self._plain(self.rng.randint(1, 3))
            yield from (self._overtaken, self._left_aside, self._spoilt)[chapter % 3]()
            yield from self._refused()
            if reload and chapter % 3 == 0:
                yield Step("reload")
            if chapter % 3 == 1:
                yield from self._taken_back()
            yield Step("prune", part=list(Part)[chapter % 3])

    def _submissions(self) -> Iterator[Step]:
        for _ in range(self.rng.randint(1, 3)):
            number = self.rng.choice(POOL_SENDERS)
            tx = transfer(
                key(number),
                key(self.rng.randrange(40)).address,
                self.rng.randrange(1000),
                nonce=self.submitted[number],
                gas=300_000,
                max_fee=10_000,
            )
            self.submitted[number] += 1
            self.waiting.append(tx)
            yield Step("tx", tx.raw)

    def _plain(self, count: int) -> Iterator[Step]:
        """Children of the head; they take in what waits in the pool."""
        for _ in range(count):
            self.tip = self._block(self.tip)
            yield Step("block", self.tip.raw)

    def _overtaken(self) -> Iterator[Step]:
        """A branch that becomes one block longer than what it replaces."""
        depth = self.rng.randint(1, DEEPEST)
        base = self._below(depth)
        for _ in range(depth + 1):
            base = self._block(base)
            yield Step("block", base.raw)
        self.tip = base

    def _left_aside(self) -> Iterator[Step]:
        """A branch that never outweighs the head."""
        depth = self.rng.randint(2, DEEPEST)
        base = self._below(depth)
        for _ in range(self.rng.randint(1, depth)):
            base = self._block(base)
            yield Step("block", base.raw)

    def _spoilt(self) -> Iterator[Step]:
        """A longer branch whose first or second block promises a state that it does not give."""
        depth = self.rng.randint(1, DEEPEST)
        base = self._below(depth)
        bad_at = self.rng.randrange(min(2, depth + 1))
        for place in range(depth + 1):
            base = self._block(base)
            if place == bad_at:
                base = _promising_too_much(base)
            yield Step("block", base.raw)

    def _refused(self) -> Iterator[Step]:
        """A child of the head with a wrong state root, which leaves no trace."""
        yield Step("block", _promising_too_much(self._block(self.tip)).raw)

    def _taken_back(self) -> Iterator[Step]:
        """Some of the newest blocks go for good."""
        self.tip = self._below(self.rng.randint(1, DEEPEST))
        yield Step("rewind", height=self.tip.height)

    def _below(self, depth: int) -> Made:
        base = self.tip
        for _ in range(depth):
            assert base.parent is not None
            base = base.parent
        return base

    def _block(self, parent: Made) -> Made:
        """A block with a few transfers to accounts known and new, pool's and others' mixed."""
        rng = self.rng
        nonces = Counter[int]()
        txs = []
        for _ in range(rng.randint(0, 4)):
            number = rng.randrange(8)
            account = parent.account(key(number).address)
            txs.append(
                transfer(
                    key(number),
                    key(rng.randrange(40)).address,
                    rng.randrange(1000),
                    nonce=account.nonce + nonces[number],
                    gas=300_000,
                    max_fee=10_000,
                    keep=rng.random() < 0.5,
                )
            )
            nonces[number] += 1
        if rng.random() < 0.6:
            txs += self._from_the_pool(parent)
        coinbase = key(rng.randrange(40)).address
        made = self.builder.make(
            parent,
            txs,
            coinbase=coinbase,
            extra=rng.randbytes(8),
            interval_ms=SLOW,
            envelopes=self._shares(parent) if rng.random() < 0.6 else (),
        )
        self.seen.append(made)
        return made

    def _shares(self, parent: Made) -> list[Envelope]:
        """Shares of fresh templates and of blocks that lost, none of which the branch has taken."""
        rng = self.rng
        line = [parent]
        while len(line) < SHARE_WINDOW and line[-1].parent is not None:
            line.append(line[-1].parent)
        fresh = [
            self.builder.share(rng.choice(line), key(rng.randrange(40)).address, extra=bytes([n]))
            for n in rng.sample(range(256), rng.randint(1, 3))
        ]
        beside = [made for made in self.seen if made.parent in line and made not in line]
        lost = [shares.envelope(made.header) for made in beside]
        new = [
            each
            for each in (*fresh, *lost)
            if nullifiers.record(each.nullifier) not in parent.records
        ]
        return rng.sample(new, min(len(new), rng.randint(1, 4)))

    def _from_the_pool(self, parent: Made) -> list[SignedTx]:
        taken, nonces = [], Counter[bytes]()
        for tx in self.waiting:
            sender = tx.unsigned.sender
            if tx.unsigned.nonce == parent.account(sender).nonce + nonces[sender]:
                nonces[sender] += 1
                taken.append(tx)
        return taken[:3]


def _promising_too_much(good: Made) -> Made:
    roots = replace(good.header.roots, state=b"\x07" * 32)
    return replace(good, block=reseal(good.block, roots=roots))

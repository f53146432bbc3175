"""The simulated network: who finds what when, and who hears of it when. Seeded, reproducible.

A miner's next block is an exponential waiting time of rate hash rate · target / 2^256, drawn anew
whenever what it mines on changes (such times have no memory). One queue orders all that happens.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from consensus.errors import TimeAhead
from consensus.rules.fork_choice import outweighs
from core.limits import CLOCK_AHEAD_MS
from lab.light import Block, Rules, Share
from lab.links import Change, Partition, sent_at
from lab.pool import SharePool
from lab.strategies import Miner


@dataclass
class World:
    """One run. ``delay_ms``: from one miner to any other."""

    rules: Rules
    miners: Sequence[Miner]
    theta: int
    seed: str
    delay_ms: float = 0.0
    changes: Sequence[Change] = ()
    partitions: Sequence[Partition] = ()
    with_shares: bool = False
    now: float = 0.0
    found: list[Block] = field(default_factory=list)
    reorgs: list[int] = field(default_factory=list)
    """Depth of each one, at whichever miner."""

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.genesis = self.rules.genesis(self.theta)
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._pool = SharePool(self.rules, self.random)
        for place, miner in enumerate(self.miners):
            miner.begin(place, self.genesis)
            self.restart(miner)
        for change in self.changes:
            self._at(change.at_ms, partial(self._change, change))

    def run(self, blocks: int, tell: Callable[[int], None] | None = None) -> Block:
        """Until the heaviest head is ``blocks`` high; returns it. ``tell`` hears of progress."""
        told = 0
        while (head := self.head()).height < blocks:
            self.now, _, act = heapq.heappop(self._queue)
            act()
            if tell and head.height >= told + 256:
                tell(head.height - told)
                told = head.height
        if tell:
            tell(blocks - told)
        return head

    def run_until(self, done: Callable[[], bool]) -> None:
        """Until ``done``, which is asked after every event."""
        while not done():
            self.now, _, act = heapq.heappop(self._queue)
            act()

    def head(self) -> Block:
        """The heaviest of the heads that miners have."""
        best = self.miners[0].head
        for miner in self.miners:
            if outweighs(miner.head.work, best.work):
                best = miner.head
        return best

    def _at(self, when: float, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (when, self._count, act))

    # ------------------------------------------------------------------ mining

    def restart(self, miner: Miner) -> None:
        """Draw the time of a miner's next block on what it mines on now."""
        self._gather(miner)
        miner.tip = miner.strategy.tip(miner)
        works = miner.strategy.works(miner, miner.tip)
        psi, _ = self.rules.score(works, miner.tip)
        rate = miner.rate * self.rules.seal_chance(miner.tip, psi) / 1000
        miner.turn += 1
        if rate > 0:
            wait = self.random.expovariate(rate)
            self._at(self.now + wait, partial(self._find, miner, miner.turn))

    def _change(self, change: Change) -> None:
        miner = self.miners[change.miner]
        self._gather(miner)
        miner.rate = miner.hash_rate * change.factor
        self.restart(miner)

    def _find(self, miner: Miner, turn: int) -> None:
        if turn != miner.turn:
            return
        for other in self.miners:
            self._gather(other)
        block = self._sealed(miner)
        self.found.append(block)
        miner.known.add(block)
        if self.with_shares:
            self._pool.sealed(miner, block)
        for out in miner.strategy.found(miner, block):
            self.publish(miner, out)
        self.restart(miner)

    def _sealed(self, miner: Miner) -> Block:
        parent, strategy = miner.tip, miner.strategy
        theta = self.rules.child_theta(parent)
        psi, parts = self.rules.score(strategy.works(miner, parent), parent)
        chosen = self._shares(miner, parent)
        return Block(
            parent=parent,
            height=parent.height + 1,
            time=strategy.stamp(miner, parent, int(self.now)),
            theta=theta,
            psi=psi,
            work=parent.work + self.rules.weigh(theta),
            miner=miner.place,
            payee=self.random.randrange(miner.parts) if miner.parts > 1 else 0,
            found_ms=self.now,
            tuning=self.rules.tuned(parent, len(chosen), parts),
            shares=chosen,
        )

    # ------------------------------------------------------------------ shares

    def _gather(self, miner: Miner) -> None:
        """The shares that a miner has found since it was last asked."""
        began, miner.since = miner.since, self.now
        if self.with_shares and began < self.now:
            self._pool.gather(miner, began, self.now)

    def _shares(self, miner: Miner, parent: Block) -> tuple[Share, ...]:
        if not self.with_shares:
            return ()
        if parent.height % 64 == 0:
            self._pool.forget(min(one.tip.height for one in self.miners))
        return self._pool.pick(miner, parent, partial(self._has_heard, miner))

    def _has_heard(self, miner: Miner, share: Share) -> bool:
        if share.miner == miner.place:
            return True
        return self._arrival(share.found_ms, share.miner, miner.place) <= self.now

    # ------------------------------------------------------------------ news

    def publish(self, miner: Miner, block: Block) -> None:
        """Send a block, whose ancestors a receiver asks for where it lacks them."""
        for other in self.miners:
            if other is not miner:
                when = self._arrival(self.now, miner.place, other.place)
                self._at(when, partial(self._hear, other, block))

    def _arrival(self, when: float, sender: int, receiver: int) -> float:
        return sent_at(when, (sender, receiver), self.partitions) + self.delay_ms

    def _hear(self, miner: Miner, block: Block) -> None:
        if block in miner.known:
            return
        assert block.parent is not None
        try:
            early = self.rules.check_time(block, block.parent, int(self.now))
        except TimeAhead:
            return  # refused; who builds on it will be asked for it again
        if early:
            self._at(block.time - CLOCK_AHEAD_MS, partial(self._hear, miner, block))
            return
        branch: Block | None = block
        while branch is not None and branch not in miner.known:
            miner.known.add(branch)
            branch = branch.parent
        if self._takes(miner, block):
            self._note_reorg(miner.head, block)
            miner.head = block
        for out in miner.strategy.heard(miner, block):
            self.publish(miner, out)
        if miner.strategy.tip(miner) is not miner.tip:
            self.restart(miner)

    def _takes(self, miner: Miner, block: Block) -> bool:
        """Fork choice; of equals the first seen stays, and ``favours`` says whose that is."""
        tie = block.work == miner.head.work and miner.favours == block.miner
        return outweighs(block.work, miner.head.work) or tie

    def _note_reorg(self, old: Block, new: Block) -> None:
        if new.parent is old:
            return
        depth, left, right = 0, old, new
        while left is not right:
            if left.height >= right.height:
                assert left.parent is not None
                left, depth = left.parent, depth + 1
            else:
                assert right.parent is not None
                right = right.parent
        if depth:
            self.reorgs.append(depth)

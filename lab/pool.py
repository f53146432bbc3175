"""The hash shares that miners find, until no block can take them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from random import Random

from lab.light import Block, Rules, Share, includable
from lab.strategies import Miner

_KEPT_BLOCKS = 64
"""Shares on blocks so far below every tip are forgotten; that is more than their window."""


class SharePool:
    """All shares by the block that they are built on; who has heard of which is asked for."""

    def __init__(self, rules: Rules, random: Random) -> None:
        self._rules = rules
        self._random = random
        self._on: defaultdict[Block, list[Share]] = defaultdict(list)

    def gather(self, miner: Miner, began: float, now: float) -> None:
        """Draw the shares that a miner has found on its tip between two times."""
        rate = miner.rate * self._rules.share_chance(miner.tip) / 1000
        found = self._on[miner.tip]
        when = began + self._random.expovariate(rate) if rate > 0 else now
        while when < now:
            payee = self._random.randrange(miner.parts) if miner.parts > 1 else 0
            found.append(Share(miner.tip, miner.place, payee, when))
            when += self._random.expovariate(rate)

    def sealed(self, miner: Miner, block: Block) -> None:
        """A block's draw is a share too, which counts where the block becomes stale."""
        share = Share(miner.tip, miner.place, block.payee, block.found_ms, block)
        self._on[miner.tip].append(share)

    def pick(
        self, miner: Miner, parent: Block, heard: Callable[[Share], bool]
    ) -> tuple[Share, ...]:
        """What a miner's block on ``parent`` includes of the shares that it has heard of."""
        most = self._rules.at(parent.height + 1).poies.shares_per_block
        free = includable(parent, lambda block: self._on.get(block, ()))
        return tuple(miner.strategy.choose(miner, [share for share in free if heard(share)])[:most])

    def forget(self, lowest: int) -> None:
        """Drop what is too old for blocks on any tip, the lowest of which is at this height."""
        for block in [block for block in self._on if block.height < lowest - _KEPT_BLOCKS]:
            del self._on[block]

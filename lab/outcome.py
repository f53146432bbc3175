"""What a run gave: intervals, Θ, stale blocks, and reward against hash."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from consensus.rules import issuance
from lab.light import Block
from lab.world import World


@dataclass(frozen=True)
class Income:
    """What a miner (or a part of a crowd) earned, nANM, and by what."""

    blocks: int = 0
    shares: int = 0
    block_reward: int = 0
    share_reward: int = 0
    burnt: int = 0

    @property
    def total(self) -> int:
        """Earned less burnt."""
        return self.block_reward + self.share_reward - self.burnt


@dataclass(frozen=True)
class Outcome:
    """The winning chain from block 1 on, of all blocks found."""

    world: World
    chain: list[Block]

    @classmethod
    def of(cls, world: World, head: Block) -> Outcome:
        """The run that ended with ``head``."""
        return cls(world, head.ancestors(head.height)[::-1])

    def intervals_ms(self, skip: int = 0) -> list[float]:
        """True times between blocks, after the first ``skip``."""
        found = [block.found_ms for block in self.chain[skip:]]
        return [later - earlier for earlier, later in pairwise(found)]

    def mean_interval_ms(self, skip: int = 0) -> float:
        """The mean of ``intervals_ms``."""
        gaps = self.intervals_ms(skip)
        return sum(gaps) / len(gaps)

    @property
    def stale(self) -> float:
        """Part of the blocks found up to the head's height that are not on its chain."""
        top = self.chain[-1].height
        found = sum(block.height <= top for block in self.world.found)
        return 1 - len(self.chain) / found

    def incomes(self) -> dict[tuple[int, int], Income]:
        """By miner and part. New money only: blocks here hold no transactions."""
        blocks: Counter[tuple[int, int]] = Counter()
        shares: Counter[tuple[int, int]] = Counter()
        block_reward: Counter[tuple[int, int]] = Counter()
        share_reward: Counter[tuple[int, int]] = Counter()
        for block in self.chain:
            reward, piece = rewards(self.world, block.height)
            owner = (block.miner, block.payee)
            blocks[owner] += 1
            block_reward[owner] += reward
            for share in block.shares:
                shares[share.miner, share.payee] += 1
                share_reward[share.miner, share.payee] += piece
        return {
            who: Income(
                blocks[who],
                shares[who],
                block_reward[who],
                share_reward[who],
                blocks[who] * self.world.miners[who[0]].burnt,
            )
            for who in blocks.keys() | shares.keys()
        }

    def income(self, miner: int) -> Income:
        """A miner's, all parts together."""
        parts = [income for (who, _), income in self.incomes().items() if who == miner]
        return Income(
            sum(part.blocks for part in parts),
            sum(part.shares for part in parts),
            sum(part.block_reward for part in parts),
            sum(part.share_reward for part in parts),
            sum(part.burnt for part in parts),
        )

    def fairness(self, miner: int) -> float:
        """Share of all reward / share of all hash."""
        everything = sum(income.total for income in self.incomes().values())
        hashes = sum(one.hash_rate for one in self.world.miners)
        share = self.world.miners[miner].hash_rate / hashes
        return self.income(miner).total / everything / share


def rewards(world: World, height: int) -> tuple[int, int]:
    """The producer's part of a block's subsidy and one share's slice, nANM."""
    rules = world.rules.at(height)
    split = issuance.split_subsidy(
        issuance.subsidy(height, rules.params), rules.params.subsidy_split
    )
    return split.producer, split.unminted // rules.poies.shares_per_block

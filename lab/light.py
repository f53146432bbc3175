"""Blocks and hash shares without hashes, and the node's rules applied to them.

Times in milliseconds of one true clock, scores in micro-nats, hash rates in draws a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from consensus.rules import header as header_rules
from consensus.rules import poies, shares, tuning
from consensus.rules.header import Ancestry
from consensus.rules.poies import Work
from consensus.rules.seal import block_work, threshold
from consensus.rules.tuning import Tuning
from core.header import Header
from core.limits import SHARE_WINDOW
from core.network import Network, Params, ParamSet
from core.proof import SCORED


@dataclass(eq=False, slots=True, repr=False)
class Block:
    """What the rules read of a header, and who found it when. ``work`` is the whole branch's.

    ``payee`` is a part of the miner: a crowd of many small ones is one miner with many parts.
    """

    parent: Block | None
    height: int
    time: int
    theta: int
    psi: int
    work: int
    miner: int
    payee: int
    found_ms: float
    tuning: Tuning
    shares: tuple[Share, ...] = ()
    child_theta: int = -1

    def __repr__(self) -> str:
        return f"Block({self.height} of miner {self.miner})"

    def ancestors(self, count: int) -> list[Block]:
        """This block and those before it, at most ``count``, the latest first."""
        found: list[Block] = []
        block: Block | None = self
        while block is not None and len(found) < count:
            found.append(block)
            block = block.parent
        return found


@dataclass(eq=False, slots=True, repr=False)
class Share:
    """A hash share; ``block`` is set where its draw sealed one, which may have become stale."""

    parent: Block
    miner: int
    payee: int
    found_ms: float
    block: Block | None = None

    def __repr__(self) -> str:
        return f"Share(on {self.parent} of miner {self.miner})"


@dataclass(frozen=True)
class Rules:
    """The node's rules on light blocks. Counter-examples replace ``weigh`` or ``rising``."""

    network: Network
    weigh: Callable[[int], int] = block_work
    rising: bool = True
    scores: dict[tuple[object, ...], tuple[int, dict[int, int]]] = field(default_factory=dict)

    def at(self, height: int) -> ParamSet:
        """The parameters that rule at a height."""
        return self.network.at(height)

    def genesis(self, theta: int) -> Block:
        """Height 0 at time 0; ``theta`` is what block 1 must score."""
        return Block(None, 0, 0, theta, 0, 0, -1, 0, 0.0, Tuning.start(self.at(0).poies))

    def child_theta(self, block: Block) -> int:
        """Θ of the next block."""
        if block.child_theta < 0:
            # The rule reads height, time and theta, which light blocks have.
            ancestry = Ancestry(cast(Header, block), cast(Header, block.parent))
            block.child_theta = header_rules.expected_theta(ancestry, self.network)
        return block.child_theta

    def check_time(self, block: Block, parent: Block, now_ms: int) -> bool:
        """Whether the block must wait; raises what the node raises, unless times may fall."""
        if not self.rising and block.time <= parent.time:
            return False
        return header_rules.check_time(cast(Header, block), cast(Header, parent), now_ms)

    def score(self, works: Sequence[Work], parent: Block) -> tuple[int, dict[int, int]]:
        """Σψ of a block with these works on ``parent``, and its parts by type."""
        if not works:
            return 0, {}
        policy = self.at(parent.height + 1).poies
        alphas = parent.tuning.within(policy).alphas
        key = (tuple(works), tuple(alphas.values()), policy)
        if key not in self.scores:
            scored = poies.score(works, alphas, policy)
            parts = dict.fromkeys(SCORED, 0)
            for work, part in zip(works, scored.shares, strict=True):
                parts[work.type] += part
            self.scores[key] = scored.psi, parts
        return self.scores[key]

    def seal_chance(self, parent: Block, psi: int) -> float:
        """The chance that one draw seals a block on ``parent``."""
        return threshold(self.child_theta(parent), psi) / 2**256

    def share_chance(self, parent: Block) -> float:
        """The chance that one draw on ``parent`` is a hash share and no block."""
        theta = self.child_theta(parent)
        offset = parent.tuning.within(self.at(parent.height + 1).poies).share_offset
        return (shares.threshold(theta, offset) - threshold(theta, 0)) / 2**256

    def tuned(self, parent: Block, count: int, parts: dict[int, int]) -> Tuning:
        """α and s after a block on ``parent`` with ``count`` shares and these parts of Σψ."""
        rules = self.at(parent.height + 1)
        counted = parent.tuning.counting(count, parts)
        if tuning.is_epoch_end(parent.height + 1, rules.params):
            return counted.next_epoch(rules.params, rules.poies)
        return counted


def includable(parent: Block, known: Callable[[Block], Sequence[Share]]) -> list[Share]:
    """Shares that a block on ``parent`` may include, of those ``known`` on each ancestor."""
    window = parent.ancestors(SHARE_WINDOW)
    used = {id(share) for block in window for share in block.shares}
    line = {id(block) for block in window}
    return [
        share
        for block in reversed(window)
        for share in known(block)
        if id(share) not in used and (share.block is None or id(share.block) not in line)
    ]


def start_theta(params: Params) -> int:
    """Where runs start: the network's Θ, but at least four nats above the least."""
    return max(params.theta_start_unat, params.theta_min_unat + 4_000_000)


def steady_rate(params: Params) -> float:
    """Draws a second that find a block an interval at ``start_theta``."""
    return block_work(start_theta(params)) * 1000 / params.target_interval_ms

"""What score costs a miner who orders useful work from himself, and when it pays.

All that he pays comes back to him but the burnt part, and only that counts: ``burnt`` buys units,
units buy ψ, ψ makes his hash e^ψ times as good. He burns once for each block that he wins, as if
proofs never expired; that is the best case for him. With a small part of the hash he gains if

    e^ψ · (R − B) > R,    that is    B < R · (1 − e^−ψ)

where R is what a block brings him. A larger miner gains less: he competes with himself.
Money in nANM, scores in micro-nats.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from consensus.rules import issuance, poies
from consensus.rules.poies import Work
from core.network import PPM, Params, Poies
from core.proof import NAMES, SCORED

Burns = tuple[int, ...]
"""nANM by type, in the order of ``SCORED``."""


@dataclass(frozen=True)
class Deal:
    """A block's burns and the ψ that they buy at the best quality and the highest α."""

    burns: Burns
    psi: int

    @property
    def burnt(self) -> int:
        """All of it, nANM."""
        return sum(self.burns)

    @property
    def breaks_even_at(self) -> float:
        """The reward a block above which it pays, nANM."""
        return self.burnt / -math.expm1(-self.psi / 1e6) if self.psi else math.inf


def deal(burns: Burns, policy: Poies) -> Deal:
    """What the node's own rules give for these burns."""
    works = [
        Work(kind, poies.creditable_units(burnt, 0, kind, policy), PPM)
        for kind, burnt in zip(SCORED, burns, strict=True)
    ]
    highest = {kind: policy.work(NAMES[kind]).alpha_max_ppm for kind in SCORED}
    return Deal(burns, poies.score(works, highest, policy).psi)


@lru_cache(maxsize=16)
def grid(policy: Poies, points: int) -> tuple[Deal, ...]:
    """Deals of ``points`` burns a type, alone and together, from next to nothing to the caps."""
    return tuple(deal(burns, policy) for burns in _burns(policy, points) if any(burns))


def _burns(policy: Poies, points: int) -> Iterator[Burns]:
    axes = []
    for kind in SCORED:
        work = policy.work(NAMES[kind])
        # The price of a thousandth of the unit, up to what reaches the cap without a multiplier.
        least = work.price0 / 1000
        most = work.price0 * math.expm1(work.cap_unat / work.weight_ppm * PPM / work.alpha_max_ppm)
        ratio = (most / least) ** (1 / (points - 2))
        axes.append([0, *(round(least * ratio**step) for step in range(points - 1))])
    return product(*axes)


def producer_reward(params: Params, tips: int = 0) -> int:
    """R at height 1 with ``tips`` in the block: the producer's parts, nANM."""
    subsidy = issuance.split_subsidy(issuance.subsidy(1, params), params.subsidy_split)
    return subsidy.producer + issuance.split_tips(tips, params.tip_split).producer


def price_bound(policy: Poies) -> float:
    """The greatest R for which price0 ≥ R · w · α · (1 + b) holds for every type, nANM."""
    bounds = []
    for kind in SCORED:
        work = policy.work(NAMES[kind])
        factor = work.weight_ppm / PPM * work.alpha_max_ppm / PPM * (1 + policy.diversity_ppm / PPM)
        bounds.append(work.price0 / factor)
    return min(bounds)


def best(policy: Poies, points: int, reward: int, share: float = 0.0) -> Deal:
    """The deal with the greatest gain at this reward for ``share`` of the hash."""
    return max(grid(policy, points), key=lambda one: shared_gain(one, reward, share))


def break_even(policy: Poies, points: int) -> Deal:
    """The deal that pays at the lowest reward."""
    return min(grid(policy, points), key=lambda one: one.breaks_even_at)


def cheapest(policy: Poies, points: int, psi: int) -> Deal | None:
    """The least burn that gives at least ``psi``; None where no deal does."""
    enough = [one for one in grid(policy, points) if one.psi >= psi]
    return min(enough, key=lambda one: one.burnt, default=None)


def shared_gain(deal: Deal, reward: int, share: float) -> float:
    """Income with the deal over income without; ``share`` of the hash is his, no other deals."""
    factor = math.exp(deal.psi / 1e6)
    return factor / (1 - share + share * factor) * (reward - deal.burnt) / reward

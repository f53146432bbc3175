"""ψ: the score that verified useful work brings to a block, step by step and in integers.

    work_t = Σ units · quality                      of the credited proofs of type t
    raw_t  = α_t · weight_t · ln1p(work_t, 10^6 · unit0_t) div 10^12
    mult   = 10^6 + b · min(10^6, raw_storage · 10^6 div ref) div 10^6
    ψ_t    = min(cap_t, raw_t · mult div 10^6)
    Σψ     = min(Γ, ψ_ai + ψ_quantum + ψ_storage)

Scores are in micro-nats, factors in ppm. Source: docs/spec/consensus.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core import exact
from core.network import PPM, Network, Poies
from core.proof import NAMES, SCORED, STORAGE


@dataclass(frozen=True)
class Work:
    """One proof's credited work: its type, units, and their quality in ppm."""

    type: int
    units: int
    quality: int

    @property
    def amount(self) -> int:
        """Units weighted by quality, in millionths."""
        return self.units * self.quality


@dataclass(frozen=True)
class TypeScore:
    """The steps of one type: its work, α, ψ before and after the multiplier, and after the cap."""

    type: int
    work: int
    alpha: int
    raw: int
    multiplied: int
    psi: int

    @property
    def capped(self) -> bool:
        """Whether the type's cap was hit."""
        return self.psi < self.multiplied


@dataclass(frozen=True)
class Score:
    """Σψ of a block and how it came about. ``shares``: each proof's part, in the order given."""

    types: tuple[TypeScore, ...]
    multiplier: int
    uncapped: int
    psi: int
    shares: tuple[int, ...]

    @property
    def capped(self) -> bool:
        """Whether Γ was hit."""
        return self.psi < self.uncapped


def score(works: Sequence[Work], alphas: Mapping[int, int], poies: Poies) -> Score:
    """Σψ of the works, whose types are those of ``SCORED``; ``alphas`` in ppm by type."""
    amounts = {t: sum(one.amount for one in works if one.type == t) for t in SCORED}
    raws = {t: raw_psi(t, amounts[t], alphas[t], poies) for t in SCORED}
    multiplier = diversity(raws[STORAGE], poies)
    types = tuple(_type_score(t, amounts[t], alphas[t], raws[t], multiplier, poies) for t in SCORED)
    uncapped = sum(one.psi for one in types)
    psi = min(poies.gamma_unat, uncapped)
    return Score(types, multiplier, uncapped, psi, _shares(works, types, psi))


def most_psi(network: Network, height: int) -> int:
    """The most Σψ (micro-nats) of a block at ``height``: Γ, or what its types' caps add up to.

    What a header claims above it no proof can bring, so it is known without looking at any.
    """
    policy = network.at(height).poies
    active = [t for t in SCORED if network.proves_at(t, height)]
    return min(policy.gamma_unat, sum(policy.work(NAMES[t]).cap_unat for t in active))


def raw_psi(type: int, amount: int, alpha: int, poies: Poies) -> int:
    """α · weight · ln(1 + work/unit0): the sum counts, so splitting work gains nothing."""
    policy = poies.work(NAMES[type])
    return alpha * policy.weight_ppm * exact.ln1p(amount, PPM * policy.unit0) // PPM**2


def diversity(raw_storage: int, poies: Poies) -> int:
    """The factor (ppm) that a block with storage work gets on all its ψ: 1 + b at most."""
    share = min(PPM, raw_storage * PPM // poies.storage_ref_unat)
    return PPM + poies.diversity_ppm * share // PPM


def total_psi(raws: Mapping[int, int], poies: Poies) -> int:
    """Σψ of the raw scores by type: multiplier, caps and Γ, as in ``score``."""
    multiplier = diversity(raws[STORAGE], poies)
    capped = (_capped(t, raws[t] * multiplier // PPM, poies) for t in SCORED)
    return min(poies.gamma_unat, sum(capped))


def _capped(type: int, multiplied: int, poies: Poies) -> int:
    return min(poies.work(NAMES[type]).cap_unat, multiplied)


def _type_score(
    type: int, amount: int, alpha: int, raw: int, multiplier: int, poies: Poies
) -> TypeScore:
    multiplied = raw * multiplier // PPM
    psi = _capped(type, multiplied, poies)
    return TypeScore(type, amount, alpha, raw, multiplied, psi)


def _shares(works: Sequence[Work], types: Sequence[TypeScore], psi: int) -> tuple[int, ...]:
    """ψ pro rata: first over the types, then over each type's proofs; remainders to the last."""
    by_type = dict(zip([t.type for t in types], _split(psi, [t.psi for t in types]), strict=True))
    shares = [0] * len(works)
    for type, part in by_type.items():
        places = [place for place, one in enumerate(works) if one.type == type]
        parts = _split(part, [works[place].amount for place in places])
        for place, share in zip(places, parts, strict=True):
            shares[place] = share
    return tuple(shares)


def _split(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` in proportion to the weights; the remainder to the last that has any."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    last = max(place for place, weight in enumerate(weights) if weight)
    parts[last] += total - sum(parts)
    return parts


def creditable_units(burnt: int, spent_units: int, type: int, poies: Poies) -> int:
    """Units that a job may still be credited: what was burnt for it allows, less what it had.

    ``burnt`` in nANM. So ψ is bought at a price, whoever pays whom.
    """
    policy = poies.work(NAMES[type])
    return max(0, burnt * policy.unit0 // policy.price0 - spent_units)

"""ψ of a block from its credited work, step by step. Source: docs/spec/consensus.md.

Scores in micro-nats, factors and quality in ppm. A proof is (type, units, quality); proofs come in
body order, which is by type.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.real import ln1p

MILLION = 10**6
AI, QUANTUM, STORAGE = TYPES = (2, 3, 4)
Proof = tuple[int, int, int]


@dataclass(frozen=True)
class Work:
    """The policy of one type of work."""

    alpha: int
    weight: int
    cap: int
    unit0: int


@dataclass(frozen=True)
class Policy:
    """Γ, the diversity factor b, the storage reference, and each type's policy."""

    gamma: int
    b: int
    storage_ref: int
    types: dict[int, Work]


@dataclass(frozen=True)
class Psi:
    """Every step, by type where it has types; ``shares`` are the proofs' parts in body order."""

    work: dict[int, int]
    raw: dict[int, int]
    diversity: int
    multiplier: int
    multiplied: dict[int, int]
    psi: dict[int, int]
    sum: int
    total: int
    type_shares: dict[int, int]
    shares: list[int]


def psi(proofs: Sequence[Proof], policy: Policy) -> Psi:
    """One floor after each step."""
    work = {t: sum(units * quality for own, units, quality in proofs if own == t) for t in TYPES}
    raw = {t: _raw(work[t], policy.types[t]) for t in TYPES}
    diversity = min(MILLION, math.floor(Fraction(raw[STORAGE] * MILLION, policy.storage_ref)))
    multiplier = MILLION + math.floor(Fraction(policy.b * diversity, MILLION))
    multiplied = {t: math.floor(Fraction(raw[t] * multiplier, MILLION)) for t in TYPES}
    by_type = {t: min(policy.types[t].cap, multiplied[t]) for t in TYPES}
    whole = sum(by_type.values())
    total = min(policy.gamma, whole)
    type_shares = dict(zip(TYPES, _pro_rata(total, list(by_type.values())), strict=True))
    shares: list[int] = []
    for t in TYPES:
        amounts = [units * quality for own, units, quality in proofs if own == t]
        shares += _pro_rata(type_shares[t], amounts)
    return Psi(
        *(work, raw, diversity, multiplier, multiplied),
        *(by_type, whole, total, type_shares, shares),
    )


def _raw(work: int, policy: Work) -> int:
    """α · weight · ln(1 + work/unit0), where 10^6 · unit0 is unit0 at full quality."""
    nats = ln1p(work, MILLION * policy.unit0)
    return math.floor(Fraction(policy.alpha * policy.weight * nats, MILLION**2))


def _pro_rata(amount: int, weights: Sequence[int]) -> list[int]:
    """In proportion and rounded down; what is left over goes to the last with a weight."""
    whole = sum(weights)
    parts = [math.floor(Fraction(amount * weight, whole)) if whole else 0 for weight in weights]
    for place in reversed(range(len(weights))):
        if weights[place]:
            parts[place] += amount - sum(parts)
            break
    return parts

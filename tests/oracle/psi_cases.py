"""Cases of psi.json: the shipped policies and odd ones, each boundary of each step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.oracle.draws import Draws
from tests.oracle.psi import AI, MILLION, QUANTUM, STORAGE, TYPES, Policy, Proof, Work, psi
from tests.oracle.real import last_ratio_below

U64 = 2**64 - 1


def policy(gamma: int, *works: tuple[int, int], b: int = 100_000) -> Policy:
    """``works``: weight and cap of each type, α being 1 and unit0 1,000."""
    types = {
        t: Work(MILLION, weight, cap, 1_000) for t, (weight, cap) in zip(TYPES, works, strict=True)
    }
    return Policy(gamma, b, 200_000, types)


_QUIET = ((500_000, 1_200_000), (400_000, 800_000), (400_000, 800_000))
MAINNET = policy(2_300_000, *_QUIET)
TESTNET = policy(3_000_000, *_QUIET)
DEVNET = policy(3_500_000, (800_000, 2_000_000), (800_000, 1_500_000), (800_000, 1_500_000))

FAST = policy(1_000_000, (800_000, 700_000), (800_000, 500_000), (800_000, 500_000))
SHIPPED = (MAINNET, TESTNET, DEVNET, FAST)


def with_work(base: Policy, kind: int, **changes: int) -> Policy:
    """One type's policy changed."""
    return replace(base, types={**base.types, kind: replace(base.types[kind], **changes)})


def odd_policies() -> Iterator[Policy]:
    """Zeros, the least and the greatest values, and α below one."""
    yield replace(MAINNET, gamma=0)
    yield replace(MAINNET, gamma=1)
    yield replace(MAINNET, b=0)
    yield replace(MAINNET, b=MILLION, storage_ref=1)
    yield replace(MAINNET, storage_ref=2**63 - 1)
    yield with_work(MAINNET, AI, cap=0)
    yield with_work(MAINNET, QUANTUM, weight=0)
    yield with_work(MAINNET, STORAGE, alpha=0)
    yield with_work(MAINNET, STORAGE, alpha=543_210, weight=1, cap=1)
    yield with_work(with_work(MAINNET, AI, alpha=999_999, unit0=1), QUANTUM, alpha=500_000)
    yield with_work(replace(MAINNET, gamma=2**63 - 1), AI, cap=2**63 - 1, unit0=2**63 - 1)


EDGES: tuple[tuple[Proof, ...], ...] = (
    (),
    ((AI, 0, MILLION),),
    ((AI, 1_000, 0),),
    ((AI, 1, 1),),
    ((AI, 1_000, MILLION),),
    ((QUANTUM, 1_000, MILLION),),
    ((STORAGE, 1_000, MILLION),),
    ((AI, U64, MILLION),),
    ((AI, U64, MILLION), (QUANTUM, U64, MILLION), (STORAGE, U64, MILLION)),
    ((AI, 1_000, MILLION), (QUANTUM, 1_000, MILLION), (STORAGE, 1_000, MILLION)),
    ((AI, 3, 333_333), (AI, 3, 333_333), (AI, 3, 333_333)),
    ((AI, 5, 999_999), (AI, 0, MILLION), (STORAGE, 7, 1), (STORAGE, 7, 0)),
    ((AI, 500, MILLION), (AI, 1_000, 500_000), (QUANTUM, 1, 0), (STORAGE, 10, 10)),
    ((AI, 500, MILLION),) * 16,
    tuple((kind, 100 + 7 * n, 900_000 + n) for kind in TYPES for n in range(5)),
)


def floor_edges() -> Iterator[tuple[Proof, ...]]:
    """Work just below and just at a whole micro-nat of the logarithm."""
    for n in (1, 2, 500_000, MILLION, 2_400_000, 2_400_001):
        last = last_ratio_below(n, 1_000 * MILLION)
        yield from (((AI, last, 1),), ((AI, last + 1, 1),), ((STORAGE, last + 1, 1),))


def drawn(draws: Draws) -> tuple[Proof, ...]:
    """Up to 16 proofs in body order."""
    proofs = []
    for _ in range(draws.below(17)):
        quality = draws.between(0, MILLION) if draws.below(3) else MILLION
        proofs.append((AI + draws.below(3), draws.sized(20), quality))
    return tuple(sorted(proofs, key=lambda proof: proof[0]))


def points() -> Iterator[tuple[Policy, tuple[Proof, ...]]]:
    """Policies and proofs."""
    for shipped in SHIPPED:
        for proofs in EDGES:
            yield shipped, proofs
    for proofs in floor_edges():
        yield MAINNET, proofs
    for odd in odd_policies():
        for proofs in EDGES[4:10]:
            yield odd, proofs
    draws = Draws("psi")
    for _ in range(40):
        for shipped in SHIPPED:
            yield shipped, drawn(draws)
    for odd in odd_policies():
        yield from ((odd, drawn(draws)) for _ in range(4))


def psi_cases() -> list[dict[str, object]]:
    """Each with its policy, so that a case needs nothing else."""
    return [_case(own, proofs) for own, proofs in points()]


def _case(own: Policy, proofs: tuple[Proof, ...]) -> dict[str, object]:
    found = psi(proofs, own)
    types = {
        str(t): {
            "alpha": own.types[t].alpha,
            "weight": own.types[t].weight,
            "cap": own.types[t].cap,
            "unit0": own.types[t].unit0,
        }
        for t in TYPES
    }
    stated = {"gamma": own.gamma, "b": own.b, "storage_ref": own.storage_ref, "types": types}
    return {
        "policy": stated,
        "proofs": [list(proof) for proof in proofs],
        "work": [found.work[t] for t in TYPES],
        "raw": [found.raw[t] for t in TYPES],
        "diversity": found.diversity,
        "multiplier": found.multiplier,
        "multiplied": [found.multiplied[t] for t in TYPES],
        "psi": [found.psi[t] for t in TYPES],
        "sum": found.sum,
        "total": found.total,
        "type_shares": [found.type_shares[t] for t in TYPES],
        "shares": found.shares,
    }

"""Which of the waiting proofs a block takes: the most ψ for its producer first, then the rest.

1. own   proofs that pay ψ to this producer: the set of the greatest Σψ, and of those the smallest
2. rest  proofs that bring no ψ here but complete their jobs
3. hash shares; both by age, with a bound for each payee

Local policy: any choice makes a valid block. Source: docs/spec/mining.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from consensus.rules import credit, poies
from consensus.rules.waiting_proofs import WaitingProof
from core.limits import PROOFS_PER_BLOCK
from core.network import Poies
from core.proof import SCORED, SHARE, Envelope

_RECEIPT_BYTES = 256
"""More than a proof's receipt takes: fixed fields of about 180 bytes, three integers."""

_OF_ONE_JOB = 8
"""Own proofs of one job that are weighed against each other; the redundancy of a job is less."""

_PAYEE_PART = 4
"""One payee gets a quarter of the places, and of what is left over then."""


@dataclass(frozen=True)
class Producer:
    """Whose block it is, at which height; α (ppm) by type, and bytes left for proofs."""

    coinbase: bytes
    height: int
    alphas: Mapping[int, int]
    size_bytes: int


def choose(
    pending: Iterable[WaitingProof], producer: Producer, policy: Poies
) -> tuple[Envelope, ...]:
    """The envelopes for a block, in body order."""
    waiting = list(pending)
    useful = [one for one in waiting if one.type != SHARE and _is_useful(one, producer)]
    own = best_set([one for one in useful if _pays(one, producer, policy)], producer, policy)
    spare = [one for one in useful if not _pays(one, producer, policy)]
    rest = fair(spare, PROOFS_PER_BLOCK - len(own))
    shares = fair([one for one in waiting if one.type == SHARE], policy.shares_per_block)
    fitting = _within([*own, *rest, *shares], producer.size_bytes)
    return tuple(sorted((one.envelope for one in fitting), key=lambda envelope: envelope.place))


def _is_useful(one: WaitingProof, producer: Producer) -> bool:
    """It completes its job or may still be credited to this producer; else it is a replay."""
    return not one.before.completed or _is_own(one, producer)


def _is_own(one: WaitingProof, producer: Producer) -> bool:
    in_time = producer.height <= one.claim.credit_until
    mine = one.payee == producer.coinbase and not one.before.credited
    return one.type in SCORED and mine and in_time


def _pays(one: WaitingProof, producer: Producer, policy: Poies) -> bool:
    """Whether units would be credited: its job's burnt part is not used up yet."""
    return _is_own(one, producer) and credit.units(one.type, one.claim, policy, Counter()) > 0


def _urgency(one: WaitingProof) -> tuple[int, int]:
    """What ends sooner goes first, then what came earlier."""
    until = one.claim.until
    return (2**64 if until is None else until), one.arrival


def _within(chosen: Sequence[WaitingProof], size_bytes: int) -> Iterator[WaitingProof]:
    """Those that fit one after the other."""
    left = size_bytes
    for one in chosen:
        cost = one.size + _RECEIPT_BYTES
        if cost <= left:
            left -= cost
            yield one


# ------------------------------------------------------------------ the most ψ


def best_set(
    own: Sequence[WaitingProof], producer: Producer, policy: Poies
) -> tuple[WaitingProof, ...]:
    """At most 16 proofs with the greatest Σψ; of equal sets the smallest, to save the rest.

    ψ of a type rises with the sum of its work, so of each type and number only the set of the most
    work matters. Those are few: every combination of numbers is tried.
    """
    ladders = [_ladder([one for one in own if one.type == t], policy) for t in SCORED]
    raws = [
        [poies.raw_psi(t, rung.amount, producer.alphas[t], policy) for rung in ladder]
        for t, ladder in zip(SCORED, ladders, strict=True)
    ]
    best, best_rank = (0,) * len(SCORED), (0, 0)
    for counts in product(*(range(len(ladder)) for ladder in ladders)):
        if sum(counts) > PROOFS_PER_BLOCK:
            continue
        by_type = {t: raws[i][counts[i]] for i, t in enumerate(SCORED)}
        rank = poies.total_psi(by_type, policy), -sum(counts)
        if rank > best_rank:
            best, best_rank = counts, rank
    return tuple(one for ladder, k in zip(ladders, best, strict=True) for one in ladder[k].proofs)


@dataclass(frozen=True)
class _Rung:
    """The set of the most work (units · quality) among those of its number."""

    amount: int
    proofs: tuple[WaitingProof, ...]


def _ladder(own: Sequence[WaitingProof], policy: Poies) -> list[_Rung]:
    """For 0, 1, 2 … proofs of one type the set of the most credited work."""
    jobs: defaultdict[bytes, list[WaitingProof]] = defaultdict(list)
    for one in own:
        jobs[one.claim.job].append(one)
    ladder = [_Rung(0, ())]
    for proofs_of_job in jobs.values():
        ladder = _joined(ladder, _of_job(proofs_of_job, policy))
    return ladder


def _joined(left: Sequence[_Rung], right: Sequence[_Rung]) -> list[_Rung]:
    """Both ladders as one: jobs do not touch each other, so amounts add up."""
    top = min(PROOFS_PER_BLOCK, len(left) + len(right) - 2)
    best: list[_Rung | None] = [None] * (top + 1)
    for (i, a), (j, b) in product(enumerate(left), enumerate(right)):
        if i + j <= top:
            known = best[i + j]
            if known is None or a.amount + b.amount > known.amount:
                best[i + j] = _Rung(a.amount + b.amount, a.proofs + b.proofs)
    return [rung for rung in best if rung is not None]


def _of_job(own: Sequence[WaitingProof], policy: Poies) -> list[_Rung]:
    """One job's ladder. Its burnt part is used up in body order, so every set is looked at."""
    ordered = sorted(own, key=lambda one: one.claim.units * one.claim.quality, reverse=True)
    few = sorted(ordered[:_OF_ONE_JOB], key=lambda one: one.envelope.place)
    return [
        max(
            (_Rung(_amount(chosen, policy), chosen) for chosen in combinations(few, k)),
            key=lambda rung: rung.amount,
        )
        for k in range(len(few) + 1)
    ]


def _amount(chosen: Sequence[WaitingProof], policy: Poies) -> int:
    """Work credited for proofs of one job in body order: no more units than were paid for."""
    spent: Counter[bytes] = Counter()
    return sum(
        credit.units(one.type, one.claim, policy, spent) * one.claim.quality for one in chosen
    )


# ------------------------------------------------------------------ the rest and shares


def fair(waiting: Sequence[WaitingProof], most: int) -> list[WaitingProof]:
    """At most ``most`` of them, those that end first (shares: of the oldest parents) before others.

    Each is work, so age alone serves everyone in proportion to what they do. The bound for each
    payee keeps one who floods the pool from taking all places; nobody is preferred, the producer
    neither.
    """
    bound = max(1, most // _PAYEE_PART)
    taken: list[WaitingProof] = []
    late: list[WaitingProof] = []
    had: Counter[bytes] = Counter()
    for one in sorted(waiting, key=_urgency):
        had[one.payee] += 1
        (taken if had[one.payee] <= bound else late).append(one)
    return [*taken, *late][:most]

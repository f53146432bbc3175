"""What holds for ψ whatever work a block has: 100,000 drawn blocks for each property.

The blocks come from fixed seeds, so that a red run can be repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from random import Random

import pytest

from animica_site import networks
from consensus.rules import poies
from consensus.rules.poies import Score, Work
from core import exact
from core.network import PPM, Poies
from core.proof import AI, NAMES, QUANTUM, SCORED

pytestmark = pytest.mark.slow

CASES = 100_000
SHIPPED = [networks.load(name).at(0).poies for name in networks.NAMES]
Case = tuple[list[Work], dict[int, int], Poies]


@pytest.fixture(autouse=True)
def remembered_logarithms(monkeypatch):
    """The same work has the same logarithm: computed once, not for every arrangement of it."""
    monkeypatch.setattr(exact, "ln1p", lru_cache(maxsize=64)(exact.ln1p))


def odd(rng: Random, policy: Poies) -> Poies:
    """One of the numbers changed, often to an end of its range."""
    kind = NAMES[rng.choice(SCORED)]
    work = policy.work(kind)
    return rng.choice(
        (
            replace(policy, gamma_unat=rng.choice((0, 1, rng.randrange(4 * PPM)))),
            replace(policy, diversity_ppm=rng.choice((0, PPM, rng.randrange(PPM)))),
            replace(policy, storage_ref_unat=rng.choice((1, 2**62))),
            replace(policy, **{kind: replace(work, weight_ppm=rng.choice((0, 1, PPM)))}),
            replace(policy, **{kind: replace(work, cap_unat=rng.choice((0, 1, 2**62)))}),
            replace(policy, **{kind: replace(work, unit0=rng.choice((1, 2**62)))}),
        )
    )


def one_work(rng: Random) -> Work:
    """Work of any type; units of all sizes, quality often none or full."""
    quality = rng.choice((0, PPM, PPM, rng.randint(0, PPM), rng.randint(0, PPM)))
    return Work(rng.choice(SCORED), rng.getrandbits(rng.choice((3, 10, 13, 64))), quality)


def blocks(seed: int) -> Iterator[tuple[Random, Case]]:
    """Up to 16 proofs, as a block may have, under a shipped policy or one that is odd."""
    rng = Random(seed)
    policies = [*SHIPPED * 25, *(odd(rng, policy) for policy in SHIPPED * 25)]
    for _ in range(CASES):
        policy = rng.choice(policies)
        works = [one_work(rng) for _ in range(rng.choice((0, 1, 2, 3, 4, 5, 16)))]
        alphas = {kind: rng.choice((PPM, PPM, rng.randint(0, PPM))) for kind in SCORED}
        yield rng, (works, alphas, policy)


def psi_by_type(found: Score) -> list[int]:
    return [one.psi for one in found.types]


def test_psi_is_between_nothing_and_gamma_and_each_type_below_its_cap():
    for _, case in blocks(1):
        works, alphas, policy = case
        found = poies.score(works, alphas, policy)
        assert type(found.psi) is int, case
        assert 0 <= found.psi <= policy.gamma_unat, case
        for one in found.types:
            assert 0 <= one.psi <= policy.work(NAMES[one.type]).cap_unat, case
            assert one.work or not one.psi, case
        assert PPM <= found.multiplier <= PPM + policy.diversity_ppm, case


def test_the_proofs_parts_add_up_to_psi():
    for _, case in blocks(2):
        works, alphas, policy = case
        found = poies.score(works, alphas, policy)
        assert len(found.shares) == len(works), case
        assert sum(found.shares) == found.psi, case
        for work, share in zip(works, found.shares, strict=True):
            assert share >= 0, case
            assert work.amount or not share, case


def test_another_proof_never_lowers_psi():
    for rng, case in blocks(3):
        works, alphas, policy = case
        before = poies.score(works, alphas, policy)
        works.insert(rng.randint(0, len(works)), one_work(rng))
        after = poies.score(works, alphas, policy)
        assert after.psi >= before.psi, case
        assert after.multiplier >= before.multiplier, case
        for old, new in zip(psi_by_type(before), psi_by_type(after), strict=True):
            assert new >= old, case


def test_the_order_of_proofs_does_not_matter():
    for rng, case in blocks(4):
        works, alphas, policy = case
        before = poies.score(works, alphas, policy)
        rng.shuffle(works)
        after = poies.score(works, alphas, policy)
        assert (after.types, after.multiplier) == (before.types, before.multiplier), case
        assert (after.uncapped, after.psi) == (before.uncapped, before.psi), case


def split(rng: Random, work: Work) -> list[Work]:
    """The same work in several proofs: units divided, or quality."""
    kind, units, quality = work.type, work.units, work.quality
    if rng.random() < 0.5:
        first = rng.randint(0, units)
        return [Work(kind, first, quality), Work(kind, units - first, quality)]
    first = rng.randint(0, quality)
    return [Work(kind, units, first), Work(kind, units, quality - first)]


def by_type(works: list[Work], found: Score) -> dict[int, int]:
    """What the proofs of each type got together."""
    totals = dict.fromkeys(SCORED, 0)
    for work, share in zip(works, found.shares, strict=True):
        totals[work.type] += share
    return totals


def test_splitting_work_gains_nothing():
    for rng, case in blocks(5):
        works, alphas, policy = case
        whole = poies.score(works, alphas, policy)
        parts = [part for work in works for part in split(rng, work)]
        found = poies.score(parts, alphas, policy)
        assert (found.types, found.psi) == (whole.types, whole.psi), case
        assert by_type(parts, found) == by_type(works, whole), case


def test_caps_applied_twice_are_caps_applied_once():
    """With what came out as the caps and as Γ, the same comes out."""
    for _, case in blocks(6):
        works, alphas, policy = case
        found = poies.score(works, alphas, policy)
        caps = {
            NAMES[one.type]: replace(policy.work(NAMES[one.type]), cap_unat=one.psi)
            for one in found.types
        }
        again = poies.score(works, alphas, replace(policy, gamma_unat=found.psi, **caps))
        assert psi_by_type(again) == psi_by_type(found), case
        assert (again.psi, again.shares) == (found.psi, found.shares), case


def test_at_the_cap_more_of_the_same_changes_nothing():
    """For AI and quantum work; more storage may still raise the others, through diversity."""
    capped = 0
    for rng, case in blocks(7):
        works, alphas, policy = case
        kind = rng.choice((AI, QUANTUM))
        before = poies.score(works, alphas, policy)
        score = next(one for one in before.types if one.type == kind)
        if score.multiplied < policy.work(NAMES[kind]).cap_unat:
            continue
        capped += 1
        after = poies.score([*works, replace(one_work(rng), type=kind)], alphas, policy)
        assert psi_by_type(after) == psi_by_type(before), case
        assert after.psi == before.psi, case
    assert capped > CASES // 4

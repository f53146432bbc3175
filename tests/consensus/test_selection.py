"""Which waiting proofs a block takes: against every other choice, judged by the block's rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.rules import proofs, selection
from consensus.rules.nullifiers import UNUSED, Used, record
from consensus.rules.selection import Producer
from consensus.rules.tuning import Tuning
from consensus.rules.waiting_proofs import WaitingProof
from core.network import PPM
from core.proof import AI, QUANTUM, SCORED, SHARE, STORAGE, Claim, Envelope, ProofContext
from execution.view import View
from tests.consensus.synthetic import VERIFIERS, Job, envelope, share, working_network
from tests.support import ChainBuilder, DictState, key

NETWORK = working_network()
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
PARENT = BUILDER.make(BUILDER.genesis)
POLICY = NETWORK.at(0).poies
ALPHAS = Tuning.start(POLICY).alphas
MINE, OTHER = key(1).address, key(2).address
DRAFT = BUILDER.draft(PARENT, time=PARENT.header.time + 1_000, coinbase=MINE)
ROOMY = Producer(MINE, DRAFT.height, ALPHAS, 10**6)


def work(type: int = AI, **changes) -> Envelope:
    job = {"anchor": PARENT.hash, "beneficiary": MINE, **changes}
    return envelope(type, Job(**job))


def waiting(envelopes: Iterable[Envelope], before: Used = UNUSED) -> list[WaitingProof]:
    read = View(DictState(PARENT.records)).get
    ctx = ProofContext(NETWORK, DRAFT, PARENT.lineage, read, POLICY.share_offset_start_unat)
    return [
        WaitingProof(one, proofs.verify_claim(one, ctx, VERIFIERS), before, place)
        for place, one in enumerate(envelopes)
    ]


def psi(envelopes: Iterable[Envelope], records=PARENT.records) -> int:
    """What the block's rules credit; raises for a set that no block may hold."""
    ordered = sorted(envelopes, key=lambda one: one.place)
    view = View(DictState(records))
    return proofs.verify_all(ordered, DRAFT, view, NETWORK, PARENT.lineage, VERIFIERS).psi


def choose(pending: Sequence[WaitingProof], **changes) -> tuple[Envelope, ...]:
    producer = Producer(**{**vars(ROOMY), **changes})
    return selection.choose(pending, producer, POLICY)


def best_of_all(envelopes: Sequence[Envelope], most: int) -> tuple[int, int]:
    """The greatest Σψ of any set, and the size of the smallest such set."""
    return max(
        (psi(chosen), -size)
        for size in range(min(most, len(envelopes)) + 1)
        for chosen in combinations(envelopes, size)
    )


JOBS = st.builds(
    dict,
    job=st.sampled_from([b"a", b"b", b"c"]),
    provider=st.sampled_from([b"1", b"2", b"3", b"4"]),
    units=st.integers(0, 3_000),
    quality=st.integers(0, 1_000_000),
    # 10^10 nANM pay for 1,000 units.
    burnt=st.integers(0, 4 * 10**10),
    spent=st.sampled_from([0, 0, 500]),
)


@given(
    st.lists(st.tuples(st.sampled_from(SCORED), JOBS), max_size=6),
    st.sampled_from([1, 2, 3, 16]),
)
@settings(max_examples=200)
def test_no_other_set_brings_more_and_none_as_good_is_smaller(drawn, most):
    burnt = {}
    envelopes = {}
    for type, job in drawn:
        # A job's price and what it had are its own, whoever works for it.
        job["burnt"], job["spent"] = burnt.setdefault(
            (type, job["job"]), (job["burnt"], job["spent"])
        )
        one = work(type, **job)
        envelopes[one.nullifier] = one
    listed = list(envelopes.values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "PROOFS_PER_BLOCK", most)
        own = selection.best_set(waiting(listed), ROOMY, POLICY)
    assert (psi(one.envelope for one in own), -len(own)) == best_of_all(listed, most)


def test_work_beyond_the_caps_is_saved_for_later():
    huge = [work(AI, job=b"job %d" % n, units=10**6, burnt=10**15) for n in range(3)]
    chosen = choose(waiting(huge))
    assert len(chosen) == 1
    assert psi(chosen) == POLICY.ai.cap_unat
    mixed = [*huge, work(STORAGE, units=10**6, burnt=10**15)]
    chosen = choose(waiting([*mixed, work(QUANTUM, units=10**6, burnt=10**15)]))
    assert psi(chosen) == POLICY.gamma_unat
    assert len(chosen) == 2


@pytest.mark.parametrize("good_first", [True, False])
def test_a_poor_proof_does_not_use_up_what_a_good_one_needs(good_first):
    """One job pays for 1,000 units; the first in body order would be credited first."""
    good = work(AI, provider=b"good", units=1_000, burnt=10**10)
    for number in range(100):
        poor = work(AI, provider=b"%d" % number, units=1_000, quality=100_000, burnt=10**10)
        if (good.place < poor.place) is good_first:
            break
    assert choose(waiting([poor, good])) == (good,)


def test_a_jobs_price_is_used_up_in_body_order():
    """Were the better one credited first, the pair would be worth more than it alone."""
    better = work(AI, provider=b"better", units=900, burnt=10**10)
    for number in range(100):
        first = work(AI, provider=b"%d" % number, units=300, quality=500_000, burnt=10**10)
        if first.place < better.place:
            break
    assert choose(waiting([first, better])) == (better,)


def test_sixteen_at_most_of_all_types_together():
    envelopes = [
        work(t, job=b"%d" % n, units=1, burnt=10**12)
        for n in range(8)
        for t in (AI, QUANTUM, STORAGE)
    ]
    assert len(choose(waiting(envelopes))) == 16


def test_sixteen_at_most_with_the_best_of_many():
    envelopes = [work(AI, job=b"%d" % n, units=n, burnt=10**12) for n in range(1, 41)]
    chosen = choose(waiting(envelopes))
    assert len(chosen) == 16
    assert set(chosen) == set(envelopes[-16:])


def test_proofs_of_others_complete_their_jobs_with_the_places_left():
    own = work(AI, job=b"own", units=100)
    others = [work(AI, job=b"other %d" % n, beneficiary=OTHER) for n in range(20)]
    chosen = choose(waiting([*others, own]))
    assert len(chosen) == 16
    assert own in chosen
    assert psi(chosen) == psi([own])


def test_what_would_be_a_replay_is_left_out():
    others = waiting([work(AI, beneficiary=OTHER)], Used(completed=True))
    own = waiting([work(AI, job=b"own")], Used(completed=True))
    assert choose(others) == ()
    assert choose(own) == (own[0].envelope,)  # completed by another, still to be credited
    late = DRAFT.height + POLICY.credit_window_blocks
    assert choose(own, height=late) == ()
    completed = {**PARENT.records, record(own[0].envelope.nullifier): Used(completed=True).encode()}
    assert psi([own[0].envelope], completed) > 0


def test_a_job_whose_price_is_used_up_is_completed_nevertheless():
    spent = work(AI, burnt=10**10, spent=1_000)
    assert choose(waiting([spent])) == (spent,)
    assert psi([spent]) == 0


def test_bytes_are_kept_to():
    envelopes = [work(AI, job=b"%d" % n, units=100) for n in range(5)]
    cost = len(envelopes[0].encoded) + 256
    for room in range(4):
        assert len(choose(waiting(envelopes), size_bytes=room * cost)) == room
    receipts = proofs.verify_all(
        sorted(envelopes, key=lambda one: one.place),
        DRAFT,
        View(DictState(PARENT.records)),
        NETWORK,
        PARENT.lineage,
        VERIFIERS,
    ).receipts
    assert max(len(receipt.encoded) for receipt in receipts) <= 256 - 3 * 8


# ------------------------------------------------------------------ shares


def shares_of(places: Sequence[tuple[int, int]]) -> list[WaitingProof]:
    """Waiting shares as (worker, until), in the order in which they came."""
    return [
        WaitingProof(
            share(BUILDER, PARENT, worker, extra=b"%d" % arrival),
            Claim(b"%d" % arrival, key(worker).address, units=1, quality=PPM, until=until),
            UNUSED,
            arrival,
        )
        for arrival, (worker, until) in enumerate(places)
    ]


def test_shares_of_the_oldest_parents_come_first():
    shares = shares_of([(3, 9), (4, 9), (5, 8), (6, 9), (7, 8), (8, 9)])
    chosen = selection.fair(shares, 4)
    assert [one.arrival for one in chosen] == [2, 4, 0, 1]


def test_one_payee_gets_a_quarter_before_others_and_what_is_left_after_them():
    flood = shares_of([(3, 8)] * 10 + [(4, 9), (5, 9)])
    assert [one.arrival for one in selection.fair(flood, 8)] == [0, 1, 10, 11, 2, 3, 4, 5]
    assert [one.arrival for one in selection.fair(flood[:6], 4)] == [0, 1, 2, 3]


def test_a_block_takes_as_many_shares_as_the_network_says_in_body_order():
    shares = waiting([share(BUILDER, PARENT, n) for n in range(3, 10)])
    chosen = choose([*shares, *waiting([work(AI)])])
    assert [one.type for one in chosen] == [SHARE] * POLICY.shares_per_block + [AI]
    assert list(chosen) == sorted(chosen, key=lambda one: one.place)
    psi(chosen)

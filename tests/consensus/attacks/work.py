"""Work that is another's, too old, used before, or not paid for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from consensus.rules import credit, poies, proofs
from consensus.rules import header as header_rules
from core.proof import AI, QUANTUM, STORAGE
from tests.consensus.attacks.table import (
    ALICE,
    BOB,
    BUILDER,
    NEVER_USED,
    SIBLING,
    TIP,
    Scene,
    ai,
    attack,
    long_line,
    of,
    off,
    true,
)
from tests.consensus.synthetic import VERIFIERS, Job, envelope, working_network
from tests.support import ChainBuilder, Made

LATE_START = 5
LATE = working_network({AI: LATE_START})
"""A network on which work of AI counts from that height on."""

# ------------------------------------------------------------------ whose work, and how old


@attack("block.proof_receipt", true(credit, "is_own"))
def a_stolen_proof() -> Scene:
    """Bob takes Alice's proof from the network and claims ψ with it."""
    return Scene(of(BOB, TIP, ai()), of(ALICE, TIP, ai()))


@attack("block.proof_receipt", true(credit, "is_own"))
def a_stolen_proof_among_own_ones() -> Scene:
    """The same beside work of his own."""
    own = ai(beneficiary=BOB, provider=b"bob")
    return Scene(of(BOB, TIP, own, ai()), of(BOB, TIP, own))


@attack("proof.anchor", off(proofs, "check_anchor"))
def a_hoarded_proof() -> Scene:
    """Made 257 blocks ago; 256 is the most."""
    line = long_line()
    old = ai(anchor=line[0].hash, assigned=250)
    return Scene(of(ALICE, line[256], old), of(ALICE, line[255], old))


@attack("block.proof_receipt", true(credit, "is_in_time"))
def a_proof_credited_late() -> Scene:
    """The lease was at height 2, so height 34 is the last that credits."""
    line, late = long_line(), ai(assigned=2)
    return Scene(of(ALICE, line[33], late), of(ALICE, line[32], late))


@attack("proof.anchor", off(proofs, "check_anchor"))
def an_anchor_on_another_branch() -> Scene:
    """The work was done for a branch that is not this one."""
    stray, right = ai(anchor=SIBLING.hash), ai(anchor=TIP.hash)
    return Scene(of(ALICE, TIP, stray), of(ALICE, TIP, right), beside=(SIBLING,))


@attack("proof.anchor", off(proofs, "check_anchor"))
def an_anchor_that_nobody_knows() -> Scene:
    """No block has that hash."""
    return Scene(of(ALICE, TIP, ai(anchor=b"?" * 32)), of(ALICE, TIP, ai()))


@attack("block.proof_not_active", off(proofs, "check_active"))
def a_type_before_its_height() -> Scene:
    """Work of a type that does not count yet."""
    builder = ChainBuilder(LATE, VERIFIERS)
    line = builder.grow(builder.genesis, LATE_START - 1)
    proof = ai(anchor=builder.genesis.hash)

    def make(parent: Made) -> Made:
        return builder.make(parent, coinbase=ALICE, envelopes=[proof])

    return Scene(lambda: make(line[-2]), lambda: make(line[-1]), network=LATE)


# ------------------------------------------------------------------ work used twice


@attack("block.proof_order", off(proofs, "check_order"))
def a_proof_twice_in_a_block() -> Scene:
    """Both read the parent's state, where the work is unused."""
    return Scene(of(ALICE, TIP, ai(), ai()), of(ALICE, TIP, ai()))


@attack("proof.replayed", NEVER_USED)
def a_proof_again_in_the_next_block() -> Scene:
    """ψ for the same work once more."""
    used = BUILDER.make(TIP, coinbase=ALICE, envelopes=[ai()])
    return Scene(of(ALICE, used, ai()), of(ALICE, used, ai(provider=b"two")))


@attack("proof.replayed", NEVER_USED)
def a_proof_claimed_twice_after_another_completed_it() -> Scene:
    """Bob completes Alice's job; she may claim ψ after that, but once."""
    completed = BUILDER.make(TIP, coinbase=BOB, envelopes=[ai()])
    claimed = BUILDER.make(completed, coinbase=ALICE, envelopes=[ai()])
    return Scene(of(ALICE, claimed, ai()), lambda: claimed)


@attack("proof.replayed", NEVER_USED)
def a_job_completed_twice() -> Scene:
    """Bob completes it again, which brings nothing and would only fill blocks."""
    completed = BUILDER.make(TIP, coinbase=BOB, envelopes=[ai()])
    return Scene(of(BOB, completed, ai()), of(ALICE, completed, ai()))


@attack("proof.replayed", NEVER_USED)
def a_credited_proof_completed_again() -> Scene:
    """Bob includes what Alice was credited for: it must stay credited, or she could claim anew."""
    claimed = BUILDER.make(TIP, coinbase=ALICE, envelopes=[ai()])
    return Scene(of(BOB, claimed, ai()), lambda: claimed)


@attack("proof.ended", off(proofs, "check_ended"))
def a_proof_again_after_its_record_ended() -> Scene:
    """Its record went with block 4, the last that could use it."""
    brief = ai(until=4)
    used = BUILDER.make(TIP, coinbase=ALICE, envelopes=[brief])
    assert ("nullifier", brief.nullifier) not in used.records
    return Scene(of(ALICE, used, brief), lambda: used)


@attack("proof.nullifier", off(proofs, "check_nullifier"))
def used_work_under_another_nullifier() -> Scene:
    """The same work, as if it were new."""
    used = BUILDER.make(TIP, coinbase=ALICE, envelopes=[ai()])
    disguised = replace(ai(), nullifier=b"n" * 32)
    return Scene(of(ALICE, used, disguised), lambda: used)


# ------------------------------------------------------------------ more ψ than was paid for

real_creditable = poies.creditable_units


@attack("block.proof_receipt", (poies, "creditable_units", lambda *args: 10**9))
def units_above_the_burnt_part() -> Scene:
    """A price that burns for 1,000 units pays for no more."""
    proof = ai(burnt=10**10, units=3_000)
    return Scene(of(ALICE, TIP, proof), of(ALICE, TIP, proof))


FORGETTING = (
    poies,
    "creditable_units",
    lambda burnt, spent, type, policy: real_creditable(burnt, 0, type, policy),
)


@attack("block.proof_receipt", FORGETTING)
def a_price_used_twice_in_a_block() -> Scene:
    """Two providers of one job, whose price pays for one of them."""
    pair = [ai(burnt=10**10, units=800, provider=name) for name in (b"one", b"two")]
    return Scene(of(ALICE, TIP, *pair), of(ALICE, TIP, *pair))


@attack("block.proof_receipt", FORGETTING)
def a_price_used_up_before() -> Scene:
    """The job's record says that all has been credited."""
    proof = ai(burnt=10**10, spent=1_000)
    return Scene(of(ALICE, TIP, proof), of(ALICE, TIP, proof))


def uncapped(works: Any, alphas: Any, policy: Any) -> poies.Score:
    """The score without Γ."""
    score = real_score(works, alphas, policy)
    return replace(score, psi=score.uncapped)


real_score = poies.score


@attack("block.psi_above_gamma", (poies, "score", uncapped), off(header_rules, "check_psi"))
def psi_above_gamma() -> Scene:
    """Three types at their caps are 1.7 nats, Γ is one."""
    proof = [envelope(t, Job(TIP.hash, ALICE, units=9_000)) for t in (AI, QUANTUM, STORAGE)]
    return Scene(of(ALICE, TIP, *proof), of(ALICE, TIP, *proof))

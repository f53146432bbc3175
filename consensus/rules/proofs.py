"""A block's proofs: each verified, none used twice, ψ credited where it is earned.

    envelopes → counts, types, order → verifier of the type → nullifier, end, anchor, use
              → credit → ψ → receipts

Everything here reads the parent's post-state; ``complete`` then writes what was used.
Source: docs/spec/proofs.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from consensus import errors
from consensus.rules import credit, nullifiers, poies, shares, tuning
from consensus.rules.nullifiers import Used
from consensus.rules.poies import Score, Work
from consensus.rules.tuning import Tuning
from core import proof
from core.errors import adding
from core.header import Header
from core.limits import ANCHOR_WINDOW, PROOFS_PER_BLOCK
from core.network import Network
from core.ports import RecordKey
from core.proof import SCORED, Claim, Envelope, Lineage, ProofContext, ProofReceipt, Verifier
from execution.view import View

VERIFIERS: Mapping[int, Verifier] = MappingProxyType({proof.SHARE: shares.verify})
"""The verifier of each type of proof; a type without one cannot be active anywhere."""


@dataclass(frozen=True)
class Verified:
    """A proof that passed: its envelope, what it shows, and what it is credited.

    ``units`` count for ψ: 0 where the work only completes its job.
    """

    envelope: Envelope
    claim: Claim
    used: Used
    units: int


@dataclass(frozen=True)
class ProofResult:
    """A block's proofs after verification: receipts in body order and the score's steps."""

    verified: tuple[Verified, ...] = ()
    receipts: tuple[ProofReceipt, ...] = ()
    score: Score | None = None

    @property
    def psi(self) -> int:
        """Σψ, micro-nats."""
        return 0 if self.score is None else self.score.psi

    @property
    def psi_by_type(self) -> dict[int, int]:
        """Each type's part of Σψ, micro-nats."""
        parts = dict.fromkeys(SCORED, 0)
        for receipt in self.receipts:
            if receipt.type in parts:
                parts[receipt.type] += receipt.psi
        return parts

    def count(self, type: int) -> int:
        """How many proofs are of a type."""
        return sum(receipt.type == type for receipt in self.receipts)


NONE = ProofResult()


def check_verifiers(network: Network, verifiers: Mapping[int, Verifier]) -> None:
    """Every type that the network ever activates can be verified. Raises VerifierMissing."""
    for kind, first in network.proofs_from:
        if kind not in verifiers:
            raise errors.VerifierMissing(
                f"no verifier for proofs of type {kind}, active from height {first}", type=kind
            )


def touched_records(height: int, envelopes: Sequence[Envelope]) -> list[RecordKey]:
    """Records that a block's proofs and its end read, for one prefetch."""
    listed = [nullifiers.record(envelope.nullifier) for envelope in envelopes]
    return [tuning.RECORD, nullifiers.ending(height), *listed]


def verify_all(
    envelopes: Sequence[Envelope],
    header: Header,
    view: View,
    network: Network,
    lineage: Lineage,
    verifiers: Mapping[int, Verifier] = VERIFIERS,
) -> ProofResult:
    """Verify a block's envelopes in body order; ``header`` is the block's, or its draft.

    Raises the refusal of the first rule that is broken, with the proof's place.
    """
    if not envelopes:
        return NONE
    policy = network.at(header.height).poies
    check_lists(envelopes, header.height, network)
    tuned = Tuning.decode(view.get(*tuning.RECORD)).within(policy)
    ctx = ProofContext(network, header, lineage, view.get, tuned.share_offset)
    spent: Counter[bytes] = Counter()
    verified = []
    for index, envelope in enumerate(envelopes):
        with adding(proofIndex=index):
            one = _verify(envelope, ctx, view, verifiers, spent)
        verified.append(one)
    return _result(verified, tuned, network, header.height)


def check_lists(envelopes: Sequence[Envelope], height: int, network: Network) -> None:
    """Counts, active types and order: what needs no look into the proofs."""
    check_counts(envelopes, network.at(height).poies.shares_per_block)
    for index, envelope in enumerate(envelopes):
        with adding(proofIndex=index):
            check_active(envelope, height, network)
    check_order(envelopes)


def check_counts(envelopes: Sequence[Envelope], shares_most: int) -> None:
    """At most so many shares as the network says, and 16 proofs of all other types."""
    counts = Counter(envelope.type == proof.SHARE for envelope in envelopes)
    for is_share, most in {True: shares_most, False: PROOFS_PER_BLOCK}.items():
        if counts[is_share] > most:
            what = "shares" if is_share else "proofs of other types"
            raise errors.ProofsMany(
                f"the block has {counts[is_share]} {what}, the most is {most}",
                field="block.envelopes",
                most=most,
            )


def check_active(envelope: Envelope, height: int, network: Network) -> None:
    """Proofs of its type count at this height."""
    if not network.proves_at(envelope.type, height):
        raise errors.ProofNotActive(
            f"proofs of type {envelope.type} are not active at height {height}",
            field="block.envelopes",
        )


def check_order(envelopes: Sequence[Envelope]) -> None:
    """Strictly rising by type and nullifier, so none comes twice."""
    for index, (one, following) in enumerate(pairwise(envelopes), start=1):
        if following.place <= one.place:
            raise errors.ProofOrder(
                "the proofs do not rise by type and nullifier",
                field="block.envelopes",
                proofIndex=index,
            )


def _verify(
    envelope: Envelope,
    ctx: ProofContext,
    view: View,
    verifiers: Mapping[int, Verifier],
    spent: Counter[bytes],
) -> Verified:
    claim = verify_claim(envelope, ctx, verifiers)
    before = nullifiers.read(view, envelope.nullifier)
    creditable = credit.may_credit(envelope.type, claim, ctx.header)
    after = Used(completed=True, credited=before.credited or creditable)
    check_unused(before, after)
    units = claim.units
    if envelope.type in SCORED:
        policy = ctx.network.at(ctx.header.height).poies
        units = credit.units(envelope.type, claim, policy, spent) if creditable else 0
    return Verified(envelope, claim, after, units)


def verify_claim(envelope: Envelope, ctx: ProofContext, verifiers: Mapping[int, Verifier]) -> Claim:
    """What a proof shows, whoever includes it: by the verifier of its type, then what all obey."""
    claim = verifiers[envelope.type](envelope.body, ctx)
    check_nullifier(envelope, claim)
    check_ended(claim, ctx)
    check_anchor(claim, ctx)
    return claim


def check_nullifier(envelope: Envelope, claim: Claim) -> None:
    """The nullifier is that of the very work, so the work cannot come under another."""
    if proof.nullifier(envelope.type, claim.work_id) != envelope.nullifier:
        raise errors.ProofNullifier(
            "the nullifier is not that of the work", field="envelope.nullifier"
        )


def check_ended(claim: Claim, ctx: ProofContext) -> None:
    """The work id can still be used: after its last height nobody remembers whether it was."""
    if claim.until is not None and ctx.header.height > claim.until:
        raise errors.ProofEnded(
            f"the work could be used up to height {claim.until}", field="proof", most=claim.until
        )


def check_anchor(claim: Claim, ctx: ProofContext) -> None:
    """The anchor, if the type has one, is among the last ancestors of this very branch."""
    if claim.anchor is None:
        return
    height = ctx.lineage.height_of(claim.anchor)
    if height is None or height < ctx.header.height - ANCHOR_WINDOW:
        raise errors.ProofAnchor(
            f"the anchor is none of the last {ANCHOR_WINDOW} ancestors",
            field="proof.anchor",
            most=ANCHOR_WINDOW,
        )


def check_unused(before: Used, after: Used) -> None:
    """The proof changes something: it completes, or the beneficiary claims for the first time."""
    if after == before:
        raise errors.ProofReplayed("the work has been used", field="envelope.nullifier")


def _result(
    verified: Sequence[Verified], tuned: Tuning, network: Network, height: int
) -> ProofResult:
    scored = [one for one in verified if one.envelope.type in SCORED]
    works = [Work(one.envelope.type, one.units, one.claim.quality) for one in scored]
    score = poies.score(works, tuned.alphas, network.at(height).poies)
    psi = dict(zip([one.envelope.nullifier for one in scored], score.shares, strict=True))
    receipts = tuple(
        ProofReceipt(
            type=one.envelope.type,
            nullifier=one.envelope.nullifier,
            payee=one.claim.payee,
            psi=psi.get(one.envelope.nullifier, 0),
            units=one.units,
            quality=one.claim.quality,
            envelope=one.envelope.digest,
        )
        for one in verified
    )
    return ProofResult(tuple(verified), receipts, score)


def check_receipts(found: Sequence[ProofReceipt], result: ProofResult) -> None:
    """The receipts in the body are those of the proofs, field by field."""
    for index, (one, wanted) in enumerate(zip(found, result.receipts, strict=True)):
        if one != wanted:
            raise errors.ProofReceiptWrong(
                "a proof's receipt is not what verifying it gives",
                field="block.proofs",
                proofIndex=index,
            )


def check_sum(psi: int, result: ProofResult) -> None:
    """The header's ψ (micro-nats) is what the proofs give, exactly."""
    if psi != result.psi:
        raise errors.PsiWrong(
            f"header.psi is {psi}, the proofs give {result.psi}",
            field="header.psi",
            required=result.psi,
        )

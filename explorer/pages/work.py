"""The useful work of one block: each step of its ψ, and each proof with what it was paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chain.errors import NotExecuted, Pruned
from chain.values import BlockProofs, BlockView
from consensus import scores
from consensus.rules import issuance, shares
from consensus.rules.poies import TypeScore
from core.header import Header
from core.network import Network
from core.proof import NAMES, SHARE, Envelope, ProofReceipt
from explorer import names


@dataclass(frozen=True)
class Step:
    """The steps of one type of work. ``cap`` in micro-nats."""

    name: str
    score: TypeScore
    cap: int


@dataclass(frozen=True)
class Proof:
    """One proof: its receipt, what it was paid (nANM), and the header that a share is.

    ``share`` is None for other types, and where the envelope is pruned.
    """

    name: str
    receipt: ProofReceipt
    paid: int
    share: Header | None

    @property
    def is_share(self) -> bool:
        """Whether it is a hash share, which is paid and brings no ψ."""
        return self.receipt.type == SHARE


def context(view: BlockView, network: Network) -> dict[str, Any]:
    """What the page of a block above genesis shows of its work, or why that is not known here."""
    try:
        score = scores.score_of(view, network)
    except (NotExecuted, Pruned) as refusal:
        return {"steps": None, "proofs": (), "work_unknown": refusal}
    height = view.header.height
    rules = network.at(height)
    return {
        "steps": [
            Step(names.WORK[one.type], one, rules.poies.work(NAMES[one.type]).cap_unat)
            for one in score.steps.types
        ],
        "work": score,
        "scored": any(one.work for one in score.steps.types),
        "proofs": listed(score.proofs, issuance.share_slice_at(height, rules)),
        "work_unknown": None,
    }


def listed(found: BlockProofs, slice_: int) -> tuple[Proof, ...]:
    """A block's proofs in their order; ``slice_`` is what a share is paid, nANM."""
    envelopes = found.envelopes or (None,) * len(found.receipts)
    pairs = zip(found.receipts, envelopes, strict=True)
    return tuple(_proof(receipt, envelope, slice_) for receipt, envelope in pairs)


def _proof(receipt: ProofReceipt, envelope: Envelope | None, slice_: int) -> Proof:
    name = names.WORK[receipt.type]
    if receipt.type != SHARE:
        return Proof(name, receipt, 0, None)
    share = None if envelope is None else shares.decode(envelope.body)
    return Proof(name, receipt, slice_, share)

"""The score of a block and its proofs in their JSON form."""

from __future__ import annotations

from chain.values import BlockProofs, BlockView
from consensus.rules import shares
from consensus.rules.poies import TypeScore
from consensus.scores import BlockScore
from core.network import Poies
from core.proof import NAMES, SHARE, Envelope, ProofReceipt
from rpc import views
from rpc.results.scores import BlockProofsView, ProofView, ScoreView, TypeScoreView
from rpc.views import hexed


def score(block: BlockView, found: BlockScore, rules: Poies) -> ScoreView:
    """Every step from the draw and the proofs to S."""
    return {
        "hash": hexed(block.hash),
        "height": block.header.height,
        "canonical": block.canonical,
        "u": str(block.header.draw),
        "draw": found.draw,
        "types": [_type(one, rules) for one in found.steps.types],
        "multiplier": found.steps.multiplier,
        "uncapped": found.steps.uncapped,
        "gamma": found.gamma,
        "capped": found.steps.capped,
        "psi": found.steps.psi,
        "score": found.total,
        "theta": block.header.theta,
        "surplus": found.surplus,
        "threshold": str(found.threshold),
        "expectedDraws": str(found.expected_draws),
        "work": str(found.work),
    }


def _type(one: TypeScore, rules: Poies) -> TypeScoreView:
    return {
        "type": one.type,
        "name": NAMES[one.type],
        "work": str(one.work),
        "alpha": one.alpha,
        "raw": one.raw,
        "multiplied": one.multiplied,
        "cap": rules.work(NAMES[one.type]).cap_unat,
        "capped": one.capped,
        "psi": one.psi,
    }


def proofs(block: BlockView, found: BlockProofs, slice_: int) -> BlockProofsView:
    """A block's proofs; ``slice_`` is what one hash share is paid, nANM."""
    envelopes = found.envelopes or (None,) * len(found.receipts)
    return {
        "hash": hexed(block.hash),
        "height": block.header.height,
        "canonical": block.canonical,
        "slice": str(slice_),
        "proofs": [
            _proof(receipt, envelope, slice_)
            for receipt, envelope in zip(found.receipts, envelopes, strict=True)
        ],
    }


def _proof(receipt: ProofReceipt, envelope: Envelope | None, slice_: int) -> ProofView:
    is_share = receipt.type == SHARE
    readable = envelope if is_share else None
    return {
        "type": receipt.type,
        "name": NAMES[receipt.type],
        "nullifier": hexed(receipt.nullifier),
        "payee": views.address_text(receipt.payee),
        "psi": receipt.psi,
        "units": str(receipt.units),
        "quality": receipt.quality,
        "credited": receipt.units > 0,
        "paid": str(slice_ if is_share else 0),
        "digest": hexed(receipt.envelope),
        "envelope": None if envelope is None else hexed(envelope.encoded),
        "share": None if readable is None else views.header(shares.decode(readable.body)),
    }

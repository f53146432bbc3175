"""Whether a proof may enter the next block, whoever makes it. Source: docs/spec/proofs.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from consensus import errors
from consensus.rules import nullifiers, proofs
from consensus.rules.draft import draft
from consensus.rules.header import Ancestry
from consensus.rules.nullifiers import Used
from consensus.rules.waiting_proofs import WaitingProof
from core.network import Network
from core.ports import StateReader
from core.proof import SCORED, Claim, Envelope, Lineage, ProofContext, Verifier
from execution import accounts
from execution.view import View


class Examiner:
    """Verifies proofs for the child of one block, by the rules that the child is verified by.

    ``reader`` gives the parent's post-state; the records of ``envelopes`` are read in one go.
    ``time_ms`` is the child's.
    """

    def __init__(
        self,
        *,
        network: Network,
        ancestry: Ancestry,
        lineage: Lineage,
        reader: StateReader,
        time_ms: int,
        verifiers: Mapping[int, Verifier],
        envelopes: Sequence[Envelope],
    ) -> None:
        self._network = network
        self._verifiers = verifiers
        self._view = View(reader)
        # Nobody's block: who includes a proof decides what it is credited, not whether it is right.
        header = draft(ancestry, network, coinbase=accounts.TREASURY, time_ms=time_ms)
        self._view.prefetch(proofs.touched_records(header.height, envelopes))
        offset = proofs.tuning_at(self._view, header.height, network).share_offset
        self._ctx = ProofContext(network, header, lineage, self._view.get, offset)

    def examine(self, envelope: Envelope, arrival: int) -> WaitingProof:
        """The proof with what it shows; raises the refusal of the first rule that it breaks."""
        height = self._ctx.header.height
        proofs.check_active(envelope, height, self._network)
        claim = proofs.verify_claim(envelope, self._ctx, self._verifiers)
        before = nullifiers.read(self._view, envelope.nullifier)
        if _is_spent(envelope.type, claim, before, height):
            raise errors.ProofReplayed("the work has been used", field="envelope.nullifier")
        return WaitingProof(envelope, claim, before, arrival)


def _is_spent(type: int, claim: Claim, before: Used, height: int) -> bool:
    """Whether no block from ``height`` on, whoever makes it, gains anything from the work."""
    creditable = type in SCORED and not before.credited and height <= claim.credit_until
    return before.completed and not creditable

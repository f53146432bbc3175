"""Proofs that wait for a block: what is known of each, and the bounds on how many may wait.

Bounds are local policy, no part of consensus. Source: docs/spec/mining.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from consensus.errors import ProofNullifier
from consensus.proof_pool_errors import ProofPayeeLimit, ProofsFull
from consensus.rules.nullifiers import Used
from core.errors import EncodingRefused
from core.proof import Claim, Envelope

FOR_EVER = (EncodingRefused, ProofNullifier)
"""Refusals of a proof that no other head can lift."""


@dataclass(frozen=True)
class WaitingProof:
    """A proof that passed its verifier, and what its nullifier stood for in the head's state.

    ``arrival`` numbers proofs in the order in which they came.
    """

    envelope: Envelope
    claim: Claim
    before: Used
    arrival: int

    @property
    def type(self) -> int:
        """The type of the proof."""
        return self.envelope.type

    @property
    def payee(self) -> bytes:
        """Who is paid for it, 34 bytes."""
        return self.claim.payee

    @property
    def size(self) -> int:
        """Bytes of its encoding."""
        return len(self.envelope.encoded)


@dataclass(frozen=True)
class ProofPoolLimits:
    """How many proofs wait, of each type and of those of one payee; bytes over all of them."""

    per_type: int = 512
    per_payee: int = 128
    size_bytes: int = 16 * 1024 * 1024


class WaitingProofs:
    """Proofs by nullifier, within bounds."""

    def __init__(self, limits: ProofPoolLimits) -> None:
        self._limits = limits
        self._proofs: dict[bytes, WaitingProof] = {}
        self._by_digest: dict[bytes, WaitingProof] = {}
        self._payees: Counter[tuple[int, bytes]] = Counter()
        self._types: Counter[int] = Counter()
        self.bytes = 0

    def __contains__(self, nullifier: bytes) -> bool:
        return nullifier in self._proofs

    def __iter__(self) -> Iterator[WaitingProof]:
        return iter(self._proofs.values())

    def __len__(self) -> int:
        return len(self._proofs)

    def by_digest(self, digest: bytes) -> WaitingProof | None:
        """A proof by the digest of its envelope."""
        return self._by_digest.get(digest)

    def digests(self) -> tuple[bytes, ...]:
        """The digests of the envelopes that wait."""
        return tuple(self._by_digest)

    def count(self, type: int) -> int:
        """How many of a type wait."""
        return self._types[type]

    def add(self, proof: WaitingProof) -> WaitingProof | None:
        """Keep a proof whose nullifier is new; returns the one that had to make room.

        Raises ``ProofPayeeLimit``, and ``ProofsFull`` where nobody holds clearly more places.
        """
        if self._payees[proof.type, proof.payee] >= self._limits.per_payee:
            raise ProofPayeeLimit(
                f"{self._limits.per_payee} proofs of this type and payee wait",
                most=self._limits.per_payee,
            )
        victim = self._victim(proof)
        if victim is not None:
            self.remove(victim.envelope.nullifier)
        if self.bytes + proof.size > self._limits.size_bytes:
            raise ProofsFull("waiting proofs take all the bytes there are for them")
        self._proofs[proof.envelope.nullifier] = proof
        self._by_digest[proof.envelope.digest] = proof
        self._count(proof, 1)
        return victim

    def remove(self, nullifier: bytes) -> WaitingProof | None:
        """Take a proof out; None if it is not there."""
        proof = self._proofs.pop(nullifier, None)
        if proof is not None:
            del self._by_digest[proof.envelope.digest]
            self._count(proof, -1)
        return proof

    def _count(self, proof: WaitingProof, by: int) -> None:
        self._types[proof.type] += by
        self._payees[proof.type, proof.payee] += by
        if not self._payees[proof.type, proof.payee]:
            del self._payees[proof.type, proof.payee]
        self.bytes += by * proof.size

    def _victim(self, proof: WaitingProof) -> WaitingProof | None:
        """Where the type is full, the latest proof of whoever holds most places of it."""
        if self._types[proof.type] < self._limits.per_type:
            return None
        payees = {payee: n for (type, payee), n in self._payees.items() if type == proof.type}
        payee, most = max(payees.items(), key=lambda item: item[1])
        if most <= payees.get(proof.payee, 0) + 1:
            raise ProofsFull(
                f"{self._limits.per_type} proofs of this type wait", most=self._limits.per_type
            )
        held = (one for one in self if one.type == proof.type and one.payee == payee)
        return max(held, key=lambda one: one.arrival)

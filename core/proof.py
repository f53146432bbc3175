"""Proofs of useful work as a block carries them, and what a verifier is asked and answers.

An envelope travels with the block and may be pruned; its receipt is a consensus object.
Source: docs/spec/proofs.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from core import cbor, tags
from core.cbor import Value
from core.fields import Fields, keys
from core.hashing import tagged
from core.header import Header
from core.limits import ADDRESS_BYTES, HASH_BYTES, PROOF_BYTES
from core.network import PPM, Network

SHARE = 1
AI = 2
QUANTUM = 3
STORAGE = 4
VDF = 5
NAMES = {SHARE: "share", AI: "ai", QUANTUM: "quantum", STORAGE: "storage", VDF: "vdf"}
"""Types of proofs by number; the names are those of nullifier tags and network files."""

SCORED = (AI, QUANTUM, STORAGE)
"""Types whose work brings ψ."""

_ENVELOPE = keys(("type", "body", "nullifier"))
_RECEIPT = keys(("type", "nullifier", "payee", "psi", "units", "quality", "envelope"))


@dataclass(frozen=True)
class Envelope:
    """A proof as sent: its type, its body (canonical CBOR in a byte string), its nullifier."""

    type: int
    body: bytes
    nullifier: bytes

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded."""
        return {"type": self.type, "body": self.body, "nullifier": self.nullifier}

    @classmethod
    def from_map(cls, value: Value) -> Envelope:
        """Read a decoded map; raises a named ``field.…`` refusal."""
        f = Fields(value, "envelope", _ENVELOPE, frozenset())
        return cls(
            type=f.uint("type"),
            body=f.data("body", most=PROOF_BYTES),
            nullifier=f.data("nullifier", size=HASH_BYTES),
        )

    @property
    def place(self) -> tuple[int, bytes]:
        """Where it stands among a block's proofs: they rise strictly by this."""
        return self.type, self.nullifier

    @cached_property
    def encoded(self) -> bytes:
        """CBOR(envelope)."""
        return cbor.encode(self.to_map())

    @cached_property
    def digest(self) -> bytes:
        """What the receipt commits to, 32 bytes."""
        return tagged(tags.PROOF, self.encoded)


@dataclass(frozen=True)
class ProofReceipt:
    """What a proof brought: ``psi`` in micro-nats, the ``units`` credited, ``quality`` in ppm."""

    type: int
    nullifier: bytes
    payee: bytes
    psi: int
    units: int
    quality: int
    envelope: bytes

    def to_map(self) -> dict[str, Value]:
        """The map that is encoded."""
        return {
            "type": self.type,
            "nullifier": self.nullifier,
            "payee": self.payee,
            "psi": self.psi,
            "units": self.units,
            "quality": self.quality,
            "envelope": self.envelope,
        }

    @classmethod
    def from_map(cls, value: Value) -> ProofReceipt:
        """Read a decoded map; raises a named ``field.…`` refusal."""
        f = Fields(value, "proof", _RECEIPT, frozenset())
        return cls(
            type=f.uint("type"),
            nullifier=f.data("nullifier", size=HASH_BYTES),
            payee=f.data("payee", size=ADDRESS_BYTES),
            psi=f.uint("psi"),
            units=f.uint("units"),
            quality=f.uint("quality", most=PPM),
            envelope=f.data("envelope", size=HASH_BYTES),
        )

    @cached_property
    def encoded(self) -> bytes:
        """CBOR(proof receipt)."""
        return cbor.encode(self.to_map())


def nullifier(type: int, work_id: bytes) -> bytes:
    """T("animica/nullifier/<type>/v1", work id), 32 bytes: what makes a piece of work unique."""
    return tagged(tags.nullifier(NAMES[type]), work_id)


class Lineage(Protocol):
    """The ancestors of the block that holds the proofs."""

    def header(self, height: int) -> Header:
        """The ancestor at a height, genesis included; the parent is the highest."""

    def height_of(self, hash: bytes) -> int | None:
        """The height of an ancestor; None for any other hash."""


@dataclass(frozen=True)
class ProofContext:
    """What a verifier may know: no clock, no network, no state but the parent's post-state.

    ``header`` is the including block's, whose roots, ψ and nonce may not be set yet. ``read`` gives
    the record of a module and id, None where there is none.
    ``share_offset`` is s of the parent's state, micro-nats.
    """

    network: Network
    header: Header
    lineage: Lineage
    read: Callable[[str, bytes], bytes | None]
    share_offset: int


@dataclass(frozen=True)
class Claim:
    """What a verified proof has shown.

    ``quality`` in ppm. ``until`` is the last height at which the work id can be used; None where
    its own rules end it. ``anchor`` is the ancestor that it names, ``credit_until`` the last height
    at which ψ is credited. ``job`` bounds the units: over all its proofs no more than its ``burnt``
    nANM allow, of which ``spent_units`` are credited already.
    """

    work_id: bytes
    payee: bytes
    units: int
    quality: int
    until: int | None
    anchor: bytes | None = None
    credit_until: int = 0
    job: bytes = b""
    burnt: int = 0
    spent_units: int = 0


Verifier = Callable[[bytes, ProofContext], Claim]
"""Verifies a proof's body; raises the ``Refused`` of the first rule that it breaks."""

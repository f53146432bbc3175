"""Which work has been used: one record for each, kept until the work can be used no more.

Records of the module ``nullifier``: under a nullifier (32 bytes) what it has done, under a height
(u64 big endian) the nullifiers that end with that block. Source: docs/spec/proofs.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from core import cbor
from core.ports import RecordKey
from execution.view import View

MODULE = "nullifier"


@dataclass(frozen=True)
class Used:
    """What has become of a piece of work: its job completed, its ψ credited."""

    completed: bool = False
    credited: bool = False

    def encode(self) -> bytes:
        """The record's value."""
        return cbor.encode({"completed": self.completed, "credited": self.credited})


UNUSED = Used()


def record(nullifier: bytes) -> RecordKey:
    """Where the record of a piece of work lies."""
    return MODULE, nullifier


def ending(height: int) -> RecordKey:
    """Where the list of nullifiers lies that end with the block at a height."""
    return MODULE, height.to_bytes(8, "big")


def read(view: View, nullifier: bytes) -> Used:
    """What is known of a piece of work; nothing known is ``UNUSED``."""
    value = view.get(*record(nullifier))
    if value is None:
        return UNUSED
    known = cbor.decode_own(value)
    return Used(known["completed"], known["credited"])


def write(view: View, nullifier: bytes, used: Used, until: int | None) -> None:
    """Note that work was used; it ends with the block at ``until`` (None: by its own rules)."""
    known = view.get(*record(nullifier)) is not None
    view.set(*record(nullifier), used.encode())
    if until is not None and not known:
        listed = _listed(view, until)
        view.set(*ending(until), cbor.encode([*listed, nullifier]))


def end(view: View, height: int) -> None:
    """Forget the work that no block after ``height`` can use."""
    ending_now = _listed(view, height)
    view.prefetch(record(nullifier) for nullifier in ending_now)
    for nullifier in ending_now:
        view.set(*record(nullifier), None)
    view.set(*ending(height), None)


def _listed(view: View, height: int) -> list[bytes]:
    value = view.get(*ending(height))
    return [] if value is None else list(cbor.decode_own(value))

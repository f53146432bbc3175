"""Receipts, sums and lists that are not what the proofs give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from consensus.rules import pipeline, proofs
from core.proof import ProofReceipt
from tests.consensus.attacks.table import ALICE, BUILDER, TIP, Scene, ai, attack, of, off, quantum
from tests.support import Made, reseal

TWO = (ai(), quantum())


def altered(change: Callable[[tuple[ProofReceipt, ...]], tuple[ProofReceipt, ...]]) -> Made:
    """A block of two proofs whose receipts were changed, with the root that they give."""
    made = BUILDER.make(TIP, coinbase=ALICE, envelopes=TWO)
    return replace(made, block=reseal(replace(made.block, proofs=change(made.block.proofs))))


def enter_receipt(field: str, other: Callable[[Any], Any]) -> None:
    """An attack that gives a field of the first receipt another value."""

    def change(receipts: tuple[ProofReceipt, ...]) -> tuple[ProofReceipt, ...]:
        value = other(getattr(receipts[0], field))
        return (replace(receipts[0], **{field: value}), *receipts[1:])

    code = "block.body_root" if field == "envelope" else "block.proof_receipt"
    rules = off(proofs, "check_receipts"), off(pipeline, "check_envelopes")
    attack(code, *rules, name=f"receipt: {field}")(
        lambda: Scene(lambda: altered(change), of(ALICE, TIP, *TWO))
    )


for field in ("nullifier", "payee", "envelope"):
    enter_receipt(field, lambda value: value[:-1] + bytes([value[-1] ^ 1]))
for field in ("type", "psi", "units"):
    enter_receipt(field, lambda value: value + 1)
for field in ("psi", "units", "quality"):
    enter_receipt(field, lambda value: value - 1)


@attack("block.proof_receipt", off(proofs, "check_receipts"))
def psi_moved_between_receipts() -> Scene:
    """The sum is right, its division is not."""

    def move(receipts: tuple[ProofReceipt, ...]) -> tuple[ProofReceipt, ...]:
        first, second = receipts
        return replace(first, psi=first.psi + 1), replace(second, psi=second.psi - 1)

    return Scene(lambda: altered(move), of(ALICE, TIP, *TWO))


def enter_sum(change: int) -> None:
    """An attack whose header says a little more or less than its proofs bring."""

    def make() -> Made:
        made = BUILDER.make(TIP, coinbase=ALICE, envelopes=TWO)
        return replace(made, block=reseal(made.block, psi=made.header.psi + change))

    attack("block.psi", off(proofs, "check_sum"), name=f"header.psi {change:+}")(
        lambda: Scene(make, of(ALICE, TIP, *TWO))
    )


enter_sum(1)
enter_sum(-1)


@attack("block.proof_order", off(proofs, "check_order"))
def proofs_in_another_order() -> Scene:
    """Two blocks that differ in nothing else would both be right."""

    apart = (ai(until=500), quantum(until=600))  # else the list of what ends has their order too

    def turned() -> Made:
        made = BUILDER.make(TIP, coinbase=ALICE, envelopes=apart)
        block = made.block
        block = replace(block, proofs=block.proofs[::-1], envelopes=block.envelopes[::-1])
        return replace(made, block=reseal(block))

    return Scene(turned, of(ALICE, TIP, *apart))


@attack("block.proofs_many", off(proofs, "check_counts"))
def too_many_proofs() -> Scene:
    """Seventeen that are no shares."""
    many = [ai(provider=b"%d" % n) for n in range(17)]
    return Scene(of(ALICE, TIP, *many), of(ALICE, TIP, *many[1:]))

"""Proofs of the state: whatever is offered, only what is in the tree is ever proven.

An input is a key (32 bytes), a length (255: the claim is absence) with a claimed value, a proof.
"""

from __future__ import annotations

from random import Random

from core import statetree
from core.statetree import Proof, StateProofInvalid
from tests.fuzz import mutate as mutations
from tests.fuzz import trees
from tests.fuzz.claims import attempt

MAX_BYTES = 9_000
_ABSENCE = 255


def one_input(data: bytes) -> None:
    key, value, encoded = _parts(data)
    proof = attempt(Proof.decode, encoded)
    if proof is None:
        return
    assert proof.encode() == encoded, "two encodings of one proof"
    try:
        statetree.verify(trees.built().root, key, value, proof)
    except StateProofInvalid as refusal:
        refusal.view()
        return
    assert trees.RECORDS.get(key) == value, "a false statement is proven"
    known = trees.proofs().get(key)
    assert known in (None, encoded), "a statement has two accepted proofs"


def _parts(data: bytes) -> tuple[bytes, bytes | None, bytes]:
    key, size = data[:32], data[32] if len(data) > 32 else 0
    if size == _ABSENCE:
        return key, None, data[33:]
    return key, data[33 : 33 + size], data[33 + size :]


def _joined(key: bytes, value: bytes | None, proof: bytes) -> bytes:
    if value is None:
        return key + bytes([_ABSENCE]) + proof
    return key + bytes([len(value)]) + value + proof


def mutate(data: bytes, rng: Random) -> bytes:
    """Part of one true statement with parts of another, or a proof's bytes changed."""
    key, value, proof = _parts(data)
    other = rng.choice((*trees.RECORDS, *trees.ABSENT))
    way = rng.randrange(6)
    if way == 0:
        key = other
    elif way == 1:
        value = rng.choice((None, trees.RECORDS.get(other), trees.RECORDS.get(key)))
    elif way == 2:
        proof = trees.proofs()[other]
    elif way == 3:
        proof = _other_proof(proof, trees.proofs()[other], rng)
    elif way == 4 and key:
        at = rng.randrange(8 * len(key))
        key = (int.from_bytes(key) ^ 1 << at).to_bytes(len(key))
    else:
        proof = mutations.flip(proof, rng)
    return _joined(key, value, proof)


def _other_proof(encoded: bytes, other: bytes, rng: Random) -> bytes:
    """Its siblings cut, lengthened or mixed with another's, or its other record exchanged."""
    try:
        mine, theirs = Proof.decode(encoded), Proof.decode(other)
    except statetree.StateProofMalformed:
        return other
    siblings = list(mine.siblings)
    at = rng.randrange(len(siblings) + 1)
    ways = (
        Proof(tuple(siblings[:at]), mine.other),
        Proof((*siblings[:at], statetree.EMPTY, *siblings[at:]), mine.other),
        Proof((*siblings[:at], *theirs.siblings[at:]), mine.other),
        Proof(mine.siblings, theirs.other),
        Proof(mine.siblings, rng.choice([None, *trees.leaves()])),
    )
    return rng.choice(ways).encode()


def seeds() -> dict[str, bytes]:
    chosen = (*trees.DEEP[:2], *list(trees.RECORDS)[4:7], *trees.ABSENT)
    return {
        f"statement-{n}": _joined(key, trees.RECORDS.get(key), trees.proofs()[key])
        for n, key in enumerate(chosen)
    }

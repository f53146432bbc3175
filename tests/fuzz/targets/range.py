"""Proofs of ranges: only the records that the tree holds there are ever proven, and by one proof.

An input is a row of the first key, the last key, the claimed records (key and value hash, 64 bytes
each) and the proof.
"""

from __future__ import annotations

from random import Random

from core import statetree
from core.statetree import StateProofInvalid, StateProofMalformed
from core.statetree import range as ranges
from core.statetree.range import RangeProof, prove_range
from tests.fuzz import mutate as mutations
from tests.fuzz import trees
from tests.fuzz.claims import attempt

MAX_BYTES = 16 * 1024
_LEAVES = sorted(trees.leaves())
_ENDS = (bytes(32), b"\xff" * 32, *trees.ABSENT, *(key for key, _ in _LEAVES))


def one_input(data: bytes) -> None:
    row = [*mutations.split(data), b"", b"", b"", b""]
    first, last, encoded = row[0], row[1], row[3]
    records = [
        (row[2][at : at + 32], row[2][at + 32 : at + 64]) for at in range(0, len(row[2]), 64)
    ]
    proof = attempt(RangeProof.decode, encoded, refusals=StateProofMalformed)
    if proof is None:
        return
    assert proof.encode() == encoded, "two encodings of one proof"
    try:
        ranges.verify_range(trees.built().root, first, last, records, proof)
    except StateProofInvalid as refusal:
        refusal.view()
        return
    assert records == _truth(first, last), "a false range is proven"
    own = prove_range(trees.Pages(trees.pages()), first, last)
    assert own == proof, "a range has two accepted proofs"


def _truth(first: bytes, last: bytes) -> list[tuple[bytes, bytes]]:
    return [leaf for leaf in _LEAVES if first <= leaf[0] <= last]


def _statement(first: bytes, last: bytes) -> list[bytes]:
    records = b"".join(map(b"".join, _truth(first, last)))
    proof = prove_range(trees.Pages(trees.pages()), first, last)
    return [first, last, records, proof.encode()]


def mutate(data: bytes, rng: Random) -> bytes:
    """A true statement with a record, a part of the proof, or an end of the range changed."""
    first, last = sorted(rng.choices(_ENDS, k=2))
    row = _statement(first, last) if rng.random() < 0.5 else mutations.split(data)
    if len(row) < 4:
        return mutations.flip(data, rng)
    way = rng.randrange(5)
    if way == 0:
        row[rng.randrange(2)] = rng.choice(_ENDS)
    elif way == 1:
        at = 64 * rng.randrange(1 + len(row[2]) // 64)
        row[2] = row[2][:at] + row[2][at + 64 :]
    elif way == 2:
        row[2] += b"".join(rng.choice(_LEAVES))
    elif way == 3:
        row[3] = _other_proof(row[3], rng)
    else:
        at = rng.randrange(4)
        row[at] = mutations.flip(row[at], rng)
    return mutations.join(row)


def _other_proof(encoded: bytes, rng: Random) -> bytes:
    """One part of the proof left out, doubled or replaced."""
    try:
        parts = list(RangeProof.decode(encoded).parts)
    except StateProofMalformed:
        return encoded
    at = rng.randrange(len(parts) + 1)
    strange = rng.choice((None, b"", statetree.EMPTY, b"".join(rng.choice(_LEAVES)), *parts))
    new = rng.choice(([], [strange], [strange, *parts[at : at + 1]]))
    return RangeProof((*parts[:at], *new, *parts[at + 1 :])).encode()


def seeds() -> dict[str, bytes]:
    keys = [key for key, _ in _LEAVES]
    ranges = {
        "all": (bytes(32), b"\xff" * 32),
        "deep": (trees.DEEP[1], trees.DEEP[2]),
        "one": (keys[20], keys[20]),
        "none": (trees.ABSENT[1], trees.ABSENT[1]),
        "some": (keys[10], keys[30]),
    }
    return {name: mutations.join(_statement(*ends)) for name, ends in ranges.items()}

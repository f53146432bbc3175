"""Useful work as a test makes it: any units of any scored type, for the asking, and hash shares.

network = scored_network()
builder = ChainBuilder(network, VERIFIERS)
builder.make(parent, envelopes=[work(AI, 500, payee), share(builder, parent, worker=3)])
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Any

from consensus.rules import proofs, shares, tuning
from consensus.rules.tuning import Tuning
from core import cbor, proof
from core.hashing import sha3
from core.network import PPM, Network
from core.proof import AI, QUANTUM, SCORED, SHARE, STORAGE, Claim, Envelope, ProofContext
from tests.support import ChainBuilder, Made, fast_network, key

BURNT = 10**17
_serial = count()


def verify(body: bytes, ctx: ProofContext) -> Claim:
    """Takes what the body says; nANM burnt for the job allow more units than tests use."""
    said = cbor.decode(body, limit=1_000, what="work")
    return Claim(
        work_id=said["id"],
        payee=said["payee"],
        units=said["units"],
        quality=said["quality"],
        until=1_000,
        credit_until=said["until"],
        job=said["id"],
        burnt=BURNT,
    )


VERIFIERS = {**proofs.VERIFIERS, **dict.fromkeys(SCORED, verify)}


def scored_network(**entries: Any) -> Network:
    """The fast network with every type of work active."""
    types = [{"type": kind, "from": 0} for kind in (SHARE, AI, QUANTUM, STORAGE)]
    return fast_network(proof_types=types, **entries)


def work(
    kind: int, units: int, payee: bytes, *, quality: int = PPM, until: int = 1_000
) -> Envelope:
    """A proof of ``units`` of work that no other proof has shown."""
    work_id = sha3(b"work %d" % next(_serial))
    said = {"id": work_id, "payee": payee, "units": units, "quality": quality, "until": until}
    return Envelope(kind, cbor.encode(said), proof.nullifier(kind, work_id))


def share(builder: ChainBuilder, parent: Made, worker: int, **changes: Any) -> Envelope:
    """A hash share on ``parent``, good for its children and paid to a worker."""
    coinbase = key(worker).address
    draft = builder.draft(parent, time=parent.header.time + 1, coinbase=coinbase)
    draft = replace(draft, **changes)
    offset = Tuning.decode(parent.records[tuning.RECORD]).share_offset
    below = shares.threshold(draft.theta, offset)
    for number in count():
        sealed = draft.sealed(number.to_bytes(8, "little"))
        if sealed.draw < below:
            return shares.envelope(sealed)
    raise AssertionError("count never ends")


def grow(builder: ChainBuilder, parent: Made, blocks: Iterable[list[Envelope]]) -> list[Made]:
    """A block for each list of proofs, in a row."""
    line = []
    for envelopes in blocks:
        parent = builder.make(parent, envelopes=envelopes)
        line.append(parent)
    return line

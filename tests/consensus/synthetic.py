"""Useful work whose proof says outright what it shows, for the rules that all types obey.

A body is the CBOR map of a ``Job``; the verifier believes it and reads nothing else. So a test
chooses every part of a claim, and what refuses its block is never the verifier.

    network = working_network()
    builder = ChainBuilder(network, VERIFIERS)
    job = Job(anchor=parent.hash, beneficiary=key(1).address)
    block = builder.make(parent, coinbase=key(1).address, envelopes=[envelope(AI, job)])
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import count
from typing import Any

from consensus.rules import proofs, shares
from core import cbor
from core.header import Header
from core.network import Network
from core.proof import (
    AI,
    NAMES,
    QUANTUM,
    SHARE,
    STORAGE,
    Claim,
    Envelope,
    ProofContext,
    Verifier,
    nullifier,
)
from tests.support import ChainBuilder, Made, fast_network, key

FOREVER = 10**6


@dataclass(frozen=True)
class Job:
    """What a synthetic proof shows; ``assigned`` is the height of its lease. See ``Claim``."""

    anchor: bytes
    beneficiary: bytes
    job: bytes = b"job"
    provider: bytes = b"one"
    burnt: int = 10**12
    spent: int = 0
    units: int = 500
    quality: int = 1_000_000
    assigned: int = 0
    until: int = FOREVER

    @property
    def work_id(self) -> bytes:
        """Job and provider: several providers may work for one job."""
        return self.job + b"|" + self.provider


def verify(type: int, body: bytes, ctx: ProofContext) -> Claim:
    """The claim that the body states; ψ is credited P blocks long from the lease on."""
    job = Job(**cbor.decode(body, limit=4096, what="job"))
    window = ctx.network.at(ctx.header.height).poies.credit_window_blocks
    return Claim(
        work_id=job.work_id,
        payee=job.beneficiary,
        units=job.units,
        quality=job.quality,
        until=job.until,
        anchor=job.anchor,
        credit_until=job.assigned + window,
        job=NAMES[type].encode() + job.job,
        burnt=job.burnt,
        spent_units=job.spent,
    )


VERIFIERS: Mapping[int, Verifier] = {
    **proofs.VERIFIERS,
    **{type: partial(verify, type) for type in (AI, QUANTUM, STORAGE)},
}


def envelope(type: int, job: Job, *, nullified: bytes | None = None) -> Envelope:
    """The proof of a job; ``nullified`` puts another nullifier in place of its own."""
    own = nullifier(type, job.work_id)
    return Envelope(type, cbor.encode(asdict(job)), own if nullified is None else nullified)


def working_network(starts: Mapping[int, int] | None = None, **options: Any) -> Network:
    """The fast network with types 1 to 4 active, each from the height in ``starts`` or 0."""
    starts = starts or {}
    types = [{"type": t, "from": starts.get(t, 0)} for t in (SHARE, AI, QUANTUM, STORAGE)]
    return fast_network(proof_types=types, **options)


# ------------------------------------------------------------------ hash shares


def share_header(
    builder: ChainBuilder, parent: Made, worker: int, *, offset: int | None = None, **changes: Any
) -> Header:
    """A template on ``parent`` whose draw makes it a share, paid to the key of ``worker``.

    ``offset`` is s (micro-nats) where it is not the network's first; ``changes`` are of the header.
    """
    draft = builder.draft(parent, time=parent.header.time + 1, coinbase=key(worker).address)
    draft = replace(draft, **changes)
    if offset is None:
        offset = builder.network.at(draft.height).poies.share_offset_start_unat
    below = shares.threshold(draft.theta, offset)
    for number in count():
        header = draft.sealed(number.to_bytes(8, "little"))
        if header.draw < below:
            return header
    raise AssertionError("count never ends")


def share(builder: ChainBuilder, parent: Made, worker: int, **changes: Any) -> Envelope:
    """The proof of such a template."""
    return shares.envelope(share_header(builder, parent, worker, **changes))

"""Bodies of hash shares in a block on the head: the verdict of the reference model."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

from animica_site import networks
from consensus.rules import shares
from core.errors import EncodingRefused, Refused, registered
from core.header import Header
from core.proof import Claim, ProofContext
from tests.consensus import altering
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle, world
from tests.fuzz.claims import attempt, one_form
from tests.model.header import HeaderRules, header_hash
from tests.model.refusal import Broken
from tests.model.shares import Line, check_share, share_target
from tests.support import key

MAX_BYTES = 2_100
BOTH_KERNELS = True
_OFFSET = world.NETWORK.at(0).poies.share_offset_start_unat
_TRIES = 500


@cache
def _rules() -> HeaderRules:
    return HeaderRules(networks.load_table("fast"))


@cache
def _including() -> Header:
    """The block in which the shares are: as ``next``, whose parent is the head."""
    return world.chain().next.header


@cache
def _line() -> Line:
    made = world.chain()
    line = (made.builder.genesis, *made.line)
    return {each.height: (each.hash, each.header.to_map()) for each in line}


@cache
def _context() -> ProofContext:
    lineage = world.chain().line[-1].lineage
    return ProofContext(world.NETWORK, _including(), lineage, lambda *_: None, _OFFSET)


def one_input(data: bytes) -> None:
    header = attempt(shares.decode, data)
    if header is not None:
        one_form(data, {"header": header.to_map()})
        assert shares.envelope(header).body == data
    claim, code = _verdict(data)
    try:
        share = check_share(data, _including().to_map(), _line(), _rules(), _OFFSET)
    except Broken as broken:
        both_of_form = code in _of_form() and broken.code in _of_form()
        assert code == broken.code or both_of_form, f"{code or 'accepted'}, not {broken.code}"
        return
    assert claim is not None, f"the model accepts what is refused: {code}"
    assert (claim.work_id, claim.payee) == (header_hash(share), share["coinbase"])
    assert (claim.units, claim.quality, claim.anchor) == (1, 1_000_000, None)
    assert claim.until == share["height"] + 7 >= _including().height


def _verdict(data: bytes) -> tuple[Claim | None, str]:
    try:
        return shares.verify(data, _context()), ""
    except Refused as refusal:
        refusal.view()
        return None, refusal.code


def _of_form() -> set[str]:
    return {code for code, kind in registered().items() if issubclass(kind, EncodingRefused)}


def mutate(data: bytes, rng: Random) -> bytes:
    """The header changed and, mostly, drawn again until it is a share."""
    if rng.random() < 0.2:
        return mutations.cbor(data, rng)
    try:
        header = oracle.decode(data)[0]["header"]
        header = (
            mutations.nudge(header, rng) if rng.random() < 0.9 else mutations.alter(header, rng)
        )
        if rng.random() < 0.9:
            draw(header)
        return oracle.encode({"header": header})
    except mutations.STRANGE:
        return mutations.flip(data, rng)


def draw(header: dict[str, Any]) -> None:
    """Put in a nonce that makes the header a share, if one is near."""
    prefix, _ = altering.draw_of(header)
    below = share_target(header["theta"], _OFFSET)
    for number in range(_TRIES):
        nonce = number.to_bytes(8, "little")
        if int.from_bytes(altering.sha3_256(prefix + nonce).digest(), "big") < below:
            header["nonce"] = nonce
            return


def seeds() -> dict[str, bytes]:
    made = world.chain()
    taken = {f"taken-{n}": each.body for n, each in enumerate(made.next.block.envelopes)}
    fresh = {
        f"on-{parent.height}": made.builder.share(parent, key(30).address).body
        for parent in (made.builder.genesis, *made.line)
    }
    blocks = {
        "ancestor": made.line[1],
        "lost": made.side[1],
        "child": made.next,
        "other-branch": made.overtaking,
    }
    blocks_of = {name: shares.envelope(each.header).body for name, each in blocks.items()}
    return {**taken, **fresh, **blocks_of}

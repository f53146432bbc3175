"""Work is used once, for as long as its rules say; what it brings adds up to the last unit."""

from __future__ import annotations

import pytest

from consensus import errors
from consensus.rules import nullifiers, proofs
from core.limits import SHARE_WINDOW
from core.network import PPM
from core.proof import AI, Claim, Envelope, ProofContext, nullifier
from tests.support import ChainBuilder, Made, fast_network, import_all, key, new_importer

NETWORK = fast_network(proof_types=[{"type": 1, "from": 0}, {"type": AI, "from": 0}])
WORKER = key(20).address
PAYEE = key(6).address
UNIT0 = NETWORK.at(0).poies.ai.unit0
PRICE0 = NETWORK.at(0).poies.ai.price0


def stated(body: bytes, ctx: ProofContext) -> Claim:
    """Two units of everything paid for, for a job of its own."""
    return Claim(
        work_id=body,
        payee=PAYEE,
        units=2 * UNIT0,
        quality=PPM,
        until=ctx.header.height + 3,
        credit_until=ctx.header.height,
        job=body,
        burnt=2 * PRICE0,
    )


VERIFIERS = {**proofs.VERIFIERS, AI: stated}
BUILDER = ChainBuilder(NETWORK, VERIFIERS)


def work(name: bytes) -> Envelope:
    return Envelope(AI, name, nullifier(AI, name))


def nullifier_records(made: Made) -> set[bytes]:
    return {id for module, id in made.records if module == nullifiers.MODULE}


@pytest.mark.django_db
def test_a_used_share_is_remembered_while_its_parent_is_young_enough_and_then_forgotten():
    share = BUILDER.share(BUILDER.genesis, WORKER)
    first = BUILDER.make(BUILDER.genesis, envelopes=[share])
    line = [first, *BUILDER.grow(first, SHARE_WINDOW - 1)]
    for made in line[:-1]:
        ending = SHARE_WINDOW.to_bytes(8, "big")
        assert nullifier_records(made) == {share.nullifier, ending}
        with pytest.raises(errors.ProofReplayed):
            BUILDER.make(made, envelopes=[share])
    assert line[-1].height == SHARE_WINDOW and not nullifier_records(line[-1])
    with pytest.raises(errors.ShareParent):  # so it cannot come again
        BUILDER.make(line[-1], envelopes=[share])
    importer = new_importer(NETWORK, verifiers=VERIFIERS)
    assert import_all(importer, line) == ["added"] * SHARE_WINDOW


def test_the_window_of_shares_is_eight_blocks():
    line = [BUILDER.genesis, *BUILDER.grow(BUILDER.genesis, SHARE_WINDOW)]
    BUILDER.make(line[7], envelopes=[BUILDER.share(line[0], WORKER)])
    with pytest.raises(errors.ShareParent):
        BUILDER.make(line[8], envelopes=[BUILDER.share(line[0], WORKER)])


def test_only_claimed_slices_are_minted():
    params, poies = NETWORK.at(1).params, NETWORK.at(1).poies
    part = params.subsidy_start * params.subsidy_split.shares_ppm // PPM
    slice_ = part // poies.shares_per_block
    for count in range(poies.shares_per_block + 1):
        shares = [BUILDER.share(BUILDER.genesis, WORKER, extra=bytes([n])) for n in range(count)]
        made = BUILDER.make(BUILDER.genesis, envelopes=shares)
        assert made.account(WORKER).balance == count * slice_
        assert made.minted == params.subsidy_start - part + count * slice_


def test_the_parts_of_psi_add_up():
    """Three equal works bring the cap of 700,000 µnat, which three do not divide."""
    made = BUILDER.make(
        BUILDER.genesis, coinbase=PAYEE, envelopes=[work(name) for name in (b"a", b"b", b"c")]
    )
    parts = [receipt.psi for receipt in made.block.proofs]
    assert made.header.psi == NETWORK.at(1).poies.ai.cap_unat == 700_000
    assert parts == [233_333, 233_333, 233_334]

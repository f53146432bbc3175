"""What proofs leave in the state is undone with their block, so another branch may use them too."""

from __future__ import annotations

import pytest

from chain import service
from consensus.rules import tuning
from consensus.rules.tuning import Tuning
from core.errors import AnimicaError
from core.proof import AI
from tests.consensus.synthetic import VERIFIERS, Job, envelope, share, working_network
from tests.support import (
    ChainBuilder,
    Made,
    dump_database,
    import_all,
    key,
    new_importer,
    wipe_database,
)

pytestmark = pytest.mark.django_db

NETWORK = working_network()
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
ALICE = key(1).address
COMMON = BUILDER.grow(BUILDER.genesis, 7)
TIP = COMMON[-1]
SHARE = share(BUILDER, TIP, 20)
WORK = envelope(AI, Job(TIP.hash, ALICE))
SLICE = NETWORK.at(0).params.subsidy_start // 5 // NETWORK.at(0).poies.shares_per_block


def branch(salt: bytes, length: int) -> list[Made]:
    """The work and the share in its first block, and an epoch's end in its third."""
    made = BUILDER.make(TIP, coinbase=ALICE, extra=salt, envelopes=[WORK, SHARE])
    return [made, *BUILDER.grow(made, length - 1, extra=salt)]


def importer():
    return new_importer(NETWORK, verifiers=VERIFIERS)


def record(module: str, id: bytes) -> bytes | None:
    """A record of the head's state."""
    return service.reader().get_many([(module, id)]).get((module, id))


def everything() -> dict:
    """The best chain's rows; what is told of the branch that lost is no part of them."""
    rows = dump_database(best_chain_only=True)
    del rows["chain_meta"]
    return rows


def test_both_branches_use_the_same_work_and_pay_the_same_share():
    loser, winner = branch(b"loser", 4), branch(b"winner", 5)
    assert loser[0].header.psi == winner[0].header.psi > 0
    node = importer()
    import_all(node, COMMON + loser)
    assert import_all(node, winner) == ["side"] * 4 + ["reorg"]
    service.verify_state()
    mixed = everything()
    assert winner[-1].account(key(20).address).balance == SLICE

    wipe_database()
    import_all(importer(), COMMON + winner)
    assert everything() == mixed


def test_what_the_loser_used_is_unused_on_the_winner():
    loser = branch(b"loser", 3)
    winner = BUILDER.grow(TIP, 4, extra=b"winner")
    node = importer()
    import_all(node, COMMON + loser)
    assert record("nullifier", WORK.nullifier) is not None
    assert import_all(node, winner)[-1] == "reorg"
    for used in (WORK, SHARE):
        assert record("nullifier", used.nullifier) is None
    late = BUILDER.make(winner[-1], coinbase=ALICE, envelopes=[WORK, SHARE])
    assert late.header.psi == loser[0].header.psi
    assert import_all(node, [late]) == ["added"]


def test_tuning_is_undone_and_done_again():
    """The losing branch ended an epoch with a share and ψ, the winning one without."""
    loser = branch(b"loser", 3)
    winner = BUILDER.grow(TIP, 4, extra=b"winner")
    assert loser[-1].height == NETWORK.at(0).params.epoch_blocks
    node = importer()
    tuned = []
    for line in (COMMON + loser, winner):
        import_all(node, line)
        stored = record(*tuning.RECORD)
        assert stored == line[-1].records[tuning.RECORD]
        tuned.append(Tuning.decode(stored))
    assert tuned[0].alphas != tuned[1].alphas
    assert tuned[1].alphas == Tuning.start(NETWORK.at(0).poies).alphas


def test_anchors_and_shares_follow_the_branch_while_it_is_taken_up():
    """All of it is side blocks until its last one comes; then each sees the ones before it."""
    first = BUILDER.make(TIP, extra=b"branch")
    own = envelope(AI, Job(first.hash, ALICE, provider=b"own"))
    second = BUILDER.make(first, coinbase=ALICE, envelopes=[own, share(BUILDER, first, 21)])
    third = BUILDER.make(second, envelopes=[share(BUILDER, first, 22)])
    node = importer()
    import_all(node, COMMON + BUILDER.grow(TIP, 2))
    assert import_all(node, [first, second, third]) == ["side", "side", "reorg"]


@pytest.mark.parametrize("kind", ["anchor", "share"])
def test_work_for_the_branch_that_loses_is_refused_on_the_other(kind):
    loser = BUILDER.grow(TIP, 2)
    builder = ChainBuilder(NETWORK, VERIFIERS)
    stray = (
        envelope(AI, Job(loser[0].hash, ALICE)) if kind == "anchor" else share(builder, loser[0], 9)
    )
    first = BUILDER.make(TIP, extra=b"branch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("consensus.rules.proofs.check_anchor", lambda *args: None)
        patch.setattr("consensus.rules.shares.check_parent", lambda *args: None)
        patch.setattr("consensus.rules.shares.check_template", lambda *args: None)
        second = BUILDER.make(first, coinbase=ALICE, envelopes=[stray])
        third = BUILDER.make(second)
    node = importer()
    import_all(node, COMMON + loser)
    assert import_all(node, [first, second]) == ["side", "side"]
    with pytest.raises(AnimicaError) as caught:
        node.import_block(third.raw, source="test")
    assert caught.value.code == ("proof.anchor" if kind == "anchor" else "proof.share_parent")
    assert service.head().hash == loser[-1].hash
    service.verify_state()

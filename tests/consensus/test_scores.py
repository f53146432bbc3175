"""The score of a stored block, made again from receipts, is the one that it was judged by."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import queries, service
from chain.errors import LedgerDamaged, NotExecuted, Pruned
from chain.values import Part
from consensus import scores
from consensus.rules import tuning
from consensus.rules.tuning import Tuning
from core.network import PPM
from core.proof import AI, QUANTUM, SCORED, SHARE, STORAGE
from tests.scored import VERIFIERS, grow, scored_network, share, work
from tests.support import ChainBuilder, import_all, key, new_importer

NETWORK = scored_network()
BUILDER = ChainBuilder(NETWORK, VERIFIERS)
MINER = key(0).address
EPOCH = NETWORK.at(0).params.epoch_blocks

ALPHAS = st.fixed_dictionaries({t: st.integers(500_000, 1_000_000) for t in SCORED})
WORKS = st.lists(
    st.tuples(
        st.sampled_from(SCORED),
        st.integers(0, 5_000),
        st.integers(0, PPM),
        st.sampled_from([MINER, key(5).address]),
        st.sampled_from([0, 1_000]),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(alphas=ALPHAS, works=WORKS)
def test_the_steps_give_the_header_and_the_receipts(alphas, works):
    rules = NETWORK.at(1).poies
    tuned = Tuning(alphas, rules.share_offset_start_unat, 0, dict.fromkeys(SCORED, 0))
    records = {**BUILDER.genesis.records, tuning.RECORD: tuned.encode()}
    parent = replace(BUILDER.genesis, records=records)
    envelopes = [
        work(kind, units, payee, quality=quality, until=until)
        for kind, units, quality, payee, until in works
    ]
    block = BUILDER.make(parent, envelopes=[*envelopes, share(BUILDER, parent, 7)]).block
    found = scores.steps(block.proofs, alphas, rules)
    assert found.psi == block.header.psi == sum(one.psi for one in block.proofs)
    scored = [one for one in block.proofs if one.type != SHARE]
    assert found.shares == tuple(one.psi for one in scored)
    assert found.uncapped == sum(one.psi for one in found.types)
    assert found.psi == min(rules.gamma_unat, found.uncapped)
    assert {one.type: one.alpha for one in found.types} == alphas
    credited = sum(one.units * one.quality for one in scored)
    assert sum(one.work for one in found.types) == credited


def checked(made, network=NETWORK) -> scores.BlockScore:
    """A stored block's score, compared with the state that its parent had."""
    view = queries.block_by_hash(made.hash)
    found = scores.score_of(view, network)
    rules = network.at(made.height).poies
    tuned = Tuning.decode(made.parent.records[tuning.RECORD]).within(rules)
    assert {one.type: one.alpha for one in found.steps.types} == tuned.alphas
    assert scores.tuned_for(view, network).share_offset == tuned.share_offset
    assert found.steps.psi == made.header.psi
    assert found.surplus == found.draw + made.header.psi - made.header.theta >= 0
    assert made.header.draw < found.threshold
    return found


def one_sided(length: int) -> list:
    """Proofs of AI work alone, so that α moves at every epoch's end."""
    return [[work(AI, 800, MINER)] for _ in range(length)]


@pytest.mark.django_db
def test_every_height_has_the_alphas_of_its_epoch():
    line = grow(BUILDER, BUILDER.genesis, one_sided(2 * EPOCH + 3))
    importer = new_importer(NETWORK, verifiers=VERIFIERS)
    assert set(import_all(importer, line)) == {"added"}
    found = [checked(made) for made in line]
    alphas = [one.steps.types[0].alpha for one in found]
    assert alphas == [1_000_000] * EPOCH + [950_000] * EPOCH + [900_000] * 3


@pytest.mark.django_db
def test_a_branch_has_the_alphas_of_its_own_past():
    """The losing branch ended an epoch of its own, and was the best chain when it did."""
    common = grow(BUILDER, BUILDER.genesis, one_sided(EPOCH - 3))
    lost = grow(BUILDER, common[-1], [[work(QUANTUM, 900, MINER)] for _ in range(5)])
    won = grow(BUILDER, common[-1], one_sided(8))
    importer = new_importer(NETWORK, verifiers=VERIFIERS)
    outcomes = import_all(importer, [*common, *lost, *won])
    assert "reorg" in outcomes and queries.head().hash == won[-1].hash
    assert not queries.block_by_hash(lost[-1].hash).canonical
    after = [[one.alpha for one in checked(made).steps.types] for made in (lost[-1], won[-1])]
    assert after == [[950_000, 950_000, 1_000_000], [950_000, 1_000_000, 1_000_000]]
    for made in (*common, *lost, *won):
        checked(made)


@pytest.mark.django_db
def test_a_branch_is_walked_no_further_than_its_fork(django_assert_max_num_queries):
    common = BUILDER.grow(BUILDER.genesis, 2 * EPOCH - 3)
    lost = BUILDER.make(common[-1], extra=b"lost")
    won = BUILDER.grow(common[-1], 2)
    import_all(new_importer(NETWORK, verifiers=VERIFIERS), [*common, lost, *won])
    view = queries.block_by_hash(lost.hash)
    assert not view.canonical
    checked(lost)
    with django_assert_max_num_queries(2):  # the parent, and the epoch's end on the best chain
        scores.score_of(view, NETWORK)


@pytest.mark.django_db
def test_a_new_parameter_set_bounds_alpha_at_once():
    tight = {"name": "tight", "height": EPOCH + 4}
    bounds = {"alpha_start_ppm": 600_000, "alpha_max_ppm": 600_000}
    network = scored_network(upgrades=[{**tight, "poies": {"ai": bounds}}])
    builder = ChainBuilder(network, VERIFIERS)
    line = grow(builder, builder.genesis, one_sided(EPOCH + 3))
    import_all(new_importer(network, verifiers=VERIFIERS), line)
    for made in line:
        checked(made, network)
    later = replace(
        queries.block_by_height(EPOCH + 3), header=replace(line[-1].header, height=EPOCH + 4)
    )
    assert scores.tuned_for(later, network).alphas[AI] == 600_000


@pytest.mark.django_db
def test_a_block_that_never_ran_has_no_score():
    """Nobody has verified what it says of its proofs."""
    first, second = BUILDER.grow(BUILDER.genesis, 2)
    aside = BUILDER.make(BUILDER.genesis, envelopes=[work(AI, 5, MINER)])
    import_all(new_importer(NETWORK, verifiers=VERIFIERS), [first, second, aside])
    view = queries.block_by_hash(aside.hash)
    for ask in (lambda: scores.score_of(view, NETWORK), lambda: scores.proofs_of(view)):
        with pytest.raises(NotExecuted) as caught:
            ask()
        assert caught.value.facts["height"] == 1


@pytest.mark.django_db
def test_what_pruning_leaves_of_a_score():
    """Receipts go with the body; a block without proofs needs none."""
    blocks = [[work(AI, 5, MINER), work(STORAGE, 2, MINER)], *([[]] * 7)]
    line = grow(BUILDER, BUILDER.genesis, blocks)
    import_all(new_importer(NETWORK, verifiers=VERIFIERS), line)
    service.prune(part=Part.WITNESSES, keep=4, window=4, most=100)
    checked(line[0])
    assert scores.proofs_of(queries.block_by_height(1)).envelopes is None
    service.prune(part=Part.BODIES, keep=4, window=4, most=100)
    with pytest.raises(Pruned) as caught:
        checked(line[0])
    assert caught.value.facts["part"] == "bodies"
    assert checked(line[1]).steps.psi == 0


@pytest.mark.django_db
def test_an_epoch_without_its_event_is_damage():
    line = BUILDER.grow(BUILDER.genesis, EPOCH + 1)
    import_all(new_importer(NETWORK, verifiers=VERIFIERS), line)
    scores._tuned_after.cache_clear()
    from chain.models import BlockBody

    BlockBody.objects.filter(block__height=EPOCH).update(
        receipts=BlockBody.objects.get(block__height=EPOCH - 1).receipts
    )
    with pytest.raises(LedgerDamaged):
        checked(line[-1])
    scores._tuned_after.cache_clear()


def test_the_last_epoch_end_is_the_last_height_that_is_one():
    params, last = NETWORK.at(0).params, 0
    for height in range(1, 5 * EPOCH):
        assert tuning.last_epoch_end(height, params) == last, height
        if tuning.is_epoch_end(height, params):
            last = height

"""Parameter sets: a chain goes across the height of a new one, and each side tells who is older."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain import queries, service
from consensus.errors import OtherRules
from consensus.rules import shares
from consensus.rules.header import check_network
from core.errors import AnimicaError
from core.network import Network
from core.proof import AI, QUANTUM
from tests.consensus.synthetic import VERIFIERS, Job, envelope, share, share_header, working_network
from tests.support import ChainBuilder, Made, import_all, key, new_importer, reseal, transfer

FIRST = 4
"""The height of the first block under the new rules."""
SPLIT = {"producer_ppm": 500_000, "shares_ppm": 400_000, "aicf_ppm": 100_000, "treasury_ppm": 0}
UPGRADE = {
    "name": "narrow",
    "height": FIRST,
    "params": {"gas_limit": 50_000_000, "subsidy_split": SPLIT, "base_fee_floor": 5},
    "poies": {"gamma_unat": 400_000, "shares_per_block": 2},
}
OLD = working_network()
NEW = working_network(upgrades=[UPGRADE])
BUILDER = ChainBuilder(NEW, VERIFIERS)
BEFORE = BUILDER.grow(BUILDER.genesis, FIRST - 1)
ALICE = key(1).address


def node(network: Network = NEW):
    return new_importer(network, verifiers=VERIFIERS)


def work(parent: Made) -> list:
    """AI and quantum work: more than the new Γ, less than the old one."""
    job = Job(parent.hash, ALICE, units=500, provider=parent.hash)
    return [envelope(AI, job), envelope(QUANTUM, job)]


@pytest.mark.django_db
def test_a_chain_goes_across_the_height():
    parent = BEFORE[-1]
    last_old = BUILDER.make(
        BEFORE[-2], coinbase=ALICE, envelopes=[*work(BEFORE[-2]), share(BUILDER, BEFORE[-2], 20)]
    )
    assert 400_000 < last_old.header.psi < OLD.at(0).poies.gamma_unat
    paid = transfer(key(2), key(3).address, 5, nonce=0)
    proofs = [*work(last_old), share(BUILDER, last_old, 20), share(BUILDER, BEFORE[-2], 21)]
    first_new = BUILDER.make(last_old, [paid], coinbase=ALICE, envelopes=proofs)
    later = BUILDER.make(first_new, envelopes=[share(BUILDER, last_old, 22)])
    line = [*BEFORE[:-1], last_old, first_new, later]
    assert import_all(node(), line) == ["added"] * 5

    heads = last_old.header, first_new.header
    assert parent.height == last_old.height == FIRST - 1
    assert [head.gas_limit for head in heads] == [100_000_000, 50_000_000]
    assert [head.base_fee for head in heads] == [1, 5]
    assert [head.policy for head in heads] == list(NEW.pins)
    assert heads[1].psi == 400_000
    slice_ = NEW.at(0).params.subsidy_start * 4 // 10 // 2
    assert first_new.account(key(21).address).balance == slice_
    old_slice = NEW.at(0).params.subsidy_start // 5 // 4
    assert first_new.account(key(20).address).balance == old_slice + slice_
    assert queries.totals().supply == sum(later.balances.values())
    service.verify_state()


@pytest.mark.django_db
def test_the_new_limits_bind_from_that_height_on():
    three = [share(BUILDER, BEFORE[-1], worker) for worker in (20, 21, 22)]
    with pytest.raises(AnimicaError) as caught:
        BUILDER.make(BEFORE[-1], envelopes=three)
    assert (caught.value.code, caught.value.facts["most"]) == ("block.proofs_many", 2)
    good = BUILDER.make(BEFORE[-1], envelopes=three[:2])
    importer = node()
    import_all(importer, BEFORE)
    old_limit = reseal(good.block, gas_limit=100_000_000)
    with pytest.raises(AnimicaError) as caught:
        importer.import_block(old_limit.raw, source="test")
    assert caught.value.code == "block.gas_limit"
    assert import_all(importer, [good]) == ["added"]


@pytest.mark.django_db
def test_what_tuning_has_reached_is_put_within_the_new_bounds_at_once():
    """α is halved, and shares are easier, in the first block of the new set."""
    halved = {"alpha_start_ppm": 500_000, "alpha_max_ppm": 500_000}
    bounds = {"share_offset_start_unat": 2_000_000, "share_offset_min_unat": 2_000_000}
    upgrade = {"name": "halved", "height": FIRST, "poies": {**bounds, "ai": halved}}
    network = working_network(upgrades=[upgrade])
    builder = ChainBuilder(network, VERIFIERS)
    line = builder.grow(builder.genesis, FIRST - 2)
    ends = []
    for _ in range(2):
        parent = line[-1]
        job = Job(parent.hash, ALICE, provider=parent.hash)
        line.append(builder.make(parent, coinbase=ALICE, envelopes=[envelope(AI, job)]))
        ends.append(line[-1].header.psi)
    assert ends[1] == ends[0] // 2 > 0
    # With Θ = 2 nats and s = 2 every draw makes a share, with s = 1.5 not every one.
    header = share_header(builder, line[FIRST - 2], 20, offset=2_000_000)
    number = 0
    while header.draw < shares.threshold(header.theta, 1_500_000):
        number += 1
        header = header.sealed(number.to_bytes(8, "little"))
    sent = shares.envelope(header)
    line[-1] = builder.make(line[-2], envelopes=[sent])
    assert import_all(node(network), line) == ["added"] * FIRST


def refusal(importer, raw: bytes) -> str:
    with pytest.raises(AnimicaError) as caught:
        importer.import_block(raw, source="test")
    assert caught.value.code == "block.policy"
    return str(caught.value)


@pytest.mark.django_db
def test_old_pins_after_the_height():
    """Somebody who has not upgraded goes on as before."""
    old = ChainBuilder(OLD, VERIFIERS)
    assert old.genesis.hash == BUILDER.genesis.hash
    line = old.grow(old.genesis, FIRST)
    importer = node()
    assert import_all(importer, line[:-1]) == ["added"] * (FIRST - 1)
    told = refusal(importer, line[-1].raw)
    assert f"not that of narrow, which rules at height {FIRST}" in told
    assert "it is that of genesis, which narrow replaces: the sender is older" in told


@pytest.mark.django_db
def test_new_pins_before_the_height():
    importer = node()
    import_all(importer, BEFORE[:-1])
    early = reseal(BEFORE[-1].block, policy=NEW.pins_at(FIRST))
    told = refusal(importer, early.raw)
    assert "it is that of narrow, which begins later: the sender is ahead of its time" in told


@pytest.mark.django_db
def test_pins_that_a_node_does_not_know():
    """A node without the upgrade is told that it may be the older one."""
    importer = node(OLD)
    import_all(importer, BEFORE)
    told = refusal(importer, BUILDER.make(BEFORE[-1]).raw)
    assert "no parameter set of this node has it: if others accept it, this node is older" in told


@pytest.mark.django_db
def test_a_node_that_upgrades_too_late_does_not_go_on():
    """Its blocks from the height on are of the old rules: neither to be followed nor mined on."""
    old = ChainBuilder(OLD, VERIFIERS)
    line = old.grow(old.genesis, FIRST + 3)
    import_all(node(OLD), line)
    with pytest.raises(OtherRules, match=f"from block {FIRST} on, where narrow rules") as caught:
        node(NEW)
    assert caught.value.facts == {"height": FIRST, "keep": FIRST - 1}
    service.rewind_step(height=FIRST - 1)
    assert import_all(node(NEW), [BUILDER.make(BEFORE[-1])]) == ["added"]


@pytest.mark.django_db
@pytest.mark.parametrize("moved", [FIRST - 2, FIRST + 3])
def test_a_height_that_was_moved_below_the_head(moved: int):
    line = BUILDER.grow(BUILDER.genesis, FIRST + 5)
    import_all(node(), line)
    node()  # nothing is wrong with its own file
    with pytest.raises(OtherRules) as caught:
        node(working_network(upgrades=[{**UPGRADE, "height": moved}]))
    assert caught.value.facts["height"] == min(FIRST, moved)
    node(working_network(upgrades=[UPGRADE, {**UPGRADE, "name": "later", "height": 99}]))


@pytest.mark.django_db
def test_an_upgrade_at_the_height_after_the_head_is_in_time():
    import_all(node(OLD), BEFORE)
    assert import_all(node(NEW), [BUILDER.make(BEFORE[-1])]) == ["added"]


@pytest.mark.django_db
def test_a_share_keeps_the_rules_of_its_own_height():
    """Its template is of the old set, though the block that pays it is of the new one."""
    first_new = BUILDER.make(BEFORE[-1])
    old = share(BUILDER, BEFORE[-2], 20)
    good = BUILDER.make(first_new, envelopes=[old])
    disguised = share(BUILDER, BEFORE[-2], 20, policy=NEW.pins_at(FIRST))
    with pytest.raises(AnimicaError) as caught:
        BUILDER.make(first_new, envelopes=[disguised])
    assert caught.value.code == "block.policy"
    assert import_all(node(), [*BEFORE, first_new, good]) == ["added"] * 5


def test_going_back_to_pins_of_before_is_no_older_side():
    """Three sets, the last like the first: the pins are right again."""
    back = {**UPGRADE, "name": "back", "height": 9}
    first = OLD.at(0)
    back["params"] = {name: first.params.to_map()[name] for name in UPGRADE["params"]}
    back["poies"] = {name: first.poies.to_map()[name] for name in UPGRADE["poies"]}
    network = working_network(upgrades=[UPGRADE, back])
    assert network.pins[0] == network.pins[2] != network.pins[1]
    header = replace(BEFORE[0].header, height=9)
    check_network(header, network)
    with pytest.raises(AnimicaError) as caught:
        check_network(replace(header, height=8), network)
    assert "the sender is older" in str(caught.value)

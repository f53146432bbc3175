"""contracts/multisig.py."""

from __future__ import annotations

import pytest

from core.hashing import sha3
from execution.abi import codec
from execution.lang.types import parse_type
from tests.contracts.sources import BOX, RECORDER, REENTERING
from tests.contracts.world import ANM, DAY, NOBODY, calldata, person

HEAR = calldata("hear", ("str", "int", "bool"), "grüße", -7, True)


@pytest.fixture
def wallet(world, people):
    """Two of ann, bob and cid, with 100 ANM in it."""
    made = world.deploy("multisig", [people.ann, people.bob, people.cid], 2, by=people.eve)
    made.receive(by=people.dan, value=100 * ANM)
    return made


@pytest.fixture
def recorder(world, people):
    return world.deploy_source(RECORDER, by=people.eve)


def payment(world, people, wallet, to=None, amount=ANM):
    return wallet.propose(to or people.dan, b"", amount, world.time + DAY, by=people.ann)


def approve(wallet, number, who):
    wallet.approve(number, wallet.digest(number), by=who)


def members(new, needed):
    return calldata("set_members", ("list[address]", "int"), new, needed)


def agreed(world, people, wallet, to, data, amount=0):
    """A proposal that ann and bob approved."""
    number = wallet.propose(to, data, amount, world.time + DAY, by=people.ann)
    approve(wallet, number, people.bob)
    return number


def test_it_knows_its_members(people, wallet):
    assert wallet.member_list() == [people.ann, people.bob, people.cid]
    assert wallet.approvals_needed() == 2


def test_anybody_pays_in(world, people, wallet):
    wallet.receive(by=people.eve, value=5)
    assert wallet.events() == [("Received", {"source": people.eve, "amount": 5})]
    assert world.balance(wallet.address) == 100 * ANM + 5


def test_two_of_three_pay(world, people, wallet):
    number = payment(world, people, wallet)
    assert wallet.events() == [
        (
            "Proposed",
            {
                "number": number,
                "by": people.ann,
                "to": people.dan,
                "amount": ANM,
                "digest": wallet.digest(number),
            },
        ),
        ("Approved", {"number": number, "by": people.ann, "approvals": 1}),
    ]
    with world.refused("multisig.approvals"):
        wallet.execute(number, by=people.ann)
    approve(wallet, number, people.cid)
    assert wallet.events() == [("Approved", {"number": number, "by": people.cid, "approvals": 2})]
    wallet.execute(number, by=people.bob)
    assert wallet.events() == [("Executed", {"number": number, "by": people.bob, "result": b""})]
    assert world.balance(people.dan) == (1_000 - 100 + 1) * ANM


def test_a_proposal_is_executed_once(world, people, wallet):
    number = agreed(world, people, wallet, people.dan, b"", ANM)
    wallet.execute(number, by=people.ann)
    for again in (wallet.execute, wallet.proposal):
        with world.refused("multisig.unknown"):
            again(number, by=people.ann)


def test_nobody_approves_twice(world, people, wallet):
    number = payment(world, people, wallet)
    with world.refused("multisig.approved"):
        approve(wallet, number, people.ann)
    approve(wallet, number, people.bob)
    with world.refused("multisig.approved"):
        approve(wallet, number, people.bob)


def test_an_approval_is_of_one_proposal_whatever_its_number(world, people, wallet):
    """Ann's proposal and eve's friend's change places when a block is replaced."""
    meant = payment(world, people, wallet)
    digest = wallet.digest(meant)
    types = [parse_type(text) for text in ("address", "bytes", "int", "int")]
    said = codec.encode_all([people.dan, b"", ANM, world.time + DAY], types)
    assert digest == sha3(said)
    for other in [
        payment(world, people, wallet, to=people.eve),
        payment(world, people, wallet, amount=ANM + 1),
        wallet.propose(people.dan, b"", ANM, world.time + DAY + 1, by=people.ann),
        wallet.propose(people.dan, calldata("x"), ANM, world.time + DAY, by=people.ann),
    ]:
        with world.refused("multisig.digest"):
            wallet.approve(other, digest, by=people.bob)
    wallet.approve(meant, digest, by=people.bob)


def test_an_approval_is_taken_back(world, people, wallet):
    number = payment(world, people, wallet)
    approve(wallet, number, people.bob)
    wallet.take_back(number, by=people.ann)
    assert wallet.events() == [("TakenBack", {"number": number, "by": people.ann, "approvals": 1})]
    assert not wallet.has_approved(number, people.ann)
    with world.refused("multisig.approvals"):
        wallet.execute(number, by=people.bob)
    with world.refused("multisig.approved"):
        wallet.take_back(number, by=people.ann)
    approve(wallet, number, people.ann)
    wallet.execute(number, by=people.bob)


def test_strangers_do_nothing(world, people, wallet):
    number = payment(world, people, wallet)
    with world.refused("multisig.role"):
        wallet.propose(people.eve, b"", 1, world.time + DAY, by=people.eve)
    with world.refused("multisig.role"):
        approve(wallet, number, people.eve)
    for function in (wallet.take_back, wallet.execute):
        with world.refused("multisig.role"):
            function(number, by=people.eve)


def test_a_member_behind_a_strangers_contract_is_a_stranger(world, people, wallet):
    """Authority is the caller's, not the signer's: a contract that ann calls cannot act as her."""
    number = agreed(world, people, wallet, people.dan, b"", ANM)
    trap = world.deploy_source(REENTERING, by=people.eve)
    trap.aim(wallet.address, number, by=people.eve)
    trap.touch(by=people.ann)
    assert trap.last_answer() == b"multisig.role"
    assert world.balance(people.dan) == 900 * ANM


def test_a_proposal_expires(world, people, wallet):
    number = payment(world, people, wallet)
    second = agreed(world, people, wallet, people.dan, b"", 1)
    world.time += DAY + 1
    with world.refused("multisig.expiry"):
        approve(wallet, number, people.bob)
    with world.refused("multisig.expiry"):
        wallet.take_back(second, by=people.bob)
    with world.refused("multisig.expiry"):
        wallet.execute(second, by=people.bob)
    world.time -= 1
    approve(wallet, number, people.bob)
    wallet.execute(second, by=people.bob)


def test_an_expiry_lies_ahead(world, people, wallet):
    for wrong in (world.time, world.time + 90 * DAY + 1):
        with world.refused("multisig.expiry"):
            wallet.propose(people.dan, b"", 1, wrong, by=people.ann)
    wallet.propose(people.dan, b"", 1, world.time + 90 * DAY, by=people.ann)


def test_it_calls_with_any_arguments_and_money(world, people, wallet, recorder):
    number = agreed(world, people, wallet, recorder.address, HEAR, 3 * ANM)
    assert wallet.proposal(number)[:3] == (recorder.address, HEAR, 3 * ANM)
    wallet.execute(number, by=people.cid)
    assert recorder.last() == (wallet.address, 3 * ANM, "grüße", -7, True)
    assert world.balance(recorder.address) == 3 * ANM
    name, fields = wallet.events()[-1]
    assert (name, len(fields["result"])) == ("Executed", 256)


def test_it_calls_without_arguments(world, people, wallet, recorder):
    wallet.execute(agreed(world, people, wallet, recorder.address, calldata("tick")), by=people.ann)
    assert recorder.last()[:2] == (wallet.address, 0)


def test_a_call_that_fails_leaves_the_proposal_open(world, people, wallet, recorder):
    broken = agreed(world, people, wallet, recorder.address, calldata("broken"))
    with world.refused("multisig.failed: recorder.broken"):
        wallet.execute(broken, by=people.ann)
    assert wallet.proposal(broken)[0] == recorder.address
    missing = agreed(world, people, wallet, recorder.address, calldata("no_such"))
    with world.refused("multisig.failed: vm.no_function"):
        wallet.execute(missing, by=people.ann)
    nobody = agreed(world, people, wallet, person("x"), calldata("tick"))
    with world.refused("multisig.failed: vm.no_contract"):
        wallet.execute(nobody, by=people.ann)


def test_it_pays_no_more_than_it_has(world, people, wallet, recorder):
    number = agreed(world, people, wallet, people.dan, b"", 100 * ANM + 1)
    with world.refused("vm.balance"):
        wallet.execute(number, by=people.ann)
    called = agreed(world, people, wallet, recorder.address, calldata("tick"), 100 * ANM + 1)
    with world.refused("vm.balance"):
        wallet.execute(called, by=people.ann)


def test_proposals_that_could_never_be_executed(world, people, wallet):
    box = world.deploy_source(BOX, by=people.eve)
    for to, data, amount in [
        (people.dan, b"", 0),
        (people.dan, b"", -1),
        (box.address, b"", 1),  # a payment to a contract is a call of its receive
        (box.address, calldata("receive"), -1),
        (box.address, bytes(8_193), 0),
        (wallet.address, calldata("set", ("list[address]", "int"), [people.dan], 1), 0),
        (wallet.address, members([people.dan], 1), 1),
    ]:
        with world.refused("multisig.call"):
            wallet.propose(to, data, amount, world.time + DAY, by=people.ann)
    wallet.propose(box.address, bytes(8_192), 0, world.time + DAY, by=people.ann)
    with world.refused("vm.value"):
        wallet.propose(wallet.address, calldata("tick"), 0, world.time + DAY, by=people.ann)


def test_it_pays_a_contract_that_receives(world, people, wallet):
    box = world.deploy_source(BOX, by=people.eve)
    number = agreed(world, people, wallet, box.address, calldata("receive"), 5)
    wallet.execute(number, by=people.ann)
    assert world.balance(box.address) == 5


def test_members_change_together_and_end_what_was_open(world, people, wallet):
    open_one = agreed(world, people, wallet, people.dan, b"", 1)
    number = agreed(world, people, wallet, wallet.address, members([people.dan, people.ann], 1))
    wallet.execute(number, by=people.ann)
    assert wallet.events()[0] == (
        "MembersChanged",
        {"generation": 2, "members": [people.dan, people.ann], "needed": 1},
    )
    assert wallet.member_list() == [people.dan, people.ann]
    with world.refused("multisig.role"):
        wallet.execute(open_one, by=people.bob)
    for function in (wallet.execute, wallet.take_back):
        with world.refused("multisig.unknown"):
            function(open_one, by=people.ann)
    wallet.execute(wallet.propose(people.dan, b"", 7, world.time + 1, by=people.dan), by=people.dan)
    assert world.balance(people.dan) == 900 * ANM + 7


def test_members_are_sound(world, people):
    ann, bob = people.ann, people.bob
    for wrong, needed in [
        ([], 0),
        ([], 1),
        ([ann], 0),
        ([ann, bob], 3),
        ([ann, ann], 1),
        ([ann, NOBODY], 1),
        ([person(str(i)) for i in range(21)], 1),
    ]:
        with world.refused("multisig.members"):
            world.deploy("multisig", wrong, needed, by=ann)
    world.deploy("multisig", [person(str(i)) for i in range(20)], 20, by=ann)
    world.deploy("multisig", [ann], 1, by=ann)


def test_the_wallet_is_no_member_of_itself(world, people, wallet):
    number = agreed(world, people, wallet, wallet.address, members([people.ann, wallet.address], 1))
    with world.refused("multisig.members"):
        wallet.execute(number, by=people.ann)


def test_what_it_calls_cannot_make_it_act_again(world, people, wallet):
    trap = world.deploy_source(REENTERING, by=people.eve)
    number = agreed(world, people, wallet, trap.address, calldata("touch"))
    trap.aim(wallet.address, number, by=people.eve)
    wallet.execute(number, by=people.ann)
    assert trap.last_answer() == b"vm.reentry"

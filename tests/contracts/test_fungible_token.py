"""contracts/fungible_token.py."""

from __future__ import annotations

import pytest

from tests.contracts.world import MINUTE, NOBODY, key

SUPPLY = 1_000_000


@pytest.fixture
def token(world, people):
    return world.deploy("fungible_token", "Test Unit", "TST", 6, SUPPLY, people.ann, by=people.ann)


def held(token, *owners):
    return [token.balance_of(owner) for owner in owners]


def test_it_says_what_it_is(people, token):
    assert (token.name(), token.symbol(), token.decimals()) == ("Test Unit", "TST", 6)
    assert token.total_supply() == token.balance_of(people.ann) == SUPPLY
    assert token.minter() == people.ann


@pytest.mark.parametrize(
    "metadata", [("", "T", 0), ("n" * 65, "T", 0), ("n", "", 0), ("n", "T" * 13, 0)]
)
def test_metadata_has_bounds(world, people, metadata):
    with world.refused("token.metadata"):
        world.deploy("fungible_token", *metadata, 1, NOBODY, by=people.ann)


@pytest.mark.parametrize("places", [-1, 37])
def test_decimals_have_bounds(world, people, places):
    with world.refused("token.metadata"):
        world.deploy("fungible_token", "n", "T", places, 1, NOBODY, by=people.ann)


def test_metadata_at_its_bounds(world, people):
    for metadata in [("n" * 64, "T" * 12, 36), ("n", "T", 0)]:
        made = world.deploy("fungible_token", *metadata, 0, NOBODY, by=people.ann)
        assert (made.name(), made.symbol(), made.decimals()) == metadata


def test_a_supply_is_not_negative(world, people):
    with world.refused("token.amount"):
        world.deploy("fungible_token", "n", "T", 0, -1, NOBODY, by=people.ann)


# ------------------------------------------------------------------ transfers


def test_units_move(people, token):
    token.transfer(people.bob, 300, by=people.ann)
    assert held(token, people.ann, people.bob) == [SUPPLY - 300, 300]
    assert token.events() == [("Transfer", {"source": people.ann, "to": people.bob, "amount": 300})]


def test_all_units_and_none_may_move(people, token):
    token.transfer(people.bob, SUPPLY, by=people.ann)
    token.transfer(people.bob, 0, by=people.ann)
    assert held(token, people.ann, people.bob) == [0, SUPPLY]


def test_a_move_to_oneself_changes_nothing(people, token):
    token.transfer(people.ann, 300, by=people.ann)
    assert held(token, people.ann) == [SUPPLY]


def test_more_than_there_is_does_not_move(world, people, token):
    with world.refused("token.balance"):
        token.transfer(people.bob, SUPPLY + 1, by=people.ann)
    with world.refused("token.balance"):
        token.transfer(people.ann, 1, by=people.bob)


def test_a_negative_amount_steals_nothing(world, people, token):
    """Signed integers: without the check bob would take 300 from ann by 'paying' her -300."""
    with world.refused("token.amount"):
        token.transfer(people.ann, -300, by=people.bob)
    with world.refused("token.amount"):
        token.transfer_from(people.ann, people.bob, -300, by=people.bob)
    with world.refused("token.amount"):
        token.approve(people.bob, -1, by=people.ann)
    with world.refused("token.amount"):
        token.burn(-1, by=people.ann)
    with world.refused("token.amount"):
        token.mint(people.bob, -1, by=people.ann)


def test_units_do_not_go_where_they_are_lost(world, people, token):
    for nowhere in (NOBODY, token.address):
        with world.refused("token.recipient"):
            token.transfer(nowhere, 1, by=people.ann)
        with world.refused("token.recipient"):
            token.mint(nowhere, 1, by=people.ann)


# ------------------------------------------------------------------ allowances


def test_an_allowance_is_used_up(world, people, token):
    token.approve(people.bob, 100, by=people.ann)
    assert token.events() == [
        ("Approval", {"owner": people.ann, "spender": people.bob, "amount": 100})
    ]
    token.transfer_from(people.ann, people.cid, 60, by=people.bob)
    assert held(token, people.ann, people.bob, people.cid) == [SUPPLY - 60, 0, 60]
    assert token.allowance(people.ann, people.bob) == 40
    with world.refused("token.allowance"):
        token.transfer_from(people.ann, people.cid, 41, by=people.bob)
    with world.refused("token.allowance"):
        token.transfer_from(people.ann, people.cid, 1, by=people.cid)


def test_an_allowance_is_no_balance(world, people, token):
    token.approve(people.eve, 50, by=people.bob)
    with world.refused("token.balance"):
        token.transfer_from(people.bob, people.eve, 50, by=people.eve)


def test_an_allowance_changes_only_from_what_was_expected(world, people, token):
    token.approve(people.bob, 100, by=people.ann)
    token.transfer_from(people.ann, people.bob, 100, by=people.bob)
    with world.refused("token.allowance"):  # bob was quicker than the change from 100 to 50
        token.approve(people.bob, 50, 100, by=people.ann)
    token.approve(people.bob, 50, 0, by=people.ann)
    assert token.allowance(people.ann, people.bob) == 50
    token.approve(people.bob, 0, by=people.ann)
    assert token.allowance(people.ann, people.bob) == 0


# ------------------------------------------------------------------ permits


OWNER = key(7)


@pytest.fixture
def signed(world, people, token):
    """A permit that the owner signed for bob: its arguments."""
    token.transfer(OWNER.address, 500, by=people.ann)

    def sign(amount=200, number=None, deadline=world.time + MINUTE, of=token, by=OWNER):
        if number is None:
            number = of.permit_number(OWNER.address)
        message = of.permit_message(OWNER.address, people.bob, amount, number, deadline)
        signature = by.sign(message, b"animica/contract/v1")
        return (OWNER.address, people.bob, amount, deadline, by.public_key, signature)

    return sign


def test_a_permit_allows_what_its_owner_signed(people, token, signed):
    token.permit(*signed(), by=people.eve)  # whoever brings it
    assert token.allowance(OWNER.address, people.bob) == 200
    assert token.permit_number(OWNER.address) == 1
    token.transfer_from(OWNER.address, people.cid, 200, by=people.bob)
    assert held(token, OWNER.address, people.cid) == [300, 200]


def test_a_permit_works_once(world, people, token, signed):
    permit = signed()
    token.permit(*permit, by=people.bob)
    token.transfer_from(OWNER.address, people.bob, 200, by=people.bob)
    with world.refused("token.permit"):
        token.permit(*permit, by=people.bob)


def test_a_permit_ends(world, people, token, signed):
    permit = signed()
    world.time += MINUTE + 1
    with world.refused("token.deadline"):
        token.permit(*permit, by=people.bob)
    world.time -= 1
    token.permit(*permit, by=people.bob)


def test_no_part_of_a_permit_can_be_changed(world, people, token, signed):
    owner, spender, amount, deadline, public_key, signature = signed()
    for forged in (
        (people.ann, spender, amount, deadline, public_key, signature),
        (owner, people.eve, amount, deadline, public_key, signature),
        (owner, spender, amount + 1, deadline, public_key, signature),
        (owner, spender, amount, deadline + 1, public_key, signature),
        (owner, spender, amount, deadline, public_key[:-1], signature),
        (owner, spender, amount, deadline, public_key, signature[:-1] + bytes([signature[-1] ^ 1])),
        (owner, spender, amount, deadline, b"", b""),
    ):
        with world.refused("token.permit"):
            token.permit(*forged, by=people.eve)


def test_a_permit_is_of_its_owner(world, people, token, signed):
    with world.refused("token.permit"):
        token.permit(*signed(by=key(8)), by=people.eve)


def test_a_permit_is_for_one_contract_and_one_chain(world, people, token, signed):
    other = world.deploy("fungible_token", "Test Unit", "TST", 6, SUPPLY, people.ann, by=people.ann)
    with world.refused("token.permit"):
        other.permit(*signed(), by=people.bob)
    permit = signed()
    world.chain += 1
    with world.refused("token.permit"):
        token.permit(*permit, by=people.bob)


def test_permits_come_in_order_and_can_be_cancelled(world, people, token, signed):
    with world.refused("token.permit"):
        token.permit(*signed(number=1), by=people.bob)
    permit = signed()
    token.cancel_permits(by=OWNER.address)
    with world.refused("token.permit"):
        token.permit(*permit, by=people.bob)


# ------------------------------------------------------------------ supply


def test_burnt_units_are_gone(world, people, token):
    token.burn(400, by=people.ann)
    assert token.total_supply() == token.balance_of(people.ann) == SUPPLY - 400
    assert token.events() == [("Transfer", {"source": people.ann, "to": NOBODY, "amount": 400})]
    with world.refused("token.balance"):
        token.burn(SUPPLY, by=people.ann)
    token.burn(0, by=people.ann)
    token.mint(people.bob, 0, by=people.ann)
    assert token.total_supply() == SUPPLY - 400


def test_the_minter_mints_and_hands_it_on(world, people, token):
    token.mint(people.cid, 10, by=people.ann)
    assert token.total_supply() == SUPPLY + 10
    assert token.events() == [("Transfer", {"source": NOBODY, "to": people.cid, "amount": 10})]
    with world.refused("token.minter"):
        token.mint(people.bob, 10, by=people.bob)
    with world.refused("token.minter"):
        token.set_minter(people.bob, by=people.bob)
    token.set_minter(people.bob, by=people.ann)
    assert token.events() == [("MinterChanged", {"old": people.ann, "new": people.bob})]
    token.mint(people.bob, 5, by=people.bob)
    with world.refused("token.minter"):
        token.mint(people.ann, 5, by=people.ann)


def test_without_a_minter_nobody_mints(world, people, token):
    token.set_minter(NOBODY, by=people.ann)
    for who in (people.ann, people.bob):
        with world.refused("token.minter"):
            token.mint(who, 1, by=who)


def test_a_supply_does_not_wrap(world, people, token):
    with world.refused("vm.overflow"):
        token.mint(people.bob, 2**255 - 1, by=people.ann)


def test_the_parts_are_the_whole(world, people, token):
    for source, to, amount in [
        (people.ann, people.bob, 70_000),
        (people.bob, people.cid, 1),
        (people.bob, people.bob, 500),
        (people.bob, people.ann, 69_999),
    ]:
        token.transfer(to, amount, by=source)
    token.burn(1, by=people.cid)
    assert sum(held(token, people.ann, people.bob, people.cid)) == token.total_supply()

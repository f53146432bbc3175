"""contracts/escrow.py."""

from __future__ import annotations

import pytest

from tests.contracts.sources import BOX, CLOSED_BOX, REENTERING
from tests.contracts.world import ANM, DAY, NOBODY

PRICE = 7 * ANM + 1


@pytest.fixture
def escrow(world, people):
    return world.deploy("escrow", by=people.dan)


@pytest.fixture
def deal(world, people, escrow):
    """A deal of ann (buyer) with bob (seller), cid the arbiter, for ten days."""
    end = world.time + 10 * DAY
    return escrow.open_deal(people.bob, people.cid, end, by=people.ann, value=PRICE)


def credits(escrow, people):
    return escrow.credit_of(people.ann), escrow.credit_of(people.bob)


def test_a_deal_holds_its_money(world, people, escrow, deal):
    assert escrow.events()[0][0] == "Opened"
    assert escrow.deal(deal) == (
        people.ann, people.bob, people.cid, PRICE, world.time + 10 * DAY, 0
    )  # fmt: skip
    assert world.balance(escrow.address) == PRICE
    assert credits(escrow, people) == (0, 0)


def test_the_buyer_releases_and_the_seller_withdraws(world, people, escrow, deal):
    before = world.balance(people.bob)
    escrow.release(deal, by=people.ann)
    assert escrow.events() == [
        ("Closed", {"deal": deal, "by": people.ann, "to_buyer": 0, "to_seller": PRICE})
    ]
    assert escrow.withdraw(people.bob, by=people.bob) == PRICE
    assert escrow.events() == [
        ("Withdrawn", {"owner": people.bob, "to": people.bob, "amount": PRICE})
    ]
    assert world.balance(people.bob) == before + PRICE
    assert world.balance(escrow.address) == 0
    with world.refused("escrow.nothing"):
        escrow.withdraw(people.bob, by=people.bob)


def test_the_seller_gives_back(world, people, escrow, deal):
    escrow.give_back(deal, by=people.bob)
    assert credits(escrow, people) == (PRICE, 0)


@pytest.mark.parametrize("share", [0, 1, PRICE])
def test_the_arbiter_decides_a_dispute(world, people, escrow, deal, share):
    escrow.dispute(deal, by=people.ann)
    assert escrow.events() == [("Disputed", {"deal": deal, "by": people.ann})]
    escrow.decide(deal, share, by=people.cid)
    assert credits(escrow, people) == (PRICE - share, share)


@pytest.mark.parametrize("share", [-1, PRICE + 1])
def test_the_arbiter_gives_nobody_more_than_there_is(world, people, escrow, deal, share):
    escrow.dispute(deal, by=people.bob)
    with world.refused("escrow.share"):
        escrow.decide(deal, share, by=people.cid)


def test_the_arbiter_has_no_say_without_a_dispute(world, people, escrow, deal):
    with world.refused("escrow.undisputed"):
        escrow.decide(deal, 1, by=people.cid)


def test_a_silent_buyer_does_not_hold_the_money(world, people, escrow, deal):
    world.time += 10 * DAY
    with world.refused("escrow.deadline"):
        escrow.collect(deal, by=people.bob)
    world.time += 1
    with world.refused("escrow.deadline"):  # no moment at which both could act
        escrow.dispute(deal, by=people.ann)
    escrow.collect(deal, by=people.bob)
    assert credits(escrow, people) == (0, PRICE)


def test_a_disputed_deal_is_not_collected(world, people, escrow, deal):
    escrow.dispute(deal, by=people.ann)
    world.time += 11 * DAY
    with world.refused("escrow.disputed"):
        escrow.collect(deal, by=people.bob)
    with world.refused("escrow.disputed"):
        escrow.dispute(deal, by=people.bob)


def test_the_deadline_itself_is_the_last_moment_to_dispute(world, people, escrow, deal):
    world.time += 10 * DAY
    escrow.dispute(deal, by=people.ann)


def test_both_sides_may_still_agree_in_a_dispute(world, people, escrow, deal):
    escrow.dispute(deal, by=people.ann)
    escrow.release(deal, by=people.ann)
    assert credits(escrow, people) == (0, PRICE)


def test_a_silent_arbiter_does_not_hold_the_money(world, people, escrow, deal):
    with world.refused("escrow.undisputed"):
        escrow.halve(deal, by=people.ann)
    escrow.dispute(deal, by=people.ann)
    world.time += 30 * DAY
    with world.refused("escrow.patience"):
        escrow.halve(deal, by=people.bob)
    world.time += 1
    with world.refused("escrow.role"):
        escrow.halve(deal, by=people.cid)
    escrow.halve(deal, by=people.bob)
    assert credits(escrow, people) == (PRICE - PRICE // 2, PRICE // 2)


def test_everybody_has_their_role(world, people, escrow, deal):
    for function, others in [
        ("release", (people.bob, people.cid, people.eve)),
        ("give_back", (people.ann, people.cid, people.eve)),
        ("dispute", (people.cid, people.eve)),
        ("collect", (people.ann, people.cid, people.eve)),
    ]:
        for other in others:
            with world.refused("escrow.role"):
                getattr(escrow, function)(deal, by=other)
    escrow.dispute(deal, by=people.ann)
    for other in (people.ann, people.bob, people.eve):
        with world.refused("escrow.role"):
            escrow.decide(deal, 0, by=other)


def test_a_deal_closes_once(world, people, escrow, deal):
    escrow.release(deal, by=people.ann)
    for function, who in [
        ("release", people.ann),
        ("give_back", people.bob),
        ("dispute", people.ann),
        ("collect", people.bob),
        ("halve", people.ann),
    ]:
        with world.refused("escrow.closed"):
            getattr(escrow, function)(deal, by=who)
    with world.refused("escrow.closed"):
        escrow.decide(deal, 1, by=people.cid)
    with world.refused("escrow.closed"):
        escrow.deal(deal + 1)


def test_a_deal_needs_money_parties_and_a_deadline(world, people, escrow):
    end = world.time + DAY
    with world.refused("escrow.money"):
        escrow.open_deal(people.bob, people.cid, end, by=people.ann)
    for seller, arbiter in [
        (people.ann, people.cid),
        (people.bob, people.ann),
        (people.bob, people.bob),
        (NOBODY, people.cid),
        (people.bob, NOBODY),
        (escrow.address, people.cid),
        (people.bob, escrow.address),
    ]:
        with world.refused("escrow.parties"):
            escrow.open_deal(seller, arbiter, end, by=people.ann, value=1)
    for wrong in (world.time, world.time - 1, world.time + 365 * DAY + 1):
        with world.refused("escrow.deadline"):
            escrow.open_deal(people.bob, people.cid, wrong, by=people.ann, value=1)
    escrow.open_deal(people.bob, people.cid, world.time + 365 * DAY, by=people.ann, value=1)


def test_deals_do_not_share_their_money(world, people, escrow, deal):
    second = escrow.open_deal(people.bob, people.cid, world.time + 1, by=people.eve, value=5)
    assert second == deal + 1
    escrow.release(second, by=people.eve)
    assert credits(escrow, people) == (0, 5)
    assert escrow.deal(deal)[3] == PRICE
    assert world.balance(escrow.address) == PRICE + 5


def test_a_contract_that_receives_is_paid(world, people, escrow, deal):
    box = world.deploy_source(BOX, by=people.eve)
    closed = world.deploy_source(CLOSED_BOX, by=people.eve)
    escrow.release(deal, by=people.ann)
    for refuses in (closed.address, escrow.address):
        with world.refused("escrow.recipient"):
            escrow.withdraw(refuses, by=people.bob)
    escrow.withdraw(box.address, by=people.bob)
    assert world.balance(box.address) == PRICE


def test_a_withdrawal_cannot_be_entered_again(world, people, escrow):
    thief = world.deploy_source(REENTERING, by=people.eve)
    thief.aim(escrow.address, 0, by=people.eve)
    for who in (thief.address, people.bob):
        number = escrow.open_deal(who, people.cid, world.time + 1, by=people.ann, value=PRICE)
        escrow.release(number, by=people.ann)
    escrow.pay_out(thief.address, by=people.eve)
    assert thief.last_answer() == b"vm.reentry"
    assert world.balance(thief.address) == PRICE
    assert world.balance(escrow.address) == escrow.credit_of(people.bob) == PRICE

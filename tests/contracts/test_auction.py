"""contracts/auction.py."""

from __future__ import annotations

import pytest

from tests.contracts.sources import BOX, CLOSED_BOX, COIN, DEAF
from tests.contracts.world import ANM, DAY, HOUR, MINUTE, NOBODY

LOT = 500


@pytest.fixture
def house(world, people):
    return world.deploy("auction", by=people.dan)


@pytest.fixture
def token(world, people, house):
    made = world.deploy("fungible_token", "Art", "ART", 0, 10_000, NOBODY, by=people.ann)
    made.approve(house.address, 5_000, by=people.ann)
    return made


@pytest.fixture
def lot(world, people, house, token):
    """An auction of ann's, from 1 ANM up, for a day."""
    return house.open_auction(token.address, LOT, ANM, world.time + DAY, by=people.ann)


def test_a_lot_moves_in(world, people, house, token, lot):
    opened = {"number": lot, "seller": people.ann, "token": token.address, "amount": LOT}
    opened |= {"reserve": ANM, "end": world.time + DAY}
    assert house.events() == [("Opened", opened)]
    assert token.balance_of(house.address) == LOT
    assert house.auction(lot) == (
        people.ann, token.address, LOT, ANM, world.time + DAY, NOBODY, 0
    )  # fmt: skip
    assert house.least_bid(lot) == ANM


def test_the_highest_bid_wins(world, people, house, token, lot):
    rich = world.balance(people.ann)
    house.bid(lot, by=people.bob, value=ANM)
    assert house.least_bid(lot) == ANM + ANM // 20
    house.bid(lot, by=people.cid, value=2 * ANM)
    assert house.events() == [
        ("Bid", {"number": lot, "bidder": people.cid, "amount": 2 * ANM, "end": world.time + DAY})
    ]
    assert house.credit_of(people.bob) == ANM
    with world.refused("auction.running"):
        house.settle(lot, by=people.cid)
    world.time += DAY
    house.settle(lot, by=people.eve)
    assert house.events() == [("Settled", {"number": lot, "winner": people.cid, "amount": 2 * ANM})]
    assert token.balance_of(people.cid) == LOT
    assert house.withdraw(people.ann, by=people.ann) == 2 * ANM
    assert house.withdraw(people.bob, by=people.bob) == ANM
    assert house.events() == [("Withdrawn", {"owner": people.bob, "to": people.bob, "amount": ANM})]
    assert world.balance(people.ann) == rich + 2 * ANM
    assert world.balance(people.bob) == 1_000 * ANM
    assert world.balance(house.address) == token.balance_of(house.address) == 0
    for who in (people.ann, people.bob, people.cid):
        with world.refused("auction.nothing"):
            house.withdraw(who, by=who)


def test_bids_that_are_too_low(world, people, house, lot):
    with world.refused("auction.bid"):
        house.bid(lot, by=people.bob, value=ANM - 1)
    house.bid(lot, by=people.bob, value=ANM)
    with world.refused("auction.bid"):
        house.bid(lot, by=people.cid, value=ANM + ANM // 20 - 1)
    house.bid(lot, by=people.cid, value=ANM + ANM // 20)


def test_a_bid_of_few_nanm_still_rises(world, people, house, token):
    lot = house.open_auction(token.address, 1, 1, world.time + DAY, by=people.ann)
    house.bid(lot, by=people.bob, value=1)
    with world.refused("auction.bid"):
        house.bid(lot, by=people.cid, value=1)
    house.bid(lot, by=people.cid, value=2)


def test_a_late_bid_moves_the_end(world, people, house, lot):
    end = world.time + DAY
    world.time = end - 10 * MINUTE
    house.bid(lot, by=people.bob, value=ANM)
    assert house.auction(lot)[4] == end
    world.time = end - 1
    house.bid(lot, by=people.cid, value=2 * ANM)
    assert house.auction(lot)[4] == end - 1 + 10 * MINUTE
    world.time = end - 1 + 10 * MINUTE
    with world.refused("auction.over"):
        house.bid(lot, by=people.bob, value=4 * ANM)
    house.settle(lot, by=people.bob)


def test_without_a_bid_the_lot_goes_back(world, people, house, token, lot):
    world.time += DAY
    house.settle(lot, by=people.bob)
    assert house.events() == [("Unsold", {"number": lot, "seller": people.ann})]
    assert token.balance_of(people.ann) == 10_000


def test_the_seller_may_cancel_until_the_first_bid(world, people, house, token, lot):
    with world.refused("auction.role"):
        house.cancel(lot, by=people.bob)
    second = house.open_auction(token.address, 7, 1, world.time + DAY, by=people.ann)
    house.cancel(second, by=people.ann)
    assert house.events() == [("Unsold", {"number": second, "seller": people.ann})]
    with world.refused("auction.closed"):
        house.cancel(second, by=people.ann)
    assert token.balance_of(people.ann) == 10_000 - LOT
    house.bid(lot, by=people.bob, value=ANM)
    with world.refused("auction.bids"):
        house.cancel(lot, by=people.ann)


def test_an_auction_closes_once(world, people, house, lot):
    house.bid(lot, by=people.bob, value=ANM)
    world.time += DAY
    house.settle(lot, by=people.bob)
    for function, who in [
        ("settle", people.bob),
        ("cancel", people.ann),
        ("walk_away", people.bob),
    ]:
        with world.refused("auction.closed"):
            getattr(house, function)(lot, by=who)
    with world.refused("auction.closed"):
        house.bid(lot, by=people.bob, value=ANM)
    with world.refused("auction.closed"):
        house.least_bid(lot)


def test_what_an_auction_needs(world, people, house, token):
    end = world.time + DAY
    with world.refused("auction.lot"):
        house.open_auction(token.address, 0, ANM, end, by=people.ann)
    with world.refused("auction.reserve"):
        house.open_auction(token.address, 1, 0, end, by=people.ann)
    for wrong in (world.time + HOUR - 1, world.time + 90 * DAY + 1):
        with world.refused("auction.time"):
            house.open_auction(token.address, 1, ANM, wrong, by=people.ann)
    for right in (world.time + HOUR, world.time + 90 * DAY):
        house.open_auction(token.address, 1, ANM, right, by=people.ann)


def test_a_lot_that_was_not_allowed_or_is_no_token(world, people, house, token):
    end = world.time + DAY
    with world.refused("auction.token"):
        house.open_auction(token.address, 1, ANM, end, by=people.bob)
    with world.refused("auction.token"):
        house.open_auction(people.bob, 1, ANM, end, by=people.bob)
    deaf = world.deploy_source(DEAF, by=people.ann)
    with world.refused("auction.token"):
        house.open_auction(deaf.address, 1, ANM, end, by=people.ann)


def test_a_lot_that_comes_in_short(world, people, house):
    coin = world.deploy_source(COIN, 3, by=people.ann)
    with world.refused("auction.lot"):
        house.open_auction(coin.address, 100, ANM, world.time + DAY, by=people.ann)


def test_a_bidder_who_cannot_be_paid_keeps_nobody_from_bidding(world, people, house, lot):
    closed = world.deploy_source(CLOSED_BOX, by=people.eve)
    closed.bid(house.address, lot, by=people.eve, value=ANM)
    house.bid(lot, by=people.bob, value=2 * ANM)
    assert house.credit_of(closed.address) == ANM
    with world.refused("auction.recipient"):
        closed.withdraw(house.address, closed.address, by=people.eve)
    closed.withdraw(house.address, people.eve, by=people.eve)  # but anywhere else
    assert world.balance(people.eve) == 1_000 * ANM


def test_a_contract_that_takes_money_is_paid(world, people, house, token, lot):
    box = world.deploy_source(BOX, by=people.eve)
    box.receive(by=people.eve, value=3 * ANM)
    box.bid(house.address, lot, 3 * ANM, by=people.eve)
    house.bid(lot, by=people.bob, value=4 * ANM)
    with world.refused("box.refused"):  # a contract cannot be paid by one that it calls
        box.withdraw(house.address, box.address, by=people.eve)
    house.pay_out(box.address, by=people.cid)
    assert world.balance(box.address) == 3 * ANM


def test_a_lot_that_cannot_be_delivered(world, people, house):
    coin = world.deploy_source(COIN, 0, by=people.ann)
    lot = house.open_auction(coin.address, 100, ANM, world.time + DAY, by=people.ann)
    house.bid(lot, by=people.bob, value=ANM)
    coin.freeze(True, by=people.ann)
    world.time += DAY
    with world.refused("auction.token"):
        house.settle(lot, by=people.bob)
    with world.refused("auction.patience"):
        house.walk_away(lot, by=people.bob)
    world.time += 7 * DAY
    with world.refused("auction.role"):
        house.walk_away(lot, by=people.ann)
    house.walk_away(lot, by=people.bob)
    assert house.events() == [("Undelivered", {"number": lot, "winner": people.bob, "amount": ANM})]
    house.withdraw(people.bob, by=people.bob)
    assert world.balance(people.bob) == 1_000 * ANM
    with world.refused("auction.over"):
        house.bid(lot, by=people.cid, value=ANM)
    with world.refused("auction.role"):
        house.walk_away(lot, by=people.bob)
    coin.freeze(False, by=people.ann)
    house.settle(lot, by=people.cid)  # the seller has the lot again, and no money
    assert coin.balance_of(people.ann) == 1_000_000_000
    assert house.credit_of(people.ann) == 0

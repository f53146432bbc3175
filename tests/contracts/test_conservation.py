"""Random steps on contracts that hold money: what is owed is what is there, after each step."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.world import DAY, HOUR, NOBODY, World, person

PEOPLE = [person(name) for name in "abcd"]
MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def steps(*names):
    """Steps: what, by whom, a number, an amount; all small, so that they meet."""
    return st.lists(
        st.tuples(
            st.sampled_from(names), st.integers(0, 3), st.integers(1, 3), st.integers(0, 1_000)
        ),
        max_size=30,
    )


def start():
    world = World()
    for who in PEOPLE:
        world.fund(who, 10**6)
    return world


def credits(contract):
    return sum(contract.credit_of(who) for who in PEOPLE)


@MANY
@given(
    steps("open", "release", "give_back", "dispute", "decide", "collect", "halve", "take", "wait")
)
def test_an_escrow_holds_its_open_deals_and_credits(steps):
    world = start()
    escrow = world.deploy("escrow", by=PEOPLE[0])
    for what, who, number, amount in steps:
        by = PEOPLE[who]
        with world.allowing_failure():
            if what == "open":
                other = [person for person in PEOPLE if person != by]
                escrow.open_deal(other[0], other[1], world.time + DAY, by=by, value=amount)
            elif what == "decide":
                escrow.decide(number, amount, by=by)
            elif what == "take":
                escrow.withdraw(by, by=by)
            elif what == "wait":
                world.time += amount * HOUR
            else:
                getattr(escrow, what)(number, by=by)
        held = 0
        for deal in range(1, 31):
            with world.allowing_failure():
                held += escrow.deal(deal)[3]
        assert world.balance(escrow.address) == held + credits(escrow)
    assert world.total() == 4 * 10**6


@MANY
@given(steps("open", "bid", "bid", "cancel", "settle", "walk_away", "take", "wait"))
def test_an_auction_house_holds_its_lots_bids_and_credits(steps):
    world = start()
    house = world.deploy("auction", by=PEOPLE[0])
    token = world.deploy("fungible_token", "T", "T", 0, 4_000, NOBODY, by=PEOPLE[0])
    for who in PEOPLE:
        token.transfer(who, 1_000, by=PEOPLE[0])
        token.approve(house.address, 10**6, by=who)
    for what, who, number, amount in steps:
        by = PEOPLE[who]
        with world.allowing_failure():
            if what == "open":
                house.open_auction(token.address, amount, 5, world.time + DAY, by=by)
            elif what == "bid":
                house.bid(number, by=by, value=amount)
            elif what == "take":
                house.withdraw(by, by=by)
            elif what == "wait":
                world.time += amount * HOUR // 8
            else:
                getattr(house, what)(number, by=by)
        lots = bids = 0
        for auction in range(1, 31):
            with world.allowing_failure():
                found = house.auction(auction)
                lots, bids = lots + found[2], bids + found[6]
        assert world.balance(house.address) == bids + credits(house)
        assert token.balance_of(house.address) == lots
    assert world.total() == 4 * 10**6


@MANY
@given(steps("give", "give", "take", "revoke", "hand_over", "withdraw", "wait"))
def test_a_vesting_holds_what_was_not_taken(steps):
    world = start()
    vesting = world.deploy("vesting", by=PEOPLE[0])
    for what, who, number, amount in steps:
        by = PEOPLE[who]
        with world.allowing_failure():
            if what == "give":
                end = world.time + 100 * HOUR
                cliff = world.time + 20 * HOUR
                vesting.grant(
                    PEOPLE[number], world.time, cliff, end, amount % 3 > 0, by=by, value=amount
                )
            elif what == "take":
                vesting.take(number, by, by=by)
            elif what == "hand_over":
                vesting.hand_over(number, PEOPLE[amount % 4], by=by)
            elif what == "withdraw":
                vesting.withdraw(by, by=by)
            elif what == "wait":
                world.time += amount * HOUR // 20
            else:
                vesting.revoke(number, by=by)
        left = 0
        for grant in range(1, 31):
            with world.allowing_failure():
                found = vesting.grant_of(grant)
                assert found[3] <= vesting.vested(grant) <= found[2]
                left += found[2] - found[3]
        assert world.balance(vesting.address) == left + credits(vesting)
    assert world.total() == 4 * 10**6


@MANY
@given(steps("stake", "stake", "unstake", "propose", "vote", "execute", "wait"))
def test_a_dao_holds_all_stakes(steps):
    world = start()
    token = world.deploy("fungible_token", "T", "T", 0, 4_000, NOBODY, by=PEOPLE[0])
    dao = world.deploy("dao", token.address, 100, 1, DAY, by=PEOPLE[0])
    dao.receive(by=PEOPLE[0], value=10_000)
    for who in PEOPLE:
        token.transfer(who, 1_000, by=PEOPLE[0])
        token.approve(dao.address, 10**6, by=who)
    for what, who, number, amount in steps:
        by = PEOPLE[who]
        with world.allowing_failure():
            if what in ("stake", "unstake"):
                getattr(dao, what)(amount, by=by)
            elif what == "propose":
                dao.propose(by, b"", amount, "", by=by)
            elif what == "vote":
                dao.vote(number, amount % 2 == 0, by=by)
            elif what == "execute":
                dao.execute(number, by=by)
            else:
                world.time += amount * HOUR // 20
        staked = [dao.stake_of(who)[0] for who in PEOPLE]
        assert token.balance_of(dao.address) == sum(staked)
        for vote in range(1, 4):
            assert sum(dao.votes(vote)) <= token.total_supply()
    assert world.total() == 4 * 10**6

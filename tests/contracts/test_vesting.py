"""contracts/vesting.py."""

from __future__ import annotations

import pytest

from tests.contracts.sources import BOX, CLOSED_BOX
from tests.contracts.world import ANM, DAY, NOBODY, YEAR

AMOUNT = 100 * ANM + 7


@pytest.fixture
def vesting(world, people):
    return world.deploy("vesting", by=people.dan)


def give(world, people, vesting, *, revocable=False):
    """Ann's grant to bob: 100 days from now, the cliff after 25."""
    start = world.time
    return vesting.grant(
        people.bob, start, start + 25 * DAY, start + 100 * DAY, revocable,
        by=people.ann, value=AMOUNT,
    )  # fmt: skip


@pytest.fixture
def grant(world, people, vesting):
    return give(world, people, vesting)


def test_a_grant_is_kept(world, people, vesting, grant):
    assert vesting.events() == [
        ("Granted", {"number": grant, "giver": people.ann, "holder": people.bob, "amount": AMOUNT})
    ]
    start = world.time
    assert vesting.grant_of(grant) == (
        NOBODY, people.bob, AMOUNT, 0, start, start + 25 * DAY, start + 100 * DAY
    )  # fmt: skip
    assert world.balance(vesting.address) == AMOUNT


def test_it_vests_linearly_behind_the_cliff(world, people, vesting, grant):
    start = world.time
    for days, due in [(0, 0), (10, 0), (25, AMOUNT // 4), (50, AMOUNT // 2), (100, AMOUNT)]:
        world.time = start + days * DAY
        assert vesting.vested(grant) == vesting.takeable(grant) == due
    world.time = start + 25 * DAY - 1
    assert vesting.vested(grant) == 0
    world.time = start + 100 * DAY - 1
    assert vesting.vested(grant) < AMOUNT
    world.time = start + 50 * YEAR
    assert vesting.vested(grant) == AMOUNT


def test_the_holder_takes_all_of_it_in_parts(world, people, vesting, grant):
    with world.refused("vesting.nothing"):
        vesting.take(grant, people.bob, by=people.bob)
    taken = 0
    for _ in range(3):
        world.time += 33 * DAY
        taken += vesting.take(grant, people.eve, by=people.bob)
        with world.refused("vesting.nothing"):
            vesting.take(grant, people.eve, by=people.bob)
    world.time += DAY
    last = vesting.take(grant, people.eve, by=people.bob)
    assert vesting.events() == [
        ("Taken", {"number": grant, "holder": people.bob, "to": people.eve, "amount": last})
    ]
    assert taken + last == AMOUNT
    assert world.balance(people.eve) == 1_000 * ANM + AMOUNT
    assert world.balance(vesting.address) == 0
    with world.refused("vesting.unknown"):
        vesting.take(grant, people.eve, by=people.bob)


def test_only_the_holder_takes(world, people, vesting, grant):
    world.time += 50 * DAY
    for other in (people.ann, people.eve):
        with world.refused("vesting.role"):
            vesting.take(grant, other, by=other)
        with world.refused("vesting.role"):
            vesting.hand_over(grant, other, by=other)


def test_a_grant_is_handed_over(world, people, vesting, grant):
    for nobody in (NOBODY, vesting.address):
        with world.refused("vesting.holder"):
            vesting.hand_over(grant, nobody, by=people.bob)
    vesting.hand_over(grant, people.cid, by=people.bob)
    assert vesting.events() == [
        ("HandedOver", {"number": grant, "old": people.bob, "new": people.cid})
    ]
    world.time += 50 * DAY
    with world.refused("vesting.role"):
        vesting.take(grant, people.bob, by=people.bob)
    assert vesting.take(grant, people.cid, by=people.cid) == AMOUNT // 2


def test_a_final_grant_is_not_revoked(world, people, vesting, grant):
    with world.refused("vesting.final"):
        vesting.revoke(grant, by=people.ann)


def test_what_has_vested_stays_when_a_grant_is_revoked(world, people, vesting):
    grant = give(world, people, vesting, revocable=True)
    world.time += 40 * DAY
    vesting.take(grant, people.bob, by=people.bob)
    world.time += 10 * DAY
    with world.refused("vesting.role"):
        vesting.revoke(grant, by=people.eve)
    back = vesting.revoke(grant, by=people.ann)
    assert back == AMOUNT - AMOUNT // 2
    assert vesting.events() == [("Revoked", {"number": grant, "giver": people.ann, "amount": back})]
    assert vesting.credit_of(people.ann) == back
    assert vesting.withdraw(people.cid, by=people.ann) == back
    assert vesting.events() == [
        ("Withdrawn", {"owner": people.ann, "to": people.cid, "amount": back})
    ]
    assert world.balance(people.cid) == 1_000 * ANM + back
    with world.refused("vesting.nothing"):
        vesting.withdraw(people.cid, by=people.ann)
    with world.refused("vesting.final"):
        vesting.revoke(grant, by=people.ann)
    world.time += 10 * DAY
    assert vesting.take(grant, people.bob, by=people.bob) == AMOUNT // 2 - AMOUNT * 40 // 100
    assert world.balance(people.bob) == 1_000 * ANM + AMOUNT // 2
    assert world.balance(vesting.address) == 0


@pytest.mark.parametrize("days", [-5, 0, 24])
def test_before_the_cliff_all_goes_back(world, people, vesting, days):
    start = world.time + 5 * DAY
    grant = vesting.grant(
        people.bob, start, start + 25 * DAY, start + 100 * DAY, True, by=people.ann, value=AMOUNT
    )
    world.time = start + days * DAY
    assert vesting.revoke(grant, by=people.ann) == AMOUNT
    vesting.pay_out(people.ann, by=people.eve)
    assert world.balance(people.ann) == 1_000 * ANM
    with world.refused("vesting.unknown"):
        vesting.vested(grant)


def test_a_grant_that_is_over_is_not_revoked(world, people, vesting):
    grant = give(world, people, vesting, revocable=True)
    world.time += 100 * DAY
    with world.refused("vesting.nothing"):
        vesting.revoke(grant, by=people.ann)


def test_what_a_grant_needs(world, people, vesting):
    now = world.time

    def grant(start, cliff, end, holder=people.bob, value=1):
        return vesting.grant(holder, start, cliff, end, False, by=people.ann, value=value)

    with world.refused("vesting.money"):
        grant(now, now, now + 1, value=0)
    for nobody in (NOBODY, vesting.address):
        with world.refused("vesting.holder"):
            grant(now, now, now + 1, holder=nobody)
    for times in [
        (now, now, now),
        (now + 1, now, now + 2),
        (now, now + 3, now + 2),
        (now - 50 * YEAR - 1, now, now + 1),
        (now, now, now + 50 * YEAR + 1),
    ]:
        with world.refused("vesting.times"):
            grant(*times)
    grant(now, now + 2, now + 2)
    grant(now, now, now + 1)
    grant(now - 50 * YEAR, now, now + 50 * YEAR)


def test_grants_do_not_share_their_money(world, people, vesting, grant):
    second = vesting.grant(
        people.cid, world.time - 2, world.time - 1, world.time, False, by=people.eve, value=5
    )
    assert second == grant + 1
    assert vesting.take(second, people.cid, by=people.cid) == 5
    assert world.balance(vesting.address) == AMOUNT


def test_a_contract_that_receives_is_paid(world, people, vesting, grant):
    box = world.deploy_source(BOX, by=people.eve)
    closed = world.deploy_source(CLOSED_BOX, by=people.eve)
    world.time += 50 * DAY
    with world.refused("vesting.recipient"):
        vesting.take(grant, closed.address, by=people.bob)
    vesting.take(grant, box.address, by=people.bob)
    assert world.balance(box.address) == AMOUNT // 2


def test_anybody_has_a_grant_paid_to_its_holder(world, people, vesting, grant):
    """A contract that holds a grant cannot take it itself: it would be re-entered."""
    box = world.deploy_source(BOX, by=people.eve)
    vesting.hand_over(grant, box.address, by=people.bob)
    world.time += 50 * DAY
    with world.refused("vesting.role"):
        vesting.take(grant, people.eve, by=people.eve)
    vesting.take(grant, box.address, by=people.eve)
    assert world.balance(box.address) == AMOUNT // 2

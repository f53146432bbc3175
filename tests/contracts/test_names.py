"""contracts/names.py."""

from __future__ import annotations

import pytest

from tests.contracts.sources import BOX, CLOSED_BOX
from tests.contracts.world import ANM, DAY, MINUTE, NOBODY, YEAR

FEE = 2 * ANM
SALT = b"grain"


@pytest.fixture
def names(world, people):
    return world.deploy("names", FEE, by=people.dan)


def commit(world, names, name, who, *, wait=MINUTE):
    names.commit(names.seal_of(name, who, SALT), by=who)
    world.time += wait


def buy(world, names, name, who, years=1):
    commit(world, names, name, who)
    return names.register(name, years, SALT, by=who, value=years * names.fee_per_year())


@pytest.fixture
def mine(world, people, names):
    """Ann's name for a year."""
    buy(world, names, "ann-1", people.ann)
    return "ann-1"


def test_a_name_is_registered(world, people, names):
    end = buy(world, names, "ann-1", people.ann, 3)
    assert end == world.time + 3 * YEAR == names.end_of("ann-1")
    assert names.events() == [("Registered", {"name": "ann-1", "owner": people.ann, "end": end})]
    assert names.owner_of("ann-1") == names.resolve("ann-1") == people.ann
    assert world.balance(names.address) == 3 * FEE


@pytest.mark.parametrize(
    "name", ["", "ab", "x" * 33, "-ann", "ann-", "Ann", "a nn", "a.nn", "änn", "a_nn", "аnn"]
)
def test_names_have_a_form(world, people, names, name):
    commit(world, names, name, people.ann)
    with world.refused("names.form"):
        names.register(name, 1, SALT, by=people.ann, value=FEE)


@pytest.mark.parametrize("name", ["abc", "x" * 32, "0-9", "a--b"])
def test_names_of_the_form_are_fine(world, people, names, name):
    buy(world, names, name, people.ann)


def test_a_reveal_that_is_copied_registers_for_nobody_else(world, people, names):
    """Eve sees ann's reveal in the pool: she has committed to nothing that fits."""
    names.commit(names.seal_of("ann-1", people.ann, SALT), by=people.ann)
    names.commit(names.seal_of("ann-1", people.ann, SALT + b"!"), by=people.eve)
    world.time += MINUTE
    for salt in (SALT, SALT + b"!"):
        with world.refused("names.seal"):
            names.register("ann-1", 1, salt, by=people.eve, value=FEE)
    names.register("ann-1", 1, SALT, by=people.ann, value=FEE)


def test_a_seal_has_its_time(world, people, names):
    commit(world, names, "ann-1", people.ann, wait=MINUTE - 1)
    with world.refused("names.seal"):
        names.register("ann-1", 1, SALT, by=people.ann, value=FEE)
    world.time += DAY - MINUTE + 2
    with world.refused("names.seal"):
        names.register("ann-1", 1, SALT, by=people.ann, value=FEE)
    world.time -= 1
    names.register("ann-1", 1, SALT, by=people.ann, value=FEE)


def test_a_seal_is_not_set_back_by_others(world, people, names):
    seal = names.seal_of("ann-1", people.ann, SALT)
    names.commit(seal, by=people.ann)
    world.time += DAY
    with world.refused("names.seal"):
        names.commit(seal, by=people.eve)
    world.time += 1
    names.commit(seal, by=people.ann)  # too old to be revealed, so it may be renewed
    for wrong in (b"", seal[:-1], seal + b"\0"):
        with world.refused("names.seal"):
            names.commit(wrong, by=people.ann)


def test_a_seal_is_used_once(world, people, names, mine):
    names.drop(mine, by=people.ann)
    with world.refused("names.seal"):
        names.register(mine, 1, SALT, by=people.ann, value=FEE)


def test_the_price_is_exact(world, people, names):
    names.commit(names.seal_of("ann-1", people.ann, SALT), by=people.ann)
    world.time += MINUTE
    for wrong in (0, FEE, 2 * FEE - 1, 2 * FEE + 1):
        with world.refused("names.price"):
            names.register("ann-1", 2, SALT, by=people.ann, value=wrong)
    names.register("ann-1", 2, SALT, by=people.ann, value=2 * FEE)


@pytest.mark.parametrize("years", [0, -1, 11])
def test_years_have_bounds(world, people, names, years):
    names.commit(names.seal_of("ann-1", people.ann, SALT), by=people.ann)
    world.time += MINUTE
    with world.refused("names.years"):
        names.register("ann-1", years, SALT, by=people.ann, value=max(years, 0) * FEE)


def test_anybody_renews(world, people, names, mine):
    end = names.end_of(mine)
    for wrong in (FEE - 1, FEE + 1):
        with world.refused("names.price"):
            names.renew(mine, 1, by=people.eve, value=wrong)
    assert names.renew(mine, 9, by=people.eve, value=9 * FEE) == end + 9 * YEAR
    assert names.events() == [("Renewed", {"name": mine, "end": end + 9 * YEAR})]
    assert names.owner_of(mine) == people.ann
    with world.refused("names.years"):
        names.renew(mine, 1, by=people.eve, value=FEE)
    with world.refused("names.years"):
        names.renew(mine, 0, by=people.eve)
    with world.refused("names.unknown"):
        names.renew("no-such", 1, by=people.eve, value=FEE)


def test_a_name_ends_and_has_a_grace(world, people, names, mine):
    end = names.end_of(mine)
    world.time = end
    assert names.resolve(mine) == people.ann
    world.time = end + 1
    for read in (names.resolve, names.owner_of):
        with world.refused("names.unknown"):
            read(mine)
    for function in (names.point, names.hand_over):
        with world.refused("names.unknown"):
            function(mine, people.bob, by=people.ann)
    with world.refused("names.unknown"):
        names.drop(mine, by=people.ann)
    world.time = end + 30 * DAY - MINUTE
    commit(world, names, mine, people.eve)
    with world.refused("names.taken"):
        names.register(mine, 1, SALT, by=people.eve, value=FEE)
    assert names.renew(mine, 1, by=people.bob, value=FEE) == end + YEAR
    assert names.owner_of(mine) == people.ann


def test_behind_its_grace_a_name_is_free(world, people, names, mine):
    names.point(mine, people.cid, by=people.ann)
    world.time = names.end_of(mine) + 30 * DAY + 1
    with world.refused("names.unknown"):
        names.renew(mine, 1, by=people.ann, value=FEE)
    buy(world, names, mine, people.eve)
    assert names.owner_of(mine) == names.resolve(mine) == people.eve


def test_a_name_that_lives_is_taken(world, people, names, mine):
    commit(world, names, mine, people.eve)
    with world.refused("names.taken"):
        names.register(mine, 1, SALT, by=people.eve, value=FEE)


def test_the_owner_points_a_name(world, people, names, mine):
    names.point(mine, people.cid, by=people.ann)
    assert names.events() == [("Pointed", {"name": mine, "target": people.cid})]
    assert names.resolve(mine) == people.cid
    assert names.owner_of(mine) == people.ann


def test_a_name_that_is_handed_over_points_to_its_new_owner(world, people, names, mine):
    names.point(mine, people.cid, by=people.ann)
    with world.refused("names.nobody"):
        names.hand_over(mine, NOBODY, by=people.ann)
    names.hand_over(mine, people.bob, by=people.ann)
    assert names.events() == [("HandedOver", {"name": mine, "old": people.ann, "new": people.bob})]
    assert names.owner_of(mine) == names.resolve(mine) == people.bob
    with world.refused("names.owner"):
        names.point(mine, people.ann, by=people.ann)


def test_only_the_owner_does_anything_to_a_name(world, people, names, mine):
    for other in (people.bob, people.dan):  # dan is the administrator
        with world.refused("names.owner"):
            names.point(mine, other, by=other)
        with world.refused("names.owner"):
            names.hand_over(mine, other, by=other)
        with world.refused("names.owner"):
            names.drop(mine, by=other)


def test_a_dropped_name_is_free(world, people, names, mine):
    names.drop(mine, by=people.ann)
    assert names.events() == [("Dropped", {"name": mine, "owner": people.ann})]
    assert names.end_of(mine) == 0
    buy(world, names, mine, people.eve)


def test_a_seal_is_bound_to_name_owner_salt_and_registry(world, people, names):
    seal = names.seal_of("ann-1", people.ann, SALT)
    other = world.deploy("names", FEE, by=people.dan)
    others = {
        names.seal_of("ann-2", people.ann, SALT),
        names.seal_of("ann-1", people.bob, SALT),
        names.seal_of("ann-1", people.ann, b""),
        other.seal_of("ann-1", people.ann, SALT),
    }
    assert len(seal) == 32
    assert len(others) == 4
    assert seal not in others


# ------------------------------------------------------------------ administration


def test_the_administrator_sets_the_fee(world, people, names, mine):
    end = names.end_of(mine)
    with world.refused("names.role"):
        names.set_fee(1, by=people.ann)
    with world.refused("names.fee"):
        names.set_fee(-1, by=people.dan)
    with world.refused("names.fee"):
        world.deploy("names", -1, by=people.dan)
    names.set_fee(0, by=people.dan)
    names.set_fee(7, by=people.dan)
    assert names.events() == [("FeeChanged", {"fee": 7})]
    assert names.fee_per_year() == 7
    assert names.end_of(mine) == end  # what was bought stays bought
    names.renew(mine, 1, by=people.ann, value=7)


def test_fees_are_taken(world, people, names, mine):
    with world.refused("names.role"):
        names.take_fees(people.eve, by=people.eve)
    assert names.take_fees(people.cid, by=people.dan) == FEE
    assert names.events() == [("FeesTaken", {"to": people.cid, "amount": FEE})]
    assert world.balance(people.cid) == 1_000 * ANM + FEE
    with world.refused("names.nothing"):
        names.take_fees(people.cid, by=people.dan)
    assert names.owner_of(mine) == people.ann


def test_anybody_has_the_fees_paid_to_a_contract_that_administers(world, people, names, mine):
    box = world.deploy_source(BOX, by=people.eve)
    closed = world.deploy_source(CLOSED_BOX, by=people.eve)
    with world.refused("names.recipient"):
        names.take_fees(closed.address, by=people.dan)
    names.offer_administration(box.address, by=people.dan)
    with world.refused("names.role"):
        names.take_fees(box.address, by=people.eve)
    names.take_fees(box.address, by=people.dan)
    assert world.balance(box.address) == FEE
    buy(world, names, "bob", people.bob)
    names.take_fees(people.dan, by=people.eve)
    assert world.balance(people.dan) == 1_000 * ANM + FEE


def test_the_office_changes_when_it_is_accepted(world, people, names):
    with world.refused("names.role"):
        names.offer_administration(people.eve, by=people.eve)
    with world.refused("names.role"):
        names.accept_administration(by=people.ann)
    names.offer_administration(people.ann, by=people.dan)
    names.set_fee(3, by=people.dan)  # still dan's
    with world.refused("names.role"):
        names.accept_administration(by=people.eve)
    names.accept_administration(by=people.ann)
    assert names.events() == [("AdministratorChanged", {"old": people.dan, "new": people.ann})]
    with world.refused("names.role"):
        names.set_fee(3, by=people.dan)
    with world.refused("names.role"):
        names.accept_administration(by=people.ann)  # an offer is taken once
    names.set_fee(4, by=people.ann)

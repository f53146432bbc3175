"""contracts/timelock.py."""

from __future__ import annotations

import pytest

from core.hashing import sha3
from tests.contracts.sources import BOX, RECORDER, REENTERING
from tests.contracts.world import ANM, DAY, MINUTE, NOBODY, calldata

DELAY = 2 * DAY
HEAR = calldata("hear", ("str", "int", "bool"), "x", 5, False)


@pytest.fixture
def lock(world, people):
    """Owned by ann, guarded by bob, two days, with 10 ANM in it."""
    made = world.deploy("timelock", people.ann, people.bob, DELAY, by=people.eve)
    made.receive(by=people.dan, value=10 * ANM)
    assert made.events() == [("Received", {"source": people.dan, "amount": 10 * ANM})]
    return made


@pytest.fixture
def recorder(world, people):
    return world.deploy_source(RECORDER, by=people.eve)


def configure(owner, guardian, delay):
    return calldata("configure", ("address", "address", "int"), owner, guardian, delay)


def test_it_says_how_it_is_set(people, lock):
    assert lock.roles() == (people.ann, people.bob)
    assert lock.current_delay() == DELAY


def test_what_is_queued_happens_after_the_delay(world, people, lock, recorder):
    number = lock.queue(recorder.address, HEAR, ANM, by=people.ann)
    due = world.time + DELAY
    queued = {"number": number, "to": recorder.address, "data_hash": sha3(HEAR), "amount": ANM}
    assert lock.events() == [("Queued", {**queued, "earliest": due})]
    assert lock.operation(number) == (recorder.address, HEAR, ANM, due)
    world.time = due - 1
    with world.refused("timelock.early"):
        lock.execute(number, by=people.ann)
    world.time = due
    lock.execute(number, by=people.ann)
    assert recorder.last() == (lock.address, ANM, "x", 5, False)
    assert lock.events()[-1][0] == "Executed"
    with world.refused("timelock.unknown"):
        lock.execute(number, by=people.ann)


def test_it_pays(world, people, lock):
    number = lock.queue(people.eve, b"", ANM, by=people.ann)
    world.time += DELAY
    lock.execute(number, by=people.ann)
    assert world.balance(people.eve) == 1_001 * ANM
    assert lock.events() == [("Executed", {"number": number, "result": b""})]


def test_what_is_not_executed_in_time_is_void(world, people, lock):
    number = lock.queue(people.eve, b"", ANM, by=people.ann)
    world.time += DELAY + 14 * DAY + 1
    with world.refused("timelock.late"):
        lock.execute(number, by=people.ann)
    world.time -= 1
    lock.execute(number, by=people.ann)


def test_owner_and_guardian_cancel(world, people, lock):
    for who in (people.ann, people.bob):
        number = lock.queue(people.eve, b"", ANM, by=people.ann)
        with world.refused("timelock.role"):
            lock.cancel(number, by=people.eve)
        lock.cancel(number, by=who)
        assert lock.events() == [("Cancelled", {"number": number, "by": who})]
        world.time += DELAY
        with world.refused("timelock.unknown"):
            lock.execute(number, by=people.ann)
        with world.refused("timelock.unknown"):
            lock.cancel(number, by=who)


def test_only_the_owner_queues_and_executes(world, people, lock):
    number = lock.queue(people.eve, b"", ANM, by=people.ann)
    world.time += DELAY
    for other in (people.bob, people.eve, people.dan):
        with world.refused("timelock.role"):
            lock.queue(other, b"", ANM, by=other)
        with world.refused("timelock.role"):
            lock.execute(number, by=other)


def test_it_changes_itself_only_through_its_queue(world, people, lock):
    with world.refused("vm.no_function"):
        lock.configure(people.eve, people.eve, DELAY, by=people.ann)
    data = configure(people.cid, NOBODY, MINUTE)
    number = lock.queue(lock.address, data, 0, by=people.ann)
    waiting = lock.queue(people.eve, b"", ANM, by=people.ann)
    world.time += DELAY
    lock.execute(number, by=people.ann)
    assert lock.events()[0] == (
        "Configured",
        {"owner": people.cid, "guardian": NOBODY, "delay": MINUTE},
    )
    assert lock.roles() == (people.cid, NOBODY)
    with world.refused("timelock.role"):
        lock.execute(waiting, by=people.ann)
    with world.refused("timelock.role"):
        lock.cancel(waiting, by=people.bob)
    lock.execute(waiting, by=people.cid)
    assert lock.operation(lock.queue(people.eve, b"", 1, by=people.cid))[3] == world.time + MINUTE


def test_settings_that_would_break_it(world, people, lock):
    for owner, guardian, delay, reason in [
        (NOBODY, people.bob, DELAY, "timelock.nobody"),
        (people.ann, people.bob, MINUTE - 1, "timelock.delay"),
        (people.ann, people.bob, 60 * DAY + 1, "timelock.delay"),
    ]:
        with world.refused(reason):
            world.deploy("timelock", owner, guardian, delay, by=people.ann)
        number = lock.queue(lock.address, configure(owner, guardian, delay), 0, by=people.ann)
        world.time += DELAY
        with world.refused(reason):
            lock.execute(number, by=people.ann)
    for bound in (MINUTE, 60 * DAY):
        world.deploy("timelock", people.ann, people.bob, bound, by=people.ann)
    number = lock.queue(lock.address, configure(lock.address, NOBODY, DELAY), 0, by=people.ann)
    world.time += DELAY
    with world.refused("timelock.nobody"):
        lock.execute(number, by=people.ann)


def test_calls_that_could_never_be_executed(world, people, lock):
    box = world.deploy_source(BOX, by=people.eve)
    for to, data, amount in [
        (people.eve, b"", 0),
        (people.eve, b"", -1),
        (box.address, b"", 1),
        (box.address, calldata("receive"), -1),
        (box.address, bytes(8_193), 0),
        (lock.address, configure(people.ann, NOBODY, DELAY), 1),
        (
            lock.address,
            calldata("other", ("address", "address", "int"), people.ann, NOBODY, DELAY),
            0,
        ),
    ]:
        with world.refused("timelock.call"):
            lock.queue(to, data, amount, by=people.ann)
    lock.queue(box.address, bytes(8_192), 0, by=people.ann)
    with world.refused("vm.value"):
        lock.queue(lock.address, calldata("tick"), 0, by=people.ann)


def test_a_call_that_fails_stays_queued(world, people, lock, recorder):
    number = lock.queue(recorder.address, calldata("broken"), 0, by=people.ann)
    world.time += DELAY
    with world.refused("timelock.failed: recorder.broken"):
        lock.execute(number, by=people.ann)
    lock.cancel(number, by=people.bob)


def test_what_it_calls_cannot_make_it_act_again(world, people, lock):
    trap = world.deploy_source(REENTERING, by=people.eve)
    number = lock.queue(trap.address, calldata("touch"), 0, by=people.ann)
    trap.aim(lock.address, number, by=people.eve)
    world.time += DELAY
    lock.execute(number, by=people.ann)
    assert trap.last_answer() == b"vm.reentry"


def test_it_is_the_minter_of_a_token(world, people, lock):
    """What it is for: a right that everybody can see being used two days ahead."""
    token = world.deploy("fungible_token", "T", "T", 0, 0, lock.address, by=people.ann)
    data = calldata("mint", ("address", "int"), people.cid, 50)
    number = lock.queue(token.address, data, 0, by=people.ann)
    world.time += DELAY
    lock.execute(number, by=people.ann)
    assert token.balance_of(people.cid) == 50

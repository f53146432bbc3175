"""contracts/dao.py."""

from __future__ import annotations

import pytest

from core.hashing import sha3
from tests.contracts.sources import BOX, COIN, DEAF, RECORDER, REENTERING
from tests.contracts.world import ANM, DAY, HOUR, NOBODY, calldata

QUORUM, THRESHOLD, VOTING = 300, 50, 3 * DAY
HEAR = calldata("hear", ("str", "int", "bool"), "x", 5, False)


@pytest.fixture
def token(world, people):
    """Ann has 500, bob 300, cid 200."""
    made = world.deploy("fungible_token", "Vote", "V", 0, 1_000, NOBODY, by=people.ann)
    made.transfer(people.bob, 300, by=people.ann)
    made.transfer(people.cid, 200, by=people.ann)
    return made


@pytest.fixture
def dao(world, people, token):
    """Everybody has staked all they have, and there are 10 ANM."""
    made = world.deploy("dao", token.address, QUORUM, THRESHOLD, VOTING, by=people.eve)
    for who in (people.ann, people.bob, people.cid):
        token.approve(made.address, 1_000, by=who)
        made.stake(token.balance_of(who), by=who)
    made.receive(by=people.dan, value=10 * ANM)
    assert made.events() == [("Received", {"source": people.dan, "amount": 10 * ANM})]
    return made


@pytest.fixture
def recorder(world, people):
    return world.deploy_source(RECORDER, by=people.eve)


def rules(*numbers):
    return calldata("set_rules", ("int", "int", "int"), *numbers)


def propose(people, dao, to, data=b"", amount=0, by=None):
    return dao.propose(to, data, amount, "because", by=by or people.ann)


def passed(world, people, dao, to, data=b"", amount=0):
    """A proposal that ann carried alone, its vote over."""
    number = propose(people, dao, to, data, amount)
    dao.vote(number, True, by=people.ann)
    world.time += VOTING
    return number


# ------------------------------------------------------------------ stakes


def test_stakes_move_in_and_out(world, people, token, dao):
    assert dao.stake_of(people.ann) == (500, 0)
    assert token.balance_of(dao.address) == 1_000
    dao.unstake(200, by=people.ann)
    assert dao.events() == [("Unstaked", {"owner": people.ann, "amount": 200})]
    assert token.balance_of(people.ann) == 200
    dao.stake(100, by=people.ann)
    assert dao.events() == [("Staked", {"owner": people.ann, "amount": 100})]
    assert dao.stake_of(people.ann) == (400, 0)


def test_nobody_unstakes_what_is_not_theirs(world, people, token, dao):
    with world.refused("dao.stake"):
        dao.unstake(501, by=people.ann)
    with world.refused("dao.stake"):
        dao.unstake(1, by=people.eve)
    for wrong in (0, -1):
        with world.refused("dao.amount"):
            dao.unstake(wrong, by=people.ann)
        with world.refused("dao.amount"):
            dao.stake(wrong, by=people.ann)


def test_a_stake_has_to_come_in(world, people, token, dao):
    with world.refused("dao.token"):
        dao.stake(1, by=people.eve)
    coin = world.deploy_source(COIN, 5, by=people.ann)
    other = world.deploy("dao", coin.address, QUORUM, THRESHOLD, VOTING, by=people.eve)
    with world.refused("dao.stake"):
        other.stake(100, by=people.ann)
    deaf = world.deploy_source(DEAF, by=people.ann)
    third = world.deploy("dao", deaf.address, QUORUM, THRESHOLD, VOTING, by=people.eve)
    with world.refused("dao.token"):
        third.stake(100, by=people.ann)


def test_a_token_that_stops_paying_keeps_the_stake(world, people):
    coin = world.deploy_source(COIN, 0, by=people.ann)
    other = world.deploy("dao", coin.address, QUORUM, THRESHOLD, VOTING, by=people.eve)
    other.stake(100, by=people.ann)
    coin.freeze(True, by=people.ann)
    with world.refused("dao.token"):
        other.unstake(100, by=people.ann)
    assert other.stake_of(people.ann) == (100, 0)


# ------------------------------------------------------------------ votes


def test_what_has_passed_is_carried_out(world, people, dao, recorder):
    number = propose(people, dao, recorder.address, HEAR, ANM)
    end = world.time + VOTING
    about = {"number": number, "by": people.ann, "to": recorder.address, "amount": ANM}
    about |= {"data_hash": sha3(HEAR), "end": end, "text": "because"}
    assert dao.events() == [("Proposed", about)]
    assert dao.proposal(number) == (recorder.address, HEAR, ANM, end, QUORUM)
    dao.vote(number, True, by=people.ann)
    assert dao.events() == [
        ("Voted", {"number": number, "by": people.ann, "support": True, "units": 500})
    ]
    dao.vote(number, False, by=people.bob)
    assert dao.votes(number) == (500, 300)
    with world.refused("dao.running"):
        dao.execute(number, by=people.ann)
    world.time = end
    with world.refused("dao.over"):
        dao.vote(number, False, by=people.cid)
    dao.execute(number, by=people.eve)
    assert recorder.last() == (dao.address, ANM, "x", 5, False)
    name, fields = dao.events()[-1]
    assert (name, fields["by"], len(fields["result"])) == ("Executed", people.eve, 256)
    with world.refused("dao.unknown"):
        dao.execute(number, by=people.eve)


def test_the_dao_pays(world, people, dao):
    dao.execute(passed(world, people, dao, people.eve, amount=4 * ANM), by=people.eve)
    assert world.balance(people.eve) == 1_004 * ANM


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ((), ("ann",)),
        (("bob",), ("ann",)),
        (("cid",), ()),  # under the quorum, however few are against
        (("cid",), ("bob",)),
        (("ann",), ("bob", "cid")),  # as many for as against
    ],
)
def test_what_has_not_passed(world, people, dao, yes, no):
    number = propose(people, dao, people.eve, amount=1)
    for name in yes:
        dao.vote(number, True, by=getattr(people, name))
    for name in no:
        dao.vote(number, False, by=getattr(people, name))
    world.time += VOTING
    with world.refused("dao.rejected"):
        dao.execute(number, by=people.ann)


def test_the_quorum_itself_is_enough(world, people, dao):
    number = propose(people, dao, people.eve, amount=1)
    dao.vote(number, True, by=people.bob)
    world.time += VOTING
    dao.execute(number, by=people.ann)


def test_what_is_not_carried_out_in_time_is_void(world, people, dao):
    number = passed(world, people, dao, people.eve, amount=1)
    world.time += 14 * DAY + 1
    with world.refused("dao.late"):
        dao.execute(number, by=people.ann)
    world.time -= 1
    dao.execute(number, by=people.ann)


def test_nobody_votes_twice(world, people, token, dao):
    """Neither again, nor with the same units from another account."""
    number = propose(people, dao, people.eve, amount=1, by=people.bob)
    dao.vote(number, True, by=people.ann)
    for support in (True, False):
        with world.refused("dao.voted"):
            dao.vote(number, support, by=people.ann)
    with world.refused("dao.locked"):
        dao.unstake(500, by=people.ann)
    assert dao.stake_of(people.ann) == (500, world.time + VOTING)
    world.time += VOTING - 1
    with world.refused("dao.locked"):
        dao.unstake(1, by=people.ann)
    world.time += 1
    dao.unstake(500, by=people.ann)


def test_the_longest_vote_locks(world, people, dao):
    first = propose(people, dao, people.eve, amount=1, by=people.bob)
    world.time += DAY
    second = propose(people, dao, people.eve, amount=2, by=people.bob)
    dao.vote(second, True, by=people.ann)
    until = world.time + VOTING
    dao.vote(first, True, by=people.ann)
    assert dao.stake_of(people.ann) == (500, until)


def test_units_that_are_staked_later_do_not_count(world, people, token, dao):
    dao.unstake(400, by=people.ann)
    number = propose(people, dao, people.eve, amount=1, by=people.bob)
    dao.vote(number, True, by=people.ann)
    token.approve(dao.address, 400, by=people.ann)
    dao.stake(400, by=people.ann)
    assert dao.votes(number) == (100, 0)
    with world.refused("dao.voted"):
        dao.vote(number, True, by=people.ann)


def test_who_has_no_stake_has_no_say(world, people, dao):
    with world.refused("dao.stake"):
        dao.propose(people.eve, b"", 1, "", by=people.eve)
    number = propose(people, dao, people.eve, amount=1)
    with world.refused("dao.stake"):
        dao.vote(number, True, by=people.eve)
    with world.refused("dao.unknown"):
        dao.vote(number + 1, True, by=people.ann)


def test_proposing_needs_a_stake_and_locks_it(world, people, dao):
    dao.unstake(150, by=people.cid)
    propose(people, dao, people.eve, amount=1, by=people.cid)  # with the threshold itself
    world.time += VOTING
    dao.unstake(1, by=people.cid)
    with world.refused("dao.stake"):
        dao.propose(people.eve, b"", 1, "", by=people.cid)
    propose(people, dao, people.eve, amount=1, by=people.bob)
    with world.refused("dao.locked"):  # or units that are borrowed for a moment would do
        dao.unstake(300, by=people.bob)


def test_a_text_has_a_length(world, people, dao):
    with world.refused("dao.text"):
        dao.propose(people.eve, b"", 1, "ü" * 513, by=people.ann)
    dao.propose(people.eve, b"", 1, "ü" * 512, by=people.ann)


# ------------------------------------------------------------------ calls


def test_the_stakes_are_out_of_reach_of_votes(world, people, token, dao):
    """A majority must not be able to pay itself what the minority has staked."""
    for data in (
        calldata("transfer", ("address", "int"), people.ann, 1_000),
        calldata("approve", ("address", "int"), people.ann, 1_000),
    ):
        with world.refused("dao.call"):
            propose(people, dao, token.address, data)


def test_calls_that_could_never_be_executed(world, people, dao):
    box = world.deploy_source(BOX, by=people.eve)
    for to, data, amount in [
        (people.eve, b"", 0),
        (people.eve, b"", -1),
        (box.address, b"", 1),
        (box.address, calldata("receive"), -1),
        (box.address, bytes(8_193), 0),
        (dao.address, rules(1, 1, DAY), 1),
        (dao.address, calldata("other", ("int", "int", "int"), 1, 1, DAY), 0),
    ]:
        with world.refused("dao.call"):
            propose(people, dao, to, data, amount)
    propose(people, dao, box.address, bytes(8_192))
    with world.refused("vm.value"):
        propose(people, dao, dao.address, calldata("tick"))


def test_a_call_that_fails_may_be_tried_again(world, people, dao, recorder):
    number = passed(world, people, dao, recorder.address, calldata("broken"))
    with world.refused("dao.failed: recorder.broken"):
        dao.execute(number, by=people.eve)
    assert dao.proposal(number)[0] == recorder.address


def test_the_dao_changes_its_rules(world, people, dao):
    waiting = propose(people, dao, people.eve, amount=1)
    dao.vote(waiting, True, by=people.bob)
    number = passed(world, people, dao, dao.address, rules(600, 100, DAY))
    dao.execute(number, by=people.eve)
    assert dao.events()[0] == (
        "RulesChanged",
        {"quorum": 600, "threshold": 100, "voting_time": DAY},
    )
    assert dao.current_rules() == (600, 100, DAY)
    dao.execute(waiting, by=people.eve)  # under the quorum of its own time
    with world.refused("vm.no_function"):
        dao.set_rules(1, 1, DAY, by=people.ann)


@pytest.mark.parametrize("least", [(1, 1, HOUR), (1, 1, 60 * DAY)])
def test_rules_at_their_bounds(world, people, token, least):
    world.deploy("dao", token.address, *least, by=people.eve)


@pytest.mark.parametrize(
    "wrong", [(0, 1, DAY), (1, 0, DAY), (1, 1, HOUR - 1), (1, 1, 60 * DAY + 1)]
)
def test_rules_that_would_break_it(world, people, token, dao, wrong):
    with world.refused("dao.rules"):
        world.deploy("dao", token.address, *wrong, by=people.eve)
    number = passed(world, people, dao, dao.address, rules(*wrong))
    with world.refused("dao.rules"):
        dao.execute(number, by=people.eve)


def test_what_it_calls_cannot_make_it_act_again(world, people, dao):
    trap = world.deploy_source(REENTERING, by=people.eve)
    number = propose(people, dao, trap.address, calldata("touch"))
    trap.aim(dao.address, number, by=people.eve)
    dao.vote(number, True, by=people.ann)
    world.time += VOTING
    dao.execute(number, by=people.eve)
    assert trap.last_answer() == b"vm.reentry"


def test_it_owns_a_timelock(world, people, token, dao):
    """A treasury of the voting token itself, which proposals of the DAO cannot touch directly."""
    lock = world.deploy("timelock", dao.address, NOBODY, DAY, by=people.eve)
    dao.unstake(100, by=people.ann)
    token.transfer(lock.address, 100, by=people.ann)
    data = calldata("transfer", ("address", "int"), people.eve, 100)
    queue = calldata("queue", ("address", "bytes", "int"), token.address, data, 0)
    dao.execute(passed(world, people, dao, lock.address, queue), by=people.eve)
    run = passed(world, people, dao, lock.address, calldata("execute", ("int",), 1))
    dao.execute(run, by=people.eve)
    assert token.balance_of(people.eve) == 100

"""Memory for headers is bounded, too deep branches are only measured, little work is not enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2p.rules import actions
from p2p.rules.limits import HEADERS_MOST
from p2p.rules.sync import numbers
from p2p.rules.wire import messages as m
from tests.p2p.sync.chains import GENESIS, NETWORK, TRUNK, branch, ledger, new_net
from tests.p2p.sync.desk import Desk, work_of

LONG = branch(0, 280, b"long")
LIGHT = branch(0, 270, b"light")


def network(**local):
    return replace(NETWORK, local=replace(NETWORK.local, **local))


def follow(desk, peer, line) -> None:
    """Answer every request for headers as a peer with this line does, until it asks no more."""
    by_hash = {made.hash: made.height for made in [GENESIS, *line]}
    for _ in range(20):
        asks = desk.sent(peer, m.GetHeaders)
        if not asks:
            return
        start = next((by_hash[hash] for hash in asks[-1].locator if hash in by_hash), 0)
        desk.show(peer, line[start : start + HEADERS_MOST])
    raise AssertionError("it never ends")


# ------------------------------------------------------------------ room


def test_identical_headers_of_several_peers_are_kept_once_and_go_with_the_last():
    desk = Desk()
    peers = [desk.peer(LONG) for _ in range(3)]
    for peer in peers:
        desk.done = [*desk.done]
        follow(desk, peer, LONG) if desk.sent(peer, m.GetHeaders) else None
    assert len(desk.state.tree) == 280
    desk.lose(peers[0])
    assert len(desk.state.tree) == 280
    desk.lose(peers[1])
    desk.lose(peers[2])
    assert len(desk.state.tree) in (0, 280)
    desk.state.course.stop()
    assert not len(desk.state.tree)


def test_a_peer_that_forks_for_ever_holds_one_run_at_a_time():
    desk = Desk()
    peer = desk.peer(LONG)
    for fork in range(20):
        line = branch(0, 20, b"%d" % fork)
        desk.contact(peer).ask_ms = 0
        desk.contact(peer).whole = True
        if not desk.contact(peer).waiting:
            desk.wait(100)
        desk.show(peer, line)
        assert len(desk.state.tree) <= 40  # its run and the course


def test_the_lightest_run_makes_room(monkeypatch):
    monkeypatch.setattr(numbers, "HEADERS_HELD", 100)
    desk = Desk()
    best = desk.peer(TRUNK[:60])
    desk.show(best, TRUNK[:60])
    light, heavier = branch(0, 20, b"light"), branch(0, 40, b"more")
    one = desk.peer(light, work=10**6)
    desk.show(one, light)
    assert len(desk.state.tree) == 80
    other = desk.peer(heavier, work=10**6)
    desk.show(other, heavier)
    assert len(desk.state.tree) <= 100
    assert desk.contact(one).tip == b"" and desk.contact(other).tip == heavier[-1].hash
    assert desk.state.course.tip.hash == TRUNK[59].hash


def test_a_run_without_room_is_measured_and_takes_over_if_it_is_heavier(monkeypatch):
    monkeypatch.setattr(numbers, "HEADERS_HELD", 100)
    desk = Desk()
    best = desk.peer(TRUNK[:90])
    desk.show(best, TRUNK[:90])
    other = desk.peer(LONG)
    desk.show(other, LONG[:HEADERS_MOST])
    assert desk.contact(other).survey is not None and len(desk.state.tree) <= 100
    (ask,) = desk.sent(other, m.GetHeaders)
    assert ask.locator[0] == LONG[HEADERS_MOST - 1].hash
    desk.show(other, LONG[HEADERS_MOST:])
    assert desk.contact(other).measured == work_of(LONG)
    desk.wait(numbers.ASK_AGAIN_MS + 100)
    follow(desk, other, LONG)
    assert len(desk.state.tree) <= 100
    assert desk.state.course.at(1) == LONG[0].hash


def test_a_run_without_room_that_is_lighter_changes_nothing(monkeypatch):
    monkeypatch.setattr(numbers, "HEADERS_HELD", 100)
    desk = Desk()
    best = desk.peer(TRUNK[:100])
    desk.show(best, TRUNK[:100])
    light = branch(0, 20, b"light")
    other = desk.peer(light, work=10**6)
    desk.show(other, light)
    assert desk.contact(other).tip == b"" and desk.contact(other).survey is None
    assert desk.contact(other).measured == work_of(light)
    assert desk.state.course.tip.hash == TRUNK[99].hash and len(desk.state.tree) == 100


def test_a_chain_longer_than_the_room_is_taken_piece_by_piece(monkeypatch):
    monkeypatch.setattr(numbers, "HEADERS_HELD", 60)
    net = new_net()
    full, empty = net.add(ledger(LONG)), net.add(ledger())
    net.join(empty, full)
    most = 0

    def done():
        nonlocal most
        most = max(most, len(empty.sync._state.tree))
        return empty.height == 280

    assert net.run(120_000, done)
    assert most <= 60 and not empty.offences and not full.offences


@pytest.mark.parametrize("heavy_first", [True, False])
def test_two_chains_longer_than_the_room_end_at_the_heavier(monkeypatch, heavy_first):
    monkeypatch.setattr(numbers, "HEADERS_HELD", 60)
    net = new_net()
    lines = (LONG, LIGHT) if heavy_first else (LIGHT, LONG)
    empty = net.add(ledger())
    for line in lines:
        net.join(empty, net.add(ledger(line)))
    assert net.run(600_000, lambda: empty.ledger.head().hash == LONG[-1].hash)
    assert not empty.offences


# ------------------------------------------------------------------ depth


def settled(line, **local) -> Desk:
    """A desk whose first synchronisation is over, so that maxReorg binds."""
    desk = Desk(line, network=network(**local))
    peer = desk.peer(line)
    desk.wait(200)
    assert not desk.state.first
    desk.lose(peer)
    return desk


def alarms(desk) -> list[actions.RefusedBranch]:
    return [one for one in desk.log if isinstance(one, actions.RefusedBranch)]


def test_a_branch_that_forks_too_deep_is_measured_alarmed_about_and_not_asked_for():
    desk = settled(TRUNK[:50], max_reorg_blocks=10)
    side = branch(30, 40, b"deep")
    peer = desk.peer(side)
    follow(desk, peer, side)
    assert not len(desk.state.tree) and not desk.sent(peer, m.GetBodies)
    (alarm,) = alarms(desk)
    assert alarm == actions.RefusedBranch(side[-1].hash, 70, side[-1].work, 30)
    assert not desk.offences()
    desk.wait(60_000)
    assert len(alarms(desk)) == 1 and not desk.imports


def test_one_as_deep_as_allowed_is_followed():
    desk = settled(TRUNK[:50], max_reorg_blocks=20)
    side = branch(30, 40, b"deep")
    peer = desk.peer(side)
    follow(desk, peer, side)
    assert desk.state.course.tip.hash == side[-1].hash and not alarms(desk)


def test_a_deep_branch_with_less_work_is_no_reason_for_an_alarm():
    desk = settled(TRUNK[:50], max_reorg_blocks=10)
    side = branch(0, 40, b"deep")
    peer = desk.peer(side, work=10**9)
    follow(desk, peer, side)
    assert not alarms(desk) and not len(desk.state.tree)
    assert peer.work == work_of(side)  # the claim is corrected


def test_while_syncing_any_depth_is_followed():
    desk = Desk(TRUNK[:50], network=network(max_reorg_blocks=10))
    side = branch(0, 90, b"deep")
    peer = desk.peer(side)
    follow(desk, peer, side)
    assert desk.state.course.tip.hash == side[-1].hash and not alarms(desk)


def test_what_was_pruned_binds_even_while_syncing():
    desk = Desk(TRUNK[:50], network=network(max_reorg_blocks=1_000))
    desk.ledger.keeps = replace(desk.ledger.keeps, state_from=40)
    side = branch(39, 40, b"deep")
    peer = desk.peer(side)
    follow(desk, peer, side)
    assert not desk.state.course and len(alarms(desk)) == 1
    fine = branch(40, 40, b"deep")
    other = desk.peer(fine)
    follow(desk, other, fine)
    assert desk.state.course.tip.hash == fine[-1].hash


def test_a_run_that_has_become_too_deep_is_left():
    """Its headers were taken while syncing; then the node settled on its own chain and grew."""
    desk = Desk(TRUNK[:50], network=network(max_reorg_blocks=10))
    side = branch(30, 40, b"deep")
    peer = desk.peer(side)
    follow(desk, peer, side)
    desk.state.first = False
    desk.state.course.stop()
    desk.wait(100)
    assert not desk.state.course and len(alarms(desk)) == 1


# ------------------------------------------------------------------ least work


def test_below_the_least_work_no_bodies_are_asked_for():
    least = TRUNK[49].work
    desk = Desk(network=network(minimum_work=least))
    poor = desk.peer(TRUNK[:49], outbound=False)
    desk.show(poor, TRUNK[:49])
    desk.wait(1_000)
    assert desk.state.course and not poor.closing
    assert not desk.contact(poor).requests and not desk.contact(poor).owed  # never once asked
    rich = desk.peer(TRUNK[:50])
    follow(desk, rich, TRUNK[:50])
    desk.wait(200)
    assert desk.contact(poor).requests and desk.contact(rich).requests


def test_a_peer_of_our_choice_whose_whole_chain_has_less_is_let_go_kindly():
    desk = Desk(network=network(minimum_work=TRUNK[49].work))
    poor = desk.peer(TRUNK[:49])
    desk.show(poor, TRUNK[:49])
    assert desk.closed() == {poor.conn: "low_work"} and not desk.offences()


def test_the_least_work_may_lie_beyond_the_room_for_headers(monkeypatch):
    monkeypatch.setattr(numbers, "HEADERS_HELD", 60)
    net = new_net()
    full = net.add(ledger(LONG))
    empty = net.add(ledger())
    empty.ledger.network = empty.ctx.network = network(minimum_work=LONG[-1].work)
    net.join(empty, full)
    assert net.run(120_000, lambda: empty.height == 280)


def test_the_first_synchronisation_goes_on_until_the_least_work_is_there():
    desk = Desk(TRUNK[:10], network=network(minimum_work=TRUNK[20].work))
    desk.peer(TRUNK[:10], outbound=False)
    desk.wait(2_000)
    assert desk.state.first

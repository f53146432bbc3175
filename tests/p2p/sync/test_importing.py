"""Blocks to the importer, its verdicts, and what follows from them."""

from __future__ import annotations

import pytest

from consensus import errors
from core.errors import EncodingRefused
from p2p.rules import actions
from p2p.rules.sync import numbers
from p2p.rules.wire import messages as m
from tests.p2p.sync.chains import BUILDER, GENESIS, TRUNK, branch
from tests.p2p.sync.desk import Desk

LINE = TRUNK[:12]


def given(line=LINE, count=8, **facts):
    """A desk to which a peer has shown a line and given its first blocks."""
    desk = Desk(**facts)
    peer = desk.peer(line)
    desk.show(peer, line)
    for made in line[:count]:
        if made.hash in desk.contact(peer).owed:
            desk.give(peer, made)
    return desk, peer


def test_verdicts_move_the_course_on_and_useful_peers_are_known():
    desk, peer = given()
    while desk.imports:
        desk.judge()
    assert desk.ledger.head().hash == LINE[7].hash
    assert desk.state.course.base == 8 and len(desk.state.tree) == 4
    assert peer.useful_ms
    for made in LINE[8:]:
        desk.give(peer, made)
        desk.judge()
    assert desk.ledger.head().hash == LINE[-1].hash
    assert not desk.state.course and not len(desk.state.tree)


def test_no_more_blocks_wait_for_their_verdict_than_allowed(monkeypatch):
    monkeypatch.setattr(numbers, "IMPORTS_OPEN", 3)
    desk, _ = given()
    assert len(desk.imports) == 3
    desk.judge()
    assert len(desk.imports) == 3


def test_their_bytes_are_bounded_too(monkeypatch):
    monkeypatch.setattr(numbers, "IMPORT_BYTES", 2 * len(LINE[0].raw))
    desk, _ = given()
    assert len(desk.imports) == 2


def test_an_invalid_block_is_the_fault_of_all_who_vouch_for_it():
    desk, peer = given(poison=[LINE[2].hash])
    other = desk.peer(LINE)
    desk.show(other, LINE[10:])
    innocent = desk.peer(LINE[:2])
    desk.judge()
    desk.judge()
    assert not desk.offences()
    desk.judge()
    assert desk.offences() == ["block_invalid", "block_invalid"]
    assert peer.closing and other.closing and not innocent.closing
    assert all(made.hash in desk.state.bad for made in LINE[2:])
    assert not desk.state.course and desk.ledger.head().hash == LINE[1].hash
    while desk.imports:
        desk.judge("orphan")
    assert not desk.imports


def test_a_block_below_that_turns_out_invalid_in_a_reorganisation_condemns_the_branch():
    side = branch(2, 12, b"side")
    desk = Desk(TRUNK[:6], poison=[side[3].hash])
    desk.ledger.poison = frozenset([side[3].hash])
    peer = desk.peer(side)
    desk.show(peer, side[2:])
    for made in side[2:8]:
        desk.give(peer, made)
    while desk.imports:
        desk.judge()
    assert desk.offences() == ["block_invalid"]
    assert side[3].hash in desk.state.bad and side[-1].hash in desk.state.bad
    assert desk.ledger.head().hash == TRUNK[5].hash and not len(desk.state.tree)


def test_the_nodes_own_failure_is_nobodys_fault_and_tried_again_ever_later():
    desk, _ = given()
    waits = []
    for _ in range(4):
        count = len(desk.imports)
        for _ in range(count):
            desk.judge(fault=True)
        assert not desk.imports
        start = desk.ms
        while not desk.imports:
            desk.wait(100)
        waits.append(desk.ms - start)
    assert waits == sorted(waits) and waits[0] >= numbers.FAULT_MS and waits[-1] > 4 * waits[0]
    assert [one.hash for one in desk.imports] == [made.hash for made in LINE[:8]]
    while desk.imports:
        desk.judge()
    assert desk.ledger.head().hash == LINE[7].hash and not desk.offences()


def test_after_a_success_the_pauses_begin_anew():
    desk, _ = given()
    for _ in range(3):
        while desk.imports:
            desk.judge(fault=True)
        desk.wait(numbers.FAULT_MOST_MS)
    desk.judge()
    while desk.imports:
        desk.judge(fault=True)
    desk.wait(numbers.FAULT_MS + 200)
    assert desk.imports


def test_an_orphan_is_handed_over_again_once_the_rest_is_judged():
    desk, _ = given()
    desk.judge()
    desk.judge("orphan")
    count = len(desk.imports)
    for _ in range(count):
        desk.judge("orphan")
    assert not desk.imports
    desk.wait(numbers.FAULT_MS + 200)
    assert [one.height for one in desk.imports] == list(range(2, 9))
    assert not desk.offences()


def test_a_block_that_is_early_waits_for_its_time():
    early = BUILDER.make(GENESIS, time=Desk().wall_ms + 20_000)
    desk, _ = given([early], 1)
    assert not desk.imports
    desk.wait(14_000)
    assert not desk.imports
    desk.wait(1_500)
    assert [one.hash for one in desk.imports] == [early.hash]
    desk.judge("early")  # the importer's clock may differ
    desk.wait(numbers.FAULT_MS + 200)
    assert [one.hash for one in desk.imports] == [early.hash]
    desk.judge("known")
    assert not desk.state.course and not desk.offences()


@pytest.mark.parametrize("refusal", [errors.RootMismatch("x"), EncodingRefused("x")])
def test_a_refused_body_is_its_senders_and_the_block_asked_for_again(refusal):
    desk, peer = given(count=1)
    desk.judge(refusal=refusal)
    assert desk.offences() == ["body_swapped"] and not peer.closing
    assert LINE[0].hash not in desk.state.bad and desk.state.course.next == 0
    other = desk.peer(LINE)
    assert LINE[0].hash in [h for ask in desk.sent(other, m.GetBodies) for h in ask.hashes]


def test_a_branch_that_the_importer_will_not_follow_is_left_alone_for_a_while():
    desk, peer = given()
    desk.judge(refusal=errors.ReorgTooDeep("x", depth=1, most=0, fork=0))
    assert not desk.offences() and LINE[0].hash not in desk.state.bad
    assert not desk.state.course
    for _ in range(len(desk.imports)):
        desk.judge("orphan")
    desk.wait(10_000)
    assert not desk.state.course
    desk.tell(peer, LINE[-1:])  # a sign of life, or the connection is closed as silent
    desk.wait(numbers.AVOID_MS - 10_000 + 200)
    assert desk.state.course


def test_verdicts_on_blocks_of_others_count_too():
    """A block that gossip put together and handed over itself."""
    desk = Desk(TRUNK[:10])
    peer = desk.peer(TRUNK[:10])
    desk.sync.assembling(TRUNK[10].hash)
    desk.tell(peer, TRUNK[10:11])
    assert desk.state.course.tip.hash == TRUNK[10].hash
    desk.imports.append(actions.ImportBlock(TRUNK[10].hash, 11, TRUNK[10].raw))
    desk.judge()
    assert not desk.state.course and not len(desk.state.tree)
    desk.tell(peer, TRUNK[11:12])
    desk.imports.append(actions.ImportBlock(TRUNK[11].hash, 12, TRUNK[11].raw))
    desk.judge(refusal=errors.StateRootWrong("x"))
    assert TRUNK[11].hash in desk.state.bad and desk.offences() == ["block_invalid"]
    foreign = branch(0, 1, b"f")[0]
    for outcome in ("early", "orphan", "side"):
        desk.imports.append(actions.ImportBlock(foreign.hash, 1, foreign.raw))
        desk.judge(outcome)
    desk.imports.append(actions.ImportBlock(foreign.hash, 1, foreign.raw))
    desk.judge(refusal=errors.RootMismatch("x"))
    assert desk.offences() == ["block_invalid"]


def test_a_head_that_moves_by_itself_moves_the_course():
    desk, _ = given(count=0)
    for made in LINE[:5]:
        desk.ledger.take(made.raw, desk.wall_ms)
        desk.head_moved()
    assert desk.state.course.base == 5 and len(desk.state.tree) == len(LINE) - 5
    for made in branch(5, 20, b"mine")[5:]:
        desk.ledger.take(made.raw, desk.wall_ms)
        desk.head_moved()
    assert not desk.state.course  # our own chain has more work now

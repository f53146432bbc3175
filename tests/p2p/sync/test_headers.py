"""Headers: asking for them, and what is made of the answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2p.rules.limits import HEADERS_MOST
from p2p.rules.sync import numbers
from p2p.rules.wire import messages as m
from tests.p2p.sync.chains import BUILDER, GENESIS, TRUNK, branch
from tests.p2p.sync.desk import Desk, raws
from tests.support import seal

SIDE = branch(50, 40, b"side")


def spoiled(made, **changes) -> bytes:
    """The header of a block with fields altered, sealed again."""
    return seal(replace(made.header, **changes)).encoded


def test_a_peer_with_more_work_is_asked_at_once_and_another_only_if_it_is_ours():
    desk = Desk(TRUNK[:10])
    ahead = desk.peer(TRUNK[:20], outbound=False)
    assert desk.sent(ahead, m.GetHeaders)
    behind = desk.peer(branch(0, 2), outbound=False)
    assert not desk.sent(behind, m.GetHeaders)
    own_choice = desk.peer(branch(0, 2), outbound=True)
    assert desk.sent(own_choice, m.GetHeaders)


def test_a_peer_at_our_head_is_asked_again_after_a_while():
    desk = Desk(TRUNK[:10])
    peer = desk.peer(TRUNK[:10])
    assert not desk.sent(peer, m.GetHeaders)
    assert not [
        a for a in desk.wait(numbers.ASK_OUTBOUND_MS - 200) if desk.sent(peer, m.GetHeaders)
    ]
    desk.wait(400)
    (ask,) = desk.sent(peer, m.GetHeaders)
    assert ask.locator[0] == TRUNK[9].hash
    desk.show(peer, [])
    assert desk.contact(peer).whole and not desk.offences()


def test_answers_are_followed_batch_by_batch_until_one_is_short():
    line = branch(0, 280, b"long")
    desk = Desk()
    peer = desk.peer(line)
    (first,) = desk.sent(peer, m.GetHeaders)
    assert first.locator == (GENESIS.hash,)
    desk.show(peer, line[:HEADERS_MOST])
    (second,) = desk.sent(peer, m.GetHeaders)
    assert second.locator[0] == line[HEADERS_MOST - 1].hash
    assert second.locator[-1] == GENESIS.hash
    assert not desk.contact(peer).whole
    desk.show(peer, line[HEADERS_MOST:])
    assert desk.contact(peer).whole and not desk.sent(peer, m.GetHeaders)
    assert peer.head == line[-1].hash and peer.height == 280 and peer.work == line[-1].work


def test_a_claim_is_replaced_by_what_is_shown():
    desk = Desk(TRUNK[:10])
    peer = desk.peer(branch(0, 2), work=2**200)
    desk.show(peer, [])
    assert peer.work == 0
    assert not desk.offences()


def test_headers_that_were_not_asked_for_are_refused():
    desk = Desk()
    peer = desk.peer([])
    desk.show(peer, TRUNK[:2])
    assert desk.offences() == ["unasked"]


def test_headers_that_do_not_follow_the_locator_are_refused():
    desk = Desk()
    peer = desk.peer(TRUNK)
    desk.show(peer, TRUNK[1:3])
    assert desk.offences() == ["headers_detached"]
    assert not len(desk.state.tree)


def test_headers_that_are_not_in_a_row_are_refused():
    desk = Desk()
    peer = desk.peer(TRUNK)
    desk.show(peer, [TRUNK[0], TRUNK[2]])
    assert desk.offences() == ["headers_detached"]


def test_bytes_that_are_no_header_are_refused():
    desk = Desk()
    peer = desk.peer(TRUNK)
    desk.say(peer, m.Headers((b"\x80",), asked=True))
    assert desk.offences() == ["malformed"] and peer.closing


@pytest.mark.parametrize(
    "changes",
    [{"theta": 2_000_001}, {"base_fee": 2}, {"mix": bytes(32)}, {"psi": 1}, {"gas_limit": 1}],
)
def test_a_header_that_breaks_a_rule_is_refused_with_all_above(changes):
    desk = Desk()
    peer = desk.peer(TRUNK)
    desk.say(peer, m.Headers((*raws(TRUNK[:2]), spoiled(TRUNK[2], **changes)), asked=True))
    assert desk.offences() == ["header_invalid"] and peer.closing
    desk.lose(peer)
    assert not len(desk.state.tree)


def test_a_header_without_its_work_is_refused():
    desk = Desk()
    peer = desk.peer(TRUNK)
    header = TRUNK[0].header
    while header.draw < 2**253:
        header = header.sealed((int.from_bytes(header.nonce, "little") + 1).to_bytes(8, "little"))
    desk.say(peer, m.Headers((header.encoded,), asked=True))
    assert desk.offences() == ["header_invalid"]


def test_a_header_of_other_rules_ends_the_connection_without_a_ban():
    desk = Desk()
    peer = desk.peer(TRUNK)
    pins = replace(TRUNK[0].header.policy, zk=bytes(32))
    desk.say(peer, m.Headers((spoiled(TRUNK[0], policy=pins),), asked=True))
    assert desk.closed() == {peer.conn: "other_rules"} and not desk.offences()


def test_a_header_too_far_in_the_future_costs_little_and_the_peer_rests():
    desk = Desk()
    peer = desk.peer(TRUNK)
    far = BUILDER.make(TRUNK[0], time=desk.wall_ms + 100_000)
    desk.show(peer, [TRUNK[0], far])
    assert desk.offences() == ["clock"] and desk.points(peer) == 5 and not peer.closing
    assert desk.contact(peer).tip == TRUNK[0].hash
    asks = [one for one in desk.wait(60_000) if one.__class__.__name__ == "Send"]
    assert len(asks) < 10  # the body, pings; no headers
    assert desk.offences() == ["clock"]


def test_the_future_that_is_waited_for_is_kept():
    desk = Desk()
    peer = desk.peer(TRUNK)
    soon = BUILDER.make(GENESIS, time=desk.wall_ms + 30_000)
    desk.show(peer, [soon])
    assert desk.contact(peer).tip == soon.hash and not desk.offences()


# ------------------------------------------------------------------ where chains part


def test_a_fork_is_found_by_the_locator_and_headers_are_shared():
    desk = Desk(TRUNK[:60])
    one = desk.peer(SIDE)
    (ask,) = desk.sent(one, m.GetHeaders)
    heights = [made.height for hash in ask.locator for made in TRUNK if made.hash == hash]
    assert heights[:8] == list(range(59, 51, -1)) and ask.locator[-1] == GENESIS.hash
    start = next(place for place, made in enumerate(SIDE) if made.header.parent in ask.locator)
    below = max(h for h in heights if h <= 50)
    assert start <= below
    desk.show(one, SIDE[below:])
    assert len(desk.state.tree) == 40
    other = desk.peer(SIDE)
    assert len(desk.state.tree) == 40
    assert desk.contact(other).tip == SIDE[-1].hash


def test_a_peer_is_first_asked_from_the_course_so_that_headers_come_once():
    desk = Desk()
    one = desk.peer(TRUNK)
    desk.show(one, TRUNK[:100])
    other = desk.peer(branch(100, 1), outbound=True)
    (ask,) = desk.sent(other, m.GetHeaders)
    assert ask.locator[0] == TRUNK[98].hash  # what lies above the end's parent tells who has it
    desk.show(other, TRUNK[99:101])
    assert desk.contact(other).tip == TRUNK[100].hash


def test_a_peer_on_another_branch_is_then_followed_along_its_own_chain():
    """A peer that shares only little of the course must not be asked for the same for ever."""
    desk = Desk()
    one = desk.peer(TRUNK)
    desk.show(one, TRUNK)
    long = branch(0, 280, b"other")
    other = desk.peer(long)
    (ask,) = desk.sent(other, m.GetHeaders)
    assert GENESIS.hash in ask.locator
    desk.show(other, long[:HEADERS_MOST])
    (ask,) = desk.sent(other, m.GetHeaders)
    assert ask.locator[0] == long[HEADERS_MOST - 1].hash


def test_known_headers_in_full_batches_lead_on():
    line = branch(0, 280, b"long")
    desk = Desk()
    one = desk.peer(line)
    desk.show(one, line[:HEADERS_MOST])
    desk.show(one, line[HEADERS_MOST:])
    other = desk.peer(branch(200, 90, b"2"), work=line[-1].work + 1)
    (ask,) = desk.sent(other, m.GetHeaders)
    desk.show(other, line[:HEADERS_MOST])  # as if its chain parted below
    (ask,) = desk.sent(other, m.GetHeaders)
    assert ask.locator[0] == line[HEADERS_MOST - 1].hash
    assert desk.contact(other).own


def test_two_peers_are_not_asked_for_the_same_headers_at_once():
    line = branch(0, 280, b"long")
    desk = Desk()
    one, other = desk.peer(line), desk.peer(line)
    desk.show(one, line[:HEADERS_MOST])
    assert desk.sent(one, m.GetHeaders)
    desk.show(other, line[:HEADERS_MOST])
    assert not desk.sent(other, m.GetHeaders)
    desk.show(one, line[HEADERS_MOST:])
    desk.wait(numbers.ASK_AGAIN_MS)
    assert desk.contact(other).asked is not None or desk.contact(other).whole


# ------------------------------------------------------------------ silence


def test_who_does_not_answer_is_asked_again_and_not_blamed_and_a_late_answer_is_taken():
    desk = Desk()
    peer = desk.peer(TRUNK)
    asks = 1
    for _ in range(600):
        desk.wait(100)
        asks += len(desk.sent(peer, m.GetHeaders))
        if asks == 2:
            break
    assert asks == 2
    desk.show(peer, TRUNK[:5])
    assert desk.contact(peer).tip == TRUNK[4].hash
    desk.show(peer, TRUNK[:5])
    assert not desk.offences()
    desk.show(peer, TRUNK[:5])
    assert desk.offences() == ["unasked"]


# ------------------------------------------------------------------ news


def test_news_that_connects_extends_the_peers_run():
    desk = Desk(TRUNK[:10])
    peer = desk.peer(TRUNK[:10])
    desk.tell(peer, TRUNK[10:12])
    assert desk.contact(peer).tip == TRUNK[11].hash
    assert (peer.head, peer.height, peer.work) == (TRUNK[11].hash, 12, TRUNK[11].work)
    desk.wait(numbers.NEWS_WAIT_MS)
    (ask,) = desk.sent(peer, m.GetBodies)
    assert TRUNK[11].hash in ask.hashes


def test_news_that_does_not_connect_leads_to_a_question():
    desk = Desk(TRUNK[:10])
    peer = desk.peer(TRUNK[:10])
    desk.tell(peer, TRUNK[14:15])
    (ask,) = desk.sent(peer, m.GetHeaders)
    assert TRUNK[9].hash in ask.locator or TRUNK[8].hash in ask.locator
    desk.tell(peer, TRUNK[15:16])
    assert not desk.sent(peer, m.GetHeaders)  # one question at a time


def test_news_must_be_of_few_headers_with_work_and_of_this_network():
    for line, offence in (((), "malformed"), (TRUNK[: numbers.NEWS_MOST + 1], "malformed")):
        desk = Desk()
        desk.tell(desk.peer([]), line)
        assert desk.offences() == [offence]
    desk = Desk()
    peer = desk.peer([])
    cheap = TRUNK[20].header
    while cheap.draw < 2**254:
        cheap = cheap.sealed((int.from_bytes(cheap.nonce, "little") + 1).to_bytes(8, "little"))
    desk.say(peer, m.Headers((cheap.encoded,), asked=False))
    assert desk.offences() == ["header_invalid"]
    desk = Desk()
    peer = desk.peer([])
    desk.say(peer, m.Headers((spoiled(TRUNK[20], chain=5),), asked=False))
    assert desk.closed() == {peer.conn: "other_rules"}


def test_a_header_heard_by_gossip_is_news_too():
    desk = Desk(TRUNK[:10])
    peer = desk.peer(TRUNK[:10])
    desk.sync.heard(peer, TRUNK[10].header)
    assert desk.contact(peer).tip == TRUNK[10].hash
    desk.lose(peer)
    desk.sync.heard(peer, TRUNK[11].header)  # gone: nothing happens


def test_a_chain_on_a_refused_block_is_refused_at_its_first_header():
    desk = Desk(TRUNK[:3], poison=[TRUNK[3].hash])
    peer = desk.peer(TRUNK[:6])
    desk.show(peer, TRUNK[2:6])
    desk.give(peer, TRUNK[3])
    desk.judge()
    assert desk.offences() == ["block_invalid"] and peer.closing
    assert not len(desk.state.tree) and not desk.state.course
    for line in (TRUNK[2:4], TRUNK[2:6]):
        other = desk.peer(TRUNK[:6])
        desk.show(other, line)
        assert desk.offences()[-1] == "header_invalid" and other.closing

"""The way to the engine: who comes first, and what is bounded."""

from __future__ import annotations

from threading import Thread

import pytest

from p2p.net import inbox as module
from p2p.net.inbox import Inbox, LookAtHead
from p2p.net.limits import LANE_BYTES, LANE_EVENTS, NEWS_MOST, REMOVED_MOST
from p2p.rules.events import MessageReceived, PeerLost, Tick, TxEntered


@pytest.fixture
def room() -> list[int]:
    return []


@pytest.fixture
def box(room: list[int]) -> Inbox:
    return Inbox(room.append)


def message(conn: int, size: int = 1) -> MessageReceived:
    return MessageReceived(conn, bytes(size))


def drain(box: Inbox) -> list[object]:
    found = []
    while (item := box.take(0)) is not None:
        found.append(item)
    return found


def test_what_the_node_itself_says_comes_first(box):
    box.post_of(1, message(1))
    box.head_moved()
    box.post(Tick())
    assert drain(box) == [Tick(), LookAtHead(()), message(1)]


def test_connections_take_turns_and_keep_their_own_order(box):
    for size in (1, 2, 3):
        box.post_of(1, message(1, size))
    box.post_of(2, message(2, 9))
    box.post_of(1, PeerLost(1, "gone"))
    assert drain(box) == [
        message(1, 1),
        message(2, 9),
        message(1, 2),
        message(1, 3),
        PeerLost(1, "gone"),
    ]


def test_news_and_connections_do_not_shut_each_other_out(box):
    for number in range(3):
        box.tell(TxEntered(bytes([number])))
        box.post_of(1, message(1, number + 1))
    kinds = [type(item) for item in drain(box)]
    assert kinds[:4] in ([TxEntered, MessageReceived] * 2, [MessageReceived, TxEntered] * 2)
    assert len(kinds) == 6


def test_the_head_is_looked_at_once_however_often_it_moved(box):
    box.head_moved()
    box.head_moved((b"a", b"b"))
    box.head_moved((b"c",))
    assert drain(box) == [LookAtHead((b"a", b"b", b"c"))]
    box.head_moved()
    assert drain(box) == [LookAtHead(())]


def test_of_too_much_news_the_oldest_goes(box):
    for number in range(NEWS_MOST + 5):
        box.tell(TxEntered(number.to_bytes(4, "big")))
        box.head_moved((number.to_bytes(4, "big"),))
    look, *news = drain(box)
    assert len(look.removed) == REMOVED_MOST
    assert [item.txid for item in news] == [
        number.to_bytes(4, "big") for number in range(5, NEWS_MOST + 5)
    ]


def test_a_lane_with_many_events_is_held_until_it_is_half_empty(box, room):
    told = [box.post_of(1, message(1)) for _ in range(LANE_EVENTS + 1)]
    assert told == [True] * (LANE_EVENTS - 1) + [False] * 2
    assert box.post_of(2, message(2))
    while len(box._lanes[1].events) > LANE_EVENTS // 2 + 1:
        box.take(0)
        assert room == []
    box.take(0)
    assert room == [1]
    drain(box)
    assert room == [1] and box._lanes == {}


def test_a_lane_with_many_bytes_is_held_too(box, room):
    assert box.post_of(1, message(1, LANE_BYTES - 1))
    assert not box.post_of(1, message(1, 1))
    box.take(0)
    assert room == [1]


def test_one_message_longer_than_a_lane_passes(box, room):
    assert not box.post_of(1, message(1, 2 * LANE_BYTES))
    assert box.take(0) == message(1, 2 * LANE_BYTES)
    assert room == [1]


def test_the_end_of_a_held_connection_is_heard(box, room):
    for _ in range(LANE_EVENTS):
        box.post_of(1, message(1))
    box.post_of(1, PeerLost(1, "gone"))
    assert drain(box)[-1] == PeerLost(1, "gone")
    assert box.post_of(1, message(1))


def test_who_waits_is_woken(box):
    found: list[object] = []
    thread = Thread(target=lambda: found.append(box.take(30)))
    thread.start()
    box.post_of(1, message(1))
    thread.join(30)
    assert found == [message(1)]


def test_nobody_waits_for_a_closed_box(box):
    box.close()
    assert box.take(3_600) is None
    box.post(Tick())
    assert box.take(3_600) == Tick()


def test_the_numbers_are_those_of_the_limits():
    assert (module.LANE_EVENTS, module.LANE_BYTES) == (512, 2 * 1024 * 1024)

"""Connections over TCP: real sockets, real sessions, the test in the engine's place."""

from __future__ import annotations

import socket
from concurrent.futures import Future
from threading import Thread

import pytest

from p2p.net import connection, switchboard
from p2p.net.inbox import Inbox
from p2p.net.limits import LANE_EVENTS, READ_BYTES
from p2p.rules import limits
from p2p.rules.actions import Close, Dial, Send
from p2p.rules.addresses import Address, parse
from p2p.rules.events import DialFailed, MessageReceived, PeerConnected, PeerLost, Writable
from p2p.rules.session import Terms
from p2p.signer import SigningFailed
from tests.p2p.net.ends import WAIT_S, RawPeer, Side, key_of


def meet(first: Side, second: Side) -> tuple[PeerConnected, PeerConnected]:
    outbound = second.dial(first.address)
    assert isinstance(outbound, PeerConnected)
    return first.event(PeerConnected), outbound


# ------------------------------------------------------------------ meeting


def test_two_sides_meet_and_talk(make):
    first, second = make(1), make(2)
    inbound, outbound = meet(first, second)
    assert (inbound.id, inbound.outbound, inbound.purpose) == (second.identity.id, False, "")
    assert (outbound.id, outbound.outbound, outbound.purpose) == (first.identity.id, True, "asked")
    assert outbound.address == first.address and inbound.address.host == "127.0.0.1"
    said = [b"a", bytes(100_000), b"b" * 3_000_000, b"c"]
    second.perform(*(Send(outbound.conn, each) for each in said))
    first.perform(*(Send(inbound.conn, each) for each in reversed(said)))
    assert first.messages(4) == said
    assert second.messages(4) == said[::-1]
    received, sent = first.net.switchboard.totals()
    assert min(received, sent) > sum(map(len, said))
    assert first.net.switchboard.traffic(inbound.conn) == (received, sent)
    assert first.net.switchboard.handshakes == {"done": 1}


def test_both_ends_hear_of_the_end(make):
    first, second = make(1), make(2)
    inbound, outbound = meet(first, second)
    first.perform(Send(inbound.conn, b"farewell"), Close(inbound.conn, "goodbye"))
    assert first.event(PeerLost) == PeerLost(inbound.conn, "goodbye")
    assert second.messages(1) == [b"farewell"]
    assert second.event(PeerLost).conn == outbound.conn
    first.perform(Send(inbound.conn, b"too late"), Close(inbound.conn, "again"))
    assert isinstance(second.dial(first.address), PeerConnected)


def test_nobody_there(side):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        address = parse(f"127.0.0.1:{sock.getsockname()[1]}")
        failed = side.dial(address)
    assert (failed.address, failed.code) == (address, "")
    assert "refused" in failed.reason.lower()


def test_no_answer_in_time(side, monkeypatch):
    async def never(address, attach):
        await switchboard.asyncio.Event().wait()

    monkeypatch.setattr(switchboard, "DIAL_MS", 50)
    side.net.switchboard._dialler = never
    assert side.dial(parse("192.0.2.1:1")).reason == "no answer"


def test_dials_at_once_are_bounded(side, monkeypatch):
    monkeypatch.setattr(switchboard, "DIALS_MOST", 0)
    assert "too many" in side.dial(side.address).reason


def test_a_transport_that_this_node_lacks(side):
    assert side.dial(parse("quic://127.0.0.1:9")).code == "p2p.address_invalid"


def test_a_node_of_another_chain_is_told_so(make):
    first = make(1)
    other = make(2, terms=Terms(1, 2, b"\x01" * 32, b"\x02" * 32))
    failed = other.dial(first.address)
    assert failed.code == "p2p.refused_by_peer" and "chain" in failed.reason
    first.until(lambda: first.net.switchboard.handshakes["p2p.chain_differs"] == 1)
    assert first.inbox.take(0) is None


def test_whoever_hangs_up_in_a_handshake_answered_nothing(side):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = parse(f"127.0.0.1:{server.getsockname()[1]}")
        side.perform(Dial(address, "outbound"))
        server.accept()[0].close()
        failed = side.event(DialFailed)
    assert (failed.address, failed.code) == (address, "")


# ------------------------------------------------------------------ strangers


def ends(sock: socket.socket) -> bool:
    """Whether the other side ends the stream, having said nothing."""
    sock.settimeout(WAIT_S)
    try:
        return sock.recv(1) == b""
    except ConnectionError:
        return True


def knock(side: Side) -> socket.socket:
    return socket.create_connection(("127.0.0.1", side.port), timeout=WAIT_S)


def test_a_half_open_connection_ends(side, monkeypatch):
    monkeypatch.setattr(limits, "HANDSHAKE_MS", 200)
    with knock(side) as sock:
        assert ends(sock)
    side.until(lambda: side.net.switchboard.handshakes["p2p.handshake_timeout"] == 1)


def test_a_giant_length_is_refused_before_its_bytes_come(side):
    with knock(side) as sock:
        sock.sendall(b"\xff\xff\xff\xff")
        while sock.recv(4_096):
            pass
    side.until(lambda: side.net.switchboard.handshakes["p2p.handshake_too_long"] == 1)


def test_a_giant_frame_ends_a_session(side):
    peer = RawPeer(side)
    peer.socket.sendall(b"\xff\xff\xff\xff")
    assert side.event(PeerLost) == PeerLost(peer.conn, "p2p.frame_too_long")


def test_handshakes_at_once_are_bounded(side, monkeypatch):
    monkeypatch.setattr(switchboard, "HANDSHAKES_MOST", 2)
    with knock(side), knock(side):
        side.until(lambda: len(side.net.switchboard._connections) == 2)
        with knock(side) as third:
            assert ends(third)
        assert side.net.switchboard.handshakes["handshakes"] == 1
        assert len(side.net.switchboard._connections) == 2


def test_connections_are_bounded(side, monkeypatch):
    monkeypatch.setattr(switchboard, "CONNECTIONS_MOST", 0)
    with knock(side) as sock:
        assert ends(sock)
    assert side.net.switchboard.handshakes == {"connections": 1}


def test_who_is_banned_gets_no_handshake(side):
    side.net.switchboard.doors.banned = lambda address: address.host == "127.0.0.1"
    with knock(side) as sock:
        assert ends(sock)
    assert side.net.switchboard.handshakes == {"banned": 1}


def test_a_defect_of_a_session_ends_that_session_alone(side, caplog):
    peer, other = RawPeer(side, 98), RawPeer(side, 99)

    def fail(data: bytes, now_ms: int):
        raise ZeroDivisionError

    side.net.switchboard._connections[peer.conn]._session.receive = fail
    peer.send(b"x")
    assert side.event(PeerLost) == PeerLost(peer.conn, "fault")
    other.send(b"y")
    assert side.messages(1) == [b"y"]
    assert "the session with" in caplog.text


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("local", "local"),
    ],
)
def test_where_a_peer_came_from_is_told_in_one_way(host, plain):
    assert switchboard._plain(Address("tcp", host, 5)) == Address("tcp", plain, 5)


# ------------------------------------------------------------------ slow readers, fast writers


def test_a_slow_reader_is_dropped(side, monkeypatch):
    monkeypatch.setattr(connection, "OUTGOING_BYTES", 4_000_000)
    peer = RawPeer(side)
    # The system's buffers take some megabytes before anything waits here.
    side.perform(*(Send(peer.conn, bytes(1_000_000)) for _ in range(40)))
    assert side.event(PeerLost) == PeerLost(peer.conn, "slow")


def test_a_closed_peer_that_does_not_read_is_not_waited_for(side, monkeypatch):
    monkeypatch.setattr(switchboard, "FLUSH_MS", 100)
    peer = RawPeer(side)
    side.perform(*(Send(peer.conn, bytes(1_000_000)) for _ in range(20)))
    side.perform(Close(peer.conn, "silent"))
    assert side.event(PeerLost) == PeerLost(peer.conn, "silent")


def test_what_was_sent_before_a_close_still_arrives(side, monkeypatch):
    monkeypatch.setattr(switchboard, "FLUSH_MS", 20_000)
    peer = RawPeer(side)
    side.perform(*(Send(peer.conn, bytes(1_000_000)) for _ in range(15)))
    side.perform(Send(peer.conn, b"goodbye"), Close(peer.conn, "goodbye"))
    while peer.read():
        pass
    assert len(peer.received) == 16 and peer.received[-1] == b"goodbye"


def test_bulk_messages_are_called_sent_once_each(side):
    """At once where nothing waits; after the peer has read where much does."""
    peer = RawPeer(side)
    side.perform(Send(peer.conn, b"small"))
    side.perform(Send(peer.conn, b"bulk", bulk=True))
    assert side.event(Writable) == Writable(peer.conn)
    side.perform(*(Send(peer.conn, bytes(1_000_000), bulk=False) for _ in range(15)))
    side.perform(Send(peer.conn, b"bulk", bulk=True))
    side.until(lambda: peer.conn in side.net.switchboard._connections)
    waits = side.net.switchboard._connections[peer.conn]
    side.until(lambda: waits._owes)
    assert side.inbox.take(0) is None
    while len(peer.received) < 18:
        assert peer.read()
    assert side.event(Writable) == Writable(peer.conn)
    assert not waits._owes and side.inbox.take(0.05) is None


def test_who_sends_faster_than_the_engine_takes_has_to_wait(side):
    peer, count = RawPeer(side), 20_000
    messages = [number.to_bytes(1_000, "big") for number in range(count)]

    def flood() -> None:
        for start in range(0, count, 100):
            peer.socket.sendall(
                b"".join(peer.session.send(each, 0) for each in messages[start : start + 100])
            )

    thread = Thread(target=flood)
    thread.start()
    side.until(lambda: (lane := side.inbox._lanes.get(peer.conn)) is not None and lane.held)
    for number in range(count):
        assert side.event(MessageReceived).data == messages[number]
        lane = side.inbox._lanes.get(peer.conn)
        assert lane is None or len(lane.events) <= LANE_EVENTS + READ_BYTES // 1_000 + 1
    thread.join()


def test_a_held_connection_that_is_closed_ends(side, monkeypatch):
    monkeypatch.setattr("p2p.net.inbox.LANE_EVENTS", 1)
    peer = RawPeer(side)
    for _ in range(5):
        peer.send(b"x")
    side.until(lambda: (lane := side.inbox._lanes.get(peer.conn)) is not None and lane.held)
    side.perform(Close(peer.conn, "silent"))
    while peer.read():
        pass
    assert side.event(PeerLost).reason == "silent"


# ------------------------------------------------------------------ signing, stopping


class Later:
    """A signer whose signatures come when the test says."""

    def __init__(self) -> None:
        self.asked: list[tuple[Future[bytes], bytes, bytes]] = []

    def sign(self, message: bytes, context: bytes) -> Future[bytes]:
        self.asked.append((Future(), message, context))
        return self.asked[-1][0]


def test_a_slow_signature_holds_up_nobody_else(make):
    later = Later()
    slow, second, third = make(1, signer=later), make(2), make(3)
    second.perform(Dial(slow.address, "asked"))
    slow.until(lambda: len(later.asked) == 1)
    third.perform(Dial(slow.address, "asked"))
    slow.until(lambda: len(later.asked) == 2)
    for future, message, context in reversed(later.asked):
        future.set_result(key_of(1).sign(message, context))
    assert second.event(PeerConnected).id == third.event(PeerConnected).id == slow.identity.id


def test_nobody_signs_for_a_handshake_that_is_over(make):
    later = Later()
    slow = make(1, signer=later)
    second = make(2)
    second.perform(Dial(slow.address, "asked"))
    slow.until(lambda: len(later.asked) == 1)
    second.stop()
    slow.until(later.asked[0][0].cancelled)


def test_a_signature_that_fails_ends_the_handshake(make):
    later = Later()
    slow, second = make(1, signer=later), make(2)
    second.perform(Dial(slow.address, "asked"))
    slow.until(lambda: len(later.asked) == 1)
    later.asked[0][0].set_exception(SigningFailed("no memory"))
    assert second.event(DialFailed).code == ""
    slow.until(lambda: sum(slow.net.switchboard.handshakes.values()) == 1)


def test_stopping_ends_every_connection_and_takes_no_more(make):
    first, second = make(1), make(2)
    _, outbound = meet(first, second)
    first.stop()
    assert second.event(PeerLost).conn == outbound.conn
    assert isinstance(second.dial(first.address), DialFailed)


def test_a_taken_port_says_so(side):
    from p2p.errors import PeerPortTaken
    from p2p.loop import NetLoop

    other = NetLoop(
        terms=Terms(1, 1, bytes(32), bytes(32)),
        identity=side.identity,
        signer=Later(),
        message_bytes=1,
        inbox=Inbox(lambda conn: None),
    )
    with pytest.raises(PeerPortTaken) as refusal:
        other.listen("127.0.0.1", side.port)
    assert refusal.value.facts["port"] == side.port
    other.stop()

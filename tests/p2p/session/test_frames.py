"""Frames: nothing altered, lost, repeated, moved or too long comes through."""

from __future__ import annotations

import pytest

from p2p.rules import limits
from p2p.rules.session import frames, keys
from p2p.rules.session.ciphers import CHACHA20_POLY1305, seal_once
from p2p.rules.session.frames import MORE, PAYLOAD_MOST, REKEY, Opener, Sealer
from tests.p2p.session.wire import MESSAGE_BYTES, NOW, flipped, play, split

KEY = bytes(range(32))


def pair(message_bytes: int = MESSAGE_BYTES) -> tuple[Sealer, Opener]:
    return (
        Sealer(CHACHA20_POLY1305, KEY, message_bytes, NOW),
        Opener(CHACHA20_POLY1305, KEY, message_bytes),
    )


@pytest.fixture
def played():
    return play()


def test_every_flipped_byte_of_a_frame_is_refused(played):
    frame = played.a.send(b"message")
    for at in range(len(frame)):
        b = played.b.fork()
        b.take(flipped(frame, at))
        assert b.messages == []
        assert b.code or (at < 4 and b.session.held == len(frame))  # a longer length waits


def test_a_frame_is_taken_once(played):
    frame = played.a.send(b"message")
    played.b.take(frame + frame)
    assert played.b.messages == [b"message"] and played.b.code == "p2p.frame_tampered"


@pytest.mark.parametrize("order", [(1, 0), (1,), (0, 2), (0, 0)])
def test_frames_moved_lost_or_repeated_are_refused(played, order):
    sent = [played.a.send(b"%d" % number) for number in range(3)]
    played.b.take(b"".join(sent[at] for at in order))
    assert played.b.code == "p2p.frame_tampered"
    assert played.b.messages == [b"0"] * (order[0] == 0)


def test_a_part_of_a_long_message_cannot_be_left_out(played):
    one, two, three = split(played.a.send(bytes(MESSAGE_BYTES))[: 3 * 1024 * 1024])
    for order in ((one, three), (two, one), (one, one)):
        b = played.b.fork()
        b.take(b"".join(order))
        assert b.code == "p2p.frame_tampered" and b.messages == []


def test_a_message_cut_short_is_no_message(played):
    frame = played.a.send(b"message")
    played.b.take(frame[:-1])
    assert played.b.messages == [] and played.b.code == "" and played.b.session.held


def test_the_messages_before_a_bad_frame_are_kept(played):
    played.b.take(played.a.send(b"good") + bytes([0, 0, 0, 40]) + bytes(40))
    assert played.b.messages == [b"good"] and played.b.code == "p2p.frame_tampered"


@pytest.mark.parametrize("length", [frames.SEALED_MOST + 1, 2**31, 2**32 - 1])
def test_a_giant_frame_is_refused_by_its_length_alone(played, length):
    played.b.take(length.to_bytes(4))
    assert played.b.code == "p2p.frame_too_long" and played.b.session.held == 0


@pytest.mark.parametrize("length", [0, 1, 16, 17])
def test_a_frame_too_short_for_content_is_refused_by_its_length(played, length):
    played.b.take(length.to_bytes(4))
    assert played.b.code == "p2p.frame_malformed"


@pytest.mark.parametrize(
    "plain",
    [b"\x04x", b"\xffx", b"\x01x", bytes([MORE]) + bytes(PAYLOAD_MOST - 1), b"\x03x"],
    ids=["flag 4", "all flags", "split", "nearly full", "split and rekeyed"],
)
def test_frames_of_the_right_key_and_a_wrong_form_are_refused(plain):
    wire = seal_once(CHACHA20_POLY1305, KEY, plain)
    _, opener = pair()
    with pytest.raises(frames.FrameMalformed):
        opener.open(wire[:4], wire[4:])


def test_a_message_over_its_bound_is_refused_as_soon_as_it_is_over():
    most = PAYLOAD_MOST + 10
    sealer, _ = pair()
    _, opener = pair(most)
    wire = sealer.seal(bytes(most + 1), NOW)
    one, two = split(wire)
    assert opener.open(one[:4], one[4:]) is None and opener.held == PAYLOAD_MOST
    with pytest.raises(frames.MessageTooLong):
        opener.open(two[:4], two[4:])
    sealer, opener = pair(most)
    one, two = split(sealer.seal(bytes(most), NOW))
    assert opener.open(one[:4], one[4:]) is None
    assert opener.open(two[:4], two[4:]) == bytes(most)
    assert opener.held == 0


def test_long_messages_follow_each_other():
    sealer, opener = pair()
    for fill in (b"a", b"b", b"c"):
        one, two = split(sealer.seal(fill * (PAYLOAD_MOST + 1), NOW))
        assert opener.open(one[:4], one[4:]) is None
        assert opener.open(two[:4], two[4:]) == fill * (PAYLOAD_MOST + 1)


def test_a_node_sends_no_message_that_others_refuse():
    sealer, _ = pair(100)
    sealer.seal(bytes(100), NOW)
    for wrong in (b"", bytes(101)):
        with pytest.raises(AssertionError):
            sealer.seal(wrong, NOW)


# ------------------------------------------------------------------ keys that wear


def test_after_so_many_bytes_both_sides_go_on_under_another_key(monkeypatch):
    monkeypatch.setattr(limits, "REKEY_BYTES", 1_000)
    sealer, opener = pair()
    used = []
    for number in range(100):
        message = b"%03d" % number * 30
        wire = sealer.seal(message, NOW)
        used.append(sealer._key)
        assert opener.open(wire[:4], wire[4:]) == message
        assert opener._key == sealer._key
    assert len(set(used)) == 1 + 100 * 111 // 1_000 - 1
    assert used[-1] != KEY and keys.next_key(KEY) in used


def test_the_frame_that_wears_the_key_out_is_still_under_it(monkeypatch):
    size = len(Sealer(CHACHA20_POLY1305, KEY, 10, NOW).seal(b"x", NOW))
    monkeypatch.setattr(limits, "REKEY_BYTES", 3 * size)
    sealer, _ = pair()
    keys_after = []
    for _ in range(4):
        sealer.seal(b"x", NOW)
        keys_after.append(sealer._key)
    assert keys_after == [KEY, KEY, keys.next_key(KEY), keys.next_key(KEY)]


def test_after_ten_minutes_the_next_frame_ends_its_key():
    sealer, opener = pair()
    for now, key in (
        (NOW + limits.REKEY_MS - 1, KEY),
        (NOW + limits.REKEY_MS, keys.next_key(KEY)),
        (NOW + 2 * limits.REKEY_MS - 1, keys.next_key(KEY)),
        (NOW + 2 * limits.REKEY_MS, keys.next_key(keys.next_key(KEY))),
    ):
        wire = sealer.seal(b"x", now)
        assert opener.open(wire[:4], wire[4:]) == b"x"
        assert sealer._key == opener._key == key


def test_a_long_message_may_change_its_key_half_way(monkeypatch):
    monkeypatch.setattr(limits, "REKEY_BYTES", limits.FRAME_BYTES)
    sealer, opener = pair()
    message = bytes(range(256)) * (MESSAGE_BYTES // 256)
    pieces = split(sealer.seal(message, NOW))
    results = [opener.open(piece[:4], piece[4:]) for piece in pieces]
    assert len(pieces) > 3 and results[:-1] == [None] * (len(pieces) - 1)
    assert results[-1] == message
    assert opener._key == sealer._key != KEY


def test_a_peer_that_keeps_a_worn_key_is_refused(monkeypatch):
    sealer, opener = pair()
    wires = [sealer.seal(bytes(100), NOW) for _ in range(3)]
    monkeypatch.setattr(limits, "REKEY_BYTES", 2 * len(wires[0]))
    assert opener.open(wires[0][:4], wires[0][4:])
    with pytest.raises(frames.RekeyOverdue):
        opener.open(wires[1][:4], wires[1][4:])


def test_a_key_s_change_cannot_be_hidden(monkeypatch):
    """The flag is inside: without the frame that carries it nothing opens any more."""
    monkeypatch.setattr(limits, "REKEY_BYTES", 1)
    sealer, opener = pair()
    sealer.seal(b"first", NOW)
    wire = sealer.seal(b"second", NOW)
    with pytest.raises(frames.FrameTampered):
        opener.open(wire[:4], wire[4:])


def test_the_old_key_is_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "REKEY_BYTES", 1)
    sealer, opener = pair()
    wire = sealer.seal(b"x", NOW)
    opener.open(wire[:4], wire[4:])
    assert KEY not in vars(sealer).values() and KEY not in vars(opener).values()


def test_nonces_never_come_twice_and_the_connection_ends_before_they_would(monkeypatch):
    seen = []
    monkeypatch.setattr(frames, "nonce", lambda number: seen.append(number) or bytes(12))
    monkeypatch.setattr(limits, "REKEY_BYTES", 100)
    sealer, _ = pair()
    for _ in range(20):
        sealer.seal(b"x" * 30, NOW)
    assert seen == list(range(20)), "the count goes on over changes of the key"
    sealer._number = frames.FRAMES_MOST - 1
    sealer.seal(b"last", NOW)
    with pytest.raises(frames.FramesExhausted):
        sealer.seal(b"one more", NOW)
    assert seen[-1] == 2**64 - 1


def test_a_frame_s_flags_are_encrypted():
    sealer, _ = pair()
    assert frames.MORE != frames.REKEY
    quiet = sealer.seal(b"x", NOW)
    told = sealer.seal(b"x", NOW + limits.REKEY_MS)
    assert len(quiet) == len(told) == 4 + 1 + 1 + 16
    assert sealer._key == keys.next_key(KEY) and REKEY == 2

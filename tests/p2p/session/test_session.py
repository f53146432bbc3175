"""A connection from its first byte to its messages."""

from __future__ import annotations

import pytest

from p2p.rules.session import Identity, NeedSignature, ToWire
from p2p.rules.session.ciphers import AES_256_GCM, CHACHA20_POLY1305
from tests.p2p.session.wire import (
    ALICE,
    BOB,
    MESSAGE_BYTES,
    NOW,
    ends,
    flipped,
    play,
    session,
    slow_key,
    split,
)


def test_both_sides_know_each_other_and_talk():
    played = play()
    a, b = played.a, played.b
    assert (a.peer.id, a.peer.alg, a.peer.public_key) == (
        Identity(BOB.alg, BOB.public_key).id,
        BOB.alg,
        BOB.public_key,
    )
    assert b.peer.id == Identity(ALICE.alg, ALICE.public_key).id
    assert a.session.established and b.session.established
    b.take(a.send(b"from a"))
    a.take(b.send(b"from b"))
    assert (a.messages, b.messages) == ([b"from b"], [b"from a"])
    assert (a.code, b.code) == ("", "")


def test_an_identity_is_an_address_without_its_network():
    """Peer id = H(alg u16be || key)."""
    from hashlib import sha3_256

    expected = sha3_256(BOB.alg.to_bytes(2, "big") + BOB.public_key).digest()
    assert Identity(BOB.alg, BOB.public_key).id == expected


def test_identities_of_both_algorithms_meet():
    slow = slow_key()
    played = play(slow, ALICE)
    assert (played.b.peer.alg, played.a.peer.alg) == (slow.alg, ALICE.alg)
    assert played.b.peer.id == Identity(slow.alg, slow.public_key).id
    assert max(map(len, played.flights)) <= 8 * 1024 + 4


@pytest.mark.parametrize("aead", [CHACHA20_POLY1305, AES_256_GCM])
def test_both_ciphers_carry_messages(aead):
    played = play(aeads=(aead,))
    played.b.take(played.a.send(b"x"))
    assert played.b.messages == [b"x"]


@pytest.mark.parametrize("size", [1, 65_536, 1024 * 1024 - 21, 1024 * 1024 - 20, MESSAGE_BYTES])
def test_messages_of_every_size_arrive_in_frames_of_a_mebibyte(size):
    played = play()
    message = bytes(range(251)) * (size // 251 + 1)
    message = message[:size]
    wire = played.a.send(message)
    pieces = split(wire)
    assert all(len(piece) <= 1024 * 1024 for piece in pieces)
    assert len(pieces) == -(-size // (1024 * 1024 - 21))
    played.b.take(wire)
    assert played.b.messages == [message]


def test_the_initiator_speaks_first():
    a, b = ends()
    assert b.start() == b"" and a.start() != b""


def test_signing_is_asked_for_with_the_context_of_peers():
    a, b = ends()
    asked = b.session.receive(a.start(), NOW)
    assert [type(out) for out in asked] == [ToWire, NeedSignature]
    assert asked[1].context == b"animica/p2p-auth/v1"
    assert len(asked[1].message) == 32


def test_a_handshake_that_takes_too_long_fails_once():
    a = session(ALICE, initiator=True)
    a.start()
    assert a.tick(NOW + 9_999) == []
    (failed,) = a.tick(NOW + 10_000)
    assert failed.refusal.code == "p2p.handshake_timeout"
    assert a.tick(NOW + 20_000) == [] and a.receive(b"x", NOW) == [] and a.signed(b"", NOW) == []
    assert not a.established


def test_a_complete_handshake_has_no_time_limit():
    played = play()
    assert played.a.session.tick(NOW + 10**9) == []
    assert played.b.session.tick(NOW + 10**9) == []


def test_a_session_that_is_over_keeps_nothing():
    played = play()
    b = played.b
    frame = played.a.send(bytes(100))
    b.take(flipped(frame, len(frame) - 1) + b"more")
    assert b.code == "p2p.frame_tampered"
    assert b.session.receive(bytes(100), NOW) == [] and b.session.held == 0
    with pytest.raises(AssertionError):
        b.send(b"x")

"""What somebody on the line tries, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2p.rules.session import Established, NeedSignature, Received, keys
from p2p.rules.session.ciphers import AES_256_GCM, CHACHA20_POLY1305, open_once, seal_once
from p2p.rules.session.handshake import introduce
from p2p.rules.session.identity import Identity
from p2p.rules.session.keys import INITIATOR, RESPONDER, Ephemeral, respond
from pq.algorithms import ML_KEM_768
from tests.p2p.session.wire import (
    ALICE,
    BOB,
    MALLORY,
    NOW,
    TERMS,
    End,
    closed,
    ends,
    ephemeral,
    flipped,
    opened,
    play,
    session,
    split,
)

# ------------------------------------------------------------------ altered bytes


def test_every_flipped_byte_of_the_hello_is_refused():
    """Some alter what the responder reads; what it does not notice the initiator does."""
    started, untouched = ends()
    untouched.owner = _Careless()
    hello = started.start()
    for at in range(len(hello)):
        a, b = started.fork(), untouched.fork()
        reply = b.take(flipped(hello, at))
        if b.code or not reply:
            assert not b.peer and not b.of(NeedSignature)
            assert b.code or (at < 4 and b.session.held == len(hello)), at
            continue
        a.take(reply)
        assert a.code == "p2p.handshake_tampered", at
        assert a.peer is None


class _Careless:
    """Signs with anything: quick, where the signature is not reached."""

    def sign(self, message: bytes, context: bytes) -> bytes:
        return b"no signature"


def test_every_flipped_byte_of_the_answer_is_refused():
    started, b = ends()
    answer, sealed = split(b.take(started.start()))
    for at in range(len(answer)):
        a = started.fork()
        a.take(flipped(answer, at) + sealed)
        assert a.peer is None and not a.of(NeedSignature)
        # A length in the answer that became longer waits for bytes that never come.
        assert a.code or (at < 4 and a.session.held == len(answer + sealed)), at


def test_every_flipped_byte_of_the_responder_s_identity_is_refused():
    a, b = ends()
    answer, sealed = split(b.take(a.start()))
    a.take(answer)
    for at in range(len(sealed)):
        each = a.fork()
        each.take(flipped(sealed, at))
        assert each.peer is None and not each.of(NeedSignature)
        assert each.code or (at < 4 and each.session.held == len(sealed)), at


def test_every_flipped_byte_of_the_initiator_s_identity_is_refused():
    a, b = ends()
    sealed = a.take(b.take(a.start()))
    for at in range(len(sealed)):
        each = b.fork()
        each.take(flipped(sealed, at))
        assert each.peer is None
        assert each.code or (at < 4 and each.session.held == len(sealed)), at


def test_what_waits_for_bytes_that_never_come_ends_with_the_time_for_handshakes():
    a, b = ends()
    hello = a.start()
    b.take(flipped(hello, 3, 0x40))
    assert not b.code and b.session.held
    b.do(b.session.tick(NOW + 10_000))
    assert b.code == "p2p.handshake_timeout" and not b.session.held


# ------------------------------------------------------------------ replay, reflection


def test_a_recorded_initiator_does_not_come_in_again():
    played = play()
    b = End(session(BOB, initiator=False), BOB)
    b.take(played.hello)
    b.take(played.sealed_a)
    assert b.code == "p2p.handshake_tampered" and b.peer is None


def test_a_recorded_responder_is_not_believed_again():
    played = play()
    a = End(session(ALICE, initiator=True), ALICE)
    a.start()
    a.take(played.answer + played.sealed_b)
    assert a.code == "p2p.handshake_tampered" and a.peer is None


def test_a_recorded_responder_is_not_believed_even_by_the_same_ephemeral_keys_of_another():
    """The relayed answer of another handshake whose hello differs in one field."""
    first = play(ephemeral=ephemeral())
    a = End(
        session(ALICE, initiator=True, ephemeral=ephemeral(), terms=replace(TERMS, chain=2)), ALICE
    )
    a.start()
    a.take(first.answer + first.sealed_b)
    assert a.code == "p2p.handshake_tampered"


def test_a_side_that_hears_itself_refuses():
    a = End(session(ALICE, initiator=True), ALICE)
    a.take(a.start())
    assert a.code == "p2p.handshake_malformed"
    played = play()
    played.b.take(played.sealed_b)
    assert played.b.code == "p2p.frame_tampered"
    played = play()
    frame = played.a.send(b"to b")
    played.a.take(frame)
    assert played.a.code == "p2p.frame_tampered" and played.a.messages == []


def test_an_identity_is_not_reflected_in_the_other_role():
    """B's own encrypted identity sent back to it as that of the initiator."""
    a, b = ends()
    _, sealed = split(b.take(a.start()))
    b.take(sealed)
    assert b.code == "p2p.handshake_tampered"


def test_a_signature_is_for_one_role():
    """Mallory is an honest responder's peer and shows that responder's signature as its own."""
    digest = bytes(32)
    bob = Identity(BOB.alg, BOB.public_key)
    assert bob.statement(INITIATOR, digest) != bob.statement(RESPONDER, digest)


# ------------------------------------------------------------------ who is who


class Forger:
    """A responder that Mallory wrote: it says what it likes under keys that it has agreed on."""

    def __init__(self, hello: bytes) -> None:
        said = opened(hello)
        x25519, ciphertext, secrets = respond(said["x25519"], said["kem"])
        self.answer = closed({"x25519": x25519, "kem": ciphertext, "aead": CHACHA20_POLY1305})
        self.digest = keys.transcript(hello, self.answer)
        self.key = keys.handshake_key(keys.root(secrets, self.digest), RESPONDER, self.digest)

    def seal(self, plain: bytes) -> bytes:
        return self.answer + seal_once(CHACHA20_POLY1305, self.key, plain)


def _claims(forger):
    """Introductions that must not be believed, each with the code that says why."""
    bob, mallory = (Identity(k.alg, k.public_key) for k in (BOB, MALLORY))
    own = mallory.statement(RESPONDER, forger.digest)
    context = b"animica/p2p-auth/v1"

    def signed(statement: bytes, by=MALLORY, under=context) -> bytes:
        return by.sign(statement, under)

    yield "p2p.signature_wrong", introduce(bob, signed(bob.statement(RESPONDER, forger.digest)))
    yield "p2p.signature_wrong", introduce(bob, signed(own))
    yield "p2p.signature_wrong", introduce(mallory, b"")
    yield (
        "p2p.signature_wrong",
        introduce(mallory, signed(mallory.statement(INITIATOR, forger.digest))),
    )
    yield "p2p.signature_wrong", introduce(mallory, signed(mallory.statement(RESPONDER, bytes(32))))
    yield "p2p.signature_wrong", introduce(mallory, signed(own, under=b"animica/tx/v1"))
    unknown = Identity(ML_KEM_768, MALLORY.public_key)
    yield "p2p.identity_unknown", introduce(unknown, signed(own))
    yield "p2p.identity_unknown", introduce(Identity(BOB.alg, BOB.public_key[1:]), signed(own))
    yield "p2p.handshake_malformed", introduce(mallory, signed(own)) + b"\0"
    yield "p2p.handshake_malformed", b""
    yield "p2p.handshake_malformed", b"\xa0"


@pytest.mark.parametrize("number", range(11))
def test_only_who_signs_this_handshake_in_its_role_is_believed(number):
    a, _ = ends()
    forger = Forger(a.start())
    code, plain = list(_claims(forger))[number]
    a.take(forger.seal(plain))
    assert a.code == code and a.peer is None
    assert a.of(NeedSignature) == [], "the initiator stays unknown to who is not authenticated"


def test_the_forger_would_be_believed_as_itself():
    """So that the claims above are refused for what they say and not for how."""
    a, _ = ends()
    forger = Forger(a.start())
    mallory = Identity(MALLORY.alg, MALLORY.public_key)
    signature = MALLORY.sign(mallory.statement(RESPONDER, forger.digest), b"animica/p2p-auth/v1")
    a.take(forger.seal(introduce(mallory, signature)))
    assert a.code == "" and len(a.of(NeedSignature)) == 1


def test_mallory_cannot_take_part_in_a_handshake_that_it_relays():
    """Unknown key share: it relays A's keys to B and wants A to believe that it talks to M.

    Mallory may sign the transcript, which it sees; but it has no key to encrypt its identity.
    """
    a, b = ends()
    hello = a.start()
    answer, _ = split(b.take(hello))
    digest = keys.transcript(hello, answer)
    mallory = Identity(MALLORY.alg, MALLORY.public_key)
    signature = MALLORY.sign(mallory.statement(RESPONDER, digest), b"animica/p2p-auth/v1")
    own = keys.handshake_key(keys.root(bytes(64), digest), RESPONDER, digest)
    a.take(answer + seal_once(CHACHA20_POLY1305, own, introduce(mallory, signature)))
    assert a.code == "p2p.handshake_tampered" and a.peer is None


def test_mallory_in_the_middle_ends_as_mallory_on_both_sides():
    """With handshakes of its own it is authenticated as itself: neither side believes otherwise."""
    to_b, b = ends(MALLORY, BOB)
    a, to_a = ends(ALICE, MALLORY)
    to_b.take(b.take(to_b.start()))
    a_sealed = a.take(to_a.take(a.start()))
    to_a.take(a_sealed)
    mallory = Identity(MALLORY.alg, MALLORY.public_key).id
    assert a.peer.id == mallory
    # It holds A's introduction in the clear and shows it to B as its own.
    assert to_a.peer == Established(
        Identity(ALICE.alg, ALICE.public_key).id, ALICE.alg, ALICE.public_key
    )
    hello_b = ends(MALLORY, BOB)
    to_b, b = hello_b
    both = b.take(to_b.start())
    inner = to_b.session._handshake
    inner._own = Identity(ALICE.alg, ALICE.public_key)
    to_b.owner = _Replayer(a.owner.sign(b"another handshake", b"animica/p2p-auth/v1"))
    b.take(to_b.take(both))
    assert b.code == "p2p.signature_wrong" and b.peer is None


class _Replayer:
    def __init__(self, signature: bytes) -> None:
        self.signature = signature

    def sign(self, message: bytes, context: bytes) -> bytes:
        return self.signature


def test_the_initiator_s_signature_names_the_responder():
    """A's statement to Mallory is another than its statement to Bob, whatever else is equal."""
    digests = set()
    for responder in (BOB, MALLORY):
        a, b = ends(ALICE, responder, ephemeral=ephemeral())
        a.take(b.take(a.start()))
        digests.add(a.of(NeedSignature)[0].message)
    assert len(digests) == 2


# ------------------------------------------------------------------ a patient listener


def test_who_recorded_everything_and_later_learns_both_keys_reads_nothing():
    """Forward secrecy: every key that follows from what a listener has, long-term keys too."""
    played = play()
    secret = b"the quick brown fox jumps over the lazy dog, twice"
    frames = played.a.send(secret) + played.b.send(secret[::-1])
    capture = b"".join(played.flights) + frames
    hello, answer = played.hello, played.answer
    materials = {bytes(32), bytes(64), bytes(range(32))}
    for owner in (ALICE, BOB):
        materials |= {owner.secret, owner.secret * 2, owner.public_key, owner.address}
    for said in (opened(hello), opened(answer)):
        public = {value for value in said.values() if type(value) is bytes}
        materials |= public | {one + two for one in public for two in public}
    digests = [keys.transcript(*played.flights[:count]) for count in range(5)]
    candidates = {m for m in materials if len(m) == 32}
    for material in materials:
        prk = keys.root(material, digests[2])
        candidates |= {prk, keys.next_key(prk)}
        for digest in digests:
            for role in (INITIATOR, RESPONDER):
                for derive in (keys.handshake_key, keys.traffic_key):
                    key = derive(prk, role, digest)
                    candidates |= {key, keys.next_key(key)}
    assert len(candidates) > 1_000
    sealed = [played.sealed_b, played.sealed_a, *split(frames)]
    for aead in (CHACHA20_POLY1305, AES_256_GCM):
        assert not any(open_once(aead, key, each) for key in candidates for each in sealed)
    assert secret not in capture and secret[::-1] not in capture
    for private in (secret, *(f(k) for k in (ALICE, BOB) for f in _private_parts)):
        runs = {private[at : at + 16] for at in range(len(private) - 15)}
        found = {capture[at : at + 16] for at in range(len(capture) - 15)} & runs
        assert not found


_private_parts = (
    lambda owner: owner.public_key,
    lambda owner: Identity(owner.alg, owner.public_key).id,
    lambda owner: owner.secret,
)


def test_the_same_listener_would_read_it_with_the_ephemeral_keys():
    """So that the test above tries keys of the right form."""
    played = play(ephemeral=ephemeral())
    frame = played.b.send(b"message")
    answer = opened(played.answer)
    secrets = ephemeral().secrets(answer["x25519"], answer["kem"])
    prk = keys.root(secrets, keys.transcript(played.hello, played.answer))
    key = keys.traffic_key(prk, RESPONDER, keys.transcript(*played.flights))
    assert open_once(CHACHA20_POLY1305, key, frame) == b"\0message"


def test_ephemeral_secrets_are_gone_once_keys_are_derived():
    a, b = ends()
    a.take(b.take(a.start()))
    assert a.session._handshake is None and a.session.established
    a, b = ends()
    answer, _ = split(b.take(a.start()))
    a.take(answer)
    assert not hasattr(a.session._handshake, "_ephemeral")


def test_no_two_handshakes_share_a_key():
    seen = {Ephemeral().public() for _ in range(3)}
    assert len(seen) == 3
    one, two = play(), play()
    assert one.a.send(b"same") != two.a.send(b"same")
    assert one.a.send(b"same") != one.b.send(b"same")
    assert not one.a.of(Received)

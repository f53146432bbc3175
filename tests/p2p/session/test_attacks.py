"""What somebody on the line tries, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2p.rules.session import Established, Failed, NeedSignature, Received, ToWire, keys
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
    altered,
    closed,
    ends,
    ephemeral,
    flipped,
    opened,
    play,
    session,
    split,
)

LOW_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
]
"""Every point whose multiples by a clamped scalar are all zero, and zero's other encodings."""


# ------------------------------------------------------------------ terms


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"version": 2}, "p2p.version_differs"),
        ({"chain": 1}, "p2p.chain_differs"),
        ({"genesis": bytes(32)}, "p2p.genesis_differs"),
        ({"alg_policy": bytes(32)}, "p2p.policy_differs"),
    ],
)
def test_nodes_of_different_networks_part_with_a_reason(changed, code):
    a = End(session(ALICE, initiator=True, terms=replace(TERMS, **changed)), ALICE)
    b = End(session(BOB, initiator=False), BOB)
    refusal = b.take(a.start())
    assert b.code == code
    assert b.of(NeedSignature) == [], "the responder signs nothing for a stranger"
    assert a.take(refusal) == b""
    assert a.code == "p2p.refused_by_peer"
    facts = a.of(Failed)[0].refusal.facts
    assert facts["peerCode"] == code and facts["peerReason"]


def test_a_later_version_is_told_from_garbage_whatever_else_its_hello_holds():
    b = End(session(BOB, initiator=False), BOB)
    b.take(closed({"version": 9, "something": "new"}))
    assert b.code == "p2p.version_differs"


@pytest.mark.parametrize(
    "refusal",
    [
        {"code": "p2p.x", "reason": "line\nbreak"},
        {"code": "\x1b[2J", "reason": ""},
        {"code": "x" * 65, "reason": ""},
        {"code": "x", "reason": "y" * 129},
        {"code": b"x", "reason": ""},
    ],
)
def test_a_reason_that_is_no_plain_text_is_not_shown(refusal):
    a, _ = ends()
    a.start()
    a.take(closed(refusal))
    assert a.code == "p2p.handshake_malformed"


def test_a_refusal_never_answers_a_refusal():
    a, _ = ends()
    a.start()
    assert a.take(closed({"code": "p2p.x", "reason": "no"})) == b""


def test_altered_terms_do_not_bring_two_networks_together():
    """The line gives each side the terms that it wants to see."""
    a = End(session(ALICE, initiator=True, terms=replace(TERMS, chain=1)), ALICE)
    b = End(session(BOB, initiator=False), BOB)
    a.take(b.take(altered(a.start(), chain=TERMS.chain)))
    assert a.code == "p2p.handshake_tampered"
    assert a.peer is None and b.peer is None


# ------------------------------------------------------------------ downgrade


def test_ciphers_stripped_from_the_offer_are_noticed():
    a, b = ends(aeads=(AES_256_GCM, CHACHA20_POLY1305))
    hello = a.start()
    assert opened(hello)["aeads"] == [AES_256_GCM, CHACHA20_POLY1305]
    both = b.take(altered(hello, aeads=[CHACHA20_POLY1305]))
    assert opened(split(both)[0])["aead"] == CHACHA20_POLY1305
    a.take(both)
    assert a.code == "p2p.handshake_tampered" and a.peer is None


def test_the_choice_of_a_cipher_cannot_be_altered():
    a, b = ends()
    answer, sealed = split(b.take(a.start()))
    a.take(altered(answer, aead=AES_256_GCM) + sealed)
    assert a.code == "p2p.handshake_tampered"


def test_a_cipher_that_was_not_offered_is_refused():
    a = End(session(ALICE, initiator=True, aeads=(CHACHA20_POLY1305,)), ALICE)
    b = End(session(BOB, initiator=False), BOB)
    answer, _ = split(b.take(a.start()))
    a.take(altered(answer, aead=AES_256_GCM))
    assert a.code == "p2p.cipher_unoffered"


def test_sides_without_a_common_cipher_part_with_a_reason():
    a = End(session(ALICE, initiator=True, aeads=(CHACHA20_POLY1305,)), ALICE)
    b = End(session(BOB, initiator=False, aeads=(AES_256_GCM,)), BOB)
    a.take(b.take(a.start()))
    assert (b.code, a.code) == ("p2p.cipher_none", "p2p.refused_by_peer")


def test_the_responder_s_order_decides_and_unknown_offers_are_passed_over():
    b = End(session(BOB, initiator=False, aeads=(AES_256_GCM, CHACHA20_POLY1305)), BOB)
    a, _ = ends()
    both = b.take(altered(a.start(), aeads=[77, CHACHA20_POLY1305, AES_256_GCM]))
    assert opened(split(both)[0])["aead"] == AES_256_GCM


# ------------------------------------------------------------------ weak keys


@pytest.mark.parametrize("point", LOW_ORDER, ids=lambda point: point.hex()[:8])
def test_x25519_keys_that_give_no_secret_are_refused_by_both_sides(point):
    a, b = ends()
    hello = a.start()
    b.take(altered(hello, x25519=point))
    assert b.code == "p2p.key_weak" and b.of(NeedSignature) == []
    _, c = ends()
    answer, sealed = split(c.take(hello))
    a.take(altered(answer, x25519=point) + sealed)
    assert a.code == "p2p.key_weak" and a.peer is None


def test_an_ml_kem_key_that_is_not_reduced_is_refused():
    a, b = ends()
    b.take(altered(a.start(), kem=b"\xff" * 1184))
    assert b.code == "p2p.kem_invalid"


def test_both_secrets_are_needed(monkeypatch):
    """With either of the two exchanged for another, the sides do not meet."""
    for wrong in (slice(0, 32), slice(32, 64)):
        with monkeypatch.context() as patch:

            def respond_otherwise(x25519, kem, wrong=wrong):
                own, ciphertext, secrets = respond(x25519, kem)
                changed = bytearray(secrets)
                changed[wrong] = bytes(32)
                return own, ciphertext, bytes(changed)

            patch.setattr(keys, "respond", respond_otherwise)
            a, b = ends()
            a.take(b.take(a.start()))
            assert a.code == "p2p.handshake_tampered"


# ------------------------------------------------------------------ altered bytes


def test_every_flipped_byte_of_the_hello_is_refused():
    """Some alter what the responder reads; what it does not notice the initiator does."""
    hello = ends(ephemeral=ephemeral())[0].start()
    for at in range(len(hello)):
        a, b = ends(ephemeral=ephemeral())
        assert a.start() == hello
        b.owner = _Careless()
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
    a, b = ends(ephemeral=ephemeral())
    answer, sealed = split(b.take(a.start()))
    for at in range(len(answer)):
        a, _ = ends(ephemeral=ephemeral())
        a.start()
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


# ------------------------------------------------------------------ out of turn, too long


@pytest.mark.parametrize("length", [4 * 1024 + 1, 2**31, 2**32 - 1, int.from_bytes(b"GET ")])
def test_a_giant_hello_is_refused_by_its_length_alone(length):
    b = End(session(BOB, initiator=False), BOB)
    refusal = b.take(length.to_bytes(4))
    assert b.code == "p2p.handshake_too_long" and b.session.held == 0
    assert opened(refusal)["code"] == "p2p.handshake_too_long"


def test_a_giant_identity_is_refused_by_its_length_alone():
    a, b = ends()
    sealed = a.take(b.take(a.start()))
    assert len(sealed) < 8 * 1024 + 4
    for end, before in ((b, b""), (ends()[0], None)):
        if before is None:
            other = ends()[1]
            before = split(other.take(end.start()))[0]
        end.take(before + (8 * 1024 + 1).to_bytes(4))
        assert end.code == "p2p.handshake_too_long"


def test_the_responder_refuses_what_comes_while_it_signs():
    a, b = ends()
    outs = b.session.receive(a.start() + b"x", NOW)
    assert [type(out) for out in outs] == [ToWire, NeedSignature, Failed]
    assert outs[-1].refusal.code == "p2p.handshake_out_of_turn"
    assert b.session.signed(b"late", NOW) == []
    a, b = ends()
    b.session.receive(a.start(), NOW)
    assert [type(out) for out in b.session.receive(b"x", NOW)] == [Failed]


def test_the_initiator_refuses_what_comes_before_its_turn_and_while_it_signs():
    a, b = ends()
    assert a.take(b"x") == b"" and a.code == "p2p.handshake_out_of_turn"
    a, b = ends()
    both = b.take(a.start())
    outs = a.session.receive(both + b"x", NOW)
    assert [type(out) for out in outs] == [NeedSignature, Failed]
    assert outs[-1].refusal.code == "p2p.handshake_out_of_turn"


@pytest.mark.parametrize(
    "hello",
    [
        closed([]),
        closed(1),
        closed({}),
        closed({"version": "1"}),
        (1).to_bytes(4) + b"\xff",
        bytes(4),
        (2).to_bytes(4) + b"\xbf\xff",
        (4096).to_bytes(4) + b"\x9a\x00\x00\x0f\xfb" + b"\x00" * 4091,
    ],
    ids=lambda hello: hello[:12].hex(),
)
def test_a_hello_that_is_none_is_refused(hello):
    b = End(session(BOB, initiator=False), BOB)
    b.take(hello)
    assert b.code == "p2p.handshake_malformed"


@pytest.mark.parametrize(
    "changed",
    [
        {"x25519": bytes(31)},
        {"x25519": None},
        {"kem": bytes(1183)},
        {"genesis": bytes(31)},
        {"policy": "text"},
        {"chain": "1"},
        {"aeads": 1},
        {"aeads": [1, 1]},
        {"aeads": ["1"]},
        {"aeads": [True]},
        {"aeads": list(range(9))},
        {"more": 1},
    ],
    ids=str,
)
def test_a_hello_with_a_wrong_field_is_refused(changed):
    a, b = ends()
    b.take(altered(a.start(), **changed))
    assert b.code == "p2p.handshake_malformed"
    assert b.of(Failed)[0].refusal.facts["field"].startswith("hello")


@pytest.mark.parametrize(
    "changed", [{"x25519": bytes(33)}, {"kem": b""}, {"aead": 2**16}, {"aead": None}, {"x": 1}]
)
def test_an_answer_with_a_wrong_field_is_refused(changed):
    a, b = ends()
    answer, _ = split(b.take(a.start()))
    a.take(altered(answer, **changed))
    assert a.code == "p2p.handshake_malformed"


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

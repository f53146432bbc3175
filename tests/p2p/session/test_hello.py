"""What comes before anybody is authenticated: terms, offers, keys, lengths and turns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2p.rules.session import Failed, NeedSignature, ToWire, keys
from p2p.rules.session.ciphers import AES_256_GCM, CHACHA20_POLY1305
from p2p.rules.session.keys import respond
from tests.p2p.session.wire import (
    ALICE,
    BOB,
    NOW,
    TERMS,
    End,
    altered,
    closed,
    ends,
    opened,
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


def test_what_is_told_is_plain_text_whatever_it_repeats():
    a, b = ends()
    refusal = b.take(altered(a.start(), **{"\x1b[2J" + "x" * 200: 1}))
    a.take(refusal)
    assert (b.code, a.code) == ("p2p.handshake_malformed", "p2p.refused_by_peer")
    assert a.of(Failed)[0].refusal.facts["peerReason"].startswith("hello.?[2Jxxx")


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

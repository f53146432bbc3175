"""Known answers: a recorded handshake, whose keys another program computed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from p2p.rules import limits
from p2p.rules.session import keys
from p2p.rules.session.identity import introduce
from p2p.rules.session.keys import INITIATOR, RESPONDER, Ephemeral
from pq import signing
from tests.p2p.session import schedule
from tests.p2p.session.wire import NOW, End, opened, session


@pytest.fixture(scope="module")
def held():
    return schedule.load()


@pytest.fixture
def end(held):
    """The recorded initiator, before its first byte."""
    ephemeral = Ephemeral(
        X25519PrivateKey.from_private_bytes(held["initiatorX25519"]),
        MLKEM768PrivateKey.from_seed_bytes(held["initiatorKem"]),
    )
    owner = signing.from_seed(held["initiatorIdentity"])
    return End(session(owner, initiator=True, ephemeral=ephemeral), owner)


def test_the_file_is_what_follows_from_its_keys(held):
    schedule.compare(held)


def test_the_key_schedule_gives_the_known_answers(held):
    messages = [held[name] for name in schedule.SAID]
    first, second, third = (keys.transcript(*messages[:count]) for count in (2, 3, 4))
    prk = keys.root(held["secrets"], first)
    traffic = keys.traffic_key(prk, INITIATOR, third)
    found = {
        "transcriptAnswer": first,
        "transcriptResponder": second,
        "transcriptWhole": third,
        "root": prk,
        "responderHandshakeKey": keys.handshake_key(prk, RESPONDER, first),
        "initiatorHandshakeKey": keys.handshake_key(prk, INITIATOR, second),
        "initiatorTrafficKey": traffic,
        "responderTrafficKey": keys.traffic_key(prk, RESPONDER, third),
        "initiatorNextKey": keys.next_key(traffic),
    }
    assert found == {name: held[name] for name in found}


def test_a_session_goes_through_the_recorded_handshake(held, end, monkeypatch):
    assert end.start() == held["hello"]
    plain = introduce(end.session._handshake._own, _signature(held))
    monkeypatch.setattr("p2p.rules.session.handshake.introduce", lambda *_: plain)
    assert end.take(held["answer"] + held["responderSealed"]) == held["initiatorSealed"]
    assert end.peer.public_key == signing.from_seed(held["responderIdentity"]).public_key
    assert end.send(b"first") == held["frame0"]
    end.now_ms = NOW + limits.REKEY_MS
    assert end.send(b"second") == held["frame1Rekeyed"]
    assert end.send(b"third") == held["frame2"]
    end.take(held["responderFrame0"])
    assert end.messages == [b"answer"]


def test_both_secrets_of_the_recorded_answer(held):
    ephemeral = Ephemeral(
        X25519PrivateKey.from_private_bytes(held["initiatorX25519"]),
        MLKEM768PrivateKey.from_seed_bytes(held["initiatorKem"]),
    )
    answer = opened(held["answer"])
    assert ephemeral.secrets(answer["x25519"], answer["kem"]) == held["secrets"]


def _signature(held):
    from p2p.rules.session.ciphers import CHACHA20_POLY1305, open_once

    plain = open_once(CHACHA20_POLY1305, held["initiatorHandshakeKey"], held["initiatorSealed"])
    return opened(bytes(4) + plain)["sig"]

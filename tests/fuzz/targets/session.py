"""What a stranger, or a peer, may send on a connection: sessions in every state that takes bytes.

The first byte chooses the state, the rest is what comes. A handshake is a recorded one, so that
its bytes stay the same; only they establish a session. In the last two states the input is what
the other side encrypts, given in the clear: an introduction, and frames (each behind its length).
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from p2p.rules import limits
from p2p.rules.session import (
    Established,
    Failed,
    NeedSignature,
    Out,
    Received,
    Session,
    SessionRefused,
    ToWire,
)
from p2p.rules.session.ciphers import CHACHA20_POLY1305, open_once, seal_once
from p2p.rules.session.frames import PAYLOAD_MOST, Opener, Sealer
from p2p.rules.session.handshake import Responder, _Secret
from p2p.rules.session.identity import Identity
from p2p.rules.session.keys import Ephemeral
from pq import signing
from tests.fuzz import mutate as mutations
from tests.p2p.session import schedule
from tests.p2p.session.wire import ALICE, NOW, TERMS, session

MAX_BYTES = 16_384
HELLO, ANSWER, SHOWN, LAST, FRAMES, INTRODUCTION, PLAIN = range(7)
STATES = 7
MESSAGE_BYTES = 200
_KEY = bytes(range(32))


@cache
def _held() -> dict[str, bytes]:
    return schedule.load()


def one_input(data: bytes) -> None:
    state, rest = (data[0] % STATES if data else 0), data[1:]
    if state == PLAIN:
        _plain_frames(mutations.split(rest, most=16))
        return
    if state == INTRODUCTION:
        rest = seal_once(CHACHA20_POLY1305, _held()["responderHandshakeKey"], rest)
        state = SHOWN
    whole = _outcome(_session(state), state, [rest])
    middle = len(rest) // 2
    pieces = [rest[:1], rest[1:middle], rest[middle:]]
    assert _outcome(_session(state), state, pieces) == whole, "it matters how the bytes are cut"


def _outcome(made: Session, state: int, pieces: list[bytes]) -> list[Any]:
    """What came out, but for bytes that are drawn anew each time; claims about all of it."""
    outs: list[Out] = []
    for piece in pieces:
        outs += made.receive(piece, NOW)
        assert made.held <= limits.FRAME_BYTES
    failed = [out for out in outs if isinstance(out, Failed)]
    assert len(failed) == made.over and failed in ([], outs[-1:])
    if made.over:
        assert made.held == 0 and made.receive(b"more", NOW) == []
        assert failed[0].refusal.hint and failed[0].refusal.code.startswith("p2p.")
    _nobody_comes_in(outs, state, b"".join(pieces))
    return [_shown(out) for out in outs]


def _nobody_comes_in(outs: list[Out], state: int, data: bytes) -> None:
    held = _held()
    if any(isinstance(out, Established) for out in outs):
        assert state == LAST and data.startswith(held["initiatorSealed"])
    if state in (ANSWER, SHOWN) and any(isinstance(out, NeedSignature) for out in outs):
        before = held["answer"] if state == ANSWER else b""
        assert data.startswith(before + held["responderSealed"]), "it shows itself to a stranger"
    if any(isinstance(out, Received) for out in outs):
        assert state == FRAMES and data.startswith(held["frame0"])


def _shown(out: Out) -> Any:
    match out:
        case Failed(refusal):
            return refusal.code, refusal.message
        case Received(message):
            return message
        case Established(id):
            return id
    return type(out)


def _session(state: int) -> Session:
    """A session of the recorded handshake in a state."""
    held = _held()
    ephemeral = Ephemeral(
        X25519PrivateKey.from_private_bytes(held["initiatorX25519"]),
        MLKEM768PrivateKey.from_seed_bytes(held["initiatorKem"]),
    )
    made = session(ALICE, initiator=state in (ANSWER, SHOWN), ephemeral=ephemeral)
    made.start()
    if state == SHOWN:
        assert made.receive(held["answer"], NOW) == []
    elif state in (LAST, FRAMES):
        owner = _owner("responderIdentity")
        responder = Responder(TERMS, owner, (CHACHA20_POLY1305,))
        secret = _Secret(CHACHA20_POLY1305, held["secrets"], held["hello"] + held["answer"])
        secret._say(held["responderSealed"])
        responder._secret, responder.expects = secret, limits.SEALED_BYTES
        made._handshake, made._answers = responder, False
    if state == FRAMES:
        (known,) = made.receive(held["initiatorSealed"], NOW)
        assert isinstance(known, Established)
    return made


@cache
def _owner(name: str) -> Identity:
    key = signing.from_seed(_held()[name])
    return Identity(key.alg, key.public_key)


def _plain_frames(frames: list[bytes]) -> None:
    """Frames of the right key and number: taken as the specification says, and only those."""
    sealer = Sealer(CHACHA20_POLY1305, _KEY, MESSAGE_BYTES, NOW)
    opener = Opener(CHACHA20_POLY1305, _KEY, MESSAGE_BYTES)
    for plain in frames:
        if len(plain) < 2:
            return  # refused by the length already
        length = (len(plain) + 16).to_bytes(4)
        sealed = sealer._aead.encrypt(sealer._nonce(), plain, length)
        # MORE only in a full frame, which is over what this opener takes of a message
        refused = plain[0] not in (0, 2) or len(plain) > MESSAGE_BYTES + 1
        try:
            message = opener.open(length, sealed)
        except SessionRefused as refusal:
            assert refused and refusal.code in ("p2p.frame_malformed", "p2p.message_too_long")
            return
        assert not refused and message == plain[1:]
        if plain[0] == 2:
            sealer._ratchet()
        assert opener._key == sealer._key and opener.held == 0
    assert PAYLOAD_MOST > MESSAGE_BYTES


def mutate(data: bytes, rng: Random) -> bytes:
    """Mostly the CBOR behind a length, altered and framed again; introductions without one."""
    if len(data) < 6 or rng.random() < 0.2:
        return mutations.flip(data, rng)
    state, rest = data[:1], data[1:]
    if data[0] % STATES == INTRODUCTION:
        return state + mutations.cbor(rest, rng)
    parts = mutations.split(rest, most=16)
    at = rng.randrange(len(parts))
    changed = mutations.cbor if data[0] % STATES in (HELLO, ANSWER) else mutations.flip
    parts[at] = changed(parts[at], rng)
    return state + mutations.join(parts)


def seeds() -> dict[str, bytes]:
    held = _held()
    refusal = _refusal()
    sealed = held["responderSealed"]
    shown = open_once(CHACHA20_POLY1305, held["responderHandshakeKey"], sealed)
    assert shown is not None
    frames = held["frame0"] + held["frame1Rekeyed"] + held["frame2"]
    return {
        "hello": bytes([HELLO]) + held["hello"],
        "answer": bytes([ANSWER]) + held["answer"] + sealed,
        "refusal": bytes([ANSWER]) + refusal,
        "shown": bytes([SHOWN]) + sealed,
        "last": bytes([LAST]) + held["initiatorSealed"],
        "frames": bytes([FRAMES]) + frames,
        "introduction": bytes([INTRODUCTION]) + shown,
        "plain": bytes([PLAIN]) + mutations.join([b"\0first", b"\2second", b"\0third"]),
    }


def _refusal() -> bytes:
    made = session(ALICE, initiator=False)
    told = made.receive(bytes.fromhex("00000001a0"), NOW)[0]
    assert isinstance(told, ToWire)
    return told.data

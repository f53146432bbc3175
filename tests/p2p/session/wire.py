"""Two sessions without a network between them: what tests of sessions share."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha3_256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from core import cbor
from p2p.rules.session import Established, Failed, NeedSignature, Out, Received, Session, Terms
from p2p.rules.session.keys import Ephemeral
from p2p.rules.session.outs import ToWire
from pq import signing
from pq.signing import PrivateKey

TERMS = Terms(1, 1337, bytes(range(32)), bytes(range(32, 64)))
MESSAGE_BYTES = 3 * 1024 * 1024
NOW = 1_000_000


@lru_cache(maxsize=16)
def node_key(number: int) -> PrivateKey:
    return signing.from_seed(sha3_256(b"node %d" % number).digest())


ALICE, BOB, MALLORY = node_key(1), node_key(2), node_key(3)


@lru_cache(maxsize=1)
def slow_key() -> PrivateKey:
    return signing.generate_slh()


def ephemeral(number: int = 7) -> Ephemeral:
    """Ephemeral keys that are the same each time, of which a real node has none."""
    return Ephemeral(
        X25519PrivateKey.from_private_bytes(bytes([number]) * 32),
        MLKEM768PrivateKey.from_seed_bytes(bytes([number]) * 64),
    )


def session(owner: PrivateKey, *, initiator: bool, **changed: Any) -> Session:
    wanted = {"terms": TERMS, "message_bytes": MESSAGE_BYTES, "now_ms": NOW} | changed
    return Session(initiator=initiator, alg=owner.alg, public_key=owner.public_key, **wanted)


@dataclass
class End:
    """One side: its session, its key, and everything that came out of it."""

    session: Session
    owner: PrivateKey
    outs: list[Out] = field(default_factory=list)
    now_ms: int = NOW

    def start(self) -> bytes:
        return self.do(self.session.start())

    def take(self, data: bytes) -> bytes:
        return self.do(self.session.receive(data, self.now_ms))

    def do(self, outs: Iterable[Out]) -> bytes:
        """Answer requests for signatures; the bytes for the other side."""
        wire = b""
        for out in outs:
            self.outs.append(out)
            if isinstance(out, ToWire):
                wire += out.data
            elif isinstance(out, NeedSignature):
                signature = self.owner.sign(out.message, out.context)
                wire += self.do(self.session.signed(signature, self.now_ms))
        return wire

    def send(self, message: bytes) -> bytes:
        return self.session.send(message, self.now_ms)

    def of(self, kind: type) -> list[Any]:
        return [out for out in self.outs if isinstance(out, kind)]

    @property
    def code(self) -> str:
        """The code of its failure, "" if it has not failed."""
        failed = self.of(Failed)
        assert len(failed) < 2
        return failed[0].refusal.code if failed else ""

    @property
    def messages(self) -> list[bytes]:
        return [out.message for out in self.of(Received)]

    @property
    def peer(self) -> Established | None:
        return next(iter(self.of(Established)), None)

    def fork(self) -> End:
        """The same state once more, independent of this one."""
        twin = copy.copy(self.session)
        twin._inbox = bytearray(twin._inbox)
        twin._handshake = copy.copy(twin._handshake)
        for name in ("_secret", "_ephemeral"):
            if getattr(twin._handshake, name, None) is not None:
                setattr(twin._handshake, name, copy.copy(getattr(twin._handshake, name)))
        for name in ("_sealer", "_opener"):
            setattr(twin, name, copy.copy(getattr(twin, name)))
        if twin._opener is not None:
            twin._opener._parts = list(twin._opener._parts)
        return End(twin, self.owner, list(self.outs), self.now_ms)


def ends(a: PrivateKey = ALICE, b: PrivateKey = BOB, **changed: Any) -> tuple[End, End]:
    first = session(a, initiator=True, **changed)
    second = session(b, initiator=False, **{k: v for k, v in changed.items() if k != "ephemeral"})
    return End(first, a), End(second, b)


@dataclass
class Played:
    """A complete handshake and what went over the line."""

    a: End
    b: End
    hello: bytes
    answer: bytes
    sealed_b: bytes
    sealed_a: bytes

    @property
    def flights(self) -> tuple[bytes, ...]:
        return self.hello, self.answer, self.sealed_b, self.sealed_a


def play(a: PrivateKey = ALICE, b: PrivateKey = BOB, **changed: Any) -> Played:
    one, two = ends(a, b, **changed)
    hello = one.start()
    both = two.take(hello)
    answer, sealed_b = split(both)
    sealed_a = one.take(both)
    assert two.take(sealed_a) == b""
    return Played(one, two, hello, answer, sealed_b, sealed_a)


def split(data: bytes) -> list[bytes]:
    """The length-framed pieces of a stream."""
    pieces = []
    while data:
        end = 4 + int.from_bytes(data[:4])
        pieces.append(data[:end])
        data = data[end:]
    return pieces


def opened(wire: bytes) -> dict[str, Any]:
    """The map of a message in the clear."""
    value: dict[str, Any] = cbor.decode_own(wire[4:])
    return value


def closed(value: Any) -> bytes:
    body = cbor.encode(value)
    return len(body).to_bytes(4) + body


def altered(wire: bytes, **changed: Any) -> bytes:
    """A clear message with other fields; None takes one away."""
    value = opened(wire) | changed
    return closed({name: each for name, each in value.items() if each is not None})


def flipped(wire: bytes, at: int, bit: int = 1) -> bytes:
    return wire[:at] + bytes([wire[at] ^ bit]) + wire[at + 1 :]

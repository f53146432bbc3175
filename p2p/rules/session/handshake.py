"""The handshake: four messages, each side's steps in order. Source: docs/spec/p2p.md.

    initiator                                   responder
    hello (terms, ephemeral keys, ciphers) →
                                              ← answer (ephemeral key, ciphertext, cipher)
                                              ← encrypted: identity, signature
    encrypted: identity, signature →

The responder shows its identity first, the initiator its own only to a responder that it has
authenticated. No step is taken twice, and no secret outlives its use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core import tags
from p2p.rules import limits
from p2p.rules.session import hello, keys, refusals
from p2p.rules.session.ciphers import open_once, seal_once
from p2p.rules.session.hello import Answer, Hello, Terms
from p2p.rules.session.identity import Identity, introduce, meet
from p2p.rules.session.keys import INITIATOR, RESPONDER, Ephemeral
from p2p.rules.session.outs import NeedSignature, Out, ToWire


@dataclass(frozen=True, slots=True)
class Done:
    """A complete handshake: who the peer is, and the first keys of both directions."""

    peer: Identity
    aead: int
    sending: bytes
    receiving: bytes


class Handshake(Protocol):
    """One side of a handshake."""

    expects: int
    """How long the next message of the other side may be; 0: it has to wait."""
    done: Done | None

    def start(self) -> list[Out]:
        """What this side says first."""

    def take(self, wire: bytes) -> list[Out]:
        """A message of the other side behind its length. Raises ``SessionRefused``."""

    def signed(self, signature: bytes) -> list[Out]:
        """The answer to ``NeedSignature``."""


class _Secret:
    """The root key and the transcript, once both sides have said their ephemeral keys."""

    def __init__(self, aead: int, secrets: bytes, said: bytes) -> None:
        self.aead = aead
        self._said = said
        self.digest = keys.transcript(said)
        """The transcript so far."""
        self.prk = keys.root(secrets, self.digest)

    def seal(self, sender: bytes, plain: bytes) -> bytes:
        """An encrypted introduction; it becomes part of the transcript."""
        wire = seal_once(self.aead, keys.handshake_key(self.prk, sender, self.digest), plain)
        self._say(wire)
        return wire

    def open(self, sender: bytes, wire: bytes) -> Identity:
        """Who introduces itself in a message, which becomes part of the transcript."""
        key = keys.handshake_key(self.prk, sender, self.digest)
        plain = open_once(self.aead, key, wire)
        if plain is None:
            raise refusals.HandshakeTampered("the peer's identity cannot be opened")
        identity = meet(plain, sender, self.digest)
        self._say(wire)
        return identity

    def finish(self, peer: Identity, own: bytes, other: bytes) -> Done:
        """The keys of the frames; nothing of the handshake is needed after this."""
        sending = keys.traffic_key(self.prk, own, self.digest)
        return Done(peer, self.aead, sending, keys.traffic_key(self.prk, other, self.digest))

    def _say(self, wire: bytes) -> None:
        self._said += wire
        self.digest = keys.transcript(self._said)


class Initiator:
    """The side that connected."""

    def __init__(
        self, terms: Terms, own: Identity, aeads: tuple[int, ...], ephemeral: Ephemeral | None
    ) -> None:
        self.expects = 0
        self.done: Done | None = None
        self._own = own
        self._aeads = aeads
        self._ephemeral = ephemeral or Ephemeral()
        self._hello = Hello(terms, *self._ephemeral.public(), aeads).encode()
        self._secret: _Secret | None = None
        self._peer: Identity | None = None

    def start(self) -> list[Out]:
        """The hello."""
        self.expects = limits.HELLO_BYTES
        return [ToWire(self._hello)]

    def take(self, wire: bytes) -> list[Out]:
        """The answer, then the responder's introduction."""
        if self._secret is None:
            self._answered(wire)
            return []
        self._peer = self._secret.open(RESPONDER, wire)
        self.expects = 0
        return [_ask(self._own, INITIATOR, self._secret.digest)]

    def signed(self, signature: bytes) -> list[Out]:
        """The own introduction, which completes the handshake."""
        assert self._secret is not None and self._peer is not None, "no signature was asked for"
        wire = self._secret.seal(INITIATOR, introduce(self._own, signature))
        self.done = self._secret.finish(self._peer, INITIATOR, RESPONDER)
        return [ToWire(wire)]

    def _answered(self, wire: bytes) -> None:
        answer = hello.decode_answer(wire)
        if answer.aead not in self._aeads:
            raise refusals.CipherUnoffered(f"cipher {answer.aead} was not offered")
        secrets = self._ephemeral.secrets(answer.x25519, answer.kem)
        del self._ephemeral
        self._secret = _Secret(answer.aead, secrets, self._hello + wire)
        self.expects = limits.SEALED_BYTES


class Responder:
    """The side that was connected to."""

    def __init__(self, terms: Terms, own: Identity, aeads: tuple[int, ...]) -> None:
        self.expects = limits.HELLO_BYTES
        self.done: Done | None = None
        self._terms = terms
        self._own = own
        self._aeads = aeads
        self._secret: _Secret | None = None

    def start(self) -> list[Out]:
        """Nothing: the other side speaks first."""
        return []

    def take(self, wire: bytes) -> list[Out]:
        """The hello, then the initiator's introduction."""
        if self._secret is None:
            return self._greeted(wire)
        peer = self._secret.open(INITIATOR, wire)
        self.done = self._secret.finish(peer, RESPONDER, INITIATOR)
        return []

    def signed(self, signature: bytes) -> list[Out]:
        """The own introduction."""
        assert self._secret is not None and not self.expects, "no signature was asked for"
        wire = self._secret.seal(RESPONDER, introduce(self._own, signature))
        self.expects = limits.SEALED_BYTES
        return [ToWire(wire)]

    def _greeted(self, wire: bytes) -> list[Out]:
        theirs = hello.decode_hello(wire, self._terms.version)
        self._terms.compare(theirs.terms)
        aead = next((each for each in self._aeads if each in theirs.aeads), None)
        if aead is None:
            raise refusals.CipherNone("the peer offers no cipher that this node has")
        x25519, ciphertext, secrets = keys.respond(theirs.x25519, theirs.kem)
        answer = Answer(x25519, ciphertext, aead).encode()
        self._secret = _Secret(aead, secrets, wire + answer)
        self.expects = 0
        return [ToWire(answer), _ask(self._own, RESPONDER, self._secret.digest)]


def _ask(own: Identity, role: bytes, digest: bytes) -> NeedSignature:
    return NeedSignature(own.statement(role, digest), tags.CONTEXT_P2P)

"""One connection: bytes in any pieces ↔ messages. No socket, no clock. Source: docs/spec/p2p.md."""

from __future__ import annotations

from p2p.rules import limits
from p2p.rules.session import frames, hello
from p2p.rules.session.ciphers import PREFERRED
from p2p.rules.session.frames import Opener, Sealer
from p2p.rules.session.handshake import Done, Handshake, Initiator, Responder
from p2p.rules.session.hello import LENGTH_BYTES, Terms
from p2p.rules.session.identity import Identity
from p2p.rules.session.keys import Ephemeral
from p2p.rules.session.outs import Established, Failed, Out, Received, ToWire
from p2p.rules.session.refusals import (
    HandshakeOutOfTurn,
    HandshakeTimeout,
    HandshakeTooLong,
    SessionRefused,
)


class Session:
    """The state of one connection. Not for several threads at once.

    ``alg`` and ``public_key`` are this node's identity; its secret stays with the driver, which
    answers ``NeedSignature`` by ``signed``. ``aeads`` are the ciphers that it takes, best first.
    ``message_bytes`` bounds a message in either direction. ``ephemeral`` is for tests.
    """

    def __init__(
        self,
        *,
        initiator: bool,
        terms: Terms,
        alg: int,
        public_key: bytes,
        message_bytes: int,
        now_ms: int,
        aeads: tuple[int, ...] = PREFERRED,
        ephemeral: Ephemeral | None = None,
    ) -> None:
        own = Identity(alg, public_key)
        self._handshake: Handshake | None = (
            Initiator(terms, own, aeads, ephemeral) if initiator else Responder(terms, own, aeads)
        )
        self._answers = not initiator
        """Whether the other side's next message is its hello, which a refusal may answer."""
        self._message_bytes = message_bytes
        self._started_ms = now_ms
        self._inbox = bytearray()
        self._sealer: Sealer | None = None
        self._opener: Opener | None = None
        self.over = False
        """Whether it has failed; it then takes and gives nothing any more."""

    @property
    def established(self) -> bool:
        """Whether messages can be sent."""
        return self._sealer is not None and not self.over

    @property
    def held(self) -> int:
        """Bytes received that are not a whole message yet."""
        return len(self._inbox) + (self._opener.held if self._opener is not None else 0)

    def start(self) -> list[Out]:
        """The first bytes of an initiator; a responder has none."""
        assert self._handshake is not None
        return self._handshake.start()

    def receive(self, data: bytes, now_ms: int) -> list[Out]:
        """Take bytes as they come from the wire, in any pieces."""
        if self.over:
            return []
        outs: list[Out] = []
        self._inbox += data
        try:
            while self._step(outs, now_ms):
                pass
        except SessionRefused as refusal:
            if self._answers:
                outs.append(ToWire(hello.encode_refusal(refusal)))
            outs.append(self._fail(refusal))
        return outs

    def signed(self, signature: bytes, now_ms: int) -> list[Out]:
        """Go on after ``NeedSignature``; nothing if the session has failed meanwhile."""
        if self.over:
            return []
        assert self._handshake is not None, "no signature was asked for"
        outs = self._handshake.signed(signature)
        self._complete(outs, now_ms)
        return outs

    def send(self, message: bytes, now_ms: int) -> bytes:
        """The frames of a message, which has 1 to ``message_bytes`` bytes."""
        assert self._sealer is not None, "the handshake is not complete, or the session is over"
        return self._sealer.seal(message, now_ms)

    def tick(self, now_ms: int) -> list[Out]:
        """Fail a handshake that takes too long."""
        late = now_ms - self._started_ms >= limits.HANDSHAKE_MS
        if self.over or self._handshake is None or not late:
            return []
        return [self._fail(HandshakeTimeout("the handshake was not complete in time"))]

    def _step(self, outs: list[Out], now_ms: int) -> bool:
        """Take the next message of the handshake or the next frame, if it is all here."""
        inbox = self._inbox
        if self._handshake is not None and inbox and not self._handshake.expects:
            raise HandshakeOutOfTurn("the peer spoke while it had to wait")
        if len(inbox) < LENGTH_BYTES:
            return False
        size = int.from_bytes(inbox[:LENGTH_BYTES])
        self._check(size)
        end = LENGTH_BYTES + size
        if len(inbox) < end:
            return False
        if self._handshake is None:
            self._frame(outs, end)
        else:
            wire = bytes(inbox[:end])
            del inbox[:end]
            outs += self._handshake.take(wire)
            self._answers = False
            self._complete(outs, now_ms)
        return True

    def _check(self, size: int) -> None:
        """Refuse by the announced length, before more of it is waited for."""
        if self._handshake is None:
            frames.check_length(size)
        elif size > self._handshake.expects:
            most = self._handshake.expects
            raise HandshakeTooLong(f"a message of the handshake announces {size} bytes", limit=most)

    def _frame(self, outs: list[Out], end: int) -> None:
        assert self._opener is not None
        length = bytes(self._inbox[:LENGTH_BYTES])
        with memoryview(self._inbox) as view, view[LENGTH_BYTES:end] as sealed:
            message = self._opener.open(length, sealed)
        del self._inbox[:end]
        if message is not None:
            outs.append(Received(message))

    def _complete(self, outs: list[Out], now_ms: int) -> None:
        """Go over to frames once the handshake is complete."""
        assert self._handshake is not None
        done: Done | None = self._handshake.done
        if done is None:
            return
        self._sealer = Sealer(done.aead, done.sending, self._message_bytes, now_ms)
        self._opener = Opener(done.aead, done.receiving, self._message_bytes)
        self._handshake = None
        outs.append(Established(done.peer.id, done.peer.alg, done.peer.public_key))

    def _fail(self, refusal: SessionRefused) -> Failed:
        """End it: no key and no byte is kept."""
        self.over = True
        self._handshake = self._sealer = self._opener = None
        self._inbox = bytearray()
        return Failed(refusal)

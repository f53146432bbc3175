"""Two ends of the transports in one process: real loops and sockets, and no engine behind them."""

from __future__ import annotations

import socket
import time
from collections import deque
from typing import Any

from p2p.loop import NetLoop
from p2p.net.inbox import Inbox
from p2p.rules.actions import Dial
from p2p.rules.addresses import Address, parse
from p2p.rules.events import DialFailed, Event, MessageReceived, PeerConnected
from p2p.rules.session import Identity, Session, Terms
from p2p.rules.session.outs import Established, NeedSignature, Received, ToWire
from p2p.signer import Signer
from pq.signing import PrivateKey

TERMS = Terms(1, 31337, b"\x01" * 32, b"\x02" * 32)
MESSAGE_BYTES = 4 * 1024 * 1024
WAIT_S = 20.0


def key_of(number: int) -> PrivateKey:
    return PrivateKey(0x1003, bytes([number]) * 32)


class Side:
    """A node's transports; the test plays its engine."""

    def __init__(self, number: int, *, terms: Terms = TERMS, signer: Any = None) -> None:
        key = key_of(number)
        self.inbox = Inbox(lambda conn: self.net.switchboard.read_on(conn))
        self.identity = Identity(key.alg, key.public_key)
        self.net = NetLoop(
            terms=terms,
            identity=self.identity,
            signer=signer or Signer(key),
            message_bytes=MESSAGE_BYTES,
            inbox=self.inbox,
        )
        self.port = self.net.listen("127.0.0.1", 0)
        self.net.start()
        self.seen: deque[Event] = deque()

    @property
    def address(self) -> Address:
        return parse(f"127.0.0.1:{self.port}")

    def perform(self, *actions: Any) -> None:
        self.net.switchboard.perform(actions)

    def event(self, kind: type) -> Any:
        """The next event of a kind; others are let go, but kept in ``seen``."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            found = self.inbox.take(0.2)
            if found is not None:
                self.seen.append(found)
                if isinstance(found, kind):
                    return found
        raise AssertionError(f"no {kind.__name__}; seen: {list(self.seen)[-5:]}")

    def until(self, holds: Any) -> None:
        """Wait for something that the loop does."""
        deadline = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def dial(self, other: Address) -> PeerConnected | DialFailed:
        self.perform(Dial(other, "asked"))
        return self.event((PeerConnected, DialFailed))

    def messages(self, count: int) -> list[bytes]:
        return [self.event(MessageReceived).data for _ in range(count)]

    def stop(self) -> None:
        self.net.stop()


class RawPeer:
    """An initiator on a plain socket, which the test reads and writes as it likes."""

    def __init__(self, side: Side, number: int = 99) -> None:
        self.begin(side.port, TERMS, number)
        self.conn = side.event(PeerConnected).conn

    @classmethod
    def of_a_node(cls, port: int, terms: Terms) -> RawPeer:
        """At a whole node's port."""
        made = cls.__new__(cls)
        made.begin(port, terms, 99)
        return made

    def begin(self, port: int, terms: Terms, number: int) -> None:
        """Connect, and complete the handshake."""
        self._key = key_of(number)
        self.session_id = Identity(self._key.alg, self._key.public_key).id
        self.session = Session(
            initiator=True,
            terms=terms,
            alg=self._key.alg,
            public_key=self._key.public_key,
            message_bytes=MESSAGE_BYTES,
            now_ms=0,
        )
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        self.received: deque[bytes] = deque()
        self._take(self.session.start())
        while not self.session.established:
            self.read()

    def read(self) -> bool:
        """Read once; False at the end of the stream."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            return False
        self._take(self.session.receive(data, 0))
        return bool(data)

    def send(self, message: bytes) -> None:
        self.socket.sendall(self.session.send(message, 0))

    def _take(self, outs: list[Any]) -> None:
        for out in outs:
            match out:
                case ToWire(data):
                    self.socket.sendall(data)
                case NeedSignature(message, context):
                    self._take(self.session.signed(self._key.sign(message, context), 0))
                case Received(message):
                    self.received.append(message)
                case Established():
                    pass
                case _:
                    raise AssertionError(out)

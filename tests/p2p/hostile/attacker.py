"""An attacker: the node's session and messages over real sockets, with any bytes in between.

It has as many names as it likes, and no manners: it may stall at every step of the handshake,
never read, and send whatever it is told to.
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from core.network import Network
from p2p.rules.limits import MESSAGE_OVERHEAD_BYTES, VERSION
from p2p.rules.session import (
    Established,
    Failed,
    NeedSignature,
    Received,
    Session,
    Terms,
    ToWire,
)
from p2p.rules.wire import codec
from p2p.rules.wire import messages as m
from pq.signing import PrivateKey

WAIT_S = 20.0


class Attacker:
    """One connection under one name; ``number`` chooses the name."""

    def __init__(self, address: str, network: Network, genesis: bytes, number: int = 1) -> None:
        host, port = address.removeprefix("tcp://").rsplit(":", 1)
        self.network = network
        self._key = PrivateKey(0x1003, number.to_bytes(32, "big"))
        self.session = Session(
            initiator=True,
            terms=Terms(VERSION, network.chain, genesis, network.pins[0].alg),
            alg=self._key.alg,
            public_key=self._key.public_key,
            message_bytes=network.block_bytes_most + MESSAGE_OVERHEAD_BYTES,
            now_ms=0,
        )
        self.socket = socket.create_connection((host, int(port)), timeout=WAIT_S)
        self.heard: deque[m.Message] = deque()
        self.open = True
        self.pending = b""
        """Bytes that the node has not taken."""

    # ------------------------------------------------------------ manners, where wanted

    def shake(self) -> Attacker:
        """The whole handshake."""
        self._take(self.session.start())
        while not self.session.established:
            self.read(WAIT_S)
            assert self.open, "the node has hung up during the handshake"
        return self

    def greet(self, **claims: Any) -> Attacker:
        """Handshake and ``identify``."""
        self.shake()
        said = {
            "agent": "attacker/1",
            "listen": (),
            "height": 0,
            "head": bytes(32),
            "work": bytes(32),
            "bodies_from": 0,
            "snapshots": (),
        }
        self.say(m.Identify(**(said | claims)))
        return self

    # ------------------------------------------------------------ out

    def say(self, message: m.Message) -> bool:
        """Send a message; False once the node has hung up."""
        return self.plain(codec.encode(message))

    def plain(self, data: bytes) -> bool:
        """Send any bytes as a message."""
        return self.wire(self.session.send(data, 0)) if self.open else False

    def plain_many(self, messages: list[bytes]) -> bool:
        """Send many at once, as far as the node takes them; the rest waits for the next call."""
        if self.open and not self.pending:
            self.pending = b"".join(self.session.send(one, 0) for one in messages)
        return self.push()

    def push(self) -> bool:
        """Send of what waits as much as the node takes."""
        try:
            sent = self.socket.send(self.pending, socket.MSG_DONTWAIT) if self.pending else 0
            self.pending = self.pending[sent:]
        except BlockingIOError:
            pass
        except OSError:
            self.open = False
        return self.open

    def wire(self, data: bytes) -> bool:
        """Send any bytes at all."""
        try:
            self.socket.sendall(data)
        except OSError:
            self.open = False
        return self.open

    # ------------------------------------------------------------ in

    def read(self, seconds: float = 0) -> bool:
        """Take what has come, waiting so long for the first of it; whether anything came."""
        if not self.open or not select.select([self.socket], [], [], seconds)[0]:
            return False
        try:
            data = self.socket.recv(1 << 18)
        except OSError:
            data = b""
        self.open = bool(data)
        self._take(self.session.receive(data, 0))
        return self.open

    def goodbye(self, seconds: float = WAIT_S) -> str:
        """The word that the node ends the connection with; "" if it just hangs up."""
        deadline = time.monotonic() + seconds
        while self.open and time.monotonic() < deadline:
            self.read(0.2)
        assert not self.open, "the node has not hung up"
        return next((one.code for one in self.heard if isinstance(one, m.Goodbye)), "")

    def answer(self, kind: type[m.Message], seconds: float = WAIT_S) -> Any:
        """The next message of a kind."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.open:
            while self.heard:
                if isinstance(found := self.heard.popleft(), kind):
                    return found
            self.read(0.2)
        raise AssertionError(f"no {kind.__name__}")

    def close(self) -> None:
        """Hang up."""
        self.open = False
        with suppress(OSError):
            self.socket.close()

    def _take(self, outs: list[Any]) -> None:
        for out in outs:
            match out:
                case ToWire(data):
                    self.wire(data)
                case NeedSignature(message, context):
                    self._take(self.session.signed(self._key.sign(message, context), 0))
                case Received(message):
                    most = self.network.block_bytes_most
                    self.heard.append(codec.decode(message, block_bytes=most))
                case Failed():
                    self.open = False
                case Established():
                    pass


def hello_parts(attacker: Attacker) -> Iterator[bytes]:
    """The bytes of a hello, cut everywhere that a stranger may stall."""
    (first,) = [out.data for out in attacker.session.start() if isinstance(out, ToWire)]
    for end in (0, 1, 3, 4, 5, len(first) // 2, len(first) - 1, len(first)):
        yield first[:end]

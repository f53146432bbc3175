"""A session on a wire: bytes in, messages out, and the other way round. In the loop's thread."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from core.errors import Refused
from p2p.net.limits import FLUSH_MS
from p2p.net.wires import Wire
from p2p.rules.addresses import Address
from p2p.rules.limits import OUTGOING_BYTES, WRITABLE_BYTES
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

log = logging.getLogger("animica.p2p")


class Board(Protocol):
    """Who a connection reports to; ``p2p.net.switchboard.Switchboard`` is one."""

    def now_ms(self) -> int:
        """Milliseconds that never run back."""

    def sign(self, connection: Connection, asked: NeedSignature) -> None:
        """Have ``connection.signed`` called with this node's signature."""

    def established(self, connection: Connection, peer: Established) -> None:
        """The handshake is complete."""

    def received(self, connection: Connection, message: bytes) -> bool:
        """A whole message; returns whether the peer may be read on."""

    def writable(self, connection: Connection) -> None:
        """Little waits to be sent."""

    def over(self, connection: Connection) -> None:
        """The connection is gone."""

    def later(self, delay_ms: int, connection: Connection) -> None:
        """Abort the connection then, if it is still there."""


class Stage(Enum):
    """How far a connection is. What is CLOSING takes nothing more."""

    HANDSHAKE = 1
    OPEN = 2
    CLOSING = 3


class Connection:
    """One connection from its first byte to its last; ``number`` names it everywhere."""

    def __init__(
        self,
        number: int,
        wire: Wire,
        session: Session,
        board: Board,
        *,
        address: Address,
        outbound: bool,
        purpose: str = "",
    ) -> None:
        self.number = number
        self.wire = wire
        self.address = address
        self.outbound = outbound
        self.purpose = purpose
        self.stage = Stage.HANDSHAKE
        self.was_open = False
        self.reason = ""
        self.refusal: Refused | None = None
        self.bytes_in = self.bytes_out = 0
        self._owes = False  # whether a bulk message waits to be called sent
        self._session = session
        self._board = board

    # ------------------------------------------------------------ what the board wants

    def start(self) -> None:
        """Say the first word, if that is ours to say."""
        if self.outbound:
            self._take(self._session.start())

    def signed(self, signature: bytes) -> None:
        """Go on with the handshake."""
        if self.stage is Stage.HANDSHAKE:
            self._take(self._session.signed(signature, self._board.now_ms()))

    def tick(self) -> None:
        """Look whether the handshake takes too long."""
        if self.stage is Stage.HANDSHAKE:
            self._take(self._session.tick(self._board.now_ms()))

    def send(self, message: bytes, *, bulk: bool) -> None:
        """Send a message; a peer that does not read what waits already is dropped instead.

        After a ``bulk`` one the board hears once that little waits.
        """
        if self.stage is not Stage.OPEN:
            return
        if self.wire.waiting() + len(message) > OUTGOING_BYTES:
            self.stage, self.reason = Stage.CLOSING, "slow"
            self.wire.abort()
            return
        self._owes = self._owes or bulk
        try:
            self._write(self._session.send(message, self._board.now_ms()))
        except SessionRefused as refusal:  # its keys are used up: a new session has new ones
            self.refusal = refusal
            self.close(refusal.code, within_ms=FLUSH_MS)

    def settle(self) -> None:
        """After sends: say so if little waits, and somebody waits for that."""
        if self._owes and self.stage is Stage.OPEN and self.wire.waiting() < WRITABLE_BYTES:
            self._owes = False
            self._board.writable(self)

    def close(self, reason: str, *, within_ms: int) -> None:
        """Send what waits, for so long at most, then end."""
        if self.stage is Stage.CLOSING:
            return
        self.stage, self.reason = Stage.CLOSING, reason
        self.wire.resume()  # else the end of a peer whose bytes are not read is never seen
        self.wire.close()
        self._board.later(within_ms, self)

    # ------------------------------------------------------------ what the wire tells

    def received(self, data: bytes) -> None:
        """Bytes of the peer; a closing connection lets them fall."""
        self.bytes_in += len(data)
        if self.stage is Stage.CLOSING:
            return
        try:
            self._take(self._session.receive(data, self._board.now_ms()))
        except Exception:
            # A defect of this node: it must not take the loop of all connections with it.
            log.exception("the session with %s failed", self.address)
            self.close("fault", within_ms=FLUSH_MS)

    def drained(self) -> None:
        """See ``p2p.net.wires.End``."""
        self.settle()

    def lost(self, reason: str) -> None:
        """See ``p2p.net.wires.End``."""
        self.stage = Stage.CLOSING
        self.reason = self.reason or reason
        self._board.over(self)

    # ------------------------------------------------------------ inside

    def _take(self, outs: Iterable[Out]) -> None:
        for out in outs:
            match out:
                case ToWire(data):
                    self._write(data)
                case NeedSignature():
                    self._board.sign(self, out)
                case Established():
                    self.stage, self.was_open = Stage.OPEN, True
                    self._board.established(self, out)
                case Received(message):
                    if not self._board.received(self, message):
                        self.wire.pause()
                case Failed(refusal):
                    self.refusal = refusal
                    self.close(refusal.code, within_ms=FLUSH_MS)

    def _write(self, data: bytes) -> None:
        self.bytes_out += len(data)
        self.wire.write(data)

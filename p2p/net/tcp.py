"""TCP: a protocol of asyncio that is a wire."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from p2p.net.limits import READ_BYTES
from p2p.net.wires import End
from p2p.rules.limits import WRITABLE_BYTES

IDLE_S, PROBE_S, PROBES = 30, 10, 3
"""A peer that vanished without a word is noticed by the system after about a minute."""


class TcpWire(asyncio.BufferedProtocol):
    """One TCP connection. ``attach(wire)`` gives its other end, or None to hang up at once."""

    def __init__(self, attach: Callable[[TcpWire], End | None]) -> None:
        self._attach = attach
        self._buffer = bytearray(READ_BYTES)
        self._transport: asyncio.Transport | None = None
        self._end: End | None = None
        self._paused = False

    @property
    def host(self) -> tuple[str, int]:
        """Where the peer is: IP address and port."""
        assert self._transport is not None
        name = self._transport.get_extra_info("peername")
        return (str(name[0]), int(name[1])) if name else ("", 0)

    # ------------------------------------------------------------ asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.BaseProtocol``."""
        # uvloop's transports are not of asyncio's class, but have its methods.
        self._transport = transport = cast(asyncio.Transport, transport)
        transport.set_write_buffer_limits(high=WRITABLE_BYTES - 1, low=WRITABLE_BYTES // 2)
        _set_up(transport.get_extra_info("socket"))
        self._end = self._attach(self)
        if self._end is None:
            transport.abort()

    def get_buffer(self, sizehint: int) -> bytearray:
        """See ``asyncio.BufferedProtocol``."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """See ``asyncio.BufferedProtocol``."""
        if self._end is not None:
            self._end.received(bytes(memoryview(self._buffer)[:nbytes]))

    def resume_writing(self) -> None:
        """See ``asyncio.BaseProtocol``."""
        if self._end is not None:
            self._end.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.BaseProtocol``."""
        end, self._end = self._end, None
        if end is not None:
            end.lost("closed by the peer" if exc is None else str(exc) or type(exc).__name__)

    # ------------------------------------------------------------ the wire

    def write(self, data: bytes) -> None:
        """See ``p2p.net.wires.Wire``."""
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.write(data)

    def waiting(self) -> int:
        """See ``p2p.net.wires.Wire``."""
        assert self._transport is not None
        return self._transport.get_write_buffer_size()

    def pause(self) -> None:
        """See ``p2p.net.wires.Wire``."""
        if self._transport is not None and not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """See ``p2p.net.wires.Wire``."""
        if self._transport is not None and self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def close(self) -> None:
        """See ``p2p.net.wires.Wire``."""
        assert self._transport is not None
        self._transport.close()

    def abort(self) -> None:
        """See ``p2p.net.wires.Wire``."""
        assert self._transport is not None
        self._transport.abort()


def _set_up(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)

"""WebSocket: binary messages are the stream of bytes, wherever they are cut.

One wire serves both ends: the node's own dials, and the HTTP server's sockets, which live in
another loop (``p2p.consumers``). Whoever made the wire says how a piece is sent.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from p2p.net.limits import DIAL_MS, FLUSH_MS, PIECE_BYTES, WS_MESSAGE_BYTES
from p2p.net.wires import End, Wire
from p2p.rules.addresses import Address
from p2p.rules.limits import WRITABLE_BYTES

PATH = "/p2p"
"""Where a node's HTTP server takes peers."""


class WsWire:
    """A wire that sends pieces one after the other. In the loop of the switchboard.

    ``send`` sends one piece and may wait; ``hang_up`` ends the socket. Both may raise anything
    that says that the socket has gone: OSError or ConnectionClosed.
    """

    def __init__(
        self, send: Callable[[bytes], Awaitable[None]], hang_up: Callable[[], Awaitable[None]]
    ) -> None:
        self._send = send
        self._hang_up = hang_up
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._some = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._ending = False
        self._gone = asyncio.Event()
        self.end: End | None = None
        self.task: asyncio.Task[None] = asyncio.get_running_loop().create_task(self._pump())

    # ------------------------------------------------------------ the wire

    def write(self, data: bytes) -> None:
        """See ``p2p.net.wires.Wire``."""
        if self._ending:
            return
        self._pieces.append(data)
        self._size += len(data)
        self._some.set()

    def waiting(self) -> int:
        """See ``p2p.net.wires.Wire``."""
        return self._size

    def pause(self) -> None:
        """See ``p2p.net.wires.Wire``."""
        self._reading.clear()

    def resume(self) -> None:
        """See ``p2p.net.wires.Wire``."""
        self._reading.set()

    def close(self) -> None:
        """See ``p2p.net.wires.Wire``."""
        self._ending = True
        self._some.set()

    def abort(self) -> None:
        """See ``p2p.net.wires.Wire``."""
        self._ending = True
        self._pieces.clear()
        self._size = 0
        self.task.cancel()
        self.over("aborted")

    # ------------------------------------------------------------ the socket's side

    async def take(self, data: bytes) -> bool:
        """A message of the peer, once it may be read; returns whether more is wanted."""
        await self._reading.wait()
        if self.end is not None:
            self.end.received(data)
        return self.end is not None

    def over(self, reason: str) -> None:
        """The socket has gone."""
        end, self.end = self.end, None
        self._ending = True
        self._some.set()
        self._reading.set()
        self._gone.set()
        if end is not None:
            end.lost(reason)

    async def gone(self) -> None:
        """Wait until the wire is over."""
        await self._gone.wait()

    async def _pump(self) -> None:
        try:
            while True:
                await self._some.wait()
                self._some.clear()
                while self._pieces:
                    await self._send_some()
                if self._ending:
                    await self._hang_up()
                    self.over("closed")
                    return
        except (OSError, ConnectionClosed) as error:
            self.over(str(error))

    async def _send_some(self) -> None:
        """Small pieces together, a long one in parts: a message has PIECE_BYTES at most."""
        batch = bytearray()
        while self._pieces and len(batch) < PIECE_BYTES:
            batch += self._pieces.popleft()
        view = memoryview(bytes(batch))
        for start in range(0, len(view), PIECE_BYTES):
            piece = bytes(view[start : start + PIECE_BYTES])
            await self._send(piece)
            before, self._size = self._size, self._size - len(piece)
            if before >= WRITABLE_BYTES > self._size and self.end is not None:
                self.end.drained()


async def dial(address: Address, attach: Callable[[Wire], End | None]) -> None:
    """Connect to a node's HTTP server and attach the wire. Raises OSError or TimeoutError."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    try:
        socket = await connect(
            f"ws://{host}:{address.port}{PATH}",
            proxy=None,
            compression=None,
            max_size=WS_MESSAGE_BYTES,
            max_queue=4,
            open_timeout=DIAL_MS / 1000,
            close_timeout=FLUSH_MS / 1000,
            ping_interval=None,  # peers ping inside their session
            write_limit=PIECE_BYTES,
        )
    except (InvalidHandshake, InvalidURI) as error:
        raise ConnectionRefusedError(str(error)) from None
    wire = WsWire(socket.send, socket.close)
    wire.end = attach(wire)
    if wire.end is None:
        wire.abort()
        await socket.close()
        return
    reader = asyncio.get_running_loop().create_task(_read(socket, wire))
    _READERS.add(reader)
    reader.add_done_callback(_READERS.discard)


_READERS: set[asyncio.Task[None]] = set()
"""The loop itself would let go of tasks that nobody holds."""


async def _read(socket: ClientConnection, wire: WsWire) -> None:
    reason = "closed by the peer"
    try:
        async for message in socket:
            if not isinstance(message, bytes):
                reason = "text on a stream of bytes"
                break
            if not await wire.take(message):
                break
    except (OSError, ConnectionClosed) as error:
        reason = str(error)
    wire.over(reason)
    wire.task.cancel()
    await socket.close()

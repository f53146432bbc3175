"""The WebSocket at ``/p2p`` of the HTTP server: peers come in where only that port is open.

It lives in the server's loop, its wire in the switchboard's. A message is handed over before the
next one is taken, so a peer that sends faster than this node thinks has to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from p2p import service
from p2p.net.limits import WS_MESSAGE_BYTES
from p2p.net.switchboard import Switchboard
from p2p.net.ws import PATH, WsWire
from p2p.rules.addresses import Address

T = TypeVar("T")
App = Callable[..., Awaitable[None]]
UNSUPPORTED, TOO_BIG, TRY_LATER = 1003, 1009, 1013


class PeerConsumer(AsyncWebsocketConsumer):
    """One peer: its messages go to the wire, the wire's pieces to it."""

    channel_layer_alias = "not used"
    _wire: WsWire | None = None

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle one ASGI message, without the base class's upkeep of the database."""
        handlers = {
            "websocket.connect": self.websocket_connect,
            "websocket.receive": self.websocket_receive,
            "websocket.disconnect": self.websocket_disconnect,
        }
        await handlers[message["type"]](message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """The end, without that upkeep too."""
        await self.disconnect(message["code"])
        raise StopConsumer

    async def connect(self) -> None:
        """Accept, if this node takes peers and has room."""
        headers = {name for name, _ in self.scope["headers"]}
        peers = service.running()
        there = None if peers is None else peers.loop
        # A page in somebody's browser is no peer, however well it speaks.
        if there is None or b"origin" in headers:
            await self.close()
            return
        self._here, self._there = asyncio.get_running_loop(), there.loop
        await self.accept()
        self._wire = await self._over_there(self._open(there.switchboard))
        if self._wire is None:
            await self.close(code=TRY_LATER)

    async def _open(self, switchboard: Switchboard) -> WsWire | None:
        """In the switchboard's loop: a wire with a connection on it."""
        client = self.scope.get("client") or ("", 0)
        wire = WsWire(self._send_piece, self._hang_up)
        wire.end = switchboard.welcome(wire, Address("ws", str(client[0]), int(client[1])))
        if wire.end is None:
            wire.abort()
            return None
        return wire

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Hand a message over."""
        if self._wire is None:
            return
        if bytes_data is None or len(bytes_data) > WS_MESSAGE_BYTES:
            await self.close(code=UNSUPPORTED if bytes_data is None else TOO_BIG)
            return
        await self._over_there(self._wire.take(bytes_data))

    async def disconnect(self, code: int) -> None:
        """The peer has gone, or was sent away."""
        wire, self._wire = self._wire, None
        if wire is not None:
            self._there.call_soon_threadsafe(wire.over, "closed by the peer")

    # ------------------------------------------------------------ between the loops

    async def _over_there(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._there))
        except RuntimeError:  # that loop has been closed: the node stops
            work.close()
            raise StopConsumer from None

    async def _send_piece(self, piece: bytes) -> None:
        await self._over_here(self.send(bytes_data=piece))

    async def _hang_up(self) -> None:
        await self._over_here(self.close())

    async def _over_here(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._here))
        except RuntimeError as error:  # servers say so where the socket has gone meanwhile
            raise ConnectionResetError(str(error)) from None


class PeerDoor:
    """Takes peers' sockets aside; all else goes on to ``others``.

    Peers name this node by whatever address reaches it, so the list of hosts is not for them.
    """

    def __init__(self, peers: App, others: App) -> None:
        self._peers = peers
        self._others = others

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection (ASGI 3)."""
        is_peer = scope["type"] == "websocket" and scope["path"] == PATH
        await (self._peers if is_peer else self._others)(scope, receive, send)

"""The HTTP and WebSocket server inside the node's own loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn

from animica_site.faults import PortTaken


class NodeServer(uvicorn.Server):
    """uvicorn without its signal handling: the node orders the shutdown."""

    on_started: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so once requests are accepted."""
        await super().startup(sockets=sockets)
        if self.on_started is not None:
            await asyncio.to_thread(self.on_started)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals to the node."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free one. Raises ``PortTaken``."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise PortTaken(f"{host}:{port} cannot be bound: {error.strerror}", port=port) from None
    sock.listen(512)
    sock.setblocking(False)
    return sock


def make_server() -> NodeServer:
    """The server for ``animica_site.asgi:application``; Django must be set up."""
    return NodeServer(
        uvicorn.Config(
            "animica_site.asgi:application",
            log_config=None,
            access_log=False,
            lifespan="off",
            ws_max_size=4 * 1024 * 1024,
            timeout_graceful_shutdown=2,
            server_header=False,
        )
    )

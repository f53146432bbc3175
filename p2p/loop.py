"""The thread with the event loop in which all connections live."""

from __future__ import annotations

import asyncio
import logging
import socket
from threading import Thread

import uvloop

from p2p.errors import PeerPortTaken
from p2p.net import dialling
from p2p.net.inbox import Inbox
from p2p.net.limits import BACKLOG, STOP_MS
from p2p.net.switchboard import Signer, Switchboard
from p2p.net.tcp import TcpWire
from p2p.net.wires import End
from p2p.rules.addresses import Address
from p2p.rules.session import Identity, Terms

log = logging.getLogger("animica.p2p")


class NetLoop:
    """``listen`` if others may come, then ``start``; ``stop`` closes everything."""

    def __init__(
        self,
        *,
        terms: Terms,
        identity: Identity,
        signer: Signer,
        message_bytes: int,
        inbox: Inbox,
    ) -> None:
        self.loop = uvloop.new_event_loop()
        self.switchboard = Switchboard(
            loop=self.loop,
            terms=terms,
            identity=identity,
            signer=signer,
            message_bytes=message_bytes,
            inbox=inbox,
            dialler=dialling.dial,
        )
        self._socket: socket.socket | None = None
        self._thread = Thread(target=self._run, name="p2p", daemon=True)
        self._end = asyncio.Event()

    def listen(self, host: str, port: int) -> int:
        """Bind; returns the port. Who connects is taken from ``start`` on."""
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen(BACKLOG)
        except OSError as error:
            sock.close()
            reason = error.strerror or str(error)
            raise PeerPortTaken(f"{host}:{port} cannot be bound: {reason}", port=port) from None
        self._socket = sock
        return int(sock.getsockname()[1])

    def start(self) -> None:
        """Run the loop in its thread."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and end the thread; bounded in time."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._end.set)
            self._thread.join(STOP_MS / 1000)
            if self._thread.is_alive():
                log.error("the peers' event loop did not end in time")
                return
        elif self._socket is not None:
            self._socket.close()
        self.loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = None
        if self._socket is not None:
            server = await self.loop.create_server(
                lambda: TcpWire(self._attach), sock=self._socket, backlog=BACKLOG
            )
        watch = self.loop.create_task(self.switchboard.watch())
        await self._end.wait()
        if server is not None:
            server.close()
        watch.cancel()
        await self.switchboard.shut()

    def _attach(self, wire: TcpWire) -> End | None:
        host, port = wire.host
        return self.switchboard.welcome(wire, Address("tcp", host, port))

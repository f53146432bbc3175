"""All connections of this node, in one event loop: they come, are dialled, speak, and end.

What other threads want goes through ``perform`` and ``read_on``; what happens goes into the inbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from time import monotonic_ns
from typing import Protocol

from core.errors import AnimicaError, Refused
from p2p.net.connection import Connection, Stage
from p2p.net.doors import Doors
from p2p.net.inbox import Inbox
from p2p.net.limits import CONNECTIONS_MOST, DIAL_MS, DIALS_MOST, FLUSH_MS, LOOK_MS
from p2p.net.wires import End, Wire
from p2p.rules.actions import Close, Dial, Send
from p2p.rules.addresses import Address
from p2p.rules.events import DialFailed, MessageReceived, PeerConnected, PeerLost, Writable
from p2p.rules.limits import HANDSHAKES_MOST
from p2p.rules.session import Established, Identity, NeedSignature, Session, Terms

log = logging.getLogger("animica.p2p")

Attach = Callable[[Wire], "End | None"]
Dialler = Callable[[Address, Attach], Awaitable[None]]
"""Connects to an address and attaches the wire. Raises OSError, TimeoutError or a Refused."""
NetAction = Send | Close | Dial


class Signer(Protocol):
    """Signs with this node's identity; ``p2p.signer.Signer`` is one."""

    def sign(self, message: bytes, context: bytes) -> Future[bytes]:
        """A signature, perhaps later; its exception is an ``AnimicaError``."""


class Switchboard:
    """Connections by number. All is the loop's but what is marked for other threads."""

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop,
        terms: Terms,
        identity: Identity,
        signer: Signer,
        message_bytes: int,
        inbox: Inbox,
        dialler: Dialler,
    ) -> None:
        self._loop = loop
        self._terms = terms
        self._identity = identity
        self._signer = signer
        self._message_bytes = message_bytes
        self._inbox = inbox
        self._dialler = dialler
        self._connections: dict[int, Connection] = {}
        self._numbers = count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialling = 0
        self._closed = False
        self._empty = asyncio.Event()
        self._signing: dict[int, asyncio.Task[None]] = {}
        self.doors = Doors()
        self.handshakes: Counter[str] = Counter()
        """By outcome: ``done``, why a host was turned away, the code of a refusal, ``lost``."""
        self._bytes_in = self._bytes_out = 0  # of connections that are gone

    # ------------------------------------------------------------ for other threads

    def perform(self, actions: Sequence[NetAction]) -> None:
        """Send, close and dial, in this order."""
        self._loop.call_soon_threadsafe(self._perform, actions)

    def read_on(self, conn: int) -> None:
        """A connection's lane has room again."""
        self._loop.call_soon_threadsafe(self._read_on, conn)

    def totals(self) -> tuple[int, int]:
        """Bytes received and sent since the start."""
        live = list(self._connections.values())
        received = self._bytes_in + sum(each.bytes_in for each in live)
        return received, self._bytes_out + sum(each.bytes_out for each in live)

    def traffic(self, conn: int) -> tuple[int, int]:
        """Bytes received and sent by a connection so far."""
        found = self._connections.get(conn)
        return (0, 0) if found is None else (found.bytes_in, found.bytes_out)

    # ------------------------------------------------------------ coming in

    def welcome(self, wire: Wire, address: Address) -> Connection | None:
        """A connection from outside; None if it is turned away."""
        address = _plain(address)
        if problem := self._crowded() or self.doors.refuses(address, self.now_ms()):
            self.handshakes[problem] += 1
            return None
        return self._begin(wire, address, outbound=False)

    def _crowded(self) -> str:
        if self._closed:
            return "stopping"
        if len(self._connections) >= CONNECTIONS_MOST:
            return "connections"
        unfinished = sum(c.stage is Stage.HANDSHAKE for c in self._connections.values())
        return "handshakes" if unfinished >= HANDSHAKES_MOST else ""

    def _begin(
        self, wire: Wire, address: Address, *, outbound: bool, purpose: str = ""
    ) -> Connection:
        session = Session(
            initiator=outbound,
            terms=self._terms,
            alg=self._identity.alg,
            public_key=self._identity.public_key,
            message_bytes=self._message_bytes,
            now_ms=self.now_ms(),
        )
        number = next(self._numbers)
        made = Connection(
            number, wire, session, self, address=address, outbound=outbound, purpose=purpose
        )
        self._connections[number] = made
        self._loop.call_soon(made.start)
        return made

    # ------------------------------------------------------------ going out

    def _dial(self, dial: Dial) -> None:
        if self._closed or self._dialling >= DIALS_MOST:
            self._inbox.post(DialFailed(dial.address, "too many dials are in progress"))
            return
        self._dialling += 1
        self._run(self._connect(dial))

    async def _connect(self, dial: Dial) -> None:
        def attach(wire: Wire) -> End | None:
            if self._closed:
                return None
            return self._begin(wire, dial.address, outbound=True, purpose=dial.purpose)

        problem: Exception
        try:
            async with asyncio.timeout(DIAL_MS / 1000):
                await self._dialler(dial.address, attach)
            return
        except Refused as refusal:
            problem = refusal
        except TimeoutError:
            problem = TimeoutError("no answer")
        except OSError as error:
            problem = error
        finally:
            self._dialling -= 1
        code = problem.code if isinstance(problem, Refused) else ""
        self._inbox.post(DialFailed(dial.address, str(problem), code))

    # ------------------------------------------------------------ in between

    def _perform(self, actions: Sequence[NetAction]) -> None:
        touched: dict[int, Connection] = {}
        for action in actions:
            match action:
                case Send(conn, data, bulk):
                    if (connection := self._connections.get(conn)) is not None:
                        connection.send(data, bulk=bulk)
                        touched[conn] = connection
                case Close(conn, code):
                    if (connection := self._connections.get(conn)) is not None:
                        connection.close(code, within_ms=FLUSH_MS)
                case Dial():
                    self._dial(action)
        for connection in touched.values():
            connection.settle()

    def _read_on(self, conn: int) -> None:
        if (connection := self._connections.get(conn)) is not None:
            connection.wire.resume()

    async def watch(self) -> None:
        """Look after handshakes, for ever."""
        while True:
            await asyncio.sleep(LOOK_MS / 1000)
            for connection in list(self._connections.values()):
                connection.tick()

    async def shut(self) -> None:
        """Close everything; bounded in time."""
        self._closed = True
        for connection in list(self._connections.values()):
            connection.close("stopping", within_ms=FLUSH_MS)
        if self._connections:
            with suppress(TimeoutError):
                async with asyncio.timeout(2 * FLUSH_MS / 1000):
                    await self._empty.wait()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _run(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # ------------------------------------------------------------ what connections report

    def now_ms(self) -> int:
        """See ``p2p.net.connection.Board``."""
        return monotonic_ns() // 1_000_000

    def sign(self, connection: Connection, asked: NeedSignature) -> None:
        """See ``p2p.net.connection.Board``."""

        future = self._signer.sign(asked.message, asked.context)
        if future.done():
            self._signed(connection, future)
        else:
            self._signing[connection.number] = self._run(self._wait_for(connection, future))

    async def _wait_for(self, connection: Connection, future: Future[bytes]) -> None:
        with suppress(AnimicaError):
            await asyncio.wrap_future(future)  # cancelled with this task, so nobody signs in vain
        self._signed(connection, future)

    def _signed(self, connection: Connection, future: Future[bytes]) -> None:
        try:
            connection.signed(future.result())
        except AnimicaError as error:
            log.warning("no signature for a handshake: %s", error)
            connection.close(error.code, within_ms=FLUSH_MS)

    def established(self, connection: Connection, peer: Established) -> None:
        """See ``p2p.net.connection.Board``."""
        self.handshakes["done"] += 1
        event = PeerConnected(
            connection.number,
            peer.id,
            peer.alg,
            connection.address,
            connection.outbound,
            connection.purpose,
        )
        self._inbox.post_of(connection.number, event)

    def received(self, connection: Connection, message: bytes) -> bool:
        """See ``p2p.net.connection.Board``."""
        event = MessageReceived(connection.number, message)
        return self._inbox.post_of(connection.number, event)

    def writable(self, connection: Connection) -> None:
        """See ``p2p.net.connection.Board``."""
        self._inbox.post(Writable(connection.number))

    def later(self, delay_ms: int, connection: Connection) -> None:
        """See ``p2p.net.connection.Board``."""
        self._loop.call_later(delay_ms / 1000, self._end, connection)

    def _end(self, connection: Connection) -> None:
        if connection.number in self._connections:
            connection.wire.abort()

    def over(self, connection: Connection) -> None:
        """See ``p2p.net.connection.Board``."""
        if self._connections.pop(connection.number, None) is None:
            return
        if (signing := self._signing.pop(connection.number, None)) is not None:
            signing.cancel()
        if not self._connections:
            self._empty.set()
        self._bytes_in += connection.bytes_in
        self._bytes_out += connection.bytes_out
        if connection.was_open:
            self._inbox.post_of(connection.number, PeerLost(connection.number, connection.reason))
            return
        refusal = connection.refusal
        self.handshakes["lost" if refusal is None else refusal.code] += 1
        where = connection.address
        log.debug("no session with %s: %s", where, refusal or connection.reason)
        if connection.outbound:
            reason = connection.reason if refusal is None else refusal.message
            code = "" if refusal is None else refusal.code
            self._inbox.post(DialFailed(where, reason, code))


def _plain(address: Address) -> Address:
    """The host in its usual text: IPv4 as such also on a socket for both, IPv6 without a zone."""
    host = address.host.partition("%")[0]
    ip = Address(address.scheme, host, address.port).ip
    return Address(address.scheme, host if ip is None else str(ip), address.port)

"""WebSockets: the wire itself, dials, and the sockets of the HTTP server."""

from __future__ import annotations

import asyncio

import pytest
from channels.testing import WebsocketCommunicator
from websockets.asyncio.server import serve

from p2p import consumers, service
from p2p.net import ws
from p2p.net.limits import PIECE_BYTES
from p2p.net.ws import WsWire
from p2p.rules.actions import Send
from p2p.rules.addresses import parse
from p2p.rules.events import DialFailed, MessageReceived, PeerConnected, PeerLost
from p2p.rules.limits import WRITABLE_BYTES
from p2p.rules.session import Session
from p2p.rules.session.outs import NeedSignature, Received, ToWire
from tests.p2p.net.ends import MESSAGE_BYTES, TERMS, Side, key_of


class End:
    """What a wire tells."""

    def __init__(self) -> None:
        self.got: list[object] = []

    def received(self, data: bytes) -> None:
        self.got.append(data)

    def drained(self) -> None:
        self.got.append("drained")

    def lost(self, reason: str) -> None:
        self.got.append(("lost", reason))


class Far:
    """The socket below a wire; it sends when ``open`` is set."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.open = asyncio.Event()
        self.open.set()
        self.hung_up = False
        self.error: Exception | None = None

    async def send(self, piece: bytes) -> None:
        await self.open.wait()
        if self.error is not None:
            raise self.error
        self.sent.append(piece)

    async def hang_up(self) -> None:
        self.hung_up = True


@pytest.fixture
async def far() -> Far:
    return Far()


@pytest.fixture
async def wire(far: Far) -> WsWire:
    made = WsWire(far.send, far.hang_up)
    made.end = End()
    return made


async def test_small_pieces_go_together_and_long_ones_in_parts(wire, far):
    pieces = [b"a", b"b" * 10, b"c" * (2 * PIECE_BYTES), b"d"]
    for piece in pieces:
        wire.write(piece)
    assert wire.waiting() == sum(map(len, pieces))
    wire.close()
    await wire.gone()
    assert b"".join(far.sent) == b"".join(pieces)
    assert max(map(len, far.sent)) <= PIECE_BYTES and len(far.sent) <= 4
    assert far.hung_up and wire.waiting() == 0
    assert wire.end is None


async def test_little_is_left_is_told_once(wire, far):
    end = wire.end
    far.open.clear()
    wire.write(bytes(WRITABLE_BYTES + PIECE_BYTES))
    await asyncio.sleep(0)
    far.open.set()
    wire.close()
    await wire.gone()
    assert end.got == ["drained", ("lost", "closed")]


async def test_reading_waits_while_it_is_paused(wire):
    end = wire.end
    wire.pause()
    taking = asyncio.create_task(wire.take(b"later"))
    await asyncio.sleep(0.01)
    assert end.got == [] and not taking.done()
    wire.resume()
    assert await taking
    assert end.got == [b"later"]


async def test_who_waits_to_be_read_is_let_go_at_the_end(wire):
    wire.pause()
    taking = asyncio.create_task(wire.take(b"never"))
    await asyncio.sleep(0)
    end = wire.end
    wire.abort()
    assert not await taking
    assert end.got == [("lost", "aborted")]
    wire.write(b"more")
    assert wire.waiting() == 0


async def test_a_socket_that_breaks_ends_the_wire(wire, far):
    end = wire.end
    far.error = ConnectionResetError("gone")
    wire.write(b"x")
    await wire.gone()
    assert end.got == [("lost", "gone")] and not far.hung_up


# ------------------------------------------------------------------ dialling


async def test_a_node_dials_and_is_answered(side):
    """Against a plain server that speaks the session."""
    key, heard = key_of(7), []

    async def answer(socket) -> None:
        session = Session(
            initiator=False,
            terms=TERMS,
            alg=key.alg,
            public_key=key.public_key,
            message_bytes=MESSAGE_BYTES,
            now_ms=0,
        )
        async for data in socket:
            outs = session.receive(data, 0)
            while outs:
                out = outs.pop(0)
                if isinstance(out, ToWire):
                    await socket.send(out.data)
                elif isinstance(out, NeedSignature):
                    outs += session.signed(key.sign(out.message, out.context), 0)
                elif isinstance(out, Received):
                    heard.append(out.message)
                    await socket.send(session.send(out.message[::-1], 0))
                    if out.message == b"text":
                        await socket.send("a text")

    async with serve(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        connected = await asyncio.to_thread(side.dial, parse(f"ws://127.0.0.1:{port}"))
        assert isinstance(connected, PeerConnected) and connected.address.scheme == "ws"
        long = bytes(range(256)) * 2_000
        side.perform(Send(connected.conn, long))
        (echo,) = await asyncio.to_thread(side.messages, 1)
        assert echo == long[::-1] and heard == [long]
        # Only bytes make sense here.
        side.perform(Send(connected.conn, b"text"))
        await asyncio.to_thread(side.messages, 1)
        assert (await asyncio.to_thread(side.event, PeerLost)).reason == "text on a stream of bytes"


async def test_a_server_that_takes_no_peers(side):
    async def refuse(socket, request):
        return socket.respond(403, "no")

    async with serve(lambda socket: None, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        failed = await asyncio.to_thread(side.dial, parse(f"ws://127.0.0.1:{port}"))
    assert isinstance(failed, DialFailed) and "403" in failed.reason and failed.code == ""


def test_no_server_at_all(side):
    assert side.dial(parse(f"ws://127.0.0.1:{side.port}")).code == ""


# ------------------------------------------------------------------ the HTTP server's sockets


class Running:
    """As much of the service as the sockets ask for."""

    def __init__(self, side: Side) -> None:
        self.loop = side.net


@pytest.fixture
def served(side: Side, monkeypatch: pytest.MonkeyPatch) -> Side:
    monkeypatch.setattr(service, "running", lambda: Running(side))
    return side


def caller(**options) -> WebsocketCommunicator:
    return WebsocketCommunicator(consumers.PeerConsumer.as_asgi(), ws.PATH, **options)


async def handshake(socket: WebsocketCommunicator) -> Session:
    key = key_of(8)
    session = Session(
        initiator=True,
        terms=TERMS,
        alg=key.alg,
        public_key=key.public_key,
        message_bytes=MESSAGE_BYTES,
        now_ms=0,
    )
    outs = session.start()
    while not session.established:
        while outs:
            out = outs.pop(0)
            if isinstance(out, ToWire):
                await socket.send_to(bytes_data=out.data)
            elif isinstance(out, NeedSignature):
                outs += session.signed(key.sign(out.message, out.context), 0)
        if not session.established:
            outs = session.receive(await socket.receive_from(timeout=20), 0)
    for out in outs:
        if isinstance(out, ToWire):
            await socket.send_to(bytes_data=out.data)
    return session


async def test_a_peer_comes_by_the_http_server(served):
    socket = caller()
    assert (await socket.connect(timeout=20))[0]
    session = await handshake(socket)
    connected = await asyncio.to_thread(served.event, PeerConnected)
    assert connected.address.scheme == "ws" and not connected.outbound
    await socket.send_to(bytes_data=session.send(b"hello", 0))
    assert (await asyncio.to_thread(served.event, MessageReceived)).data == b"hello"
    served.perform(Send(connected.conn, b"welcome"))
    (answer,) = session.receive(await socket.receive_from(timeout=20), 0)
    assert answer.message == b"welcome"
    await socket.disconnect(timeout=20)
    assert (await asyncio.to_thread(served.event, PeerLost)).conn == connected.conn


async def test_a_browser_is_no_peer(served):
    assert not (await caller(headers=[(b"origin", b"http://127.0.0.1")]).connect(timeout=20))[0]
    assert served.net.switchboard._connections == {}


async def test_a_node_without_peers_takes_none():
    assert service.running() is None
    assert not (await caller().connect(timeout=20))[0]


async def test_text_and_giants_end_a_socket(served, monkeypatch):
    monkeypatch.setattr(consumers, "WS_MESSAGE_BYTES", 100)
    for code, options in ((1003, {"text_data": "a"}), (1009, {"bytes_data": bytes(101)})):
        socket = caller()
        await socket.connect(timeout=20)
        await socket.send_to(**options)
        assert await socket.receive_output(timeout=20) == {
            "type": "websocket.close",
            "code": code,
        }
        await socket.disconnect(timeout=20)
    await asyncio.to_thread(served.until, lambda: not served.net.switchboard._connections)


async def test_a_crowded_node_says_so(served, monkeypatch):
    monkeypatch.setattr("p2p.net.switchboard.CONNECTIONS_MOST", 0)
    socket = caller()
    assert (await socket.connect(timeout=20))[0]
    assert (await socket.receive_output(timeout=20))["code"] == 1013
    await socket.send_to(bytes_data=b"anyway")
    await socket.disconnect(timeout=20)


async def test_the_door_takes_sockets_of_peers_aside():
    seen = []

    async def app(name: str, scope: dict) -> None:
        seen.append((name, scope["type"], scope["path"]))

    async def peers(scope, receive, send):
        await app("peers", scope)

    async def others(scope, receive, send):
        await app("others", scope)

    door = consumers.PeerDoor(peers, others)
    for kind, path in (("websocket", "/p2p"), ("websocket", "/ws"), ("http", "/p2p")):
        await door({"type": kind, "path": path}, None, None)
    assert [name for name, *_ in seen] == ["peers", "others", "others"]

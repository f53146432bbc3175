"""The node inside a server that is not its own, such as daphne. Source: docs/guides/servers.md."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading

from animica_site import logs, networks
from animica_site.config import NodeConfig
from animica_site.runtime import Node
from core.errors import AnimicaError
from p2p.config import PeersConfig
from p2p.errors import PeerPortInvalid
from p2p.net import dialling
from p2p.rules.addresses import parse
from pq import addresses
from rpc.router import App, Receive, Scope, Send

log = logging.getLogger("animica.node")


class Hosted:
    """``inner`` with a node behind it, which stops when the server does.

    Servers that speak ASGI's lifespan say when that is; uvicorn then dies of its signal, so that
    ``atexit`` would be too late. The others, such as daphne, end their process in good order.
    """

    def __init__(self, inner: App, node: Node) -> None:
        self._inner = inner
        self._node = node
        atexit.register(node.stop)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the server's lifespan (ASGI 3)."""
        if scope["type"] != "lifespan":
            await self._inner(scope, receive, send)
            return
        while True:
            event = (await receive())["type"]
            if event == "lifespan.shutdown":
                await asyncio.to_thread(self._node.stop)
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return


def host(inner: App) -> Hosted:
    """Start the node of this process; ends the process with 1 where it cannot start.

    Network, data directory, miner and peers come from the environment, as docs/guides/servers.md
    lists it.
    """
    logs.configure(level=os.environ.get("ANIMICA_LOG_LEVEL", "INFO"))
    started: list[Node] = []
    # The server imports the application in its event loop, where Django allows no queries.
    starter = threading.Thread(target=_start, args=(started,))
    starter.start()
    starter.join()
    if not started:
        raise SystemExit(1)
    return Hosted(inner, started[0])


def _start(started: list[Node]) -> None:
    from django.db import connections

    node: Node | None = None
    try:
        node = Node(_config())
        node.start()
        started.append(node)
    except AnimicaError as error:
        log.error("the node cannot start: %s; next: %s", error, error.hint)
        if node is not None:
            node.stop()
    finally:
        connections.close_all()


def _config() -> NodeConfig:
    from django.conf import settings

    mine_to = os.environ.get("ANIMICA_MINE_TO")
    return NodeConfig(
        network=networks.load(settings.ANIMICA_NETWORK),
        data_dir=settings.DATA_DIR,
        mine_to=addresses.from_text(mine_to) if mine_to else None,
        peers=_peers(),
    )


def _peers() -> PeersConfig | None:
    port, connect = os.environ.get("ANIMICA_P2P_PORT"), os.environ.get("ANIMICA_CONNECT")
    if not port and not connect:
        return None
    return PeersConfig(
        host=os.environ.get("ANIMICA_P2P_HOST", "127.0.0.1"),
        port=_port(port) if port else None,
        connect=tuple(dialling.check(parse(one)) for one in (connect or "").split(",") if one),
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 65_536):
        raise PeerPortInvalid(f"{text[:20]!r} is no port", field="ANIMICA_P2P_PORT")
    return int(text)

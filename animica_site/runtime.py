"""The node as one process: what starts in which order, and how it stops.

lock → database, migrations, writer lock → genesis or stored head → pool → miner → peers → HTTP
accepts, and back again: HTTP, peers, miner, ticks, pool, database, lock.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

import uvloop

from animica_site import asgi_server
from animica_site.clock import NodeClock
from animica_site.config import NodeConfig, keep_network
from animica_site.database import open_database
from animica_site.lockfile import DataDirLock
from animica_site.tasks import ThreadRunner
from core.bus import EventBus

if TYPE_CHECKING:
    from animica_site.composition import Parts
    from p2p.service import Peers

log = logging.getLogger("animica.node")

_STATUS_LINE_S = 30


class Node:
    """One running node. Django must be set up before this is made."""

    def __init__(self, config: NodeConfig) -> None:
        self.config = config
        self.clock = NodeClock()
        self.bus = EventBus(_listener_failed)
        self.runner = ThreadRunner()
        self._lock = DataDirLock(config.data_dir)
        self._stopping = threading.Event()
        self._undo: list[Callable[[], None]] = []
        self.port = 0
        self.started = False
        self.peers: Peers | None = None

    def start(self) -> None:
        """Everything up to, but not including, accepting requests."""
        from animica_site import composition
        from animica_site.writer_lock import WriterLock
        from pq.backends import require_backends

        self._lock.take()
        self._undo.append(self._lock.release)
        require_backends()
        self._undo.append(self.runner.close)
        open_database()
        writer = WriterLock()
        writer.take()
        self._undo.append(writer.release)
        parts = composition.build(
            config=self.config, clock=self.clock, runner=self.runner, bus=self.bus
        )
        self._undo.append(composition.dismantle)
        if self.config.table is not None:
            keep_network(self.config.table, self.config.data_dir)
        self._start_ticks(parts)
        if parts.miner is not None:
            parts.miner.start()
            self._undo.append(parts.miner.stop)
        if parts.maker is not None:
            parts.maker.start()
            self._undo.append(parts.maker.stop)
        if parts.peers is not None:
            # Last to start and first to stop: peers hear a goodbye while all else still answers.
            self._undo.append(parts.peers.stop)
            parts.peers.start()
        self.peers = parts.peers
        self.started = True

    def stop(self) -> None:
        """Undo the start, last step first; safe after a start that failed half way."""
        while self._undo:
            step = self._undo.pop()
            try:
                step()
            except Exception:
                log.exception("a part did not stop cleanly")

    async def serve(self, on_ready: Callable[[Node], None]) -> None:
        """Accept requests until SIGINT or SIGTERM."""
        sock = asgi_server.bind(self.config.host, self.config.http_port)
        self.port = sock.getsockname()[1]
        server = asgi_server.make_server()
        loop = asyncio.get_running_loop()
        # Not the loop's own handlers: closing the loop would bring back the system's, which end
        # the process, before the parts have stopped.
        _on_signals(lambda *_: loop.call_soon_threadsafe(_ask_to_exit, server))
        try:
            await _serve(server, sock, lambda: on_ready(self))
        finally:
            _on_signals(signal.SIG_IGN)

    def _start_ticks(self, parts: Parts) -> None:
        thread = threading.Thread(target=self._tick_loop, args=(parts,), name="ticks", daemon=True)
        thread.start()

        def finish() -> None:
            self._stopping.set()
            thread.join(timeout=5)

        self._undo.append(finish)

    def _tick_loop(self, parts: Parts) -> None:
        """Once a second: early blocks, waiting proofs, the pool to disk, news, pruning; a line."""
        from django.db import DatabaseError, InterfaceError, connections

        def tick(*work: Callable[[], object]) -> None:
            try:
                for part in work:
                    part()
            except (DatabaseError, InterfaceError) as error:
                log.error("the database does not answer: %s", error)
                connections.close_all()  # a broken connection is not asked again
            except Exception:
                log.exception("a tick failed")
                connections.close_all()

        def line() -> None:
            log.info("status", extra=parts.status.line())

        seconds = 0
        try:
            while not self._stopping.wait(1):
                seconds += 1
                tick(parts.importer.tick, parts.proofs.settle, parts.pool.tick)
                tick(parts.sync_watch.tick)
                if parts.pruner is not None:
                    tick(partial(parts.importer.between_blocks, parts.pruner.tick))
                if seconds % _STATUS_LINE_S == 0:
                    tick(line)
            tick(parts.pool.flush)
        finally:
            connections.close_all()


async def _serve(
    server: asgi_server.NodeServer, sock: socket.socket, ready: Callable[[], None]
) -> None:
    server.on_started = ready
    await server.serve(sockets=[sock])


def _end_start(number: int, frame: object) -> None:
    """Told to stop before requests are accepted: undo what has been started."""
    _on_signals(signal.SIG_IGN)
    raise SystemExit(0)


def _on_signals(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _ask_to_exit(server: asgi_server.NodeServer) -> None:
    # A second signal does not wait for open connections.
    if server.should_exit:
        server.force_exit = True
    server.should_exit = True


def _listener_failed(event: object, error: Exception) -> None:
    log.error("a listener of %s failed", type(event).__name__, exc_info=error)


def run(
    config: NodeConfig,
    on_ready: Callable[[Node], None],
    prepare: Callable[[], None] = lambda: None,
) -> None:
    """Run a node until it is told to stop; raises the ``NodeFault`` that keeps it from starting.

    ``prepare`` runs once the database is there, ``on_ready`` once requests are accepted.
    """
    _on_signals(_end_start)
    node = Node(config)
    try:
        node.start()
        prepare()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(node.serve(on_ready))
    finally:
        # Stopping is bounded in time; no further signal may cut it short.
        _on_signals(signal.SIG_IGN)
        node.stop()

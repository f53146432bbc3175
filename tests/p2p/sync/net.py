"""Nodes in memory, joined by links with delay, on one virtual clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace

from core.errors import Refused
from p2p.rules import actions, events
from p2p.rules.addresses import parse
from p2p.rules.conduct import Conduct
from p2p.rules.context import Context, Settings
from p2p.rules.engine import Engine
from p2p.rules.moment import Moment
from p2p.rules.part import Part
from p2p.rules.sync.part import Sync
from p2p.rules.wire import codec
from p2p.rules.wire import messages as m
from tests.p2p.world import SeededChance

ADDRESS = parse("tcp://127.0.0.1:8546")
Filter = Callable[[m.Message], list[m.Message]]


class News(Part):
    """What gossip does for synchronisation: new heads are told, missing blocks handed on."""

    def __init__(self, ctx: Context, sync: Sync) -> None:
        super().__init__(ctx)
        self.sync = sync

    def messages(self):
        return {m.Missing: lambda peer, said: self.sync.missing(peer, said.ids)}

    def events(self):
        return {events.HeadMoved: self.head_moved}

    def head_moved(self, event) -> None:
        for peer in self.ctx.ready:
            self.ctx.send(peer, m.Headers((event.header.encoded,), asked=False))


class Node:
    """An engine over a ledger. ``filter`` alters what it sends: liars are honest nodes with one."""

    def __init__(self, net: Net, number: int, ledger, *, filter: Filter | None = None) -> None:
        self.net, self.number, self.ledger = net, number, ledger
        self.filter = filter or (lambda message: [message])
        self.import_ms = 5
        self.faults = 0
        self.offences: list[tuple[str, str]] = []
        self.seen: list = []
        self.links: dict[int, tuple[Node, int]] = {}
        self.ctx = Context(
            network=ledger.network,
            settings=Settings(id=bytes([number]) * 32, agent="animica/test"),
            ledger=ledger,
            pool=SimpleNamespace(),
            shelf=SimpleNamespace(heights=tuple),
            chance=SeededChance(number),
            now=net.moment,
        )
        conduct = Conduct(self.ctx)
        self.sync = Sync(self.ctx)
        self.engine = Engine(self.ctx, (conduct, self.sync, News(self.ctx, self.sync)))

    def handle(self, event) -> None:
        for action in self.engine.handle(event, self.net.moment):
            self.seen.append(action)
            self.do(action)

    def do(self, action) -> None:
        match action:
            case actions.Send(conn, data):
                self.send(conn, data)
                if action.bulk:
                    self.net.later(1, self, events.Writable(conn))
            case actions.Close(conn):
                self.net.cut(self, conn)
            case actions.ImportBlock():
                self.net.later(self.import_ms, self, action)
            case actions.SetSyncing(on):
                self.ledger.syncing = on
            case actions.Note(_, "peer_offended", facts):
                self.offences.append((facts["peer"], facts["offence"]))

    def send(self, conn: int, data: bytes) -> None:
        if conn in self.links:
            other, back = self.links[conn]
            message = codec.decode(data, block_bytes=self.ledger.network.block_bytes_most)
            for altered in self.filter(message):
                raw = codec.encode(altered)
                self.net.later(self.net.delay_ms, other, events.MessageReceived(back, raw))

    def judge(self, action) -> None:
        """Import a block, and tell of it."""
        head = self.ledger.head().hash
        outcome, refusal = "", None
        fault = self.faults > 0
        if fault:
            self.faults -= 1
        else:
            try:
                outcome = self.ledger.take(action.raw, self.net.moment.wall_ms)
            except Refused as found:
                refusal = found
        now = self.ledger.head()
        if now.hash != head:
            self.handle(events.HeadMoved(now.header, now.total_work))
        self.handle(events.BlockJudged(action.hash, action.height, outcome, refusal, fault))

    @property
    def height(self) -> int:
        return self.ledger.head().height


class Net:
    """Virtual time, and all that is under way."""

    def __init__(self, wall_ms: int, *, delay_ms: int = 20, tick_ms: int = 100) -> None:
        self.ms = 1_000
        self.wall_ms = wall_ms
        self.delay_ms = delay_ms
        self.tick_ms = tick_ms
        self.nodes: list[Node] = []
        self._queue: list = []
        self._order = count()
        self._conns = count(1)

    @property
    def moment(self) -> Moment:
        return Moment(self.ms, self.wall_ms + self.ms)

    def add(self, ledger, **facts) -> Node:
        node = Node(self, len(self.nodes) + 1, ledger, **facts)
        self.nodes.append(node)
        self.later(0, node, events.Tick())
        return node

    def later(self, ms: int, node: Node, event) -> None:
        heapq.heappush(self._queue, (self.ms + ms, next(self._order), node, event))

    def join(self, dialler: Node, other: Node) -> tuple[int, int]:
        """Connect two nodes; the numbers of the connection on both sides."""
        here, there = next(self._conns), next(self._conns)
        dialler.links[here], other.links[there] = (other, there), (dialler, here)
        for node, conn, peer, out in ((dialler, here, other, True), (other, there, dialler, False)):
            id = bytes([peer.number]) * 32
            node.handle(events.PeerConnected(conn, id, 1, ADDRESS, outbound=out))
        return here, there

    def cut(self, node: Node, conn: int) -> None:
        """End a connection: both sides hear of it."""
        if conn in node.links:
            other, back = node.links.pop(conn)
            other.links.pop(back, None)
            self.later(0, node, events.PeerLost(conn, "closed"))
            self.later(self.delay_ms, other, events.PeerLost(back, "closed"))

    def run(self, ms: int, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass; whether ``until`` came true."""
        end = self.ms + ms
        while self._queue and self._queue[0][0] <= end:
            self.ms, _, node, event = heapq.heappop(self._queue)
            if isinstance(event, actions.ImportBlock):
                node.judge(event)
            else:
                node.handle(event)
            if isinstance(event, events.Tick):
                self.later(self.tick_ms, node, event)
                if until():
                    return True
        self.ms = end
        return until()

"""An engine with a plain chain behind it and a seeded chance, driven by hand."""

from __future__ import annotations

import random
from types import SimpleNamespace

from animica_site import networks
from chain.values import Kept
from p2p.rules import actions, events
from p2p.rules.addresses import Address, parse
from p2p.rules.book import Book
from p2p.rules.conduct import Conduct
from p2p.rules.context import Context, Settings
from p2p.rules.engine import Engine
from p2p.rules.moment import Moment
from p2p.rules.wire import codec
from p2p.rules.wire import messages as m

START_MS = 1_000_000
WALL_MS = 1_700_000_000_000
OWN_ID = b"\x80" * 32
HEAD = b"\x11" * 32


class SeededChance:
    """The port, from a seed."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def below(self, end: int) -> int:
        return self._random.randrange(end)

    def data(self, size: int) -> bytes:
        return self._random.randbytes(size)


class PlainLedger:
    """A chain of which only the head is known."""

    def __init__(self) -> None:
        header = SimpleNamespace(parent=bytes(32))
        self.now = SimpleNamespace(
            height=7, hash=HEAD, header=header, total_work=1234, canonical=True
        )
        self.keeps = Kept(witnesses_from=3, bodies_from=2)

    def head(self):
        return self.now

    def stored(self, hash):
        return self.now if hash == HEAD else None

    def canonical_header(self, height):
        return self.now if height in (0, 7) else None

    def kept(self):
        return self.keeps


def id_of(number: int) -> bytes:
    return number.to_bytes(32, "big")


def identify(**changes) -> m.Identify:
    values = {
        "agent": "test/1",
        "listen": (),
        "height": 5,
        "head": bytes(32),
        "work": (99).to_bytes(32, "big"),
        "bodies_from": 0,
        "snapshots": (),
    }
    return m.Identify(**(values | changes))


def context(seed: int = 1, **settings) -> Context:
    return Context(
        network=networks.load("devnet"),
        settings=Settings(**({"id": OWN_ID, "agent": "animica/test"} | settings)),
        ledger=PlainLedger(),
        pool=SimpleNamespace(),
        shelf=SimpleNamespace(heights=lambda: ((4, HEAD),)),
        chance=SeededChance(seed),
        now=Moment(START_MS, WALL_MS),
    )


class World:
    """An engine and its hours: what it does is kept by kind until the next step."""

    def __init__(self, ctx: Context | None = None, make=None) -> None:
        self.ctx = context() if ctx is None else ctx
        self.engine = (make or alone)(self.ctx)
        self.ms = 0
        self.done: list = []
        self.conns = 0

    def handle(self, event) -> list:
        now = Moment(START_MS + self.ms, WALL_MS + self.ms)
        self.done = self.engine.handle(event, now)
        return self.done

    def wait(self, ms: int, step: int = 100) -> list:
        """Let time pass in ticks; everything that was done meanwhile."""
        done = []
        end = self.ms + ms
        while self.ms < end:
            self.ms = min(end, self.ms + step)
            done += self.handle(events.Tick())
        self.done = done
        return done

    def connect(self, number=None, address="tcp://5.6.7.8:1", *, id=None, **facts):
        self.conns += 1
        address = address if isinstance(address, Address) else parse(address)
        id = id if id is not None else id_of(self.conns if number is None else number)
        facts = {"outbound": False, "purpose": ""} | facts
        self.handle(events.PeerConnected(self.conns, id, 1, address, **facts))
        return self.ctx.peers[self.conns]

    def ready(self, *args, said=None, **kwargs):
        peer = self.connect(*args, **kwargs)
        self.say(peer, said or identify())
        return peer

    def raw(self, message) -> bytes:
        return codec.encode(message)

    def say(self, peer, message) -> list:
        return self.handle(events.MessageReceived(peer.conn, self.raw(message)))

    def lose(self, peer, reason="gone") -> list:
        return self.handle(events.PeerLost(peer.conn, reason))

    def sent(self, peer=None, kind=None) -> list:
        """Messages sent in the last step."""
        sends = [a for a in self.done if isinstance(a, actions.Send)]
        found = [
            codec.decode(a.data, block_bytes=self.ctx.network.block_bytes_most)
            for a in sends
            if peer is None or a.conn == peer.conn
        ]
        return [one for one in found if kind is None or isinstance(one, kind)]

    def closed(self) -> dict[int, str]:
        """Connections closed in the last step with their codes."""
        return {a.conn: a.code for a in self.done if isinstance(a, actions.Close)}

    def dials(self) -> list[actions.Dial]:
        return [a for a in self.done if isinstance(a, actions.Dial)]

    def notes(self, name: str) -> list[dict]:
        return [dict(a.facts) for a in self.done if isinstance(a, actions.Note) and a.name == name]


def alone(ctx: Context, *, bans=(), book=()) -> Engine:
    """An engine of conduct and book, which need no more of a chain than its head."""
    conduct, addresses = Conduct(ctx), Book(ctx)
    conduct.restore(bans, ctx.now.wall_ms)
    addresses.restore(book)
    return Engine(ctx, (conduct, addresses))

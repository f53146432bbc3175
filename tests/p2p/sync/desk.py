"""One engine that synchronises, and peers whose every message a test writes itself."""

from __future__ import annotations

from types import SimpleNamespace

from core.errors import Refused
from p2p.rules import actions, events
from p2p.rules.conduct import Conduct
from p2p.rules.context import Context, Settings
from p2p.rules.engine import Engine
from p2p.rules.moment import Moment
from p2p.rules.sync import Sync
from p2p.rules.wire import messages as m
from tests.p2p.sync.chains import DAY, GENESIS, NETWORK
from tests.p2p.sync.ledger import MemoryLedger
from tests.p2p.sync.net import News
from tests.p2p.world import OWN_ID, START_MS, SeededChance, World, identify
from tests.support import Made


def work_of(line: list[Made]) -> int:
    return line[-1].work if line else 0


def raws(line) -> tuple[bytes, ...]:
    return tuple(made.header.encoded for made in line)


class Desk(World):
    """``line`` is stored; ``bodies`` says whether peers' bodies are imported at once."""

    def __init__(self, line=(), *, network=NETWORK, **facts) -> None:
        self.ledger = MemoryLedger(GENESIS, network, **facts).load(list(line))
        self.wall_ms = network.genesis.time_ms + DAY
        self.imports: list[actions.ImportBlock] = []
        self.log: list = []
        ctx = Context(
            network=network,
            settings=Settings(id=OWN_ID, agent="test"),
            ledger=self.ledger,
            pool=SimpleNamespace(),
            shelf=SimpleNamespace(heights=tuple),
            chance=SeededChance(),
            now=Moment(START_MS, self.wall_ms),
        )
        super().__init__(ctx, self._make)

    def _make(self, ctx: Context) -> Engine:
        conduct = Conduct(ctx)
        self.sync = Sync(ctx)
        return Engine(ctx, (conduct, self.sync, News(ctx, self.sync)))

    def handle(self, event) -> list:
        now = Moment(START_MS + self.ms, self.wall_ms + self.ms)
        self.done = self.engine.handle(event, now)
        self.log += self.done
        self.imports += [one for one in self.done if isinstance(one, actions.ImportBlock)]
        return self.done

    # ---- peers

    def peer(self, line, *, number=None, outbound=True, work=None, **said):
        """A peer that says its head is the end of a line."""
        claims = identify(
            height=len(line),
            head=line[-1].hash if line else GENESIS.hash,
            work=(work_of(line) if work is None else work).to_bytes(32, "big"),
            **said,
        )
        return self.ready(number, "tcp://127.0.0.1:1", said=claims, outbound=outbound)

    def asked(self, peer, kind):
        """Messages of a kind sent to a peer, the step before this included."""
        return self.sent(peer, kind)

    def show(self, peer, line) -> list:
        """Answer a request for headers with those of a line."""
        return self.say(peer, m.Headers(raws(line), asked=True))

    def tell(self, peer, line) -> list:
        """News of new heads."""
        return self.say(peer, m.Headers(raws(line), asked=False))

    def give(self, peer, made: Made) -> list:
        """A body."""
        return self.say(peer, m.Body(made.raw))

    # ---- the importer

    def judge(self, outcome: str | None = None, refusal=None, *, fault=False):
        """The verdict on the first block that waits for one: the ledger's, or as said."""
        block = self.imports.pop(0)
        head = self.ledger.head().hash
        if outcome is None and refusal is None and not fault:
            try:
                outcome = self.ledger.take(block.raw, self.wall_ms + self.ms)
            except Refused as found:
                refusal = found
        verdict = events.BlockJudged(block.hash, block.height, outcome or "", refusal, fault)
        done = []
        if self.ledger.head().hash != head:
            done = self.head_moved()
        self.done = done + self.handle(verdict)
        return self.done

    def head_moved(self) -> list:
        """Tell of the ledger's head."""
        now = self.ledger.head()
        return self.handle(events.HeadMoved(now.header, now.total_work))

    # ---- what tests ask

    def points(self, peer) -> int:
        return self.engine.part(Conduct).points(peer)

    def offences(self) -> list[str]:
        return [
            str(one.facts["offence"])
            for one in self.log
            if isinstance(one, actions.Note) and one.name == "peer_offended"
        ]

    @property
    def state(self):
        return self.sync._state

    def contact(self, peer):
        return self.state.contacts[peer.conn]

"""A simulated node: the real engine, importer, pools and ledger, and a driver on virtual time."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from contextlib import contextmanager
from hashlib import sha3_256
from typing import TYPE_CHECKING, Any

from django.db import Error as DatabaseFault
from django.db import OperationalError

from chain import service as chain
from consensus.events import BlockAdded, ChainReorganised, ProofAdded
from consensus.proof_pool import ProofPool
from consensus.rules import shares
from consensus.service import Importer
from core import failpoints
from core.bus import EventBus
from core.errors import Refused
from core.header import NONCE_BYTES
from mempool.events import TxAdded, TxDropped
from mempool.service import Pool
from mempool.values import Admission
from mining.assembly import Assembly
from p2p.reads import PoolReads
from p2p.rules.actions import (
    Action,
    AdmitProof,
    AdmitTxs,
    Close,
    Dial,
    ImportBlock,
    Note,
    RefusedBranch,
    Send,
    SetSyncing,
)
from p2p.rules.addresses import Address
from p2p.rules.engine import Engine
from p2p.rules.events import (
    BlockJudged,
    Event,
    HeadMoved,
    MessageReceived,
    ProofEntered,
    ProofJudged,
    Tick,
    TxEntered,
    TxsJudged,
)
from p2p.rules.moment import Moment
from p2p.rules.refusals import Unjudged
from p2p.rules.wire.messages import KINDS
from tests.simulator.build import Kept, engine_of, keep, turns_away
from tests.simulator.databases import Database
from tests.simulator.schedule import NodeClock
from tests.support import key, raise_error

if TYPE_CHECKING:
    from tests.simulator.world import World

SECOND_MS = 1_000
KEEP_MS = 30_000
"""How often what the engine keeps over a restart is written."""
ADMIT_MS = 2
SHARES = 0.25
"""How many of the draws that are good enough are kept as shares."""
BEFORE_COMMIT = tuple(
    name
    for name in failpoints.POINTS
    if not name.endswith(("committed", "published")) and not name.startswith(("head.", "flush."))
)
"""Where a database may fail so that nothing has happened."""


def _refusal(outcome: Admission | Refused | DatabaseFault) -> Refused | None:
    """As the node's own thread tells it."""
    if isinstance(outcome, DatabaseFault):
        return Unjudged("the database does not answer")
    return outcome if isinstance(outcome, Refused) else None


class Died(BaseException):
    """The process ends here."""


class Node:
    """One node. ``boot`` and ``crash`` begin and end a life; the database outlives them."""

    def __init__(self, world: World, number: int) -> None:
        plan = world.plan.nodes[number]
        self.world = world
        self.number = number
        self.id = sha3_256(b"node %d" % number).digest()
        self.database = Database()
        self.clock = NodeClock(world.schedule, world.begun_ms, plan.skew_ms)
        self.life = 0
        self.up = False
        self.work = 0
        self.unflushed: set[bytes] = set()
        """In this life's pool, and not yet in its copy on disk."""
        self.dies_at: int | None = None
        """The fail point, counted from the start of the next import, at which it dies."""
        self.kept = Kept()
        self._plan = plan
        self._rng = random.Random(f"node {world.plan.seed} {number}")

    # ------------------------------------------------------------ life

    def boot(self) -> None:
        """Start on what the database holds."""
        if self.up:
            return
        self.life += 1
        self.up = True
        self._news: list[Event] = []
        self._imports: deque[ImportBlock] = deque()
        self._importing = False
        bus = EventBus(raise_error)
        with self.database.using():
            self.importer = Importer(
                network=self.world.network,
                clock=self.clock,
                witnesses=self.world.witnesses,
                bus=bus,
            )
            self.importer.start()
            self.pool = Pool(
                network=self.world.network,
                state=chain.reader,
                head=lambda: chain.head().header,
                witnesses=self.world.witnesses,
                clock=self.clock,
                bus=bus,
            )
            self.pool.load()
            self.unflushed.clear()
            self.proofs = ProofPool(
                network=self.world.network, ledger=chain, clock=self.clock, bus=bus
            )
            self.reads = PoolReads(self.pool, self.proofs, self.clock)
            self._subscribe(bus)
            self.engine: Engine = engine_of(self)
            self._watch_head()
        self._again(self.world.plan.tick_ms, self._tick)
        self._again(SECOND_MS, self._second)
        self._again(KEEP_MS, self._keep)

    def _subscribe(self, bus: EventBus) -> None:
        """As composition does: the pools hear first."""
        bus.subscribe(BlockAdded, self.pool.on_block)
        bus.subscribe(ChainReorganised, self.pool.on_reorg)
        bus.subscribe(ChainReorganised, self.proofs.on_reorg)
        bus.subscribe(BlockAdded, self.reads.on_block)
        bus.subscribe(ChainReorganised, self.reads.on_reorg)
        bus.subscribe(BlockAdded, lambda event: self._moved(()))
        bus.subscribe(ChainReorganised, lambda event: self._moved(event.removed))
        bus.subscribe(TxAdded, self._tx_added)
        bus.subscribe(TxDropped, self.world.dropped)
        bus.subscribe(ProofAdded, lambda event: self._news.append(ProofEntered(event.digest)))

    def crash(self) -> None:
        """Lose everything but what is committed."""
        if not self.up:
            return
        self.up = False
        self.world.lost |= self.unflushed & set(self.pool.txids())
        self.database.forget()
        self.world.net.died(self)
        del self.engine, self.importer, self.pool, self.proofs

    def _again(self, every: int, work: Callable[[], None]) -> None:
        """Call ``work`` over and over in this life; the first time after a part of the interval."""
        life = self.life

        def turn() -> None:
            if self.up and self.life == life:
                work()
                self.world.schedule.after(every, turn)

        self.world.schedule.after(self._rng.randrange(1, 100), turn)

    def turns_away(self, address: Address) -> bool:
        """Whether it does not even shake hands with whoever comes from there."""
        return turns_away(self.engine, address, self.clock.now_ms())

    # ------------------------------------------------------------ the engine

    def moment(self) -> Moment:
        """The time, as this node has it."""
        return Moment(self.world.schedule.now, self.clock.now_ms())

    def tell(self, event: Event) -> None:
        """Hand the engine an event and do what it wants."""
        with self.database.using():
            self._hand(event)
            self._tell_news()

    def _hand(self, event: Event) -> None:
        self._trace(event)
        for action in self.engine.handle(event, self.moment()):
            self._do(action)

    def _tell_news(self) -> None:
        while self._news:
            self._hand(self._news.pop(0))

    def _do(self, action: Action) -> None:
        net = self.world.net
        match action:
            case Send(conn, data, bulk):
                net.send(self, conn, data)
                if bulk:
                    net.watch_writable(self, conn)
            case Close(conn):
                net.close(self, conn)
            case Dial(address, purpose):
                net.dial(self, address, purpose)
            case ImportBlock():
                self._imports.append(action)
                self._next_import()
            case AdmitTxs():
                self._later(ADMIT_MS, lambda: self._admit(action))
            case AdmitProof():
                self._later(ADMIT_MS, lambda: self._admit_proof(action))
            case SetSyncing(on):
                self.importer.syncing = on
            case RefusedBranch(hash, _, work, fork_height):
                self.importer.deep.heard_of(hash, work, fork_height)
                self.world.count("refused branches")
            case Note():
                self.world.noted(self, action)
            case _:
                raise AssertionError(f"nobody does {action}")

    def _later(self, delay: int, work: Callable[[], None]) -> None:
        """Call ``work`` with this node's database, if it still lives then."""
        life = self.life

        def then() -> None:
            if not self.up or self.life != life:
                return
            try:
                with self.database.using():
                    work()
                    self._tell_news()
            except Died:
                self.world.count("deaths while importing")
                self.crash()

        self.world.schedule.after(delay, then)

    def _trace(self, event: Event) -> None:
        match event:
            case Tick():
                return
            case MessageReceived(conn, data):
                kind = KINDS[data[0]].__name__ if data[:1] and data[0] in KINDS else "?"
                digest = sha3_256(data).hexdigest()[:16]
                self.world.trace(self.number, kind, conn, len(data), digest)
            case _:
                self.world.trace(self.number, repr(event))

    # ------------------------------------------------------------ workers

    def _next_import(self) -> None:
        if self._importing or not self._imports:
            return
        self._importing = True
        block = self._imports.popleft()
        self._later(self._plan.import_ms, lambda: self._import(block))

    def _import(self, action: ImportBlock) -> None:
        self._importing = False
        judged = self._judge(action)
        self._tell_news()
        self._hand(judged)
        self._next_import()

    def _judge(self, action: ImportBlock) -> BlockJudged:
        place = action.hash, action.height
        try:
            with self._failing():
                result = self.importer.import_block(action.raw, source="peers")
        except Refused as refusal:
            self.world.watch_refusal(self, action.raw, action.hash, refusal)
            return BlockJudged(*place, "", refusal)
        except DatabaseFault:
            self.world.count("database faults")
            return BlockJudged(*place, "", fault=True)
        self._watch_head()
        return BlockJudged(*place, result.outcome)

    @contextmanager
    def _failing(self) -> Any:
        """The database may fail at a write, or the process die there."""
        dies_at, self.dies_at = self.dies_at, None
        fails = self._rng.randrange(100) < self.world.net.chances.database_fails
        fails_at = self._rng.randrange(20) if fails else None
        reached = 0

        def hook(name: failpoints.Name) -> None:
            nonlocal reached
            reached += 1
            if dies_at is not None and reached > dies_at:
                raise Died
            if fails_at is not None and reached > fails_at and name in BEFORE_COMMIT:
                raise OperationalError("disk I/O error")

        failpoints.install(hook)
        try:
            yield
        finally:
            failpoints.install(None)

    def _admit(self, action: AdmitTxs) -> None:
        outcomes = self.pool.submit_many(action.raws, action.source)
        refusals = [_refusal(each) for each in outcomes]
        self._tell_news()
        self._hand(TxsJudged(action.conn, action.txids, tuple(refusals)))

    def _admit_proof(self, action: AdmitProof) -> None:
        refusal = None
        try:
            self.proofs.add(action.envelope)
        except Refused as error:
            refusal = error
        self._tell_news()
        self._hand(ProofJudged(action.conn, action.envelope.digest, refusal))

    # ------------------------------------------------------------ news and time

    def _moved(self, removed: tuple[bytes, ...]) -> None:
        head = chain.head()
        self._news.append(HeadMoved(head.header, head.total_work, removed))

    def _tx_added(self, event: TxAdded) -> None:
        self.unflushed.add(event.tx.txid)
        self._news.append(TxEntered(event.tx.txid))

    def _watch_head(self) -> None:
        """The head never becomes lighter, over crashes too."""
        head = chain.head()
        self.world.watch(self, head)

    def _tick(self) -> None:
        self.tell(Tick())

    def _second(self) -> None:
        with self.database.using():
            self.importer.tick()
            self.proofs.settle()
            self.pool.tick()
            self.unflushed.clear()
            self._watch_head()
            self._tell_news()

    def _keep(self) -> None:
        self.kept = keep(self.engine)

    # ------------------------------------------------------------ what its people do

    def submit(self, raw: bytes) -> Refused | None:
        """A wallet hands in a transaction; the refusal, if any."""
        with self.database.using():
            try:
                self.pool.submit(raw)
            except Refused as refusal:
                return refusal
            self._tell_news()
        return None

    def mine(self) -> None:
        """Seal a block on the head, as the miner does, and let a near miss wait as a share."""
        with self.database.using():
            head = chain.head().header
            assembly = Assembly(
                network=self.world.network,
                ledger=chain,
                pool=self.pool,
                proofs=self.proofs,
                clock=self.clock,
                coinbase=key(self.number).address,
                extra=b"%d" % self.number,
            )
            made = assembly.build(head, most=None)
            assert made is not None, "the head has not moved meanwhile"
            nonce = self._rng.getrandbits(48)
            while True:
                header = made.block.header.sealed(nonce.to_bytes(NONCE_BYTES, "little"))
                if header.draw < made.threshold:
                    break
                if header.draw < made.share_threshold and self._rng.random() < SHARES:
                    self._keep_share(header)
                nonce += 1
            raw = made.sealed(nonce).raw
            self.world.trace(self.number, "mined", header.hash)
            self.world.mined[header.hash] = raw
            self.importer.import_block(raw, source="miner")
            self._watch_head()
            self._tell_news()

    def _keep_share(self, header: Any) -> None:
        try:
            self.proofs.add(shares.envelope(header))
        except Refused:
            self.world.count("shares not kept")
        else:
            self.world.count("shares")

"""The node's place in the network: everything around the engine, started and stopped as one.

    sockets ⇄ p2p (loop) → inbox → p2p-engine → hands ⇄ p2p-import · p2p-admit · p2p-keeper
                                      ↑ news of the bus

Composition makes it, subscribes its listeners and installs it. Source: docs/spec/p2p.md.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from chain import service as chain
from consensus.events import BlockAdded, ChainReorganised, ProofAdded
from consensus.proof_pool import ProofPool
from consensus.service import Importer
from consensus.snapshots import SnapshotLoader
from core.network import Network
from core.ports import Clock
from mempool.events import TxAdded
from mempool.service import Pool
from p2p import identity, keeper, views
from p2p.config import PeersConfig
from p2p.errors import PeerPortTaken, PeersAbsent
from p2p.hands import Hands
from p2p.keeper import Keeper, Kept
from p2p.load import Loading
from p2p.loop import NetLoop
from p2p.net.inbox import Inbox
from p2p.net.limits import SAVE_MS, VIEWS_MS
from p2p.pulse import Pulse, now_ms
from p2p.reads import LedgerReads, PoolReads, SystemChance
from p2p.rules.addresses import Address
from p2p.rules.book import Book
from p2p.rules.build import make_engine
from p2p.rules.conduct import Conduct
from p2p.rules.context import Context, Settings
from p2p.rules.engine import Engine
from p2p.rules.events import ProofEntered, TxEntered
from p2p.rules.limits import MESSAGE_OVERHEAD_BYTES, VERSION
from p2p.rules.moment import Moment
from p2p.rules.ports import Shelf
from p2p.rules.session import Terms
from p2p.signer import Signer
from p2p.values import NetView, PeerView, SyncView
from p2p.work import Admitting, Importing
from pq.signing import PrivateKey


@dataclass(frozen=True)
class Neighbours:
    """The services of this process that the peers' business needs; ``agent`` is its software."""

    network: Network
    clock: Clock
    importer: Importer
    pool: Pool
    proofs: ProofPool
    shelf: Shelf
    loader: SnapshotLoader
    agent: str


@dataclass(frozen=True)
class Machinery:
    """What runs between start and stop."""

    signer: Signer
    loop: NetLoop
    importing: Importing
    admitting: Admitting
    loading: Loading
    keeper: Keeper
    hands: Hands
    pulse: Pulse

    @property
    def workers(self) -> tuple[Importing | Admitting | Loading | Keeper, ...]:
        """The threads that do what the engine asks for."""
        return self.importing, self.admitting, self.loading, self.keeper


class Peers:
    """The node among its peers. Listeners return at once; views are copies, for any thread."""

    def __init__(self, config: PeersConfig, node: Neighbours, key: PrivateKey) -> None:
        self._config = config
        self._node = node
        self._key = key
        self._identity = identity.public(key)
        self._inbox = Inbox(self._read_on)
        self._reads = PoolReads(node.pool, node.proofs, node.clock)
        self._machinery: Machinery | None = None
        self._place = views.Place(self._identity.id, self._identity.alg, ())
        self._views = views.nothing(self._place)
        self._seen_ms = self._saved_ms = 0

    # ------------------------------------------------------------ start and stop

    def start(self) -> None:
        """Listen, and begin to look for peers. Raises ``PeerPortTaken``; once only."""
        assert self._machinery is None, "it has been started"
        config, signer = self._config, Signer(self._key)
        loop = self._make_loop(signer)
        try:
            bound = None if config.port is None else loop.listen(config.host, config.port)
        except PeerPortTaken:
            loop.stop()
            raise
        if bound is not None:
            address = Address("tcp", config.host, bound)
            self._place = views.Place(self._identity.id, self._identity.alg, (str(address),))
        self._views = views.nothing(self._place)
        self._machinery = made = self._make_machinery(signer, loop, self._make_engine(bound))
        self._saved_ms = now_ms()
        for part in (*made.workers, made.loop, made.pulse):
            part.start()

    def stop(self) -> None:
        """Say goodbye to everybody and end every thread; bounded in time."""
        if (made := self._machinery) is not None:
            for part in (made.pulse, made.loop, *made.workers):
                part.stop()
            made.signer.close()
            self._machinery = None

    def _make_loop(self, signer: Signer) -> NetLoop:
        network = self._node.network
        return NetLoop(
            terms=_terms(network),
            identity=self._identity,
            signer=signer,
            message_bytes=network.block_bytes_most + MESSAGE_OVERHEAD_BYTES,
            inbox=self._inbox,
        )

    def _make_machinery(self, signer: Signer, loop: NetLoop, engine: Engine) -> Machinery:
        node, post = self._node, self._inbox.post
        conduct = engine.part(Conduct)
        loop.switchboard.doors.banned = lambda one: conduct.turns_away(one, node.clock.now_ms())
        importing = Importing(node.importer, post)
        admitting = Admitting(node.pool, node.proofs, post)
        loading = Loading(node.loader, post)
        hands = Hands(
            switchboard=loop.switchboard,
            importing=importing,
            admitting=admitting,
            loading=loading,
            importer=node.importer,
        )
        pulse = Pulse(
            engine=engine,
            inbox=self._inbox,
            hands=hands,
            clock=node.clock,
            after_tick=self._after_tick,
            at_end=self._save,
        )
        return Machinery(signer, loop, importing, admitting, loading, Keeper(post), hands, pulse)

    def _make_engine(self, bound: int | None) -> Engine:
        config, node = self._config, self._node
        ports = (("tcp", bound), ("ws", config.ws_port))
        ctx = Context(
            network=node.network,
            settings=Settings(
                id=self._identity.id,
                agent=node.agent,
                listen=tuple((scheme, port) for scheme, port in ports if port is not None),
                seeds=tuple(map(str, config.seeds)),
                pinned=tuple(map(str, config.connect)),
                snapshot_sync=config.snapshot_sync,
            ),
            ledger=LedgerReads(),
            pool=self._reads,
            shelf=node.shelf,
            chance=SystemChance(),
            now=Moment(now_ms(), node.clock.now_ms()),
        )
        kept = keeper.load()
        return make_engine(ctx, bans=kept.bans, book=kept.book)

    # ------------------------------------------------------------ in the engine's thread

    def _after_tick(self, engine: Engine) -> None:
        made, now = self._machinery, engine.ctx.now.ms
        if made is not None and now - self._seen_ms >= VIEWS_MS:
            self._seen_ms = now
            board = made.loop.switchboard
            self._views = views.look(engine, self._place, board.traffic, board.totals())
        if now - self._saved_ms >= SAVE_MS:
            self._saved_ms = now
            self._save(engine)

    def _save(self, engine: Engine) -> None:
        if self._machinery is not None:
            self._machinery.keeper.save(
                Kept(engine.part(Book).entries(), engine.part(Conduct).bans())
            )

    def _read_on(self, conn: int) -> None:
        if self._machinery is not None:
            self._machinery.loop.switchboard.read_on(conn)

    # ------------------------------------------------------------ listeners of the bus

    def on_block(self, event: BlockAdded) -> None:
        """The head has a child."""
        self._reads.on_block(event)
        self._inbox.head_moved()

    def on_reorg(self, event: ChainReorganised) -> None:
        """The head is on another branch."""
        self._reads.on_reorg(event)
        self._inbox.head_moved(event.removed)

    def on_tx(self, event: TxAdded) -> None:
        """A transaction is in the pool."""
        self._inbox.tell(TxEntered(event.tx.txid))

    def on_proof(self, event: ProofAdded) -> None:
        """A proof waits for a block."""
        self._inbox.tell(ProofEntered(event.digest))

    # ------------------------------------------------------------ for everybody else

    @property
    def loop(self) -> NetLoop | None:
        """Where the connections live; None unless it runs."""
        return None if self._machinery is None else self._machinery.loop

    def net(self) -> NetView:
        """This node's place."""
        return self._views.net

    def peers(self) -> tuple[PeerView, ...]:
        """The connected peers."""
        return self._views.peers

    def sync(self) -> SyncView:
        """How far the node is."""
        return self._views.sync

    def is_behind(self) -> bool:
        """Whether the first synchronisation is on and a better chain is known of."""
        sync = self._views.sync
        return self._node.importer.syncing and (sync.target > sync.height or sync.records > 0)

    def handshakes(self) -> Counter[str]:
        """Handshakes by their outcome."""
        made = self._machinery
        return Counter() if made is None else made.loop.switchboard.handshakes.copy()

    def notes(self) -> Counter[str]:
        """What the engine found worth a note, by name."""
        return Counter() if self._machinery is None else self._machinery.hands.notes.copy()


def _terms(network: Network) -> Terms:
    """The policy of algorithms is genesis's: a planned upgrade is no reason not to talk."""
    return Terms(VERSION, network.chain, chain.genesis_hash(), network.pins[0].alg)


class _Slot:
    peers: Peers | None = None


def install(peers: Peers | None) -> None:
    """Make this the process's network part; composition calls it."""
    _Slot.peers = peers


def running() -> Peers | None:
    """This process's network part, None where it has none."""
    return _Slot.peers


def current() -> Peers:
    """This process's network part. Raises ``PeersAbsent``."""
    if _Slot.peers is None:
        raise PeersAbsent("this node takes no part in the network of peers")
    return _Slot.peers

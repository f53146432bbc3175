"""Engines with gossip alone, joined by a net on a virtual clock; drivers are a few lines each."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from random import Random

from chain.values import BlockStatus, Kept, StoredHeader
from consensus.rules import fork_choice, pipeline
from core.errors import Refused
from core.tx import SignedTx
from p2p.rules import actions as act
from p2p.rules import events as ev
from p2p.rules.addresses import Address
from p2p.rules.context import Context, Settings
from p2p.rules.engine import Engine
from p2p.rules.gossip.part import Gossip
from p2p.rules.limits import TICK_MS
from p2p.rules.moment import Moment
from p2p.rules.part import Part
from p2p.rules.peer import Peer
from p2p.rules.wire import codec
from p2p.rules.wire import messages as m
from tests.p2p.blocks import NETWORK, DictPool, small

WALL_MS = 1_900_000_000_000


class SeededChance:
    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)

    def below(self, end: int) -> int:
        return self._random.randrange(end)

    def data(self, size: int) -> bytes:
        return self._random.randbytes(size)


class MemoryLedger:
    """Blocks by hash; the best chain is that of the head."""

    def __init__(self, genesis) -> None:
        self.stored_headers = {
            genesis.hash: StoredHeader(genesis.header, 0, BlockStatus.EXECUTED, canonical=True)
        }
        self.raws: dict[bytes, bytes] = {}
        self.head_hash = genesis.hash

    def head(self):
        return self.stored_headers[self.head_hash]

    def stored(self, hash):
        return self.stored_headers.get(hash)

    def raw_block(self, hash):
        return self.raws.get(hash)

    def canonical_header(self, height):
        raise NotImplementedError

    def headers(self, first, count):
        raise NotImplementedError

    def kept(self):
        return Kept()

    def add(self, raw: bytes) -> StoredHeader:
        block = pipeline.decode(raw, NETWORK).block
        pipeline.check_body_roots(block)
        parent = self.stored_headers[block.header.parent]
        work = fork_choice.total_work(parent.total_work, block.header)
        entry = StoredHeader(block.header, work, BlockStatus.EXECUTED, canonical=True)
        self.stored_headers[block.hash] = entry
        self.raws[block.hash] = raw
        if work > self.head().total_work:
            self.head_hash = block.hash
        return entry


class FakeSync(Part):
    """What gossip has handed to sync."""

    def __init__(self, ctx) -> None:
        super().__init__(ctx)
        self.busy = False
        self.calls: list[tuple] = []

    def heard(self, peer, header):
        self.calls.append(("heard", peer.conn, header.hash))

    def assembling(self, hash):
        self.calls.append(("assembling", hash))

    def wants_body(self, hash):
        self.calls.append(("wants_body", hash))

    def missing(self, peer, hashes):
        self.calls.append(("missing", peer.conn, hashes))

    def messages(self):
        return {m.Identify: self._identify, m.Headers: self._headers, m.Goodbye: lambda *_: None}

    def _identify(self, peer, message):
        peer.said = message

    def _headers(self, peer, message):
        self.calls.append(("headers", peer.conn, message.headers))


@dataclass
class Node:
    """One engine and what it asked for; ``verdicts`` are refusals by txid, digest or hash."""

    number: int
    genesis: object
    pool: DictPool = field(default_factory=DictPool)
    verdicts: dict[bytes, Refused] = field(default_factory=dict)
    judges: bool = True

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(self.genesis)
        self.ms = 0
        self.blamed: list[tuple[int, str]] = []
        self.sent: list[tuple[int, m.Message]] = []
        self.acts: list[act.Action] = []
        self.outbox: deque[act.Send] = deque()
        self.ctx = Context(
            network=NETWORK,
            settings=Settings(bytes([self.number]) * 32, "test"),
            ledger=self.ledger,
            pool=self.pool,
            shelf=None,
            chance=SeededChance(self.number),
        )
        self.ctx.blame = lambda peer, offence, detail: self.blamed.append(
            (peer.conn, offence.label)
        )
        self.sync = FakeSync(self.ctx)
        self.gossip = Gossip(self.ctx, self.sync)
        self.engine = Engine(self.ctx, [self.sync, self.gossip])

    # ------------------------------------------------------------ driving

    def handle(self, event: ev.Event) -> list[act.Action]:
        """One event and all that follows from it here; what goes to peers waits in ``outbox``."""
        todo = self.engine.handle(event, Moment(self.ms, WALL_MS + self.ms))
        for action in todo:
            self.acts.append(action)
            self._do(action)
        return todo

    def _do(self, action: act.Action) -> None:
        match action:
            case act.Send(conn, data):
                self.sent.append((conn, codec.decode(data, block_bytes=NETWORK.block_bytes_most)))
                self.outbox.append(action)
            case act.AdmitTxs() if self.judges:
                self._admit(action)
            case act.AdmitProof(conn, envelope) if self.judges:
                refusal = self.verdicts.get(envelope.digest)
                if refusal is None:
                    self.add_proof(envelope)
                self.handle(ev.ProofJudged(conn, envelope.digest, refusal))
            case act.ImportBlock(hash, height, raw) if self.judges:
                refusal = self.verdicts.get(hash)
                if refusal is None:
                    self.add_block(raw)
                self.handle(ev.BlockJudged(hash, height, "" if refusal else "added", refusal))

    def _admit(self, action: act.AdmitTxs) -> None:
        refusals = tuple(self.verdicts.get(raw, self.verdicts.get(txid)) for txid, raw in
                         zip(action.txids, action.raws, strict=True))  # fmt: skip
        for raw, refusal in zip(action.raws, refusals, strict=True):
            if refusal is None:
                self.add_tx(SignedTx.decode(raw))
        self.handle(ev.TxsJudged(action.conn, action.txids, refusals))

    def add_tx(self, tx: SignedTx) -> None:
        if tx.txid not in self.pool.txs:
            self.pool.txs[tx.txid] = tx
            self.handle(ev.TxEntered(tx.txid))

    def add_proof(self, envelope) -> None:
        self.pool.envelopes[envelope.digest] = envelope
        self.handle(ev.ProofEntered(envelope.digest))

    def add_block(self, raw: bytes) -> None:
        before = self.ledger.head_hash
        entry = self.ledger.add(raw)
        if self.ledger.head_hash != before:
            self.handle(ev.HeadMoved(entry.header, entry.total_work))

    def tick(self, ms: int = TICK_MS) -> None:
        """Let time pass, tick by tick."""
        for _ in range(ms // TICK_MS):
            self.ms += TICK_MS
            self.handle(ev.Tick())

    # ------------------------------------------------------------ a peer made by the test

    def join(self, conn: int, *, outbound: bool = False, purpose: str = "") -> Peer:
        """A peer that has identified itself and says only what the test says."""
        address = Address("tcp", f"192.0.2.{conn % 250}", 8546)
        id = conn.to_bytes(32, "big")
        self.handle(ev.PeerConnected(conn, id, 259, address, outbound, purpose))
        said = m.Identify("test", (), 0, bytes(32), bytes(32), 0, ())
        self.says(conn, said)
        return self.ctx.peers[conn]

    def says(self, conn: int, message: m.Message) -> list[m.Message]:
        """A peer's message; what this node answers to anyone."""
        before = len(self.sent)
        self.handle(ev.MessageReceived(conn, codec.encode(message)))
        self.handle(ev.Writable(conn))
        return [sent for _, sent in self.sent[before:]]

    def told(self, conn: int, kind: type) -> list[m.Message]:
        """All messages of a kind that a peer has been sent."""
        return [sent for to, sent in self.sent if to == conn and type(sent) is kind]


def node(number: int = 1, height: int = 1, **options) -> Node:
    """A node at block ``first`` of the small chain, or at genesis."""
    made = Node(number, small().builder.genesis, **options)
    if height:
        made.ledger.add(small().first.raw)
    return made


class Net:
    """Nodes whose messages arrive at the next tick, or are lost where ``passes`` says so."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self._conns = count(1)
        self.links: dict[tuple[int, int], tuple[Node, int]] = {}
        self.bytes = 0
        self.passes = lambda data: True

    def link(self, one: Node, other: Node) -> None:
        a, b = next(self._conns), next(self._conns)
        self.links[one.number, a] = other, b
        self.links[other.number, b] = one, a
        one.join(a, outbound=True)
        other.join(b)

    def run(self, ms: int) -> None:
        """Let time pass everywhere."""
        for _ in range(ms // TICK_MS):
            for one in self.nodes:
                one.tick()
            self.deliver()

    def deliver(self) -> None:
        """Hand over all that waits, answers to answers included."""
        while any(one.outbox for one in self.nodes):
            for one in self.nodes:
                for _ in range(len(one.outbox)):
                    send = one.outbox.popleft()
                    target = self.links.get((one.number, send.conn))
                    if target is not None and self.passes(send.data):
                        self.bytes += len(send.data)
                        target[0].handle(ev.MessageReceived(target[1], send.data))
                    if send.bulk:
                        one.handle(ev.Writable(send.conn))

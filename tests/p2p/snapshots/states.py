"""States in memory as peers serve them, and a ledger that takes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha3_256
from types import SimpleNamespace

from core import statetree, tags
from core.hashing import sha3, tagged
from core.header import Header
from core.statetree import FIRST_KEY
from execution.accounts import Account
from p2p.rules import events, limits
from p2p.rules.actions import BeginSnapshot, Close, Note, Send, StoreChunk
from p2p.rules.conduct import Conduct
from p2p.rules.engine import Engine
from p2p.rules.snapshots import Snapshots, chunks
from p2p.rules.snapshots.chunks import Piece
from p2p.rules.snapshots.manifest import Manifest
from p2p.rules.wire import codec
from p2p.rules.wire import messages as m
from tests.p2p.world import World, context, identify
from tests.site.ledgers import chain

Records = dict[tuple[str, bytes], bytes]


class Pages(dict):
    def load(self, paths):
        return {path: self[path] for path in paths if path in self}


def records_of(count: int, salt: bytes = b"") -> Records:
    """So many accounts and slots."""
    out: Records = {}
    for number in range(count):
        digest = sha3_256(salt + b"%d" % number).digest()
        if number % 3:
            out["account", b"\x10\x03" + digest] = Account(number, 5 + number).encode() or b""
        else:
            out["storage", b"\x10\x03" + digest * 2] = bytes([0x58, 40]) + digest + bytes(8)
    return out


@dataclass
class Snapshot:
    """A state with its chunks, and the header that it is behind."""

    records: Records
    header: Header
    manifest: bytes
    chunks: list[bytes]
    pieces: list[Piece]

    @property
    def hash(self) -> bytes:
        return self.header.hash

    @property
    def offer(self) -> tuple[int, bytes]:
        return self.header.height, self.hash


def keyed(records: Records) -> list:
    rows = [(tagged(tags.state(m), id), (m, id), value) for (m, id), value in records.items()]
    return sorted(rows)


def make(records: Records, header: Header) -> Snapshot:
    rows = keyed(records)
    tree = statetree.build([(key, sha3(value)) for key, _, value in rows])
    header = replace(header, roots=replace(header.roots, state=tree.root))
    pieces = list(chunks.pieces(rows))
    pages = Pages(tree.pages)
    data = [
        chunks.encode(piece, statetree.prove_range(pages, piece.first, piece.last))
        for piece in pieces
    ]
    manifest = Manifest(header, len(data), len(records), sum(map(len, data)))
    return Snapshot(records, header, manifest.encode(), data, pieces)


def headers_with(*snapshots: Snapshot) -> list[Header]:
    """Thirty headers in a row, those of the snapshots among them; nobody asks for their links."""
    found = [made.header for made in chain()[1:]]
    for one in snapshots:
        found[one.header.height - 1] = one.header
    return found


class Chain:
    """What sync says of the best chain."""

    def __init__(self, headers: list[Header] | None) -> None:
        self.headers = headers
        self.held: list[bool] = []

    def best_headers(self):
        return self.headers

    def hold(self, on: bool) -> None:
        self.held.append(on)


@dataclass
class Disk:
    """The ledger's side: takes what is handed to it, in order only."""

    slow: bool = False
    stuck: bool = False
    refusal: object = None
    fault: bool = False
    kept: Records = field(default_factory=dict)
    hash: bytes = b""
    chunks: int = 0
    following: bytes | None = FIRST_KEY
    loaded: bytes | None = None
    begun: list[bytes] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    waiting: list = field(default_factory=list)

    def do(self, action) -> None:
        self.waiting.append(action)

    def work(self) -> list[events.SnapshotStored]:
        """Do what waits: all of it, or one step where it is slow."""
        now = [] if self.stuck else self.waiting[:1] if self.slow else self.waiting
        self.waiting = self.waiting[len(now) :]
        return [self.take(action) for action in now]

    def take(self, action) -> events.SnapshotStored:
        if isinstance(action, BeginSnapshot):
            if self.hash != action.header.hash:
                self.hash, self.kept = action.header.hash, {}
                self.chunks, self.following = 0, FIRST_KEY
            self.begun.append(self.hash)
            self.headers = list(action.headers)
            return self.answer()
        if self.refusal or self.fault:
            return events.SnapshotStored(action.hash, None, refusal=self.refusal, fault=self.fault)
        assert isinstance(action, StoreChunk)
        assert (action.hash, action.index) == (self.hash, self.chunks)
        assert action.first == self.following
        self.kept.update(action.records)
        self.chunks += 1
        end = int.from_bytes(action.last) + 1
        self.following = None if end == 2**256 else end.to_bytes(32)
        return self.answer()

    def answer(self) -> events.SnapshotStored:
        if self.following is None:
            self.loaded = self.hash
        return events.SnapshotStored(self.hash, self.following, self.chunks, len(self.kept))


Answer = Callable[[m.Message], list[m.Message]]


def server(
    snapshot: Snapshot,
    *,
    chunk: Callable[[int], bytes | None] | None = None,
    manifest: bytes | None = None,
) -> Answer:
    """A peer that serves a snapshot; ``chunk`` gives others than its own, None: no answer."""

    def answer(message: m.Message) -> list[m.Message]:
        if isinstance(message, m.GetManifest):
            data = snapshot.manifest if manifest is None else manifest
            return [m.ManifestIs(message.hash, data if message.hash == snapshot.hash else b"")]
        if isinstance(message, m.GetChunk):
            there = message.hash == snapshot.hash and message.index < len(snapshot.chunks)
            data = snapshot.chunks[message.index] if there else b""
            if chunk is not None:
                data = chunk(message.index)
            return [] if data is None else [m.ChunkIs(message.hash, message.index, data)]
        return []

    return answer


class Loads(World):
    """A node that loads a snapshot from peers which answer at the next tick."""

    def __init__(self, headers, *, disk: Disk | None = None, begun=None, height=0, wanted=True):
        self.chain = Chain(headers)
        self.disk = disk or Disk()
        self.answers: dict[int, Answer] = {}
        self.log: list = []
        self.asked: list[tuple[int, int]] = []
        self.names: list[str] = []
        self.offences: list[str] = []
        ctx = context(snapshot_sync=wanted)
        ctx.steady.beneath.now = SimpleNamespace(height=height, hash=b"\x11" * 32, total_work=0)
        ctx.shelf = SimpleNamespace(heights=tuple, interrupted=lambda: begun)
        super().__init__(ctx, self._make)

    def _make(self, ctx) -> Engine:
        self.conduct = Conduct(ctx)
        self.part = Snapshots(ctx, self.chain)
        return Engine(ctx, (self.conduct, self.part))

    def peer(self, answer: Answer, *offers: tuple[int, bytes]):
        number = len(self.answers) + 1
        found = self.ready(
            number, f"tcp://5.{number}.7.8:1", said=identify(snapshots=tuple(offers))
        )
        self.answers[found.conn] = answer
        return found

    def handle(self, event) -> list:
        done = super().handle(event)
        self.log += done
        for action in done:
            if isinstance(action, BeginSnapshot | StoreChunk):
                self.disk.do(action)
            if isinstance(action, Note):
                self.names.append(action.name)
                if action.name == "peer_offended":
                    self.offences.append(action.facts["offence"])
        return done

    def run(self, ms: int, step: int = 100) -> None:
        """Time passes; peers and the disk answer what was asked since the last tick."""
        for _ in range(ms // step):
            seen, self.log = self.log, []
            for action in seen:
                if isinstance(action, Close):
                    self.lose(self.ctx.peers[action.conn])
            for action in seen:
                if isinstance(action, Send) and action.conn in self.ctx.peers:
                    self._answer(action)
            for event in self.disk.work():
                self.handle(event)
            self.wait(step, step)
            if self.disk.loaded:
                return

    def _answer(self, action: Send) -> None:
        message = codec.decode(action.data, block_bytes=self.ctx.network.block_bytes_most)
        if isinstance(message, m.GetChunk):
            self.asked.append((action.conn, message.index))
        answers = self.answers.get(action.conn, lambda message: [])(message)
        if isinstance(message, m.Ping):
            answers = [m.Pong(message.nonce)]
        for answer in answers:
            if action.conn in self.ctx.peers and not self.ctx.peers[action.conn].closing:
                self.say(self.ctx.peers[action.conn], answer)

    def points(self, peer) -> int:
        return self.conduct.points(peer)


def small_chunks(monkeypatch, records: int = 8) -> None:
    monkeypatch.setattr(limits, "CHUNK_RECORDS", records)

"""New heads, told to peers; parts of the latest blocks, for those who put them together."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from core.block import Block
from core.header import Header
from p2p.rules.context import Context
from p2p.rules.events import HeadMoved
from p2p.rules.gossip.mesh import Mesh
from p2p.rules.gossip.ports import Sync
from p2p.rules.gossip.recent import Recent
from p2p.rules.gossip.shown import Shown
from p2p.rules.limits import SALT_BYTES
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.wire import compact
from p2p.rules.wire.messages import GetParts, Headers, Message, Parts

CACHED_BLOCKS = 3
"""Decoded blocks kept for those who ask for parts."""
SERVED_DEPTH = CACHED_BLOCKS
"""Parts are given of so many of the latest blocks: as many as stay decoded, so that no order of
questions makes this node decode one block again and again."""
ASKED_MOST, ASKED_MS = 4_096, 10 * 60_000
"""(peer, block) pairs remembered: parts of a block are asked for once."""


@dataclass
class _Ready:
    block: Block
    prefill: set[int] = field(default_factory=set)


class Serving:
    """Tells new heads and answers ``getParts``."""

    def __init__(self, ctx: Context, sync: Sync, mesh: Mesh, shown: Shown) -> None:
        self._ctx = ctx
        self._sync = sync
        self._mesh = mesh
        self._shown = shown
        self._cache: OrderedDict[bytes, _Ready] = OrderedDict()
        self._asked: Recent[tuple[int, bytes]] = Recent(ASKED_MOST, ASKED_MS)
        self._untold: Header | None = None

    def keep(self, block: Block, fetched: set[int]) -> None:
        """A block that was put together here; ``fetched`` are the places that had to be asked."""
        self._cache[block.hash] = _Ready(block, fetched)
        while len(self._cache) > CACHED_BLOCKS:
            self._cache.popitem(last=False)

    # ------------------------------------------------------------ news

    def on_head_moved(self, event: HeadMoved) -> None:
        """A new head, validated: tell it, unless this node is catching up."""
        self._untold = event.header
        if not self._sync.busy:
            self.tick()

    def peer_ready(self, peer: Peer) -> None:
        """Tell the head, if it moved between this node's greeting and the peer's."""
        header = self._ctx.ledger.head().header
        greeted = peer.told not in (b"", header.hash)
        if greeted and not self._sync.busy and not self._shown.has(peer, header.hash):
            self._ctx.send(peer, Headers((header.encoded,), asked=False))
            self._shown.add(peer, header.hash)

    def tick(self) -> None:
        """Tell the head that could not be told while this node was catching up."""
        header = self._untold
        if header is None or self._sync.busy:
            return
        self._untold = None
        hash = header.hash
        lacking = [peer for peer in self._ctx.ready if not self._shown.has(peer, hash)]
        within = [peer for peer in lacking if peer.conn in self._mesh.members]
        ready = self._ready(hash) if within else None
        told: Message = Headers((header.encoded,), asked=False)
        whole = told
        if ready is not None:
            salt = self._ctx.chance.data(SALT_BYTES)
            whole = compact.make(ready.block, salt, ready.prefill)
        for peer in lacking:
            self._ctx.send(peer, whole if peer.conn in self._mesh.members else told)
            self._shown.add(peer, hash)
        if lacking:
            facts = {"height": header.height, "hash": hash.hex(), "whole": ready is not None}
            self._ctx.note("debug", "block_told", peers=len(lacking), **facts)

    # ------------------------------------------------------------ parts

    def on_get_parts(self, peer: Peer, message: GetParts) -> None:
        """A peer lacks some of a block's transactions and proofs."""
        now, pair = self._ctx.now.ms, (peer.conn, message.hash)
        if self._asked.has(pair, now):
            self._ctx.blame(peer, Offence.OUT_OF_ORDER, "parts of a block are asked for once")
            return
        self._asked.add(pair, now)
        self._ctx.bulk(peer, lambda: self._parts(message))

    def _parts(self, message: GetParts) -> Parts:
        ready = self._ready(message.hash)
        if ready is None:
            return Parts(message.hash, (), ())
        return compact.parts(ready.block, message)

    def _ready(self, hash: bytes) -> _Ready | None:
        """One of the latest blocks of the best chain, decoded."""
        ledger, network = self._ctx.ledger, self._ctx.network
        stored = ledger.stored(hash)
        if stored is None or not stored.canonical or not stored.height:
            return None
        if stored.height + SERVED_DEPTH <= ledger.head().height:
            return None
        if (ready := self._cache.get(hash)) is not None:
            return ready
        raw = ledger.raw_block(hash)
        if raw is None:
            return None
        most = network.block_bytes_most, network.block_items_most
        self.keep(Block.decode(raw, limit=most[0], items=most[1]), set())
        return self._cache[hash]

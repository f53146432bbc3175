"""Loading a snapshot into a node without blocks, and serving those that this node has.

waiting    until all headers are known and somebody offers a snapshot of their chain
manifest   asked of one peer after the other
begun      the ledger makes ready
chunks     fetched, proven, stored; with the last one the head has moved
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from core.header import Header
from p2p.rules.actions import BeginSnapshot
from p2p.rules.context import Context
from p2p.rules.events import SnapshotStored
from p2p.rules.offences import Offence
from p2p.rules.part import Handler, Part
from p2p.rules.peer import Peer
from p2p.rules.snapshots import choice, numbers
from p2p.rules.snapshots.asked import MANIFEST, Asked
from p2p.rules.snapshots.choice import Offer
from p2p.rules.snapshots.fetch import Fetch
from p2p.rules.snapshots.ports import HeaderChain
from p2p.rules.snapshots.search import Search
from p2p.rules.wire.messages import ChunkIs, GetChunk, GetManifest, ManifestIs
from p2p.values import SyncView


class Phase(Enum):
    """How far the load is; OFF before and after."""

    OFF = "off"
    WAITING = "waiting"
    MANIFEST = "manifest"
    BEGUN = "begun"
    CHUNKS = "chunks"


class Snapshots(Part):
    """One at a time. While it loads, synchronisation is held: only headers go on."""

    def __init__(self, ctx: Context, chain: HeaderChain) -> None:
        super().__init__(ctx)
        self._chain = chain
        self._asked = Asked()
        self._failed: set[bytes] = set()
        self._offer: Offer = (0, b"")
        self._headers: Sequence[Header] = ()
        self._search: Search | None = None
        self._fetch: Fetch | None = None
        self._records = 0
        self._rate: deque[tuple[int, int]] = deque()
        self._look_ms = 0
        self._since_ms: int | None = None
        self._known_ms: int | None = None
        self.phase = Phase.OFF
        if ctx.settings.snapshot_sync and ctx.ledger.head().height == 0:
            self.phase = Phase.WAITING
            chain.hold(True)

    def messages(self) -> Mapping[type, Handler]:
        """Manifests and chunks, asked for and answered."""
        return {
            GetManifest: self._serve_manifest,
            GetChunk: self._serve_chunk,
            ManifestIs: self._take_manifest,
            ChunkIs: self._take_chunk,
        }

    def events(self) -> Mapping[type, Callable[[Any], None]]:
        """What the ledger has stored."""
        return {SnapshotStored: self._stored}

    # -------------------------------------------------------------- serving

    def _serve_manifest(self, peer: Peer, asked: GetManifest) -> None:
        manifest = self.ctx.shelf.manifest
        self.ctx.bulk(peer, lambda: ManifestIs(asked.hash, manifest(asked.hash) or b""))

    def _serve_chunk(self, peer: Peer, asked: GetChunk) -> None:
        chunk = self.ctx.shelf.chunk
        self.ctx.bulk(
            peer,
            lambda: ChunkIs(asked.hash, asked.index, chunk(asked.hash, asked.index) or b""),
        )

    # -------------------------------------------------------------- time

    def tick(self) -> None:
        """Offers, time-outs, the next requests."""
        if self.phase is Phase.OFF:
            return
        for conn, thing in self._asked.overdue(self.ctx.now.ms):
            if self._fetch is not None and thing[1] != MANIFEST:
                self._fetch.rest(conn)
        if self.ctx.now.ms - self._look_ms >= numbers.LOOK_MS:
            self._look_ms = self.ctx.now.ms
            self._look()
        self._go_on()

    def _look(self) -> None:
        headers = self._chain.best_headers()
        if self.phase is Phase.WAITING:
            self._choose(headers)
        elif headers is not None and not choice.fits(self._offer, headers):
            self._fail("its block is not on the best chain any more")
        else:
            self._rate.append((self.ctx.now.ms, self._records))
            while self.ctx.now.ms - self._rate[0][0] > numbers.RATE_MS:
                self._rate.popleft()

    def _choose(self, headers: Sequence[Header] | None) -> None:
        now = self.ctx.now.ms
        if not self.ctx.ready:
            return
        if self._since_ms is None:
            self._since_ms = now
        if headers is None:
            self._known_ms = None
            if now - self._since_ms >= numbers.HEADERS_WAIT_MS:
                self._give_up("the headers of the best chain are not known")
            return
        if self._known_ms is None:
            self._known_ms = now
        offered = choice.offers(self.ctx.ready)
        begun = self.ctx.shelf.interrupted()
        found = choice.best(offered, headers, failed=self._failed, begun=begun)
        if found is not None:
            self._start(found, headers)
        elif now - self._known_ms >= numbers.OFFER_WAIT_MS:
            self._give_up("no peer offers one of the best chain")

    def _start(self, offer: Offer, headers: Sequence[Header]) -> None:
        self._offer, self._headers = offer, headers[: offer[0]]
        self._search, self._fetch = Search(self.ctx, self._asked, offer[1]), None
        self._records = 0
        self._rate.clear()
        self.phase = Phase.MANIFEST
        self.ctx.note("info", "snapshot_chosen", height=offer[0], hash=offer[1].hex())

    def _peers(self) -> list[Peer]:
        """Who offers the one that is being loaded."""
        return choice.offers(self.ctx.ready).get(self._offer, [])

    def _go_on(self) -> None:
        """Whatever can be asked for now."""
        if self._search is None:
            return
        if self.phase is Phase.MANIFEST:
            if not self._search.ask(self._peers()):
                self._fail("nobody has its manifest")
        elif self.phase is Phase.CHUNKS and self._fetch is not None and not self._fetch.complete:
            self._go_on_with(self._fetch, self._search)

    def _go_on_with(self, fetch: Fetch, search: Search) -> None:
        assert search.found is not None, "chunks are fetched by a manifest"
        peers = self._peers()
        if fetch.next >= search.found.chunks:
            self._blame(search.told_by, "the state has more chunks than the manifest says")
            search.anew()
            self.phase = Phase.MANIFEST
            self._go_on()
        elif peers and fetch.lacking(peers):
            self._fail("nobody has its next chunk")
        elif self.ctx.now.ms - fetch.moved_ms >= numbers.STALLED_MS and self._idle(fetch):
            self._fail("nothing of it came for too long")
        else:
            fetch.ask(peers, search.found.chunks)

    def _idle(self, fetch: Fetch) -> bool:
        """Whether peers are waited for, rather than this node's own disk."""
        return fetch.stored == fetch.next

    # -------------------------------------------------------------- what comes

    def _take_manifest(self, peer: Peer, said: ManifestIs) -> None:
        if not self._asked.answered(peer.conn, (said.hash, MANIFEST)):
            self.ctx.blame(peer, Offence.UNASKED, "a manifest")
            return
        wanted = self.phase is Phase.MANIFEST and said.hash == self._offer[1]
        if not wanted or self._search is None:
            return
        if self._search.take(peer, said.manifest):
            self.phase = Phase.BEGUN if self._fetch is None else Phase.CHUNKS
            if self._fetch is None:
                self.ctx.act(BeginSnapshot(self._headers[-1], self._headers))
        self._go_on()

    def _take_chunk(self, peer: Peer, said: ChunkIs) -> None:
        if not self._asked.answered(peer.conn, (said.hash, said.index)):
            self.ctx.blame(peer, Offence.UNASKED, "a chunk")
            return
        if self._fetch is not None and said.hash == self._fetch.hash:
            self._fetch.take(peer, said.index, said.chunk)
            self._go_on()

    def _stored(self, event: SnapshotStored) -> None:
        if self.phase is Phase.OFF or event.hash != self._offer[1]:
            return
        if event.refusal is not None or event.fault:
            if self.phase is not Phase.WAITING:
                self._fail(f"it cannot be stored: {event.refusal or 'this node failed'}")
        elif event.following is None:
            self._finish()
        elif self.phase is Phase.BEGUN:
            self._records = event.records
            header = self._headers[-1]
            self._fetch = Fetch(
                self.ctx, self._asked, header, index=event.chunks, first=event.following
            )
            self.phase = Phase.CHUNKS
            self._go_on()
        elif self._fetch is not None:
            self._records = event.records
            self._fetch.stored_to(event.chunks)
            self._go_on()

    # -------------------------------------------------------------- ends

    def _finish(self) -> None:
        height, hash = self._offer
        self.ctx.note("info", "snapshot_loaded", height=height, hash=hash.hex())
        self._end()

    def _fail(self, why: str) -> None:
        """This one does not work out: wait for another."""
        height, hash = self._offer
        self._failed.add(hash)
        self.ctx.note("warning", "snapshot_failed", height=height, hash=hash.hex(), reason=why)
        self._asked.let_go()
        self._fetch, self._search, self._headers = None, None, ()
        self.phase, self._known_ms = Phase.WAITING, None
        if len(self._failed) >= numbers.FAILED_MOST:
            self._give_up("too many of them did not work out")

    def _give_up(self, why: str) -> None:
        """Execute every block instead."""
        self.ctx.note("warning", "snapshot_given_up", reason=why)
        self._end()

    def _end(self) -> None:
        self.phase = Phase.OFF
        self._asked.let_go()
        self._fetch, self._search, self._headers = None, None, ()
        self._chain.hold(False)

    def _blame(self, conn: int, detail: str) -> None:
        peer = self.ctx.peers.get(conn)
        if peer is not None:
            self.ctx.blame(peer, Offence.CHUNK_INVALID, detail)

    def peer_gone(self, peer: Peer) -> None:
        """Ask others for what this peer was asked for."""
        self._asked.gone(peer.conn)
        if self._search is not None:
            self._search.gone(peer.conn)
        if self._fetch is not None:
            self._fetch.gone(peer.conn)
        self._go_on()

    # -------------------------------------------------------------- for people

    def view(self) -> SyncView | None:
        """How far the load is, None while there is none."""
        if self.phase in (Phase.OFF, Phase.WAITING):
            return None
        rate = eta = 0
        if len(self._rate) > 1 and (span := self._rate[-1][0] - self._rate[0][0]) > 0:
            rate = (self._rate[-1][1] - self._rate[0][1]) * 1_000_000 // span
        found = None if self._search is None else self._search.found
        if found is not None and rate > 0:
            eta = max(0, found.records - self._records) * 1_000_000 // rate
        return SyncView(
            word="loading a snapshot",
            height=0,
            target=self._offer[0],
            rate_milli=rate,
            eta_ms=eta if rate > 0 else None,
            records=self._records,
        )

"""New blocks in short form, from the first byte to the importer's word.

    compact → header and seal checked → what waits here → parts asked for once → whole → importer

The header comes first: nobody makes this node look for transactions without having worked for it.
Whatever goes wrong on the way, the block is left to sync, which fetches it whole.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from chain.values import BlockStatus, StoredHeader
from consensus import errors
from consensus.rules.header import Ancestry, check_header
from consensus.rules.seal import check_seal
from core.errors import EncodingRefused, Refused
from core.header import Header
from p2p.rules.actions import ImportBlock
from p2p.rules.context import Context
from p2p.rules.events import BlockJudged
from p2p.rules.gossip.mesh import Mesh
from p2p.rules.gossip.ports import Sync
from p2p.rules.gossip.recent import Recent
from p2p.rules.gossip.serving import Serving
from p2p.rules.gossip.shown import Shown
from p2p.rules.limits import PARTS_MOST, REASON_BYTES
from p2p.rules.offences import Offence
from p2p.rules.peer import Peer
from p2p.rules.wire.compact import Plan
from p2p.rules.wire.messages import Compact, Parts

PARTS_MS = 2_000
OPEN_MOST = 16
"""Blocks that are being put together, or wait for the importer's word, at once."""
OPEN_PER_PEER = 2
LATEST = 8
"""Only so many of the latest blocks are put together; sync fetches others if need be."""
JUDGE_MS = 120_000
"""A verdict that takes longer is no longer waited for."""
LATE_MOST, LATE_MS = 256, 60_000
"""Parts that came too late are nobody's fault."""
COMPACTS_MOST, COMPACTS_MS = 4_096, 10 * 60_000
"""(peer, block) pairs remembered: a block is sent once."""
BLOCK_CREDIT = 50
"""What bringing a block first is worth for a place in the mesh, in transactions."""

_NOBODY = (errors.TimeAhead, errors.ReorgTooDeep)
"""Refusals that are this node's own view, or its clock's."""


@dataclass
class _Open:
    plan: Plan
    peer: Peer
    deadline_ms: int
    vouching: list[int] = field(default_factory=list)
    """Others that have sent the same block."""


class Blocks:
    """Puts blocks together and hands them to the importer."""

    def __init__(
        self, ctx: Context, sync: Sync, mesh: Mesh, serving: Serving, shown: Shown
    ) -> None:
        self._ctx = ctx
        self._sync = sync
        self._mesh = mesh
        self._serving = serving
        self._shown = shown
        self._open: dict[bytes, _Open] = {}
        self._judged: OrderedDict[bytes, _Open] = OrderedDict()
        self._late: Recent[tuple[int, bytes]] = Recent(LATE_MOST, LATE_MS)
        self._sent: Recent[tuple[int, bytes]] = Recent(COMPACTS_MOST, COMPACTS_MS)

    # ------------------------------------------------------------ compact

    def on_compact(self, peer: Peer, message: Compact) -> None:
        """A peer has a new block."""
        try:
            header = Header.decode(message.header)
        except EncodingRefused as refusal:
            self._ctx.blame(peer, Offence.MALFORMED, str(refusal))
            return
        now, pair = self._ctx.now.ms, (peer.conn, header.hash)
        if self._sent.has(pair, now):
            self._ctx.blame(peer, Offence.UNASKED, "the same block again")
            return
        self._sent.add(pair, now)
        self._shown.add(peer, header.hash)
        parent = self._ctx.ledger.stored(header.parent)
        if self._is_known(peer, header.hash) or parent is None or self._sync.busy:
            self._sync.heard(peer, header)
        elif self._check(peer, header, parent):
            recent = header.height + LATEST > self._ctx.ledger.head().height
            if recent and self._has_room(peer):
                self._sync.assembling(header.hash)
                self._begin(peer, message, header)
            self._sync.heard(peer, header)

    def _is_known(self, peer: Peer, hash: bytes) -> bool:
        work = self._open.get(hash) or self._judged.get(hash)
        if work is not None:
            work.vouching.append(peer.conn)
            return True
        stored = self._ctx.ledger.stored(hash)
        if stored is not None and stored.status is BlockStatus.INVALID:
            self._ctx.blame(peer, Offence.BLOCK_INVALID, f"known: {stored.invalid_code}")
        return stored is not None

    def _check(self, peer: Peer, header: Header, parent: StoredHeader) -> bool:
        """Whether the header follows from its ancestors and is sealed."""
        if parent.status is BlockStatus.INVALID:
            self._ctx.blame(peer, Offence.BLOCK_INVALID, f"parent: {parent.invalid_code}")
            return False
        above = self._ctx.ledger.stored(parent.header.parent) if parent.height else None
        ancestry = Ancestry(parent.header, None if above is None else above.header)
        try:
            check_header(header, ancestry, self._ctx.network, self._ctx.now.wall_ms)
            check_seal(header)
        except (errors.ChainWrong, errors.PolicyWrong) as refusal:
            self._ctx.close(peer, "other_rules", str(refusal)[:REASON_BYTES])
        except errors.TimeAhead as refusal:
            self._ctx.blame(peer, Offence.CLOCK, str(refusal))
        except Refused as refusal:
            self._ctx.blame(peer, Offence.HEADER_INVALID, str(refusal))
        else:
            return True
        return False

    def _has_room(self, peer: Peer) -> bool:
        open = [*self._open.values(), *self._judged.values()]
        return len(open) < OPEN_MOST and sum(one.peer is peer for one in open) < OPEN_PER_PEER

    def _begin(self, peer: Peer, message: Compact, header: Header) -> None:
        try:
            plan = Plan.of(message, header, self._ctx.pool)
        except EncodingRefused as refusal:
            self._ctx.blame(peer, Offence.MALFORMED, str(refusal))
            return
        work = _Open(plan, peer, self._ctx.now.ms + PARTS_MS)
        ask = plan.missing
        if ask is None:
            self._finish(work)
        elif len(ask.txs) > PARTS_MOST:
            self._leave_to_sync(peer, header)
        else:
            self._open[header.hash] = work
            self._ctx.send(peer, ask)

    # ------------------------------------------------------------ parts

    def on_parts(self, peer: Peer, message: Parts) -> None:
        """What was missing."""
        work = self._open.get(message.hash)
        if work is None or work.peer is not peer:
            if not self._late.has((peer.conn, message.hash), self._ctx.now.ms):
                self._ctx.blame(peer, Offence.UNASKED, "parts that were not asked for")
            self._late.discard((peer.conn, message.hash))
            return
        del self._open[message.hash]
        if not message.txs and not message.envelopes:
            self._leave_to_sync(peer, work.plan.header)
            return
        try:
            work.plan.fill(message)
        except EncodingRefused as refusal:
            self._leave_to_sync(peer, work.plan.header)
            self._ctx.blame(peer, Offence.BODY_SWAPPED, str(refusal))
            return
        self._finish(work)

    def _finish(self, work: _Open) -> None:
        plan, header = work.plan, work.plan.header
        try:
            block = plan.finish()
        except errors.RootMismatch as refusal:
            self._leave_to_sync(work.peer, header)
            if not plan.guessed:
                self._ctx.blame(work.peer, Offence.BODY_SWAPPED, str(refusal))
            return
        self._serving.keep(block, plan.fetched)
        facts = {"height": header.height, "fetched": len(plan.fetched)}
        self._ctx.note("debug", "block_assembled", peer=work.peer.name, **facts)
        work.deadline_ms = self._ctx.now.ms + JUDGE_MS
        self._judged[header.hash] = work
        self._ctx.act(ImportBlock(header.hash, header.height, block.raw))

    def tick(self) -> None:
        """Give up waiting for parts and verdicts."""
        now = self._ctx.now.ms
        for hash, work in [pair for pair in self._open.items() if pair[1].deadline_ms <= now]:
            del self._open[hash]
            self._late.add((work.peer.conn, hash), now)
            self._leave_to_sync(work.peer, work.plan.header)
        while self._judged:
            hash, work = next(iter(self._judged.items()))
            if work.deadline_ms > now:
                return
            del self._judged[hash]

    def gone(self, peer: Peer) -> None:
        """A connection has ended; its blocks are fetched from others."""
        for work in [work for work in self._open.values() if work.peer is peer]:
            header = work.plan.header
            del self._open[header.hash]
            vouching = [self._ctx.peers[c] for c in work.vouching if c in self._ctx.peers]
            for other in vouching[:1]:
                self._leave_to_sync(other, header)

    def _leave_to_sync(self, peer: Peer, header: Header) -> None:
        self._ctx.note("debug", "block_not_assembled", peer=peer.name, height=header.height)
        self._sync.heard(peer, header)
        self._sync.wants_body(header.hash)

    # ------------------------------------------------------------ verdicts

    def on_judged(self, event: BlockJudged) -> None:
        """The importer's word on a block that was put together here."""
        work = self._judged.pop(event.hash, None)
        if work is None:
            return
        refusal = event.refusal
        if event.fault:
            self._leave_to_sync(work.peer, work.plan.header)
        elif refusal is None:
            self._ctx.useful(work.peer)
            self._mesh.credit(work.peer, BLOCK_CREDIT)
        elif isinstance(refusal, errors.RootMismatch):
            self._sync.wants_body(event.hash)
        elif not isinstance(refusal, _NOBODY):
            for conn in (work.peer.conn, *work.vouching):
                if (peer := self._ctx.peers.get(conn)) is not None:
                    self._ctx.blame(peer, Offence.BLOCK_INVALID, str(refusal))

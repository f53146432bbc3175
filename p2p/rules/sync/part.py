"""Synchronisation: headers first, then bodies from several peers, in order into the importer.

Source: docs/spec/p2p.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.header import Header
from p2p.rules.actions import SetSyncing
from p2p.rules.context import Context
from p2p.rules.events import BlockJudged, HeadMoved, SnapshotStored
from p2p.rules.part import Handler, Part
from p2p.rules.peer import Peer
from p2p.rules.sync import numbers
from p2p.rules.sync.bodies import Bodies
from p2p.rules.sync.choice import Choice
from p2p.rules.sync.contact import Contact
from p2p.rules.sync.headers import HeaderChase
from p2p.rules.sync.importing import Importing
from p2p.rules.sync.progress import Progress
from p2p.rules.sync.room import forget, resume
from p2p.rules.sync.serving import Serving
from p2p.rules.sync.state import State
from p2p.rules.wire.messages import Body, GetBodies, GetHeaders, Headers
from p2p.values import SyncView


class Sync(Part):
    """Brings the node to the chain with the most work, and keeps it there."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._state = State(ctx)
        self._chase = HeaderChase(self._state)
        self._bodies = Bodies(self._state)
        self._importing = Importing(self._state, self._bodies)
        self._choice = Choice(self._state, self._bodies)
        self._serving = Serving(ctx)
        self._progress = Progress()
        self._alone_ms: int | None = None

    # -------------------------------------------------------------- what it hears

    def messages(self) -> Mapping[type, Handler]:
        """Headers, bodies, and requests for them."""
        return {
            GetHeaders: self._serving.headers,
            GetBodies: self._serving.bodies,
            Headers: self._then_plan(self._headers),
            Body: self._then_plan(self._bodies.take),
        }

    def events(self) -> Mapping[type, Callable[[Any], None]]:
        """What the importer said, and where the head is."""
        return {
            BlockJudged: self._judged,
            HeadMoved: self._head_moved,
            SnapshotStored: self._snapshot_stored,
        }

    def _then_plan(self, take: Handler) -> Handler:
        def handler(peer: Peer, message: Any) -> None:
            take(peer, message)
            self._plan()

        return handler

    def _headers(self, peer: Peer, message: Headers) -> None:
        self._chase.take(peer, message)
        if not message.asked and not self.busy:
            self._bodies.wait_for_compact(peer.head, numbers.NEWS_WAIT_MS)

    def _plan(self) -> None:
        self._choice.choose()
        self._importing.feed()
        self._bodies.ask()

    def peer_ready(self, peer: Peer) -> None:
        """Ask those for headers who may have more, and those that we chose ourselves."""
        contact = Contact(peer)
        self._state.contacts[peer.conn] = contact
        head = self.ctx.ledger.head()
        if self.ctx.ledger.stored(peer.head) is not None:
            contact.tip = peer.head
            contact.whole = True
        elif self._state.tree.get(peer.head) is not None:
            self._state.set_tip(contact, peer.head)
        contact.ask_ms = self._state.ms
        if contact.whole and peer.work <= head.total_work:
            contact.ask_ms += numbers.ASK_OUTBOUND_MS
        elif peer.work > head.total_work or peer.outbound:
            self._chase.ask(contact)
        self._plan()

    def peer_gone(self, peer: Peer) -> None:
        """Ask others for what this peer was asked for."""
        contact = self._state.contacts.get(peer.conn)
        if contact is not None:
            self._bodies.gone(contact)
            forget(self._state, contact)
            del self._state.contacts[peer.conn]
            self._plan()

    def tick(self) -> None:
        """Time-outs, turns, the end of the first synchronisation."""
        head = self.ctx.ledger.head()
        if self._alone_ms is None:
            self._alone_ms = self._state.ms
            self.ctx.act(SetSyncing(on=True))
        self._progress.sample(self._state.ms, head.height)
        resume(self._state)
        self._chase.tick()
        self._bodies.tick()
        self._plan()
        if self._state.first and self._is_caught_up():
            self._state.first = False
            self.ctx.act(SetSyncing(on=False))
            self.ctx.note("info", "first_sync_done", height=head.height)

    def _is_caught_up(self) -> bool:
        """With most of the peers that this node chose, or all by itself for a while."""
        state = self._state
        peers = [one for one in state.reachable if one.peer.outbound] or state.reachable
        if not peers:
            return state.ms - (self._alone_ms or 0) >= numbers.ALONE_MS
        self._alone_ms = state.ms
        head = self.ctx.ledger.head().total_work
        if state.course or state.held or head < self.ctx.network.local.minimum_work:
            return False
        done = [one for one in peers if one.whole and not one.cut and self._is_below(one, head)]
        return 2 * len(done) > len(peers)

    def _is_below(self, contact: Contact, work: int) -> bool:
        return self._state.weight(contact) <= work

    def _judged(self, event: BlockJudged) -> None:
        self._importing.judged(event)
        self._plan()

    def _head_moved(self, event: HeadMoved) -> None:
        head = event.header
        self._state.course.passed(head.hash, head.height)
        self._state.tree.stored(head.hash)
        for contact in self._state.contacts.values():
            node = self._state.tree.get(contact.tip)
            if node is None or self._state.weight(contact) > event.total_work:
                continue
            if node.height + numbers.TIP_KEPT_BLOCKS < head.height:
                forget(self._state, contact)
        self._plan()

    def _snapshot_stored(self, event: SnapshotStored) -> None:
        """The head may have jumped: blocks below it are not to be imported any more."""
        if event.following is None and event.refusal is None:
            self._state.course.stop()
            self._state.tree.stored(event.hash)
            self._plan()

    # -------------------------------------------------------------- for other parts

    def heard(self, peer: Peer, header: Header) -> None:
        """A peer has a block of which this node may lack the parent, or more."""
        contact = self._state.contacts.get(peer.conn)
        if contact is not None:
            self._chase.news(contact, [header])
            self._plan()

    def missing(self, peer: Peer, hashes: Sequence[bytes]) -> None:
        """A peer has not got blocks that it was asked for."""
        if peer.conn in self._state.contacts:
            self._bodies.missing(peer, hashes)
            self._plan()

    def assembling(self, hash: bytes) -> None:
        """A block is being put together from its short form: nobody is asked for it yet."""
        self._bodies.wait_for_compact(hash, numbers.COMPACT_WAIT_MS)

    def wants_body(self, hash: bytes) -> None:
        """That has failed: ask for the whole block."""
        self._bodies.at_once(hash)
        self._plan()

    def hold(self, on: bool) -> None:
        """While held, no bodies are asked for and none imported; headers go on."""
        self._state.held = on

    @property
    def busy(self) -> bool:
        """Whether the node is catching up, and not interested in what waits for a block."""
        height = self.ctx.ledger.head().height
        return self._state.held or self._target(height) - height > numbers.BUSY_BLOCKS

    def best_headers(self) -> Sequence[Header] | None:
        """All headers from height 1 on of the run with the most proven work.

        None while a peer claims more work than headers have proven, and for runs that do not
        start from the best chain.
        """
        state, ledger = self._state, self.ctx.ledger
        nodes = [node for one in state.reachable if (node := state.tree.get(one.tip)) is not None]
        best = max(nodes, key=lambda node: node.proven, default=None)
        claims = [one.peer.work for one in state.reachable if one.silences < 2]
        if best is None or any(claim > best.work for claim in claims):
            return None
        above = [node.header for node in state.tree.down(best.hash)][::-1]
        base = ledger.stored(above[0].parent)
        if base is None or not base.canonical:
            return None
        below: list[Header] = []
        while len(below) < base.height:
            below.extend(ledger.headers(len(below) + 1, base.height - len(below)))
        return [*below, *above]

    # -------------------------------------------------------------- for people

    def _target(self, height: int) -> int:
        tips = (self._state.tree.get(one.tip) for one in self._state.contacts.values())
        work = self.ctx.ledger.head().total_work
        heights = [tip.height for tip in tips if tip is not None and tip.work > work]
        return max(heights, default=height)

    def view(self) -> SyncView:
        """How far the node is."""
        ms, height = self._state.ms, self.ctx.ledger.head().height
        target = max(self._target(height), height)
        return SyncView(
            word=self._word(target - height),
            height=height,
            target=target,
            rate_milli=self._progress.rate_milli(ms, height),
            eta_ms=self._progress.eta_ms(ms, height, target),
        )

    def _word(self, behind: int) -> str:
        if self._alone_ms is None:
            return "starting"
        if self._state.first and not self._state.contacts:
            return "finding peers"
        return "syncing" if self._state.first or behind > numbers.BUSY_BLOCKS else "following"

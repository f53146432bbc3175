"""The caller: keeps the wanted number of outbound connections, to different groups."""

from __future__ import annotations

from collections import Counter, deque

from p2p.rules.actions import Dial
from p2p.rules.addresses import Address, parse
from p2p.rules.book.buckets import Usable
from p2p.rules.book.dialling import ASKED, FEELER, OUTBOUND, Dials, rested
from p2p.rules.book.exchange import listening
from p2p.rules.book.shelves import Shelves
from p2p.rules.book.values import OPERATOR, SEED, BookEntry
from p2p.rules.context import Context
from p2p.rules.limits import (
    ANCHORS,
    DIAL_ROUND_MS,
    FEELER_MS,
    FIXED_MOST,
    OUTBOUND_PER_GROUP,
    STALE_INTERVALS,
    STALE_LEAST_MS,
    STEADY_MS,
    SURPLUS_MS,
)
from p2p.rules.peer import Peer

FIXED_FIRST_OF = 8
"""One in so many draws looks first among the seeds: a book full of falsehoods is left again."""


class Caller:
    """Decides on each dial. One round of decisions every DIAL_ROUND_MS."""

    def __init__(self, ctx: Context, shelves: Shelves) -> None:
        self.ctx = ctx
        self.shelves = shelves
        self.dials = Dials()
        self.anchors: deque[Address] = deque(maxlen=ANCHORS)
        self.asked: deque[Address] = deque(maxlen=FIXED_MOST)
        self.head_ms = ctx.now.ms
        """When the best chain has last got a new head."""
        self._round_ms = ctx.now.ms - DIAL_ROUND_MS
        self._feeler_ms = ctx.now.ms
        self._rotated_ms = ctx.now.ms
        params = ctx.network.sets[-1].params
        self._stale_ms = max(STALE_LEAST_MS, STALE_INTERVALS * params.target_interval_ms)
        for text in ctx.settings.seeds:
            shelves.fix(parse(text), SEED)
        self.trusted = frozenset(parse(text) for text in ctx.settings.pinned)
        """Addresses pinned for this run, whoever answers there."""
        for address in self.trusted:
            self.pin(address)

    # ------------------------------------------------------------------ operators

    def pin(self, address: Address) -> None:
        """Keep a connection to this address for good."""
        if not self.shelves.fix(address, OPERATOR, pinned=True):
            self.ctx.note("warning", "too_many_fixed_addresses", address=str(address))

    def ask(self, address: Address) -> None:
        """Dial this address as soon as there is room, and remember it."""
        if self.shelves.fix(address, OPERATOR):
            self.asked.append(address)
        else:
            self.ctx.note("warning", "too_many_fixed_addresses", address=str(address))

    # ------------------------------------------------------------------ time

    def tick(self) -> None:
        """Take one round of decisions if it is time."""
        ms = self.ctx.now.ms
        for address in self.dials.overdue(ms):
            self.shelves.failed(address, self.ctx.now.wall_ms)
        while self.asked and self.dials.room:
            address = self.asked.popleft()
            if address not in self._connected():
                self._dial(address, ASKED)
        if ms - self._round_ms >= DIAL_ROUND_MS:
            self._round_ms = ms
            self._see_who_lasts()
            self._dial_pinned()
            self._rotate()
            self._dial_outbound()
            self._feel()

    @property
    def stale(self) -> bool:
        """Whether the best chain has stood still for so long that the peers may be to blame."""
        return self.ctx.now.ms - self.head_ms >= self._stale_ms

    def _see_who_lasts(self) -> None:
        for peer in self._outbound():
            entry = self.shelves.get(peer.address)
            lasts = self.ctx.now.ms - peer.since_ms >= STEADY_MS
            if entry is not None and entry.failures and lasts:
                self.shelves.steady(peer.address)

    def _dial_pinned(self) -> None:
        usable = self._usable(spread=False)
        for entry in [entry for entry in self.shelves.fixed.values() if entry.pinned]:
            if self.dials.room and usable(entry):
                self._dial(entry.address, ASKED)

    def _dial_outbound(self) -> None:
        wanted = self.ctx.settings.outbound_wanted
        wanted += wanted > 0 and self.stale
        have = len(self._outbound()) + self.dials.count(OUTBOUND)
        while have < wanted and self.dials.room:
            entry = self._next(self._usable(spread=True))
            if entry is None:
                return
            self._dial(entry.address, OUTBOUND)
            have += 1

    def _next(self, usable: Usable) -> BookEntry | None:
        """Whom to dial: an anchor, a seed now and then, else whom the book gives."""
        while self.anchors:
            entry = self.shelves.get(self.anchors.popleft())
            if entry is not None and usable(entry):
                return entry
        if self.ctx.chance.below(FIXED_FIRST_OF) == 0:
            return self.shelves.choose_fixed(usable) or self.shelves.choose(usable)
        return self.shelves.choose(usable) or self.shelves.choose_fixed(usable)

    def _rotate(self) -> None:
        """Let go of the peer too many: the one that has been of no use for longest.

        While the chain stands still its place goes to another every so often; once the chain
        moves again it is not needed any more.
        """
        ms = self.ctx.now.ms
        outbound = self._outbound()
        if len(outbound) <= self.ctx.settings.outbound_wanted:
            self._rotated_ms = ms
            return
        due = self._rotated_ms + self._stale_ms if self.stale else self.head_ms + SURPLUS_MS
        spare = [peer for peer in outbound if peer.id not in self.ctx.pinned]
        if ms >= due and spare:
            self._rotated_ms = ms
            loser = min(spare, key=lambda peer: (peer.useful_ms, -peer.since_ms, -peer.conn))
            self.ctx.close(loser, "surplus", "the place is needed for another peer")

    def _feel(self) -> None:
        """Now and then see whether somebody answers at an address that was only heard of."""
        ms = self.ctx.now.ms
        if ms - self._feeler_ms < FEELER_MS or not self.dials.room:
            return
        self._feeler_ms = ms
        entry = self.shelves.choose_to_test(self._usable(spread=False))
        if entry is not None:
            self._dial(entry.address, FEELER)

    # ------------------------------------------------------------------ what is there

    def _dial(self, address: Address, purpose: str) -> None:
        self.shelves.dialled(address, self.ctx.now.wall_ms)
        self.dials.begin(address, purpose, self.ctx.now.ms)
        self.ctx.act(Dial(address, purpose))

    def _outbound(self) -> list[Peer]:
        return [p for p in self.ctx.peers.values() if p.purpose == OUTBOUND and not p.closing]

    def _connected(self) -> set[Address]:
        """Addresses at which peers are that this node is connected to either way, or dials."""
        peers = self.ctx.peers.values()
        found = {peer.address for peer in peers if peer.outbound}
        return found.union(self.dials.pending, *(listening(peer) for peer in peers))

    def _usable(self, *, spread: bool) -> Usable:
        """Which addresses may be dialled as things are; ``spread``: of groups not connected yet.

        Near addresses are of one group only because nobody can tell their owners apart.
        """
        wall_ms, bars = self.ctx.now.wall_ms, self.ctx.bars
        ids = {peer.id for peer in self.ctx.peers.values()}
        connected = self._connected()
        dialled = [to for to, dial in self.dials.pending.items() if dial.purpose != FEELER]
        outbound = [peer.address for peer in self.ctx.peers.values() if peer.outbound]
        groups = Counter(address.group for address in dialled + outbound if not address.near)
        full = {group for group, count in groups.items() if count >= OUTBOUND_PER_GROUP}

        def usable(entry: BookEntry) -> bool:
            return (
                rested(entry, wall_ms)
                and entry.address not in connected
                and entry.id not in ids
                and not bars(entry.id)
                and not (spread and full and entry.address.group in full)
            )

        return usable

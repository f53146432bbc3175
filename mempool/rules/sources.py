"""Fairness between sources: one that floods the pool pushes out its own transactions first.

A source is whoever handed a transaction in: a caller of the RPC, a peer, or ``local``, which has
no bound. Source: docs/spec/mempool.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from mempool import errors
from mempool.rules.entry import Entry
from mempool.rules.eviction import Plan, Tails
from mempool.rules.limits import LOCAL, PoolLimits
from mempool.rules.room import Room
from mempool.rules.sender import SenderQueue


class Sources:
    """What is taken up in all and by each source, and who leaves for a newcomer."""

    def __init__(self, limits: PoolLimits, senders: Mapping[bytes, SenderQueue]) -> None:
        self.used = Room()
        self._by_source: dict[str, Room] = {}
        self._large: set[str] = set()
        self._room, self._share = limits.room, limits.source_room
        self._low = limits.room.percent(limits.low_percent)
        self._senders = senders
        self._tails = Tails(senders)
        self._tails_of: dict[str, Tails] = {}

    # ------------------------------------------------------------- keeping count

    def add(self, entry: Entry) -> None:
        """An entry is in."""
        self.used.add(entry)
        mine = self._by_source.setdefault(entry.source, Room())
        mine.add(entry)
        if mine.exceeds(self._share) and entry.source != LOCAL:
            self._large.add(entry.source)
        self.note(entry)

    def remove(self, entry: Entry) -> None:
        """An entry is out."""
        self.used.remove(entry)
        mine = self._by_source[entry.source]
        mine.remove(entry)
        if not mine.exceeds(self._share):
            self._large.discard(entry.source)
        if not mine.count:
            del self._by_source[entry.source]
            self._tails_of.pop(entry.source, None)

    def note(self, entry: Entry) -> None:
        """An entry may have become its sender's last one."""
        self._tails.note(entry)
        tails = self._tails_of.get(entry.source)
        if tails is not None:
            tails.note(entry)

    # ------------------------------------------------------------- who leaves

    def plan(self, entry: Entry, old: Entry | None, base_fee: int, *, held: bool) -> Plan:
        """Who must leave for a newcomer that takes the place of ``old``, if of any.

        Raises ``pool.source_share`` or ``pool.full``; a ``held`` one makes nobody leave.
        """
        plan = Plan(entry)
        used = _after(self.used, entry, old)
        if entry.source != LOCAL and used.exceeds(self._low):
            self._keep_share(plan, entry, old, base_fee, held=held)
        if not self._fits(used, plan):
            if held:
                raise errors.Full("the pool is full and takes none behind a missing nonce")
            self._make_room(plan, used, base_fee)
            if not self._fits(used, plan):
                raise errors.Full("the pool is full of transactions that pay as much or more")
        return plan

    def excess(self, base_fee: int) -> list[Entry]:
        """The cheapest tails that must leave until the pool is within its limits."""
        plan = Plan()
        self._make_room(plan, self.used, base_fee)
        return plan.victims

    def _keep_share(
        self, plan: Plan, entry: Entry, old: Entry | None, base_fee: int, *, held: bool
    ) -> None:
        """A source does not grow beyond its share: its newcomers push out its own cheaper ones.

        What it took up before the pool filled up, it may keep.
        """
        before = self._by_source.get(entry.source, Room())
        ours = old if old is not None and old.source == entry.source else None
        after = _after(before, entry, ours)
        most = self._share.or_more(before)

        def enough() -> bool:
            return not after.without(plan.freed).exceeds(most)

        if not held and not enough():
            self._of(entry.source).choose(plan, base_fee, enough)
        plan.for_share = len(plan.victims)
        if not enough():
            raise _share_taken(self._share)

    def _make_room(self, plan: Plan, used: Room, base_fee: int) -> None:
        """Sources above their share lose what is above it, then the cheapest of all."""
        for source in sorted(self._large):
            done = partial(self._spared, source, used, plan)
            self._of(source).choose(plan, base_fee, done)
        self._tails.choose(plan, base_fee, partial(self._fits, used, plan))

    def _spared(self, source: str, used: Room, plan: Plan) -> bool:
        """Whether nothing more of a source has to leave before others do."""
        freed = plan.freed_by.get(source, Room())
        within = not self._by_source[source].without(freed).exceeds(self._share)
        return within or self._fits(used, plan)

    def _fits(self, used: Room, plan: Plan) -> bool:
        return not used.without(plan.freed).exceeds(self._room)

    def _of(self, source: str) -> Tails:
        if source not in self._tails_of:
            self._tails_of[source] = Tails(self._senders, source)
        return self._tails_of[source]


def _after(used: Room, entry: Entry, old: Entry | None) -> Room:
    then = Room(used.count, used.size_bytes)
    then.add(entry)
    if old is not None:
        then.remove(old)
    return then


def _share_taken(share: Room) -> errors.SourceShare:
    return errors.SourceShare(
        "the transactions of this source take up its share of the pool, "
        "and none that may leave pays less",
        most=share.count,
        mostBytes=share.size_bytes,
    )

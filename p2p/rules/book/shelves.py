"""The three places of an address: heard of, answered, given by an operator.

*New* addresses were told by peers: they are placed by who told them. *Tried* ones have answered
this node: they are placed by their own group, and what others tell never displaces them. *Fixed*
ones were given by operators. Source: docs/spec/p2p.md, "Addresses".
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace

from p2p.rules import limits
from p2p.rules.addresses import NOWHERE, Address
from p2p.rules.book.buckets import Buckets, Usable, draw
from p2p.rules.book.values import LONG_REST, OPERATOR, BookEntry
from p2p.rules.ports import Chance

TRIED_FIRST_OF = 4
"""All but one in so many draws look first among the addresses that have answered."""


class Shelves:
    """All addresses that this node knows."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._secret = chance.data(32)
        self.new = Buckets(limits.NEW_BUCKETS, limits.NEW_BUCKET_MOST)
        self.tried = Buckets(limits.TRIED_BUCKETS, limits.TRIED_BUCKET_MOST)
        self.fixed: dict[Address, BookEntry] = {}
        self.doubted: OrderedDict[Address, None] = OrderedDict()
        """Tried addresses whose place another wants: to be tested next."""
        self.own: OrderedDict[Address, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self.new) + len(self.tried) + len(self.fixed)

    def __iter__(self) -> Iterator[BookEntry]:
        yield from self.fixed.values()
        yield from self.tried
        yield from self.new

    def get(self, address: Address) -> BookEntry | None:
        """What is known of an address."""
        return self.fixed.get(address) or self.tried.get(address) or self.new.get(address)

    # ------------------------------------------------------------------ what is heard

    def learn(self, address: Address, source: str, wall_ms: int) -> bool:
        """Take note of an address that a peer told; whether it is new and found room."""
        if address in self.own or address.reach <= NOWHERE:
            return False
        known = self.get(address)
        if known is None:
            return self._shelve(BookEntry(address, source=source, heard_ms=wall_ms), wall_ms)
        self._put(replace(known, heard_ms=max(known.heard_ms, wall_ms)))
        return False

    def fix(self, address: Address, source: str, *, pinned: bool = False) -> bool:
        """Take an operator's address; False: too many are pinned or seeds already."""
        if address not in self.fixed and not self._fixed_room():
            return False
        known = self.get(address) or BookEntry(address)
        self.new.remove(address)
        self.tried.remove(address)
        kept = self.fixed.get(address)
        pinned = pinned or (kept is not None and kept.pinned)
        self.fixed[address] = replace(known, source=source, pinned=pinned)
        return True

    def unpin(self, id: bytes, address: Address | None = None) -> None:
        """Let go of the addresses of a peer, or of one of them."""
        for entry in [entry for entry in self.fixed.values() if entry.id == id]:
            if address in (None, entry.address):
                self.fixed[entry.address] = replace(entry, pinned=False)

    def is_own(self, address: Address) -> None:
        """Under this address the node has met itself."""
        self.fixed.pop(address, None)
        self.new.remove(address)
        self.tried.remove(address)
        self.own[address] = None
        if len(self.own) > limits.OWN_MOST:
            self.own.popitem(last=False)

    # ------------------------------------------------------------------ what is found out

    def answered(self, address: Address, id: bytes, wall_ms: int) -> None:
        """A peer has answered under this address, and proved its id."""
        known = self.get(address) or BookEntry(address, source=address.group, heard_ms=wall_ms)
        entry = replace(known, id=id, answered_ms=wall_ms)
        self.doubted.pop(address, None)
        if address in self.fixed or self.tried.get(address) is not None:
            self._put(entry)
        elif not self._promote(entry) and self.new.get(address) is not None:
            self.new.put(entry)

    def dialled(self, address: Address, wall_ms: int) -> None:
        """The address is being dialled."""
        self._change(address, tried_ms=wall_ms)

    def failed(self, address: Address, wall_ms: int) -> None:
        """A dial failed, or the connection did not last."""
        if (known := self.get(address)) is not None:
            failures = max(known.failures, min(known.failures + 1, LONG_REST - 1))
            self._change(address, tried_ms=wall_ms, failures=failures)
        self.doubted.pop(address, None)

    def steady(self, address: Address) -> None:
        """The connection has lasted, or the address has just been tested with success."""
        self._change(address, failures=0)

    def rest(self, address: Address, wall_ms: int) -> None:
        """Leave the address alone: who is there wants no connection, or an operator does not."""
        self._change(address, tried_ms=wall_ms, failures=LONG_REST)

    # ------------------------------------------------------------------ choices

    def choose(self, usable: Usable) -> BookEntry | None:
        """An address to dial: mostly one that has answered before."""
        order = [self.tried, self.new]
        if self._chance.below(TRIED_FIRST_OF) == 0:
            order.reverse()
        for buckets in order:
            if (entry := buckets.choose(self._chance, usable)) is not None:
                return entry
        return None

    def choose_fixed(self, usable: Usable) -> BookEntry | None:
        """One of the operator's addresses."""
        found = [entry for entry in self.fixed.values() if usable(entry)]
        return found[self._chance.below(len(found))] if found else None

    def choose_to_test(self, usable: Usable) -> BookEntry | None:
        """An address to test: one whose place is wanted, else one that was only heard of."""
        for address in list(self.doubted):
            entry = self.tried.get(address)
            if entry is None:
                del self.doubted[address]
            elif usable(entry):
                return entry
        return self.new.choose(self._chance, usable)

    # ------------------------------------------------------------------ restarts

    def restore(self, entry: BookEntry, wall_ms: int) -> None:
        """Put back what the last run knew of an address."""
        entry = replace(entry, anchor=False)
        if self.get(entry.address) is not None:
            known = self.fixed.get(entry.address)
            if known is not None:  # a seed, or pinned by the command line: what else is known
                pinned = known.pinned or entry.pinned
                self._put(replace(entry, source=known.source, pinned=pinned))
        elif entry.pinned or entry.source == OPERATOR:
            if len(self.fixed) < limits.FIXED_MOST:
                self.fixed[entry.address] = entry
        elif entry.address.reach > NOWHERE and not (entry.answered_ms and self._promote(entry)):
            self._shelve(entry, wall_ms)

    # ------------------------------------------------------------------ places

    def _shelve(self, entry: BookEntry, wall_ms: int) -> bool:
        """Put an entry among the new; in a full bucket only a poor one makes room."""
        group = str(
            draw(self._secret, limits.NEW_BUCKETS_PER_SOURCE, entry.source, entry.address.group)
        )
        number = draw(self._secret, limits.NEW_BUCKETS, entry.source, group)
        if self.new.full(number):
            poor = next((one for one in self.new.bucket(number) if _poor(one, wall_ms)), None)
            if poor is None:
                return False
            self.new.remove(poor.address)
        self.new.add(number, entry)
        return True

    def _fixed_room(self) -> bool:
        """Whether there is room for an operator's address; the oldest mere wish makes it."""
        if len(self.fixed) < limits.FIXED_MOST:
            return True
        wishes = (e for e in self.fixed.values() if e.source == OPERATOR and not e.pinned)
        oldest = next(wishes, None)
        if oldest is not None:
            del self.fixed[oldest.address]
        return oldest is not None

    def _promote(self, entry: BookEntry) -> bool:
        """Put an entry among the tried; in a full bucket only one that fails makes room."""
        spread = str(draw(self._secret, limits.TRIED_BUCKETS_PER_GROUP, str(entry.address)))
        number = draw(self._secret, limits.TRIED_BUCKETS, entry.address.group, spread)
        if self.tried.full(number):
            bucket = self.tried.bucket(number)
            worst = max(bucket, key=lambda one: (one.failures, -one.answered_ms))
            if worst.failures < limits.POOR_FAILURES:
                self._doubt(min(bucket, key=lambda one: one.answered_ms).address)
                return False
            self.tried.remove(worst.address)
        self.new.remove(entry.address)
        self.tried.add(number, entry)
        return True

    def _doubt(self, address: Address) -> None:
        if address in self.doubted or len(self.doubted) < limits.DOUBTED_MOST:
            self.doubted[address] = None

    def _put(self, entry: BookEntry) -> None:
        """Replace what is known of an address, wherever it is."""
        if entry.address in self.fixed:
            self.fixed[entry.address] = entry
        elif self.tried.get(entry.address) is not None:
            self.tried.put(entry)
        else:
            self.new.put(entry)

    def _change(self, address: Address, **facts: int) -> None:
        if (known := self.get(address)) is not None:
            self._put(replace(known, **facts))  # type: ignore[arg-type]


def _poor(entry: BookEntry, wall_ms: int) -> bool:
    return entry.failures >= limits.POOR_FAILURES or wall_ms - entry.heard_ms >= limits.POOR_MS

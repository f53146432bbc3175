"""Who is kept out, and until when.

A ban names a peer's id and, if the peer came from elsewhere than this machine, its host. It ends
by the wall clock. The record stays until the count of bans has decayed too, one step a day: a
peer that comes back and offends again is kept out for twice as long.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from p2p.rules.book.values import Ban
from p2p.rules.limits import BAN_MOST_MS, BAN_MS, BAN_STEP_MS, BANS_MOST


def times_left(ban: Ban, wall_ms: int) -> int:
    """How often the peer counts as banned by now."""
    since = max(0, wall_ms - ban.until_ms)
    return max(0, ban.times - since // BAN_STEP_MS)


def length_ms(times: int) -> int:
    """How long a peer's ban lasts that is its ``times``-th, from 1 on."""
    return min(BAN_MS << min(times - 1, 16), BAN_MOST_MS)


OPERATOR = "operator"
"""The reason of a ban that an operator asked for."""


class Bans:
    """Bans by id; at most BANS_MOST, of which the oldest go first, operators' last."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[bytes, Ban] = OrderedDict()
        self._by_host: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def holds(self, id: bytes, host: str, wall_ms: int) -> bool:
        """Whether a peer or its host is kept out."""
        found = (self._by_id.get(id), self._of_host(host))
        return any(ban is not None and wall_ms < ban.until_ms for ban in found)

    def add(self, id: bytes, host: str, reason: str, wall_ms: int, lasting_ms: int = 0) -> Ban:
        """Keep a peer out; ``lasting_ms`` 0: as long as its repeats call for."""
        before = (self._by_id.get(id), self._of_host(host))
        times = 1 + max(0 if ban is None else times_left(ban, wall_ms) for ban in before)
        lasting_ms = lasting_ms if lasting_ms > 0 else length_ms(times)
        ban = Ban(id, host, wall_ms + lasting_ms, times, reason)
        self._put(ban)
        return ban

    def lift(self, id: bytes) -> Ban | None:
        """Forget a peer's ban, and how often it was banned."""
        ban = self._by_id.pop(id, None)
        if ban is not None and self._by_host.get(ban.host) == id:
            del self._by_host[ban.host]
        return ban

    def restore(self, bans: Iterable[Ban], wall_ms: int) -> None:
        """Take over what the last run left, the oldest first."""
        for ban in bans:
            if times_left(ban, wall_ms):
                self._put(ban)

    def kept(self) -> tuple[Ban, ...]:
        """All records, the oldest first, for the next run and for people."""
        return tuple(self._by_id.values())

    def sweep(self, wall_ms: int) -> None:
        """Forget what no longer counts."""
        for ban in self.kept():
            if not times_left(ban, wall_ms):
                self.lift(ban.id)

    def _put(self, ban: Ban) -> None:
        self.lift(ban.id)
        if len(self._by_id) >= BANS_MOST:
            self.lift(self._first_to_go())
        self._by_id[ban.id] = ban
        if ban.host:
            self._by_host[ban.host] = ban.id

    def _first_to_go(self) -> bytes:
        """The oldest; those of operators only if there is no other: new names cost nothing."""
        others = (id for id, ban in self._by_id.items() if ban.reason != OPERATOR)
        return next(others, next(iter(self._by_id)))

    def _of_host(self, host: str) -> Ban | None:
        return self._by_id.get(self._by_host.get(host, b""))

"""What peers have announced and this node does not have: whom to ask for it, and when.

Each id is asked of one peer at a time. Who does not answer within ANSWER_MS is passed over for the
next announcer; its answer is still welcome when it comes late. Counts are bounded per peer, so no
announcement of one peer pushes out another's, and a peer that does not deliver is asked for less.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice

Key = tuple[int, bytes]
"""Kind (TX or PROOF) and id."""

ANSWER_MS = 2_000
JUDGE_MS = 60_000
"""A verdict that takes longer is given up; its place in the budget is free again."""
WANTED_MS = 120_000
"""What nobody has delivered after so long is forgotten."""
ANNOUNCED_MOST = 2_048
"""Ids of one peer's announcements that are not here yet."""
ANNOUNCERS_MOST = 8
"""Peers remembered for one id."""
BUSY_MOST = 2_048
"""Ids that are asked for or being judged in all: the budget of verification."""
BUSY_PER_PEER = 512
"""Likewise of one peer that delivers; each delivery adds one place, up to this."""
BUSY_AT_FIRST = 128
BUSY_LEAST = 8
"""What is left to a peer that does not deliver: each silence takes SILENCE_COSTS places."""
SILENCE_COSTS = 4
OWED_MOST = 2_048
"""Answers that one peer may still give, however late; the oldest are forgotten."""
SCANNED_MOST = 4_096
"""Ids looked at in one go when new questions are made."""
FALSE_MOST = 1_024
"""A peer whose failures since its last delivery reach this has announced what it does not have."""
SILENCE, DENIAL = 8, 1
"""Failures that no answer, and a `missing`, count for."""


class _State(Enum):
    IDLE = 0
    ASKED = 1
    JUDGED = 2


@dataclass(slots=True)
class _Want:
    since_ms: int
    announcers: list[int] = field(default_factory=list)
    state: _State = _State.IDLE
    conn: int = 0
    deadline_ms: int = 0


@dataclass(slots=True)
class _Announcer:
    keys: dict[Key, None] = field(default_factory=dict)
    busy: int = 0
    allowed: int = BUSY_AT_FIRST
    failures: int = 0
    owed: OrderedDict[Key, int] = field(default_factory=OrderedDict)

    @property
    def doubt(self) -> int:
        """0 for a peer that delivers, 1 for one that is new, 2 for one that keeps silent."""
        return (self.allowed <= BUSY_AT_FIRST) + (self.allowed < BUSY_AT_FIRST)

    def owes(self, key: Key) -> None:
        """It has been asked, perhaps again."""
        self.owed[key] = self.owed.pop(key, 0) + 1
        if len(self.owed) > OWED_MOST:
            self.owed.popitem(last=False)

    def pays(self, key: Key) -> bool:
        """It answers; whether it was asked that often."""
        count = self.owed.pop(key, 0)
        if count > 1:
            self.owed[key] = count - 1
        return count > 0


class Wanted:
    """Announced ids and what has become of the questions for them."""

    def __init__(self) -> None:
        self._wants: OrderedDict[Key, _Want] = OrderedDict()
        self._idle: OrderedDict[Key, None] = OrderedDict()
        self._asked: OrderedDict[Key, None] = OrderedDict()
        self._judged: OrderedDict[Key, None] = OrderedDict()
        self._peers: dict[int, _Announcer] = {}

    def __len__(self) -> int:
        return len(self._wants)

    @property
    def busy(self) -> int:
        """Ids that are asked for or being judged."""
        return len(self._asked) + len(self._judged)

    def announcers(self, key: Key) -> list[int]:
        """Who is known to have it."""
        want = self._wants.get(key)
        return [] if want is None else list(want.announcers)

    def is_full(self, conn: int) -> bool:
        """Whether a peer has announced as much as is remembered of one."""
        peer = self._peers.get(conn)
        return peer is not None and len(peer.keys) >= ANNOUNCED_MOST

    # ------------------------------------------------------------ peers say

    def announced(self, conn: int, key: Key, now_ms: int) -> None:
        """A peer has this."""
        peer = self._peers.setdefault(conn, _Announcer())
        if key in peer.keys or len(peer.keys) >= ANNOUNCED_MOST:
            return
        want = self._wants.get(key)
        if want is None:
            want = self._wants[key] = _Want(now_ms)
            self._idle[key] = None
        elif len(want.announcers) >= ANNOUNCERS_MOST and not self._displaces(peer, key, want):
            return
        want.announcers.append(conn)
        peer.keys[key] = None

    def _displaces(self, peer: _Announcer, key: Key, want: _Want) -> bool:
        """Make room for a peer that has delivered better than one of those remembered.

        Else a few that announce everything and deliver nothing could keep an id from this node.
        """
        idle = [conn for conn in want.announcers if want.state is _State.IDLE or conn != want.conn]
        worst = min(idle, key=lambda conn: self._peers[conn].allowed)
        if self._peers[worst].allowed >= peer.allowed:
            return False
        want.announcers.remove(worst)
        del self._peers[worst].keys[key]
        return True

    def arrived(self, conn: int, key: Key, now_ms: int) -> bool | None:
        """Something came: True, judge it; False, it is no longer needed; None, nobody asked."""
        peer, want = self._peers.get(conn), self._wants.get(key)
        if peer is None or not peer.pays(key):
            return None
        peer.failures = 0
        peer.allowed = min(BUSY_PER_PEER, peer.allowed + 1)
        if want is None or want.state is _State.JUDGED:
            return False
        if want.state is _State.IDLE and self.busy >= BUSY_MOST:
            return False  # late, and no place is free: it will be asked for again
        self._enter(key, want, _State.JUDGED, conn, now_ms + JUDGE_MS)
        return True

    def denied(self, conn: int, key: Key) -> bool:
        """A peer says that it does not have it: ask the next. Returns whether it was asked."""
        peer, want = self._peers.get(conn), self._wants.get(key)
        asked = peer is not None and peer.pays(key)
        if peer is not None and asked:
            peer.failures += DENIAL
        if want is not None and (want.state is not _State.JUDGED or want.conn != conn):
            self.passed_over(conn, key)
        return asked

    # ------------------------------------------------------------ this node says

    def questions(self, now_ms: int, keys: Iterable[Key] | None = None) -> dict[int, list[Key]]:
        """What to ask of whom now, of ``keys`` or of all that nobody is asked for."""
        asks: dict[int, list[Key]] = {}
        for key in list(islice(self._idle, SCANNED_MOST)) if keys is None else keys:
            if self.busy >= BUSY_MOST:
                break
            if key not in self._idle:
                continue
            want = self._wants[key]
            free = [conn for conn in want.announcers if self._has_room(conn)]
            if not free:
                self._idle.move_to_end(key)  # the next ones get their turn
                continue
            conn = min(free, key=lambda conn: self._peers[conn].doubt)
            self._enter(key, want, _State.ASKED, conn, now_ms + ANSWER_MS)
            self._peers[conn].owes(key)
            asks.setdefault(conn, []).append(key)
        return asks

    def settled(self, key: Key) -> None:
        """It is here, or of no use: nobody is asked for it any more."""
        want = self._wants.pop(key, None)
        if want is None:
            return
        self._leave(key, want)
        self._idle.pop(key, None)
        for conn in want.announcers:
            del self._peers[conn].keys[key]

    def passed_over(self, conn: int, key: Key) -> None:
        """Nothing good comes from this peer for this id: the next announcer, if there is one."""
        want = self._wants.get(key)
        if want is None:
            return
        if conn in want.announcers:
            want.announcers.remove(conn)
            del self._peers[conn].keys[key]
        if want.conn == conn:
            self._leave(key, want)
        if want.state is not _State.IDLE:
            return
        if want.announcers:
            self._idle[key] = None
        else:
            self._idle.pop(key, None)
            del self._wants[key]

    def tick(self, now_ms: int) -> None:
        """Pass over who has not answered, give up what takes too long."""
        for key in self._due(self._asked, now_ms):
            conn = self._wants[key].conn
            peer = self._peers[conn]
            peer.allowed = max(BUSY_LEAST, peer.allowed - SILENCE_COSTS)
            peer.failures += SILENCE
            self.passed_over(conn, key)
        for key in self._due(self._judged, now_ms):
            self.settled(key)
        while self._wants:
            key, want = next(iter(self._wants.items()))
            if want.since_ms + WANTED_MS > now_ms or want.state is not _State.IDLE:
                return
            self.settled(key)

    def false_announcers(self) -> list[int]:
        """Peers that have failed to deliver too often; each is named once for it."""
        found = [conn for conn, peer in self._peers.items() if peer.failures >= FALSE_MOST]
        for conn in found:
            self._peers[conn].failures = 0
        return found

    def gone(self, conn: int) -> None:
        """A connection has ended; what it was asked for is asked of others."""
        peer = self._peers.get(conn)
        if peer is not None:
            for key in list(peer.keys):
                self.passed_over(conn, key)
            del self._peers[conn]

    # ------------------------------------------------------------ states

    def _has_room(self, conn: int) -> bool:
        peer = self._peers[conn]
        return peer.busy < peer.allowed

    def _enter(self, key: Key, want: _Want, state: _State, conn: int, deadline_ms: int) -> None:
        self._leave(key, want)
        self._idle.pop(key, None)
        want.state, want.conn, want.deadline_ms = state, conn, deadline_ms
        (self._asked if state is _State.ASKED else self._judged)[key] = None
        if (peer := self._peers.get(conn)) is not None:
            peer.busy += 1

    def _leave(self, key: Key, want: _Want) -> None:
        """Back to idle, without being in the list of what is idle."""
        if want.state is _State.IDLE:
            return
        del (self._asked if want.state is _State.ASKED else self._judged)[key]
        want.state = _State.IDLE
        if (peer := self._peers.get(want.conn)) is not None:
            peer.busy -= 1

    def _due(self, keys: Iterable[Key], now_ms: int) -> list[Key]:
        """Deadlines rise in the order in which keys were put in."""
        due: list[Key] = []
        for key in keys:
            if self._wants[key].deadline_ms > now_ms:
                break
            due.append(key)
        return due

"""Events on their way to the engine.

What the node itself has to say comes first, all of it bounded by work that the engine gave away.
Then every connection has its turn, one event each, so that a peer that floods delays only itself:
once its lane is full, its socket is not read until the lane is half empty. Listeners of the bus
never wait: the head is looked at again however often it moved, and of other news the oldest goes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition

from p2p.net.limits import LANE_BYTES, LANE_EVENTS, NEWS_MOST, REMOVED_MOST
from p2p.rules.events import Event, MessageReceived, ProofEntered, TxEntered


@dataclass(frozen=True, slots=True)
class LookAtHead:
    """The head has moved; ``removed`` are blocks of branches that were left on the way."""

    removed: tuple[bytes, ...]


@dataclass(slots=True)
class _Lane:
    """One connection's events, the bytes of its messages, and whether its socket is held."""

    events: deque[Event] = field(default_factory=deque)
    size: int = 0
    held: bool = False

    @property
    def full(self) -> bool:
        return len(self.events) >= LANE_EVENTS or self.size >= LANE_BYTES

    @property
    def roomy(self) -> bool:
        return len(self.events) <= LANE_EVENTS // 2 and self.size <= LANE_BYTES // 2


Item = Event | LookAtHead


class Inbox:
    """Safe for many threads to fill and one to empty.

    ``on_room(conn)`` is called by the thread that empties, once a full lane has room again.
    """

    def __init__(self, on_room: Callable[[int], None]) -> None:
        self._on_room = on_room
        self._some = Condition()
        self._own: deque[Event] = deque()
        self._head = False
        self._removed: deque[bytes] = deque(maxlen=REMOVED_MOST)
        self._news: deque[Event] = deque(maxlen=NEWS_MOST)
        self._lanes: dict[int, _Lane] = {}
        self._turns: deque[int] = deque()
        self._news_turn = True
        self._closed = False

    # ------------------------------------------------------------ in

    def post(self, event: Event) -> None:
        """Something of this node: a verdict, a failed dial, an operator's wish."""
        with self._some:
            self._own.append(event)
            self._some.notify()

    def head_moved(self, removed: tuple[bytes, ...] = ()) -> None:
        """Have the head looked at."""
        with self._some:
            self._head = True
            self._removed.extend(removed)
            self._some.notify()

    def tell(self, news: TxEntered | ProofEntered) -> None:
        """Pass on news of the pools."""
        with self._some:
            self._news.append(news)
            self._some.notify()

    def post_of(self, conn: int, event: Event) -> bool:
        """An event of a connection; returns whether more of it may be read now."""
        with self._some:
            lane = self._lanes.setdefault(conn, _Lane())
            if not lane.events:
                self._turns.append(conn)
            lane.events.append(event)
            lane.size += _size(event)
            lane.held = lane.held or lane.full
            self._some.notify()
            return not lane.held

    def close(self) -> None:
        """Nothing more is waited for."""
        with self._some:
            self._closed = True
            self._some.notify()

    # ------------------------------------------------------------ out

    def take(self, timeout_s: float) -> Item | None:
        """The next event; None if none comes in that time."""
        with self._some:
            found, room = self._next()
            if found is None and timeout_s > 0 and not self._closed:
                self._some.wait(timeout_s)
                found, room = self._next()
        if room is not None:
            self._on_room(room)
        return found

    def _next(self) -> tuple[Item | None, int | None]:
        if self._own:
            return self._own.popleft(), None
        if self._head:
            self._head, removed = False, tuple(self._removed)
            self._removed.clear()
            return LookAtHead(removed), None
        # News take turns with the connections as a whole: neither can shut the other out.
        self._news_turn = not self._news_turn
        if self._news and (self._news_turn or not self._turns):
            return self._news.popleft(), None
        return self._next_of_a_peer() if self._turns else (None, None)

    def _next_of_a_peer(self) -> tuple[Item, int | None]:
        conn = self._turns.popleft()
        lane = self._lanes[conn]
        event = lane.events.popleft()
        lane.size -= _size(event)
        room = None
        if lane.held and lane.roomy:
            lane.held = False
            room = conn
        if lane.events:
            self._turns.append(conn)
        else:
            del self._lanes[conn]
        return event, room


def _size(event: Event) -> int:
    return len(event.data) if isinstance(event, MessageReceived) else 0

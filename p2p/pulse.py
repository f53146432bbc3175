"""The engine's thread: events out of the inbox, actions into hands, and the time in between."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event as Flag
from threading import Thread
from time import monotonic_ns

from django.db import Error as DatabaseFault
from django.db import connections

from core.errors import NodeFault
from core.ports import Clock
from p2p.hands import Hands
from p2p.net.inbox import Inbox, LookAtHead
from p2p.net.limits import REMOVED_MOST, STOP_MS
from p2p.rules.actions import Action, Close
from p2p.rules.engine import Engine
from p2p.rules.events import Event, HeadMoved, MessageReceived, Tick
from p2p.rules.limits import TICK_MS
from p2p.rules.moment import Moment

log = logging.getLogger("animica.p2p")


def now_ms() -> int:
    """Milliseconds that never run back."""
    return monotonic_ns() // 1_000_000


class Pulse:
    """Owns the engine from ``start`` to ``stop``.

    ``make`` builds the engine, in the thread that will own it; ``after_tick`` runs there after
    each tick. What the engine cannot read because the database failed is this node's fault:
    nobody is blamed, and what was decided before is done.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        inbox: Inbox,
        hands: Hands,
        clock: Clock,
        after_tick: Callable[[Engine], None],
        at_end: Callable[[Engine], None],
    ) -> None:
        self._engine = engine
        self._inbox = inbox
        self._hands = hands
        self._clock = clock
        self._after_tick = after_tick
        self._at_end = at_end
        self._stopping = Flag()
        self._look_again: tuple[bytes, ...] | None = None
        self._thread = Thread(target=self._run, name="p2p-engine", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye to every peer and end."""
        self._stopping.set()
        self._inbox.close()
        if self._thread.is_alive():
            self._thread.join(STOP_MS / 1000)
            if self._thread.is_alive():
                log.error("the peers' engine did not end in time")

    def _run(self) -> None:
        try:
            tick_at = now_ms()
            while not self._stopping.is_set():
                if now_ms() >= tick_at:
                    tick_at = now_ms() + TICK_MS
                    self._tick()
                self._next(tick_at)
            self._farewell()
        except Exception:
            log.exception("the peers' engine has ended")
        finally:
            connections.close_all()

    def _next(self, tick_at: int) -> None:
        """One event: at once if there is one, else whatever was collected is sent off first."""
        item = self._inbox.take(0)
        if item is None:
            self._hands.flush()
            item = self._inbox.take(max(0, tick_at - now_ms()) / 1000)
        if isinstance(item, LookAtHead):
            self._look_at_head(item.removed)
        elif item is not None:
            self.handle(item)

    def _tick(self) -> None:
        if self._look_again is not None:
            self._look_at_head(())
        self.handle(Tick())
        try:
            self._after_tick(self._engine)
        except (DatabaseFault, NodeFault) as fault:
            self._failed(fault)
        except Exception:
            log.exception("what follows a tick failed")
            connections.close_all()

    def _look_at_head(self, removed: tuple[bytes, ...]) -> None:
        removed = (*(self._look_again or ()), *removed)[-REMOVED_MOST:]
        ctx = self._engine.ctx
        ctx.steady.look_again()  # what was read for views, between events, is no news
        try:
            head = ctx.ledger.head()
        except (DatabaseFault, NodeFault) as fault:
            self._look_again = removed
            self._failed(fault)
            return
        self._look_again = None
        self.handle(HeadMoved(head.header, head.total_work, removed))

    def handle(self, event: Event) -> None:
        """Have the engine take one event, and do what it wants."""
        try:
            actions = self._engine.handle(event, Moment(now_ms(), self._clock.now_ms()))
        except (DatabaseFault, NodeFault) as fault:
            self._failed(fault)
            actions = self._decided()
        except Exception:
            log.exception("the peers' engine failed on %s", type(event).__name__)
            connections.close_all()
            actions = self._decided()
            if isinstance(event, MessageReceived):
                # A message that meets a defect must not meet it again and again.
                actions.append(Close(event.conn, "fault"))
        self._do(actions)

    def _do(self, actions: list[Action]) -> None:
        try:
            self._hands.do(actions)
        except Exception:
            log.exception("what the peers' engine wanted could not be done")

    def _decided(self) -> list[Action]:
        """What the engine had decided when it failed."""
        ctx = self._engine.ctx
        actions, ctx.actions = ctx.actions, []
        return actions

    def _failed(self, fault: Exception) -> None:
        log.error("the peers' engine cannot read: %s", fault)
        connections.close_all()  # a broken connection is not asked again

    def _farewell(self) -> None:
        ctx = self._engine.ctx
        for peer in list(ctx.peers.values()):
            ctx.close(peer, "stopping", "the node stops")
        self._do(self._decided())
        self._hands.flush()
        self._at_end(self._engine)

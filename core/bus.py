"""The event bus: news is published after its transaction has committed, to listed listeners.

``docs/events.md`` names every event and who listens; only composition subscribes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E")


class EventBus:
    """Calls listeners in the publisher's thread, in the order of subscription.

    Listeners must return at once: they hand work to a queue or a loop. A listener's error is
    passed to ``on_error`` and never reaches the publisher, whose fact is already committed.
    """

    def __init__(self, on_error: Callable[[object, Exception], None]) -> None:
        self._listeners: dict[type, list[Callable[[Any], None]]] = {}
        self._on_error = on_error

    def subscribe(self, event_type: type[E], listener: Callable[[E], None]) -> None:
        """Call ``listener`` with every event of ``event_type`` from now on."""
        self._listeners.setdefault(event_type, []).append(listener)

    def publish(self, event: object) -> None:
        """Tell every listener of the event's type."""
        for listener in self._listeners.get(type(event), ()):
            try:
                listener(event)
            except Exception as error:
                self._on_error(event, error)

"""Which events of the node the WebSocket hub hears. Composition calls ``subscribe`` once."""

from __future__ import annotations

from consensus.events import BlockAdded, ChainReorganised
from core.bus import EventBus
from mempool.events import TxAdded, TxDropped
from rpc import hub
from rpc.news import Event


def subscribe(bus: EventBus) -> None:
    """Pass news of blocks and transactions on to the sockets of this process."""
    bus.subscribe(BlockAdded, _pass_on)
    bus.subscribe(ChainReorganised, _pass_on)
    bus.subscribe(TxAdded, _pass_on)
    bus.subscribe(TxDropped, _pass_on)


def _pass_on(event: Event) -> None:
    hub.current().publish_threadsafe(event)

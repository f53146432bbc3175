"""Which events of the node are heard here: for the kept head and for the WebSocket hub."""

from __future__ import annotations

from consensus.events import BlockAdded, ChainReorganised
from core.bus import EventBus
from mempool.events import TxAdded, TxDropped
from rpc import heads, hub
from rpc.news import Event


def subscribe(bus: EventBus) -> None:
    """Hear of blocks and transactions; composition calls it after ``context.install``."""
    heads.follow()
    bus.subscribe(BlockAdded, heads.moved)
    bus.subscribe(ChainReorganised, heads.moved)
    bus.subscribe(BlockAdded, _pass_on)
    bus.subscribe(ChainReorganised, _pass_on)
    bus.subscribe(TxAdded, _pass_on)
    bus.subscribe(TxDropped, _pass_on)


def _pass_on(event: Event) -> None:
    hub.current().publish_threadsafe(event)

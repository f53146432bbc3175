"""News for sockets: which topics an event feeds, and its JSON, made once for all sockets.

Runs on a worker thread, because receipts and blocks come from the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from chain import queries
from consensus.events import BlockAdded, ChainReorganised
from core.header import Header
from mempool.events import TxAdded, TxDropped
from rpc import views
from rpc.caller import Filter
from rpc.results.net import SyncNews

TOPICS = ("newHeads", "reorgs", "pendingTxs", "droppedTxs", "receipts", "sync")
_PAGE = 200


@dataclass(frozen=True)
class SyncMoved:
    """The node is further than it was, or sees another target. Made by ``rpc.progress``."""

    news: SyncNews


Event = BlockAdded | ChainReorganised | TxAdded | TxDropped | SyncMoved


@dataclass(frozen=True)
class News:
    """One result for the subscribers of a topic. ``about`` is (txid, sender) of a receipt."""

    topic: str
    result: str
    about: tuple[bytes, bytes] | None = None


@dataclass
class Interest:
    """What all sockets together want to hear."""

    topics: set[str] = field(default_factory=set)
    receipts: list[Filter] = field(default_factory=list)


def height_of(event: Event) -> int | None:
    """The first height that a reader who missed this event should look at again."""
    if isinstance(event, BlockAdded):
        return event.header.height
    return event.fork_height + 1 if isinstance(event, ChainReorganised) else None


def render(event: Event, interest: Interest) -> list[News]:
    """The news in an event that anybody wants, in the order they are sent."""
    if isinstance(event, TxAdded):
        if "pendingTxs" not in interest.topics:
            return []
        return [_news("pendingTxs", {**views.transaction(event.tx), "state": event.state})]
    if isinstance(event, TxDropped):
        if "droppedTxs" not in interest.topics:
            return []
        result = {"txid": views.hexed(event.txid), "code": event.code, "reason": event.reason}
        return [_news("droppedTxs", result)]
    if isinstance(event, SyncMoved):
        return [_news("sync", event.news)] if "sync" in interest.topics else []
    return list(_of_blocks(event, interest))


def _of_blocks(event: BlockAdded | ChainReorganised, interest: Interest) -> Iterator[News]:
    if isinstance(event, BlockAdded):
        head, added = event.header, [event.header.hash]
    else:
        head, added = event.new_head, list(event.added)
        if "reorgs" in interest.topics:
            yield _news("reorgs", _reorg(event))
    if "newHeads" in interest.topics:
        block = queries.block_by_hash(head.hash)
        if block is not None:
            yield _news("newHeads", views.block_summary(block))
    if "receipts" in interest.topics:
        for block_hash in added:
            yield from _receipts(block_hash, interest.receipts)


def _reorg(event: ChainReorganised) -> dict[str, Any]:
    def short(header: Header) -> dict[str, Any]:
        return {"hash": views.hexed(header.hash), "height": header.height}

    return {
        "oldHead": short(event.old_head),
        "newHead": short(event.new_head),
        "forkHeight": event.fork_height,
        "removed": [views.hexed(block_hash) for block_hash in event.removed],
        "added": [views.hexed(block_hash) for block_hash in event.added],
    }


def _receipts(block_hash: bytes, filters: list[Filter]) -> Iterator[News]:
    """Receipts of a block that some filter takes; none if it has left the best chain again."""
    block = queries.block_by_hash(block_hash)
    if block is None or not block.canonical:
        return
    for txid, sender in _txs_of(block.header.height):
        if any(wanted.takes(txid, sender) for wanted in filters):
            found = queries.outcome(txid)
            if found is not None:
                yield _news("receipts", views.receipt(found), (txid, sender))


def _txs_of(height: int) -> Iterable[tuple[bytes, bytes]]:
    """Id and sender of every transaction of the best chain's block."""
    cursor: str | None = None
    while True:
        page = queries.block_txs(height, cursor, _PAGE)
        yield from ((line.txid, line.sender) for line in page.items)
        cursor = page.cursor
        if cursor is None:
            return


def _news(topic: str, result: Any, about: tuple[bytes, bytes] | None = None) -> News:
    return News(topic, orjson.dumps(result).decode(), about)

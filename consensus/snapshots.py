"""Snapshots as consensus sees them: the headers that lead to one, and its block as the new head.

The ledger believes no records but those that give a header's state root. That the header is one
of the chain with most work is for who picks it; here it is shown to be reached from genesis by
rules and work, as far as headers alone tell. Source: docs/spec/p2p.md, "Snapshots".
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from chain import loading
from chain import service as chain
from chain.errors import SnapshotInvalid
from chain.values import SnapshotLoad, StoredHeader
from consensus.events import ChainReorganised
from consensus.rules import genesis, header, seal
from consensus.rules.header import Ancestry
from consensus.service import Importer
from core.bus import EventBus
from core.failpoints import reach
from core.header import Header
from core.network import Network
from core.ports import RecordKey

log = logging.getLogger("animica.consensus")


def checked_headers(
    headers: Iterable[Header], network: Network, now_ms: int
) -> Iterator[tuple[Header, int]]:
    """Each header with the total work up to it, once every rule on headers holds for it.

    They rise from height 1. Raises SnapshotInvalid where one does not follow the one before it,
    else the ``BlockRefused`` of the first that breaks a rule.
    """
    parent, above, work = genesis.genesis_block(network).header, None, 0
    for one in headers:
        if one.parent != parent.hash:
            raise SnapshotInvalid(
                f"the header of block {one.height} does not follow block {parent.height}",
                height=one.height,
            )
        header.check_header(one, Ancestry(parent, above), network, now_ms)
        seal.check_seal(one)
        work += seal.block_work(one.theta)
        yield one, work
        parent, above = one, parent


class SnapshotLoader:
    """Loads a snapshot into a node that stands at genesis; a whole one becomes its head."""

    def __init__(self, importer: Importer, bus: EventBus) -> None:
        self._importer = importer
        self._bus = bus

    def begin(self, headers: Sequence[Header]) -> SnapshotLoad:
        """Get ready for the state after the last header, or go on with a load of that block.

        The headers rise from height 1 and are verified. Raises SnapshotOccupied, SnapshotInvalid.
        """
        known = loading.progress()
        if known is not None and headers and known.hash == headers[-1].hash:
            return known
        return loading.begin(headers=headers)

    def store(
        self,
        *,
        hash: bytes,
        index: int,
        first: bytes,
        last: bytes,
        records: Sequence[tuple[RecordKey, bytes]],
    ) -> SnapshotLoad:
        """Keep the next chunk. Raises SnapshotOutOfOrder."""
        return loading.store(hash=hash, index=index, first=first, last=last, records=records)

    def finish(self, hash: bytes) -> StoredHeader:
        """Put the whole state in place and tell of the new head. Raises as ``loading.finish``."""
        done: list[StoredHeader] = []

        def move() -> None:
            old = chain.head()
            done.append(loading.finish(hash=hash, work_of=seal.block_work))
            reach("gather.loaded")
            log.info("the state of block %d is loaded from a snapshot", done[0].height)
            self._bus.publish(_news(old.header, done[0].header))

        self._importer.between_blocks(move)
        return done[0]


def _news(old: Header, new: Header) -> ChainReorganised:
    """The head is elsewhere, and no block was executed on the way."""
    return ChainReorganised(
        old_head=old, new_head=new, fork_height=0, removed=(), added=(), txids=(), returned=()
    )

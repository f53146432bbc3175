"""The thread that loads snapshots into the ledger, one step after the other."""

from __future__ import annotations

import logging

from django.db import Error as DatabaseFault
from django.db import connections

from chain.values import SnapshotLoad
from consensus.snapshots import SnapshotLoader
from core.errors import NodeFault, Refused
from p2p.net.limits import LOADS_MOST
from p2p.rules.actions import BeginSnapshot, StoreChunk
from p2p.rules.events import SnapshotStored
from p2p.work import Post, Worker, fresh

log = logging.getLogger("animica.p2p")


class Loading(Worker[BeginSnapshot | StoreChunk]):
    """Begins loads and stores chunks in order; a whole state becomes the head."""

    def __init__(self, loader: SnapshotLoader, post: Post) -> None:
        super().__init__("p2p-load", LOADS_MOST, post)
        self._loader = loader

    def do(self, action: BeginSnapshot | StoreChunk) -> None:
        """Have a step of a load done."""
        if not self._queue.put(action):
            self._post(SnapshotStored(_hash_of(action), None, fault=True))

    def _work(self, item: BeginSnapshot | StoreChunk) -> None:
        hash = _hash_of(item)
        try:
            load = self._step(item)
            if load.following is None:
                self._loader.finish(hash)
            self._post(SnapshotStored(hash, load.following, load.chunks, load.records))
        except Refused as refusal:
            self._post(SnapshotStored(hash, None, refusal=fresh(refusal)))
        except (DatabaseFault, NodeFault) as fault:
            log.error("a snapshot could not be loaded: %s", fault)
            self._failed(hash)
        except Exception:
            log.exception("a snapshot could not be loaded")
            self._failed(hash)

    def _step(self, item: BeginSnapshot | StoreChunk) -> SnapshotLoad:
        if isinstance(item, BeginSnapshot):
            return self._loader.begin(item.headers)
        return self._loader.store(
            hash=item.hash, index=item.index, first=item.first, last=item.last, records=item.records
        )

    def _failed(self, hash: bytes) -> None:
        connections.close_all()  # a broken connection is not asked again
        self._post(SnapshotStored(hash, None, fault=True))


def _hash_of(item: BeginSnapshot | StoreChunk) -> bytes:
    return item.header.hash if isinstance(item, BeginSnapshot) else item.hash

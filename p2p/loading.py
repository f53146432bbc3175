"""The thread that puts a snapshot into the ledger, piece by piece, as the engine asks."""

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
from p2p.work import Post, Worker

log = logging.getLogger("animica.p2p")

Step = BeginSnapshot | StoreChunk


class Loading(Worker[Step]):
    """Takes one step after the other; with the last chunk the state is put in place."""

    def __init__(self, loader: SnapshotLoader, post: Post) -> None:
        super().__init__("p2p-loading", LOADS_MOST, post)
        self._loader = loader

    def do(self, action: Step) -> None:
        """Take the next step of a load."""
        if not self._queue.put(action):
            self._post(SnapshotStored(_hash(action), None, fault=True))

    def _work(self, item: Step) -> None:
        hash = _hash(item)
        try:
            now = self._take(item)
            if now.following is None:
                self._loader.finish(hash)
            self._post(SnapshotStored(hash, now.following, now.chunks, now.records))
        except Refused as refusal:
            told = type(refusal)(refusal.message, **refusal.facts)  # without its traceback
            self._post(SnapshotStored(hash, None, refusal=told))
        except (DatabaseFault, NodeFault) as fault:
            log.error("a snapshot cannot be stored: %s", fault)
            self._failed(hash)
        except Exception:
            log.exception("a snapshot cannot be stored")
            self._failed(hash)

    def _take(self, item: Step) -> SnapshotLoad:
        if isinstance(item, BeginSnapshot):
            return self._loader.begin(item.headers)
        return self._loader.store(
            hash=item.hash,
            index=item.index,
            first=item.first,
            last=item.last,
            records=item.records,
        )

    def _failed(self, hash: bytes) -> None:
        connections.close_all()  # a broken connection is not asked again
        self._post(SnapshotStored(hash, None, fault=True))


def _hash(item: Step) -> bytes:
    return item.header.hash if isinstance(item, BeginSnapshot) else item.hash

"""Turns the ledger of a test into one that began from a snapshot."""

from __future__ import annotations

from django.db import connection

from chain import loading, queries
from chain import service as chain
from chain.store import pages
from consensus.rules import genesis, seal
from consensus.service import Importer
from core.bus import EventBus
from core.statetree import FIRST_KEY, LAST_KEY
from tests.support import raise_error

_TABLES = ("blockbody", "tx", "log", "undo", "staterecord", "statepage", "meta", "block")


def empty() -> None:
    """The database as a new node finds it."""
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"DELETE FROM chain_{table}")
    pages.forget()


def begin_from(importer: Importer, height: int) -> None:
    """The same chain, but its blocks up to ``height`` were never executed here."""
    raws = [
        chain.raw_block(header.hash)
        for header in queries.headers(height + 1, queries.head().header.height - height or 1)
    ]
    headers = queries.headers(1, height)
    with queries.provable(height) as there:
        rows = [((r.module, r.id), r.value) for _, r in there.records(FIRST_KEY, LAST_KEY)]
    empty()
    network = importer.network
    chain.initialise(
        genesis=genesis.genesis_block(network),
        changes=genesis.genesis_records(network),
        supply=genesis.genesis_supply(network),
    )
    hash = headers[-1].hash
    loading.begin(headers=headers)
    loading.store(hash=hash, index=0, first=FIRST_KEY, last=LAST_KEY, records=rows)
    loading.finish(hash=hash, work_of=seal.block_work)
    fresh = Importer(
        network=network,
        clock=importer._clock,
        witnesses=importer.witnesses,
        bus=EventBus(raise_error),
    )
    for raw in raws:
        assert raw is not None
        fresh.import_block(raw, source="test")

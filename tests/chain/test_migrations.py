"""Ledgers of earlier versions keep what they say when their tables change."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chain import queries, service
from chain.values import Kept
from tests.chain import builder
from tests.chain.conftest import append, start

BEFORE = [("chain", "0003_room_for_updates")]
AFTER = [("chain", "0004_snapshots")]


@pytest.mark.django_db(transaction=True)
def test_a_chain_from_before_snapshots_counts_from_genesis():
    genesis = builder.genesis(dict.fromkeys(range(3), 1_000))
    start(genesis)
    line = [genesis]
    for number in range(3):
        line.append(builder.pay(line[-1], minted=50, burnt=number))
    append(*line[1:])
    before = queries.totals()
    MigrationExecutor(connection).migrate(BEFORE)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT genesis_supply, minted, burnt FROM chain_meta")
            assert cursor.fetchone() == (3_000, 150, 3)
    finally:
        MigrationExecutor(connection).migrate(AFTER)
    assert queries.totals() == before
    assert (before.base_height, before.base_supply) == (0, 3_000)
    assert service.kept() == Kept()
    service.verify_head()
    list(service.audit_blocks(first=0, work_of=lambda theta: 10))
    service.audit_rest()

"""Whole tables out of PostgreSQL and back: all of them, or none."""

from __future__ import annotations

import pytest
from django.db import connection

from chain import service
from core import failpoints
from core.errors import AnimicaError
from tests.chain import builder
from tests.chain.builder import pay
from tests.chain.conftest import append, start
from tests.chain.test_broken_off import Broken, breaking_at
from tests.support import dump_database, wipe_database

LOADING = ("load.begun", "load.emptied", "load.filled", "load.settled")


@pytest.fixture
def rows(transactional_db):
    """The tables of a chain of four blocks; the database then holds another, of two."""
    assert connection.vendor == "postgresql"
    parent = genesis = builder.genesis(dict.fromkeys(range(10), 1_000))
    start(genesis)
    for _ in range(3):
        parent = pay(parent, moves=[(1, 2, 5)], minted=3)
        append(parent)
    with service.snapshot():
        taken = {name: list(service.table_rows(name)) for name in service.table_names()}
    want = dump_database()
    wipe_database()
    start(genesis)
    append(pay(genesis, moves=[(4, 5, 1)]))
    return taken, want


@pytest.mark.django_db
def test_every_table_of_the_chain_is_taken():
    with connection.cursor() as cursor:
        there = {n for n in connection.introspection.table_names(cursor) if n[:6] == "chain_"}
    names = service.table_names()
    assert {n for n in there if not n.endswith("_in")} == set(names)
    assert names.index("chain_block") < names.index("chain_blockbody")
    assert names.index("chain_block") < names.index("chain_tx")


@pytest.mark.postgres
def test_loaded_is_what_was_taken(rows):
    taken, want = rows
    service.load_tables(lambda name: taken[name])
    assert dump_database() == want
    service.verify_state()
    parent = service.head()
    assert parent.height == 3


@pytest.mark.postgres
@pytest.mark.parametrize("point", LOADING)
def test_broken_off_nothing_is_different(rows, point):
    taken, _ = rows
    before = dump_database()
    failpoints.install(breaking_at(point, 1))
    try:
        with pytest.raises(Broken):
            service.load_tables(lambda name: taken[name])
    finally:
        failpoints.install(None)
    assert dump_database() == before


@pytest.mark.postgres
def test_what_does_not_hold_together_is_not_committed(rows):
    taken, _ = rows
    before = dump_database()
    with pytest.raises(AnimicaError):
        service.load_tables(lambda name: [] if name == "chain_statepage" else taken[name])
    assert dump_database() == before

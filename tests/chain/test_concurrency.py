"""Readers see one commit while a writer moves on; own database, own process.

The test database of SQLite lives in memory, where readers and writers lock each other out; here
the file, its WAL and the settings are those of a node.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = '''
import threading
import django
django.setup()
from django.core.management import call_command
call_command("migrate", "chain", verbosity=0)
from django.db import connection
from chain import queries, service
from chain.errors import StateNotYet
from core import statetree
from tests.chain import builder
from tests.chain.conftest import append, start

node = builder.genesis(dict.fromkeys(range(40), 1_000))
start(node)
nodes = [node]
for i in range(30):
    nodes.append(builder.pay(nodes[-1], moves=[(k, k + 1, 1) for k in range(30)], minted=3))
records = {node.hash: node.records for node in nodes}
done = threading.Event()
problems, proofs, heads = [], 0, set()

def check(number):
    """A proof, its value and its header belong together, and so do reads in a snapshot."""
    global proofs
    found = queries.prove("account", builder.address(number % 45))
    statetree.verify(found.header.roots.state, found.key, found.value, found.proof)
    heads.add(found.header.height)
    proofs += 1
    check_past(number)
    with service.snapshot():
        head = service.head().hash
        wanted = records[head]
        if service.reader().get_many(list(wanted)) != wanted:
            problems.append("records of another head")
        changes = {("account", builder.address(1)): builder.account(number + 1)}
        staged = service.stage_state(changes)
        if staged.base != head or staged.root != builder.state_root(wanted | changes):
            problems.append("staged on another head")
        if service.head().hash != head:
            problems.append("the head moved inside a snapshot")

def check_past(number):
    """So do a range with its records, and both a few blocks back: never of two heads."""
    head = queries.head().header.height
    try:
        found = queries.prove("account", builder.address(2), height=max(0, head - number % 4))
        run = queries.prove_range(bytes(32), bytes([255]) * 32, height=max(0, head - number % 3))
    except StateNotYet:  # a reorganisation has just taken that block
        return
    statetree.verify(found.header.roots.state, found.key, found.value, found.proof)
    if found.value != records[found.header.hash].get(("account", builder.address(2))):
        problems.append("a value of another height")
    leaves = [statetree.leaf_of(*record) for record in run.records]
    statetree.verify_range(run.header.roots.state, run.first, run.last, leaves, run.proof)
    if {(r.module, r.id): r.value for r in run.records} != records[run.header.hash]:
        problems.append("a range of another height")

def read():
    try:
        number = 0
        while not done.is_set() or number < 10:
            check(number)
            number += 1
    except BaseException as error:
        problems.append(repr(error))
        raise
    finally:
        connection.close()

readers = [threading.Thread(target=read) for _ in range(2)]
for thread in readers:
    thread.start()
try:
    append(*nodes[1:])
    for depth in (1, 3, 9):
        with service.unit() as unit:
            unit.unwind_to(nodes[-1 - depth].hash)
        append(*nodes[-depth:])
finally:
    done.set()
    for thread in readers:
        thread.join()
service.verify_head()
service.verify_state()
try:
    with service.snapshot():
        append(builder.pay(nodes[-1]))
except Exception as error:
    print("refused", type(error).__name__)
assert service.head().hash == nodes[-1].hash
assert not problems, problems[:3]
assert len(heads) > 3, heads
print("proofs", proofs > 20)
'''


@pytest.fixture
def database_url(tmp_path) -> Iterator[str]:
    """A new file on SQLite, a new database on PostgreSQL."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'node.sqlite3'}"
        return
    import psycopg

    given = settings.DATABASES["default"]
    server = psycopg.connect(
        host=given["HOST"],
        port=given["PORT"] or None,
        user=given["USER"],
        password=given["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    )
    name = f"readers_{os.getpid()}"
    server.execute(f"CREATE DATABASE {name}")
    try:
        yield settings.DATABASE_URL.rpartition("/")[0] + "/" + name
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.close()


def test_readers_see_one_commit(tmp_path, database_url):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "animica_site.settings",
        "ANIMICA_DATA_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "PYTHONPATH": str(ROOT),
    }
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "proofs True" in ran.stdout
    assert "refused" in ran.stdout

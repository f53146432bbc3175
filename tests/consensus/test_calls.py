"""Calls that are no transactions: what they see, how little they read, that nothing stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chain import queries
from chain import service as chain_service
from consensus import calls
from consensus.calls import Asked
from core import receipt
from execution import call
from execution.abi import codec
from execution.lang.types import INT, Type
from execution.view import View
from tests import token_contract as token
from tests.explorer.conftest import ALICE, BOB, World, world

__all__ = ["world"]
ROOT = Path(__file__).resolve().parents[2]
TOKEN = token.address_of(BOB, 0)
BALANCE = Asked(TOKEN, token.calldata("balance_of", ALICE.address), BOB.address)


@pytest.fixture
def chain(world: World) -> World:
    world.mine([token.deploy(BOB, 0)])
    world.mine([token.call(BOB, 1, TOKEN, "transfer", ALICE.address, 30)])
    return world


def test_a_call_sees_the_next_block(chain):
    outcome = calls.run(Asked(TOKEN, token.calldata("clock"), BOB.address)).outcome
    head = queries.head().header
    interval = chain.network.at(3).params.target_interval_ms
    seen = codec.decode(outcome.ret, Type("tuple", (INT, INT)))
    assert seen == (3, head.time + interval)


def test_a_call_of_the_past_runs_on_its_state(chain):
    found = [calls.run(BALANCE, height=height) for height in (1, 2)]
    assert [codec.decode(one.outcome.ret, INT) for one in found] == [0, 30]
    assert [one.header.height for one in found] == [1, 2]


def test_gas_has_its_bound(chain, monkeypatch):
    monkeypatch.setattr(calls, "GAS_MOST", 50_000)
    spin = Asked(TOKEN, token.calldata("spin", 10**9), BOB.address, gas=10**9)
    outcome = calls.run(spin).outcome
    assert (outcome.status, outcome.gas) == (receipt.OUT_OF_GAS, 50_000)


def test_a_static_call_writes_nothing_even_for_itself(chain):
    data = token.calldata("transfer", ALICE.address, 1)
    assert calls.run(Asked(TOKEN, data, BOB.address)).outcome.status == receipt.OK
    refused = calls.run(Asked(TOKEN, data, BOB.address, static=True)).outcome
    assert refused.ret == b"vm.static"


def test_a_call_leaves_the_state_as_it_was(chain):
    before = chain_service.head().hash, queries.record("account", BOB.address)
    calls.run(Asked(TOKEN, token.calldata("transfer", ALICE.address, 1), BOB.address))
    calls.run(Asked(TOKEN, token.calldata("fund"), BOB.address, value=5))
    assert before == (chain_service.head().hash, queries.record("account", BOB.address))
    assert codec.decode(calls.run(BALANCE).outcome.ret, INT) == 30


class Counting:
    """A reader that counts how often it is asked."""

    def __init__(self, reader) -> None:
        self.reader = reader
        self.times = 0

    def get_many(self, records):
        self.times += 1
        return self.reader.get_many(records)


def test_a_view_reads_no_more_than_it_must(chain):
    """Its sender, the contract, the source, and one slot: the measure of a fast view."""
    reader = Counting(chain_service.reader())
    setting = calls.setting_after(queries.head().header, chain.network)
    asked = {"sender": BALANCE.sender, "to": TOKEN, "data": BALANCE.data, "gas": 100_000}
    outcome = call.read(View(reader), setting, static=True, **asked)
    assert codec.decode(outcome.ret, INT) == 30
    assert reader.times <= 4


# A file with its WAL, as a node has it: SQLite's database in memory locks readers and writers out.
BESIDE = """
from threading import Event, Thread
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import connection
from consensus import calls
from consensus import service
from execution.abi import codec
from execution.lang.types import INT
from tests import token_contract as token
from tests.consensus.test_calls import BALANCE, TOKEN
from tests.explorer.conftest import ALICE, BOB, World

world = World()
service.install(world.importer)
world.mine([token.deploy(BOB, 0)])
begun, mined, found, real = Event(), Event(), [], calls.call.read

def slow(*args, **more):
    begun.set()
    assert mined.wait(30)
    return real(*args, **more)

def reader():
    try:
        found.append(calls.run(BALANCE))
    finally:
        connection.close()

calls.call.read = slow
thread = Thread(target=reader)
thread.start()
assert begun.wait(30)
world.mine([token.call(BOB, 1, TOKEN, "transfer", ALICE.address, 5)])
mined.set()
thread.join(30)
assert found[0].header.height == 1 and codec.decode(found[0].outcome.ret, INT) == 0
calls.call.read = real
assert codec.decode(calls.run(BALANCE).outcome.ret, INT) == 5
print("beside")
"""


def test_a_block_is_imported_while_a_call_runs(tmp_path):
    """The call goes on with the state that it began with, and keeps no block waiting."""
    ran = subprocess.run(
        [sys.executable, "-c", BESIDE],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "animica_site.settings",
            "ANIMICA_DATA_DIR": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'node.sqlite3'}",
            "PYTHONPATH": str(ROOT),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "beside" in ran.stdout

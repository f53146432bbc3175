"""``state_root``: the root after 2,000 account writes at 1,000,000 accounts, on SQLite."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import replace
from hashlib import sha3_256
from typing import Any
from unittest import mock

from bench import fixtures, machine
from bench.rows import Row

WRITES = 2_000
_ROUNDS = 7


def write_accounts(count: int) -> None:
    """Make a ledger whose genesis holds ``count`` accounts."""
    from animica_site import networks
    from chain import service as chain
    from consensus.rules.genesis import genesis_block
    from core import statetree
    from core.block import Block
    from core.hashing import sha3

    records = {_record(index): _value(1) for index in range(count)}
    leaves = [(chain.key_of(*record), sha3(value)) for record, value in records.items()]
    header = genesis_block(networks.load("devnet")).header
    roots = replace(header.roots, state=statetree.build(leaves).root)
    genesis = Block(replace(header, roots=roots))
    chain.initialise(genesis=genesis, changes=records, supply=count)


def run(scale: int) -> list[Row]:
    """Median over several disjoint sets of writes, half of them to new accounts."""
    from animica_site import networks
    from bench.embedded import open_database

    open_database(networks.load_table("devnet"), fixtures.tree_folder(scale))
    from chain import service as chain

    accounts = fixtures.TREE_ACCOUNTS * scale
    rng = random.Random(1)
    times, hashes = [], 0
    for _ in range(_ROUNDS):
        indices = rng.sample(range(2 * accounts), WRITES)
        changes = {_record(index): _value(2) for index in indices}
        start = time.perf_counter()
        chain.stage_state(changes)
        times.append(time.perf_counter() - start)
    with mock.patch("core.statetree.page.sha3_256", _Counter()) as counter:
        chain.stage_state(changes)
        hashes = counter.calls
    limit = hashes / machine.hashes_per_second()
    what = f"{hashes:,} hashes of 65 bytes in a plain loop"
    return [Row("state_root", statistics.median(times), "s", limit, what)]


class _Counter:
    """Counts hashes while it makes them."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, data: bytes) -> Any:
        self.calls += 1
        return sha3_256(data)


def _record(index: int) -> tuple[str, bytes]:
    return "account", fixtures.address(index)


def _value(balance: int) -> bytes:
    from execution.accounts import Account

    value = Account(balance=balance).encode()
    assert value is not None
    return value

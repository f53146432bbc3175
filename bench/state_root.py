"""``state_root``: the root after 2,000 account writes at 1,000,000 accounts, on SQLite."""

from __future__ import annotations

import random
import statistics
import time
from hashlib import sha3_256
from typing import Any
from unittest import mock

from bench import fixtures, ledgers, machine
from bench.rows import Row
from core import kernel

WRITES = 2_000
_ROUNDS = 7


def run(scale: int) -> list[Row]:
    """Median over several disjoint sets of writes, half of them to new accounts."""
    with ledgers.on_sqlite(fixtures.LARGE):
        return [_measure()]


def _measure() -> Row:
    from chain import service as chain

    accounts = fixtures.LARGE - fixtures.SENDERS
    rng = random.Random(1)
    times, hashes = [], 0
    for _ in range(_ROUNDS):
        indices = rng.sample(range(2 * accounts), WRITES)
        changes = {fixtures.record(index): fixtures.record_value(2) for index in indices}
        start = time.perf_counter()
        chain.stage_state(changes)
        times.append(time.perf_counter() - start)
    chosen = kernel.native()
    kernel.install(None)  # the same hashes, where they can be counted
    with mock.patch("core.statetree.page.sha3_256", _Counter()) as counter:
        chain.stage_state(changes)
        hashes = counter.calls
    kernel.install(chosen)
    limit = hashes / machine.hashes_per_second()
    what = f"{hashes:,} hashes of 65 bytes in a plain loop"
    return Row("state_root", statistics.median(times), "s", limit, what)


class _Counter:
    """Counts hashes while it makes them."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, data: bytes) -> Any:
        self.calls += 1
        return sha3_256(data)

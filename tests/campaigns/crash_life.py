"""One life of the node under the knife, and the undisturbed life of its twin.

A life starts a node as ``animica_site.runtime`` does, checks what it finds, walks on in the story
and reports each step.
"""

from __future__ import annotations

import logging
import os
import signal
from dataclasses import dataclass, field
from hashlib import sha3_256
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection

from animica_site.config import NodeConfig
from animica_site.runtime import Node
from chain import loading
from chain import service as chain
from chain.store import pages
from consensus.snapshots import SnapshotLoader
from core import failpoints
from core.errors import Refused
from core.statetree import FIRST_KEY, LAST_KEY
from core.tx import SignedTx
from mempool import store as pool_store
from tests.campaigns import crash_story
from tests.campaigns.crash_process import Say
from tests.campaigns.crash_story import KEPT, Step
from tests.support import FixedClock, Made, dump_database

# What a start imports late is imported once, before the fork, not in every life.
for _late in (
    "animica_site.composition",
    "animica_site.writer_lock",
    "django.core.management.commands.migrate",
    "pq.backends",
):
    import_module(_late)

KEPT_NETWORK = {"kept": "beside the data"}
_DAY_MS = 86_400_000
_POOL_MOST = 100
_TINY = {"cache_size=-65536": "cache_size=-64", "wal_autocheckpoint=8192": "wal_autocheckpoint=3"}


@dataclass(frozen=True)
class Plan:
    """What may be found, and how to go on: die at the ``turn``-th hit of ``point``, if any."""

    steps: frozenset[int]
    pools: frozenset[str]
    point: str | None = None
    turn: int = 0
    tiny: bool = False


@dataclass(frozen=True)
class Undisturbed:
    """The twin's life: the ledger's digest before each step and at the end, what became of each
    step, and the fail points reached at start and in each step, in order.
    """

    digests: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    start: list[str] = field(default_factory=list)
    trace: list[list[str]] = field(default_factory=list)


class _StoredCoinbases:
    """A projector with a table of its own: the coinbase of every block of the best chain."""

    def prepare(self) -> None:
        self._run("CREATE TABLE IF NOT EXISTS campaign_coinbase (height bigint, coinbase text)")

    def apply(self, block: Any, effects: Any) -> None:
        header = block.header
        row = [header.height, header.coinbase.hex()]
        self._run("INSERT INTO campaign_coinbase VALUES (%s, %s)", row)

    def unwind(self, block: Any) -> None:
        self._run("DELETE FROM campaign_coinbase WHERE height = %s", [block.header.height])

    def rows(self) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT height, coinbase FROM campaign_coinbase ORDER BY height")
            return list(cursor.fetchall())

    def _run(self, query: str, params: list[Any] | None = None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(query, params)


_COINBASES = _StoredCoinbases()


class _Node(Node):
    """The node as it starts, without the thread that ticks: the story says when to flush."""

    def __init__(self, data_dir: Path) -> None:
        logging.disable(logging.CRITICAL)
        network = crash_story.network()
        super().__init__(NodeConfig(network, data_dir, table=KEPT_NETWORK))
        self.clock = FixedClock(network.genesis.time_ms + _DAY_MS)

    def _start_ticks(self, parts: Any) -> None:
        self.importer, self.pool = parts.importer, parts.pool

    def digest(self) -> str:
        """Of every row of the ledger, side branches and projections included."""
        rows = sorted(dump_database().items()), _COINBASES.rows()
        return sha3_256(repr(rows).encode()).hexdigest()

    def take(self, step: Step) -> str:
        """Do the step; what became of a block."""
        try:
            if step.kind == "block":
                return str(self.importer.import_block(step.raw, source="campaign").outcome)
            if step.kind == "tx":
                self.pool.submit(step.raw)
        except Refused as refusal:
            return refusal.code
        if step.part is not None:
            chain.prune(part=step.part, keep=KEPT, window=KEPT, most=KEPT)
        elif step.kind == "rewind":
            chain.rewind_step(height=step.height)
        elif step.made is not None:
            self._load(step.made)
        elif step.kind == "reload":
            with chain.snapshot():
                rows = {name: list(chain.table_rows(name)) for name in chain.table_names()}
            chain.load_tables(rows.__getitem__)
        return "done"

    def _load(self, made: Made) -> None:
        """Load a snapshot in three chunks, after a first attempt that is dropped."""
        loader = SnapshotLoader(self.importer, self.bus)
        headers = [one.header for one in made.path()]
        rows = sorted((chain.key_of(*record), record) for record in made.records)
        third = len(rows) // 3
        cuts = [rows[:third], rows[third : 2 * third], rows[2 * third :]]
        for attempt in range(2):
            loader.begin(headers)
            first = FIRST_KEY
            for index, part in enumerate(cuts[:1] if attempt == 0 else cuts):
                last = part[-1][0] if index < 2 else LAST_KEY
                records = [(record, made.records[record]) for _, record in part]
                loader.store(hash=made.hash, index=index, first=first, last=last, records=records)
                first = (int.from_bytes(last) + 1).to_bytes(33)[1:]
            if attempt == 0:
                loading.drop()
        loader.finish(made.hash)

    def after(self, step: Step) -> _Node:
        """The node that goes on: another one after what is done to a stopped node."""
        if step.kind not in ("rewind", "reload"):
            return self
        self.stop()
        return _started(self.config.data_dir)

    def flush(self, say: Say) -> None:
        """Write the pool behind, and say before what the copy shall hold after."""
        held = self.pool.content(limit=_POOL_MOST).items
        assert len(held) == self.pool.stats().count, "the story keeps the pool small"
        say(f"flushing {pool_digest([waiting.tx.txid for waiting in held])}")
        self.pool.flush()
        say("flushed")


def _started(data_dir: Path) -> _Node:
    node = _Node(data_dir)
    node.start()
    return node


def _first_started(data_dir: Path) -> _Node:
    """The node of a new process."""
    _COINBASES.prepare()
    chain.register_projector(_COINBASES)
    return _started(data_dir)


def pool_digest(txids: list[bytes]) -> str:
    """Names a set of transactions."""
    return sha3_256(b"".join(sorted(txids))).hexdigest()


def live(data_dir: Path, story: list[Step], twin: Undisturbed, plan: Plan, say: Say) -> None:
    """Start, check, walk on; the knife falls inside."""
    if plan.tiny:
        _tiny_caches()
    failpoints.install(_knife(plan, say))
    node = _first_started(data_dir)
    first = _check_ledger(node, twin, plan)
    _check_pool(node, plan)
    say(f"found {first}")
    for index in range(first, len(story)):
        say(f"step {index}")
        outcome = node.take(story[index])
        # What the pool holds depends on its memory, of which a kill costs what was not flushed.
        if story[index].kind == "block" and outcome != twin.outcomes[index]:
            raise AssertionError(f"step {index}: {outcome}, the twin {twin.outcomes[index]}")
        node = node.after(story[index])
        say(f"done {index}")
        node.flush(say)
    say("end")


def _knife(plan: Plan, say: Say) -> Any:
    left = plan.turn

    def hook(name: str) -> None:
        nonlocal left
        if name.endswith(".committed") or name == "file.replaced":
            say(f"hit {name}")
        if name == plan.point:
            left -= 1
            if not left:
                say(f"killed {name}")
                os.kill(os.getpid(), signal.SIGKILL)

    return hook


def _tiny_caches() -> None:
    """The database spills inside a transaction and checkpoints all the time; no page is cached."""
    assert hasattr(pages, "_CACHED_DIGITS")
    pages._CACHED_DIGITS = -1
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite":
        for normal, tiny in _TINY.items():
            assert normal in options["init_command"], f"the settings no longer say {normal}"
            options["init_command"] = options["init_command"].replace(normal, tiny)


def _check_ledger(node: _Node, twin: Undisturbed, plan: Plan) -> int:
    """The number of steps that the ledger is past, one of the plan's."""
    chain.verify_state()
    found = node.digest()
    for step in sorted(plan.steps):
        if twin.digests[step] == found:
            return step
    places = [str(step) for step, digest in enumerate(twin.digests) if digest == found]
    where = " or ".join(places) or "nowhere in the twin's life"
    raise AssertionError(f"the ledger must be past step {set(plan.steps)}, it is at {where}")


def _check_pool(node: _Node, plan: Plan) -> None:
    """The copy is as last flushed; all of it waits again or was dropped with a reason."""
    rows = pool_store.load()
    assert all(SignedTx.decode(row.raw).txid == row.txid for row in rows), "a pool row is torn"
    found = pool_digest([row.txid for row in rows if row.height is None])
    assert found in plan.pools, "the pool's copy is not what was last flushed"
    for row in [row for row in rows if row.height is None]:
        known = node.pool.get(row.txid) or node.pool.dropped(row.txid)
        assert known is not None, f"the pool lost {row.txid.hex()} without a word"


def live_undisturbed(data_dir: Path, story: list[Step]) -> Undisturbed:
    """The twin's life, from an empty database."""
    heard: list[str] = []
    failpoints.install(heard.append)
    node = _first_started(data_dir)
    twin = Undisturbed([node.digest()], [], list(heard), [])
    for step in story:
        heard.clear()
        twin.outcomes.append(node.take(step))
        node = node.after(step)
        node.pool.flush()
        twin.trace.append(list(heard))
        twin.digests.append(node.digest())
    chain.verify_state()
    return twin

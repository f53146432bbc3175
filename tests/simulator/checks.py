"""What must hold of every node at the end, computed another way than nodes do."""

from __future__ import annotations

from chain import queries
from chain import service as chain
from tests import support
from tests.simulator.calm import agreed, heads
from tests.simulator.databases import Database
from tests.simulator.node import Node
from tests.simulator.sizes import sizes
from tests.simulator.world import Broken, World
from tests.support import new_importer

CONTAINER_MOST = 5_000
"""No world is large enough to make an engine keep more of anything."""

Dump = dict[str, list[tuple]]


def check_all(world: World) -> None:
    """All of it."""
    if not agreed(world):
        raise Broken("no agreement", heads(world))
    dumps = [_dump(node) for node in world.nodes]
    line = _best_chain(world.nodes[0])
    again = replayed(world, line)
    for node, dump in zip(world.nodes, dumps, strict=True):
        _compare(f"node {node.number}", dump, again)
        _check_state(node)
        check_supply(world, node, dump)
        check_bounds(node)
        check_connections(world, node)


def _dump(node: Node) -> Dump:
    with node.database.using():
        return support.dump_database(best_chain_only=True)


def _best_chain(node: Node) -> list[bytes]:
    with node.database.using():
        line = []
        for height in range(1, chain.head().height + 1):
            entry = chain.canonical_header(height)
            assert entry is not None
            raw = chain.raw_block(entry.hash)
            assert raw is not None
            line.append(raw)
        return line


def replayed(world: World, line: list[bytes]) -> Dump:
    """What a node has that was only ever given the best chain, block after block."""
    database = Database()
    try:
        with database.using():
            now = world.begun_ms + world.schedule.now + 10_000
            importer = new_importer(world.network, now=now)
            for raw in line:
                outcome = importer.import_block(raw, source="replay").outcome
                if outcome != "added":
                    raise Broken("on an invalid chain", f"a block is {outcome} when replayed")
            return support.dump_database(best_chain_only=True)
    finally:
        database.close()


def _compare(who: str, dump: Dump, again: Dump) -> None:
    for table in again:
        if table not in ("chain_block", "chain_blockbody") and dump[table] != again[table]:
            differing = set(map(repr, dump[table])) ^ set(map(repr, again[table]))
            raise Broken("ledgers differ", f"{who}: {table}: {sorted(differing)[:2]}")


def _check_state(node: Node) -> None:
    with node.database.using():
        try:
            chain.verify_head()
            chain.verify_state()
        except Exception as error:
            raise Broken("state root", f"node {node.number}: {error}") from error


def check_supply(world: World, node: Node, dump: Dump) -> None:
    """What all accounts hold is what was there, and what was minted less what was burnt."""
    with node.database.using():
        totals = queries.totals()
    records = [dict(row) for row in dump["chain_staterecord"]]
    held = sum(
        support.Account.decode(record["value"]).balance
        for record in records
        if record["module"] == "account"
    )
    if not held == totals.supply == totals.genesis + totals.minted - totals.burnt:
        raise Broken("supply", f"node {node.number}: {held} held, {totals}")


def check_bounds(node: Node) -> None:
    """Nothing in the engine grows without end."""
    for path, size in sizes(node.engine).items():
        if size > CONTAINER_MOST:
            raise Broken("memory", f"node {node.number}: {path} has {size} items")


def check_connections(world: World, node: Node) -> None:
    """The engine's peers are the connections that there are."""
    open_ends = set(world.net.open_ends(node))
    known = set(node.engine.ctx.peers)
    if open_ends != known:
        raise Broken("peers", f"node {node.number}: knows {known}, connected are {open_ends}")

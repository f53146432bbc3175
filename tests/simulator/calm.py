"""What follows the storm: the net heals, pools drain, bans run out."""

from __future__ import annotations

from collections.abc import Callable

from chain import queries
from chain import service as chain
from tests.simulator.build import bans_of
from tests.simulator.node import Node
from tests.simulator.work import SENDERS, Transfer, transfers
from tests.simulator.world import Broken, World
from tests.support import key

HOUR_MS = 3_600_000
BAN_MS = 26 * HOUR_MS
"""Longer than the longest ban."""
PACES = (
    # until, interval of ticks (None: the plan's), of checks, of blocks
    (120_000, None, 1_000, 7_000),
    (15 * 60_000, 1_000, 5_000, 60_000),
    (BAN_MS, 10_000, 60_000, 30 * 60_000),
)
SPREAD_MS = 90_000
"""Within this time everything that waits anywhere waits everywhere."""
DRAIN_BLOCKS = 40
DRAIN_MS = 4_000


def settle(world: World) -> None:
    """Every node comes to the same head, at the latest once all bans have run out."""
    begun = world.schedule.now
    for until, tick_ms, check_ms, block_ms in PACES:
        world.coarse_ms = tick_ms
        next_block = world.schedule.now + block_ms
        while world.schedule.now < begun + until:
            world.run_for(check_ms)
            if agreed(world):
                world.settled_ms = world.schedule.now - begun
                world.coarse_ms = None
                return
            if world.schedule.now >= next_block:
                world.rng.choice(world.nodes).mine()
                next_block = world.schedule.now + block_ms
    raise Broken("no agreement", heads(world))


def agreed(world: World) -> bool:
    """Whether all nodes have one head."""
    return len({head_of(node) for node in world.nodes}) == 1


def heads(world: World) -> str:
    """Every node's head, for people."""
    return ", ".join(
        f"{node.number}: {hash.hex()[:8]} at {height}"
        for node in world.nodes
        for hash, height in [head_of(node)]
    )


def head_of(node: Node) -> tuple[bytes, int]:
    """A node's head: hash and height."""
    with node.database.using():
        head = chain.head()
    return head.hash, head.height


def pool_of(node: Node) -> frozenset[bytes]:
    """What waits at a node."""
    return frozenset(node.pool.txids())


def spread(world: World) -> None:
    """All pools come to hold the same; nothing is lost without a reason."""
    _wait(world, SPREAD_MS, lambda: len({pool_of(node) for node in world.nodes}) == 1)
    pools = [pool_of(node) for node in world.nodes]
    if len(set(pools)) > 1:
        union = frozenset().union(*pools)
        missing = {n: [t.hex()[:8] for t in union - pool] for n, pool in enumerate(pools)}
        raise Broken("pools differ", repr({n: ids for n, ids in missing.items() if ids}))
    unexplained = [
        name for name in _unmined(world) if not _waits_or_left(world, transfers()[name].tx.txid)
    ]
    if unexplained:
        raise Broken("lost without a reason", repr(unexplained))


def _waits_or_left(world: World, txid: bytes) -> bool:
    waits = any(txid in pool_of(node) for node in world.nodes)
    return waits or txid not in world.submitted or txid in world.drops or txid in world.lost


def _unmined(world: World) -> list[tuple[int, int, bool]]:
    """What wallets wanted to submit so far and whose nonce is still to come."""
    with world.nodes[0].database.using():
        nonces = [queries.account(key(n).address)[0] for n in range(SENDERS)]
    wanted = sorted({submission.transfer for submission in world.plan.submissions})
    return [name for name in wanted if name[1] >= nonces[name[0]]]


def drain(world: World) -> None:
    """Wallets hand in again what was lost; then miners empty every pool."""
    for name in _unmined(world):
        if not name[2] and not any(_has(node, transfers()[name]) for node in world.nodes):
            world.submit(world.rng.randrange(len(world.nodes)), name)
            world.count("submitted again")
    for _ in range(DRAIN_BLOCKS):
        world.run_for(DRAIN_MS)
        if agreed(world) and not any(pool_of(node) for node in world.nodes):
            break
        world.rng.choice(world.nodes).mine()
    else:
        waiting = {node.number: len(pool_of(node)) for node in world.nodes}
        raise Broken("pools do not drain", f"{waiting}; {heads(world)}")
    if left := _unmined(world):
        raise Broken(
            "never mined", repr([(n, world.drops.get(transfers()[n].tx.txid)) for n in left])
        )


def _has(node: Node, transfer: Transfer) -> bool:
    """Whether this transfer, or one in its place, waits at a node."""
    waiting = node.pool.by_sender(key(transfer.sender).address)
    return any(pooled.tx.unsigned.nonce == transfer.nonce for pooled in waiting)


def forgive(world: World) -> None:
    """No ban is for ever, and once they are over the net is whole and carries blocks."""
    if any(bans_of(node) for node in world.nodes):
        world.count("worlds with bans")
        world.coarse_ms = 10_000
        _wait(world, BAN_MS, lambda: not any(bans_of(n) for n in world.nodes), every=60_000)
        if still := {n.number: bans_of(n) for n in world.nodes if bans_of(n)}:
            raise Broken("banned for ever", repr(still))
        # Ends what was coarse: engines hear the time often again.
        world.run_for(60_000)
        world.coarse_ms = None
        world.run_for(60_000)
    world.rng.choice(world.nodes).mine()
    _wait(world, 60_000, lambda: agreed(world))
    if not agreed(world):
        raise Broken("a block does not spread", heads(world))
    lonely = [node.number for node in world.nodes if not node.engine.ctx.ready]
    if lonely:
        raise Broken("without peers", repr(lonely))


def _wait(world: World, most_ms: int, done: Callable[[], bool], every: int = 1_000) -> None:
    end = world.schedule.now + most_ms
    while world.schedule.now < end and not done():
        world.run_for(every)

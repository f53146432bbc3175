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

SLEEP_MS = 60 * 60_000
SLEEPS = 27
"""Together they are longer than the longest ban."""
BACKOFFS = 1
"""So many sleeps outlast every wait before somebody is dialled again."""
WAKE_MS = 90_000
"""How long after a sleep, and after the storm, nodes have until they agree."""
BLOCK_MS = 7_000
SPREAD_MS = 90_000
"""Within this time everything that waits anywhere waits everywhere."""
DRAIN_BLOCKS = 40
DRAIN_MS = 4_000


def settle(world: World) -> None:
    """Every node comes to the same head, at the latest once all bans have run out."""
    begun = world.schedule.now
    for slept in range(SLEEPS):
        for _ in range(WAKE_MS // BLOCK_MS):
            _wait(world, BLOCK_MS, lambda: agreed(world))
            if agreed(world):
                world.settled_ms = world.schedule.now - begun
                return
            world.rng.choice(world.nodes).mine()
        if slept >= BACKOFFS and not any(bans_of(node) for node in world.nodes):
            break
        world.sleep(SLEEP_MS)
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
        for _ in range(SLEEPS):
            world.sleep(SLEEP_MS)
            world.run_for(1_000)
            if not any(bans_of(node) for node in world.nodes):
                break
        else:
            still = {node.number: bans_of(node) for node in world.nodes}
            raise Broken("banned for ever", repr(still))
        world.run_for(WAKE_MS)
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

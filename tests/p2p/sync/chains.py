"""A tree of blocks made once: a trunk and branches from everywhere, of which nodes have parts."""

from __future__ import annotations

from functools import cache

from tests.p2p.sync.ledger import MemoryLedger
from tests.p2p.sync.net import Net
from tests.support import ChainBuilder, Made, fast_network

NETWORK = fast_network(accounts=1, local={"max_reorg_blocks": 100_000})
BUILDER = ChainBuilder(NETWORK)
GENESIS = BUILDER.genesis
DAY = 86_400_000
TRUNK = BUILDER.grow(GENESIS, 200)


@cache
def branch(fork: int, length: int, name: bytes = b"") -> list[Made]:
    """Blocks from height 1 on, those up to ``fork`` of the trunk."""
    start = TRUNK[fork - 1] if fork else GENESIS
    return [*TRUNK[:fork], *BUILDER.grow(start, length, extra=b"%d/%s" % (fork, name))]


def ledger(line: list[Made] | None = None, **facts) -> MemoryLedger:
    return MemoryLedger(GENESIS, NETWORK, **facts).load(line or [])


def new_net(**facts) -> Net:
    return Net(NETWORK.genesis.time_ms + DAY, **facts)

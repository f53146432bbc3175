"""A small chain made without a database: what the seeds are cut from.

    genesis ── 1 ── 2 ── 3 ── next ── last    the best chain goes to 3: keys stored, accounts paid
                └── 2b ── 3b ── overtaking    a branch of the same work up to 3b

Blocks on both have hash shares: of fresh templates, and of blocks of the other branch.

Signatures are hedged, so the chain cannot be made twice: ``world.cbor`` keeps its blocks, and some
transactions for an empty pool. ``python -m tests.fuzz --seeds`` makes it anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha3_256
from pathlib import Path
from typing import Any

from consensus.rules import fork_choice, shares
from core.block import Block
from core.tx import SignedTx
from tests.fuzz import oracle
from tests.support import ChainBuilder, Made, after, fast_network, key, transfer

SLOW = 60_000
"""An interval (ms) that keeps Θ at its least, so that branches weigh by their length."""
NETWORK = fast_network()
FILE = Path(__file__).with_name("world.cbor")
NAMES = ("first", "second", "third", "second-b", "third-b", "next", "overtaking", "last")


@dataclass(frozen=True)
class Chain:
    """The builder, the best chain from height 1, the branch, and what may come on both."""

    builder: ChainBuilder
    line: tuple[Made, ...]
    side: tuple[Made, ...]
    next: Made
    overtaking: Made
    last: Made


@cache
def _kept() -> dict[str, Any]:
    value: dict[str, Any] = oracle.decode(FILE.read_bytes())[0]
    return value


def pool_transactions() -> list[bytes]:
    """Signed transactions for the pool of ``tests.mempool.world``."""
    kept: list[bytes] = _kept()["pool"]
    return kept


@cache
def chain() -> Chain:
    """The kept chain, executed again."""
    builder = ChainBuilder(NETWORK)
    parents = dict(zip(NAMES, (None, "first", "second", "first", "second-b"), strict=False))
    parents |= {"next": "third", "overtaking": "third-b", "last": "next"}
    made: dict[str, Made] = {}
    for name in NAMES:
        parent = parents[name]
        made[name] = _made(builder, made[parent] if parent else builder.genesis, _kept()[name])
    line = (made["first"], made["second"], made["third"])
    side = (made["second-b"], made["third-b"])
    return Chain(builder, line, side, made["next"], made["overtaking"], made["last"])


def _made(builder: ChainBuilder, parent: Made, raw: bytes) -> Made:
    block = Block.decode(raw, limit=100_000, items=10_000)
    proven = builder.prove(parent, block.header, block.envelopes)
    effects, _ = builder.run(parent, block.header, block.txs, proven)
    return Made(
        block,
        parent,
        after(parent.records, effects),
        fork_choice.total_work(parent.work, block.header),
        parent.minted + effects.minted,
        parent.burnt + effects.burnt,
        effects,
    )


# ------------------------------------------------------------------ made anew


def make(pool: Sequence[bytes]) -> None:
    """Write ``world.cbor``; what was made of the old one in this process is forgotten."""
    builder = ChainBuilder(NETWORK)

    def grow(parent: Made, txs: Sequence[SignedTx] = (), **options: Any) -> Made:
        return builder.make(parent, txs, interval_ms=SLOW, **options)

    keeps = [transfer(key(n), key(9).address, 10, nonce=0, keep=True) for n in (1, 2)]
    first = grow(builder.genesis, keeps)
    fresh = [builder.share(first, key(20 + n).address, extra=bytes([n])) for n in range(2)]
    paid = transfer(key(3), key(1).address, 5, nonce=0)
    second = grow(
        first, [paid], envelopes=[*fresh, builder.share(builder.genesis, key(22).address)]
    )
    third = grow(second, extra=b"pool 7")
    second_b = grow(first, _of_all_shapes(0)[:2])
    third_b = grow(second_b, coinbase=key(6).address)
    lost = [shares.envelope(second_b.header), builder.share(third, key(1).address)]
    following = grow(third, _of_all_shapes(1), coinbase=key(6).address, envelopes=lost)
    lost = [shares.envelope(second.header), builder.share(second_b, key(1).address)]
    overtaking = grow(third_b, [transfer(key(4), key(5).address, 1, nonce=0)], envelopes=lost)
    made = (first, second, third, second_b, third_b, following, overtaking, grow(following))
    raws = {name: each.raw for name, each in zip(NAMES, made, strict=True)}
    FILE.write_bytes(oracle.encode({**raws, "pool": list(pool)}))
    chain.cache_clear()
    _kept.cache_clear()


def _of_all_shapes(nonce: int) -> list[SignedTx]:
    """By keys 1 and 2, whose keys are stored, and by key 3 at this nonce."""
    slots = tuple(sorted(sha3_256(b"%d" % n).digest() for n in range(2)))
    listed = tuple(sorted([(key(7).address, slots), (key(8).address, ())]))
    return [
        transfer(key(1), key(5).address, 1_000_000, nonce=1, until=9),
        transfer(key(2), key(2).address, 70_000, nonce=1, access=listed, max_tip=2),
        transfer(key(3), key(40).address, 300, nonce=nonce, keep=True, max_fee=90),
    ]

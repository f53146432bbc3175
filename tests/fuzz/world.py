"""A small chain made without a database: what the seeds are cut from.

genesis ── 1 ── 2 ── 3        the best chain: keys stored, accounts paid
            └── 2b ── 3b      a branch of the same work, so that one more block reorganises
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha3_256

from core.tx import SignedTx
from tests.support import ChainBuilder, Made, fast_network, key, transfer

SLOW = 60_000
"""An interval (ms) that keeps Θ at its least, so that branches weigh by their length."""
NETWORK = fast_network()


@dataclass(frozen=True)
class Chain:
    """The builder, the best chain from height 1, the branch, and children of both ends."""

    builder: ChainBuilder
    line: tuple[Made, ...]
    side: tuple[Made, ...]
    next: Made
    overtaking: Made


def transactions(nonces: dict[int, int]) -> list[SignedTx]:
    """Transfers of all shapes by the keys 1 to 4, whose nonces are given."""
    slots = tuple(sorted(sha3_256(b"%d" % n).digest() for n in range(2)))
    listed = tuple(sorted([(key(7).address, slots), (key(8).address, ())]))
    return [
        transfer(key(1), key(5).address, 1_000_000, nonce=nonces[1], until=9),
        transfer(key(2), key(2).address, 70_000, nonce=nonces[2], access=listed, max_tip=2),
        transfer(key(3), key(40).address, 300, nonce=nonces[3], keep=True, max_fee=90),
        transfer(key(3), key(41).address, 2, nonce=nonces[3] + 1),
        transfer(key(4), key(9).address, 1, nonce=nonces[4], gas=150_000),
    ]


@cache
def chain() -> Chain:
    """The one chain of a process; equal in every process, since keys and signatures are."""
    builder = ChainBuilder(NETWORK)
    keeps = [transfer(key(n), key(9).address, 10, nonce=0, keep=True) for n in (1, 2)]
    first = builder.make(builder.genesis, keeps, interval_ms=SLOW)
    second = builder.make(first, [transfer(key(3), key(1).address, 5, nonce=0)], interval_ms=SLOW)
    third = builder.make(second, interval_ms=SLOW, extra=b"pool 7")
    second_b = builder.make(first, transactions({1: 1, 2: 1, 3: 0, 4: 0})[:2], interval_ms=SLOW)
    third_b = builder.make(second_b, interval_ms=SLOW, coinbase=key(6).address)
    following = transactions({1: 1, 2: 1, 3: 1, 4: 0})[:3]
    return Chain(
        builder,
        (first, second, third),
        (second_b, third_b),
        builder.make(third, following, interval_ms=SLOW, coinbase=key(6).address),
        builder.make(third_b, [transfer(key(4), key(5).address, 1, nonce=0)], interval_ms=SLOW),
    )

"""The search itself: hash nonces until a draw is below the threshold. Source: docs/spec/mining.md.

Imports next to nothing, so that a worker process starts quickly and stays small.
"""

from __future__ import annotations

from hashlib import sha3_256
from time import perf_counter_ns
from typing import NamedTuple

from core.limits import SHARES_PER_BLOCK_MOST

NONCE_LIMIT = 2**64


MOST_SHARES = SHARES_PER_BLOCK_MOST
"""Shares noted in one range; no block takes more."""


class Order(NamedTuple):
    """A range to search: ``job`` tells searches apart, the rest as in ``search_shares``."""

    job: int
    seal_prefix: bytes
    start: int
    length: int
    threshold: int
    share_threshold: int = 0


class Answer(NamedTuple):
    """What came of an order: the nonce if found, hashes done, how long they took, and shares."""

    job: int
    nonce: int | None
    hashes: int
    elapsed_ns: int
    shares: tuple[int, ...] = ()


def search_range(seal_prefix: bytes, start: int, count: int, threshold: int) -> int | None:
    """The first nonce in ``start … start + count − 1`` whose draw is below ``threshold``.

    ``seal_prefix`` is the header's sign bytes and mix (80 bytes), ``threshold`` an integer of up
    to 2^256; a nonce is hashed as 8 bytes, little endian. None when the range holds no such nonce.
    Nonces end at 2^64: what a range asks for beyond is not searched.
    """
    end = min(start + count, NONCE_LIMIT)
    if threshold >> 256:
        return start if start < end else None
    # Big-endian integers of one width order as their bytes do.
    below = threshold.to_bytes(32, "big")
    primed = sha3_256(seal_prefix).copy
    for nonce in range(start, end):
        draw = primed()
        draw.update(nonce.to_bytes(8, "little"))
        if draw.digest() < below:
            return nonce
    return None


def search_shares(
    seal_prefix: bytes, start: int, count: int, threshold: int, share_threshold: int
) -> tuple[int | None, tuple[int, ...]]:
    """As ``search_range``, and the nonces on the way whose draws are below ``share_threshold``.

    At most ``MOST_SHARES`` of them. Hits are rare, so the loop over nonces stays the same and is
    begun anew after each.
    """
    shares: list[int] = []
    end = start + count
    while share_threshold > threshold and len(shares) < MOST_SHARES:
        nonce = search_range(seal_prefix, start, end - start, share_threshold)
        if nonce is None or _draw(seal_prefix, nonce) < threshold:
            return nonce, tuple(shares)
        shares.append(nonce)
        start = nonce + 1
    return search_range(seal_prefix, start, end - start, threshold), tuple(shares)


def _draw(seal_prefix: bytes, nonce: int) -> int:
    return int.from_bytes(sha3_256(seal_prefix + nonce.to_bytes(8, "little")).digest(), "big")


def carry_out(order: Order) -> Answer:
    """Search one range and time it."""
    began = perf_counter_ns()
    nonce, shares = search_shares(*order[1:])
    hashes = order.length if nonce is None else nonce - order.start + 1
    return Answer(order.job, nonce, hashes, perf_counter_ns() - began, shares)

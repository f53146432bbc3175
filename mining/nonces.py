"""The search itself: hash nonces until a draw is below the threshold. Source: docs/spec/mining.md.

Imports next to nothing, so that a worker process starts quickly and stays small.
"""

from __future__ import annotations

from hashlib import sha3_256
from time import perf_counter_ns
from typing import NamedTuple

NONCE_LIMIT = 2**64


class Order(NamedTuple):
    """A range to search: ``job`` tells searches apart, the rest as in ``search_range``."""

    job: int
    seal_prefix: bytes
    start: int
    length: int
    threshold: int


class Answer(NamedTuple):
    """What came of an order: the nonce if found, hashes done, and how long they took."""

    job: int
    nonce: int | None
    hashes: int
    elapsed_ns: int


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


def carry_out(order: Order) -> Answer:
    """Search one range and time it."""
    began = perf_counter_ns()
    nonce = search_range(order.seal_prefix, order.start, order.length, order.threshold)
    hashes = order.length if nonce is None else nonce - order.start + 1
    return Answer(order.job, nonce, hashes, perf_counter_ns() - began)

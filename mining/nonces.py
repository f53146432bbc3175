"""The search itself: hash nonces until a draw is below the threshold. Source: docs/spec/mining.md.

Imports nothing but hashlib, so that a worker process starts quickly and stays small.
"""

from __future__ import annotations

from hashlib import sha3_256

NONCE_LIMIT = 2**64


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

"""SHA3-256, plain and under a domain tag. Source: FIPS 202; docs/spec/conventions.md."""

from __future__ import annotations

from hashlib import sha3_256
from typing import NewType

Tag = NewType("Tag", bytes)
"""``ascii(name) || 00``: the prefix that separates one use of the hash from all others."""

ZERO32 = bytes(32)


def sha3(data: bytes) -> bytes:
    """H(data), 32 bytes."""
    return sha3_256(data).digest()


def tagged(tag: Tag, data: bytes) -> bytes:
    """T(tag, data) = H(tag || 00 || data), 32 bytes."""
    return sha3_256(tag + data).digest()

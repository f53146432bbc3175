"""Ints as 32 bytes: their ABI form, and what the engine has for keys of ``dict[int, …]``."""

from __future__ import annotations

from execution.lang.types import INT_BYTES


def pack_key(key: int) -> bytes:
    """The 32 bytes of an int: its ABI form, and its form as the engine's dict key."""
    return key.to_bytes(INT_BYTES, "big", signed=True)


def unpack_key(key: bytes) -> int:
    """The int of its 32 bytes."""
    return int.from_bytes(key, "big", signed=True)

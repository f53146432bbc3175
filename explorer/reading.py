"""What readers type or follow: heights, hashes and addresses out of text."""

from __future__ import annotations

import re

from core.limits import HASH_BYTES

_HEX = re.compile(r"(?:0[xX])?([0-9a-fA-F]+)")
_HASH_DIGITS = 2 * HASH_BYTES
_HEIGHT_DIGITS = 19


def height(text: str) -> int | None:
    """A block height: digits, grouped by commas or spaces if at all, ``#`` in front allowed."""
    digits = re.sub(r"[,_\s\u202f']", "", text.removeprefix("#"))
    if digits.isascii() and digits.isdigit() and len(digits) <= _HEIGHT_DIGITS:
        return int(digits)
    return None


def hex_digits(text: str) -> str | None:
    """The digits of hex text, without ``0x``; None when it is something else."""
    found = _HEX.fullmatch(text)
    return found[1].lower() if found else None


def hash32(text: str) -> bytes | None:
    """A block hash or txid: 64 hex digits, with or without ``0x``."""
    digits = hex_digits(text)
    return bytes.fromhex(digits) if digits and len(digits) == _HASH_DIGITS else None

"""The text form of addresses. Source: BIP-350; docs/spec/addresses.md."""

from __future__ import annotations

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CONSTANT = 0x2BC830A3
_PREFIX = "anim"
_LONGEST = 90
ALGORITHMS = (0x0000, 0x1003, 0x1002)
"""The ids that own accounts."""


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                check ^= generator
    return check


def _expanded() -> list[int]:
    return [ord(c) >> 5 for c in _PREFIX] + [0] + [ord(c) & 31 for c in _PREFIX]


def decode(text: str) -> bytes | None:
    """The 34 bytes that the text names, ``None`` where it names no address."""
    lowered = text.lower()
    if len(text) > _LONGEST or not text.isascii() or text not in (lowered, text.upper()):
        return None
    prefix, found, data = lowered.rpartition("1")
    if not found or prefix != _PREFIX or len(data) < 6 or not set(data) <= set(_ALPHABET):
        return None
    words = [_ALPHABET.index(c) for c in data]
    if _polymod(_expanded() + words) != _CONSTANT:
        return None
    return _bytes(words[:-6])


def encode(address: bytes) -> str:
    """The text of an address."""
    number = int.from_bytes(address, "big") << 3  # 34 bytes are 272 bits, 55 words are 275
    words = [number >> 5 * (54 - index) & 31 for index in range(55)]
    check = _polymod(_expanded() + words + [0] * 6) ^ _CONSTANT
    words += [check >> 5 * (5 - index) & 31 for index in range(6)]
    return f"{_PREFIX}1" + "".join(_ALPHABET[word] for word in words)


def _bytes(words: list[int]) -> bytes | None:
    if len(words) != 55:
        return None
    number = 0
    for word in words:
        number = number << 5 | word
    if number & 7:
        return None
    address = (number >> 3).to_bytes(34, "big")
    return address if int.from_bytes(address[:2], "big") in ALGORITHMS else None

"""Bech32m text (BIP-350): an HRP, the separator ``1``, 5-bit words, a 30-bit checksum.

Shape: ``encode(hrp, payload) -> text``; ``decode(text) -> (hrp, payload)``. Text is at most 90
characters. Every refusal is an ``EncodingRefused`` with its own ``address.…`` code.
Source: BIP-173 (alphabet, padding), BIP-350 (constant); docs/spec/addresses.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.errors import EncodingRefused

MAX_CHARACTERS = 90
_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32M = 0x2BC830A3
_BECH32 = 1


class TextTooLong(EncodingRefused):
    """The text has more characters than the checksum protects."""

    code = "address.too_long"
    hint = "Check that nothing else was pasted along with the address."


class MixedCase(EncodingRefused):
    """The text mixes upper-case and lower-case letters."""

    code = "address.mixed_case"
    hint = "Write the address in lower case only."


class BadCharacter(EncodingRefused):
    """The text holds a character that the alphabet does not have."""

    code = "address.bad_character"
    hint = "Copy the address again; the letters b, i and o never occur after the prefix."


class SeparatorMissing(EncodingRefused):
    """The text has no prefix, no separator, or too few characters for a checksum."""

    code = "address.separator_missing"
    hint = "An address starts with its prefix and the digit 1, and ends with its checksum."


class WrongConstant(EncodingRefused):
    """The checksum is right for the older bech32 and wrong for bech32m."""

    code = "address.wrong_constant"
    hint = "Ask for the address in bech32m (BIP-350); it was written with the bech32 constant."


class BadChecksum(EncodingRefused):
    """The checksum does not match the text: at least one character is wrong."""

    code = "address.bad_checksum"
    hint = "Copy the address again; at least one character differs."


class BadPadding(EncodingRefused):
    """The words do not end on a whole byte: over four spare bits, or spare bits not zero."""

    code = "address.bad_padding"
    hint = "The text was not made from whole bytes; ask its maker to write it again."


def encode(hrp: str, payload: bytes) -> str:
    """The lower-case text of ``payload`` (any bytes) under ``hrp``.

    Raises ``TextTooLong`` over 90 characters, ``BadCharacter``/``MixedCase`` for a bad HRP.
    """
    return encode_words(hrp, _regroup(payload, 8, 5, pad=True))


def decode(text: str) -> tuple[str, bytes]:
    """The HRP (lower case) and the bytes of ``text``; refuses anything but canonical bech32m."""
    hrp, words = decode_words(text)
    return hrp, bytes(_regroup(words, 5, 8, pad=False))


def encode_words(hrp: str, words: Sequence[int]) -> str:
    """The text of 5-bit ``words`` under ``hrp``, checksum appended."""
    _check_prefix(hrp)
    if hrp != hrp.lower():
        raise MixedCase("the prefix must be lower case", field="prefix")
    checksum = _polymod([*_expand(hrp), *words, 0, 0, 0, 0, 0, 0]) ^ _BECH32M
    tail = [(checksum >> shift) & 31 for shift in (25, 20, 15, 10, 5, 0)]
    text = hrp + "1" + "".join(_ALPHABET[word] for word in (*words, *tail))
    if len(text) > MAX_CHARACTERS:
        raise TextTooLong(f"the text would have {len(text)} characters", limit=MAX_CHARACTERS)
    return text


def decode_words(text: str) -> tuple[str, list[int]]:
    """The HRP (lower case) and the 5-bit words of ``text``, checksum verified and removed."""
    if len(text) > MAX_CHARACTERS:
        raise TextTooLong(f"the text has {len(text)} characters", limit=MAX_CHARACTERS)
    for position, character in enumerate(text):
        _check_character(character, position)
    lower = text.lower()
    if text not in (lower, text.upper()):
        raise MixedCase("the text mixes upper and lower case")
    split = lower.rfind("1")
    if split < 1 or split + 7 > len(text):
        raise SeparatorMissing("the text lacks a prefix, the separator 1 or a checksum")
    hrp, data = lower[:split], lower[split + 1 :]
    for position, character in enumerate(data, split + 1):
        if character not in _VALUES:
            raise BadCharacter(f"the character at {position} is not allowed", position=position)
    words = [_VALUES[character] for character in data]
    constant = _polymod([*_expand(hrp), *words])
    if constant == _BECH32:
        raise WrongConstant("the checksum is of bech32, not of bech32m")
    if constant != _BECH32M:
        raise BadChecksum("the checksum does not match the text")
    return hrp, words[:-6]


def _check_prefix(hrp: str) -> None:
    if not hrp:
        raise SeparatorMissing("the prefix is empty", field="prefix")
    for position, character in enumerate(hrp):
        _check_character(character, position)


def _check_character(character: str, position: int) -> None:
    if not 33 <= ord(character) <= 126:
        raise BadCharacter(f"the character at {position} is not printable", position=position)


def _expand(hrp: str) -> list[int]:
    return [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]


def _polymod(values: Iterable[int]) -> int:
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                state ^= generator
    return state


def _regroup(values: Iterable[int], width: int, new_width: int, *, pad: bool) -> list[int]:
    """Regroup bits, most significant first; without ``pad`` spare bits must be few and zero."""
    pending, bits, groups = 0, 0, []
    for value in values:
        pending, bits = pending << width | value, bits + width
        while bits >= new_width:
            bits -= new_width
            groups.append(pending >> bits)
            pending &= (1 << bits) - 1
    if pad:
        return [*groups, pending << (new_width - bits)] if bits else groups
    if bits >= width or pending:
        raise BadPadding("the words do not end on a whole byte")
    return groups

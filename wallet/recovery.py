"""Recovery words: the secret as checksummed text to write down. Source: docs/guides/wallet.md.

A word is bech32m with the prefix ``animsec`` over ``alg (u16 big endian) || place (u8) ||
32 bytes``. An ML-DSA-65 seed is one word; an SLH-DSA-SHAKE-128s secret is two, places 0 and 1.
Plain hex of the secret is read too: development networks show their test keys so.
"""

from __future__ import annotations

from core import bech32m
from core.errors import EncodingRefused
from pq.algorithms import SIGNATURE_ALGORITHMS, algorithm
from pq.signing import PrivateKey
from wallet.errors import RecoveryRefused

PREFIX = "animsec"
_PART_BYTES = 32
_CHECKED = b"animica recovery check"


def to_words(key: PrivateKey) -> list[str]:
    """The words of a key, in order."""
    parts = range(0, len(key.secret), _PART_BYTES)
    return [
        bech32m.encode(
            PREFIX,
            key.alg.to_bytes(2, "big") + bytes([place]) + key.secret[start : start + _PART_BYTES],
        )
        for place, start in enumerate(parts)
    ]


def from_text(text: str) -> PrivateKey:
    """The key of recovery words (parted by white space) or of its secret in hex.

    A secret that holds its own public key is proved by a signature, about a second for SLH-DSA.
    Raises ``RecoveryRefused``, which never repeats any of the text.
    """
    words = text.split()
    if not words:
        raise RecoveryRefused("there are no recovery words")
    try:
        key = _from_hex(words[0]) if len(words) == 1 else None
        key = key or _from_words(words)
        if key.public_key in key.secret:
            key.sign(_CHECKED, b"")
    except EncodingRefused as error:
        raise RecoveryRefused(error.message) from None
    return key


def _from_hex(word: str) -> PrivateKey | None:
    digits = word.removeprefix("0x")
    try:
        secret = bytes.fromhex(digits)
    except ValueError:
        return None
    for scheme in SIGNATURE_ALGORITHMS.values():
        if len(secret) == scheme.secret_bytes:
            return PrivateKey(scheme.alg_id, secret)
    raise RecoveryRefused(f"a secret in hex has 64 or 128 digits, not {len(digits)}")


def _from_words(words: list[str]) -> PrivateKey:
    alg, secret = 0, b""
    for place, word in enumerate(words):
        prefix, payload = bech32m.decode(word)
        if prefix != PREFIX or len(payload) != 3 + _PART_BYTES:
            raise RecoveryRefused(f"word {place + 1} is not a recovery word", word=place + 1)
        if place == 0:
            alg = int.from_bytes(payload[:2], "big")
        if payload[:3] != alg.to_bytes(2, "big") + bytes([place]):
            raise RecoveryRefused(
                f"word {place + 1} belongs to another key or place", word=place + 1
            )
        secret += payload[3:]
        if len(secret) > algorithm(alg).secret_bytes:
            raise RecoveryRefused("there are more words than the key has", word=place + 1)
    return PrivateKey(alg, secret)

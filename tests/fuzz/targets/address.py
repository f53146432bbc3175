"""Addresses from text, held against bech32m written from BIP-350 alone."""

from __future__ import annotations

from random import Random

from core import bech32m
from pq import addresses
from tests.fuzz import mutate as mutations
from tests.fuzz.claims import attempt
from tests.support import key

MAX_BYTES = 100
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CONSTANTS = (0x2BC830A3, 0x2BC830A3, 0x2BC830A3, 1)


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    payload = _payload(text)
    decoded = attempt(bech32m.decode, text)
    assert (decoded is None) == (payload is None), "the reference has another verdict"
    address = attempt(addresses.from_text, text)
    if payload is not None:
        assert decoded == payload
        assert bech32m.encode(*payload) == text.lower(), "two texts of one payload"
    if address is not None:
        assert payload == ("anim", address)
        assert addresses.to_text(address) == text.lower() and len(address) == 34


def _payload(text: str) -> tuple[str, bytes] | None:
    """Prefix and bytes by the BIP's rules, or None where it refuses."""
    if len(text) > 90 or any(not "!" <= letter <= "~" for letter in text):
        return None
    if text != text.lower() and text != text.upper():
        return None
    prefix, separator, tail = text.lower().rpartition("1")
    if not (prefix and separator) or len(tail) < 6 or any(c not in _LETTERS for c in tail):
        return None
    words = [_LETTERS.index(letter) for letter in tail]
    if _checksum(prefix, words) != _CONSTANTS[0]:
        return None
    bits = "".join(f"{word:05b}" for word in words[:-6])
    spare = bits[len(bits) // 8 * 8 :]
    if len(spare) > 4 or "1" in spare:
        return None
    whole = bits[: len(bits) - len(spare)]
    return prefix, bytes(int(whole[at : at + 8], 2) for at in range(0, len(whole), 8))


def _checksum(prefix: str, words: list[int]) -> int:
    letters = [ord(letter) for letter in prefix]
    state = 1
    for value in [*(n >> 5 for n in letters), 0, *(n & 31 for n in letters), *words]:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            state ^= factor if top >> bit & 1 else 0
    return state


def mutate(data: bytes, rng: Random) -> bytes:
    """Words or prefix changed under a checksum that fits, of bech32m or of the older bech32."""
    text = data.decode("latin-1")
    prefix, words = text.lower().rpartition("1")[0], words_of(text)
    at = rng.randrange(len(words) + 1)
    way = rng.randrange(5)
    if way == 0:
        words[at : at + 1] = [rng.randrange(32)]
    elif way == 1:
        words.insert(at, rng.randrange(32))
    elif way == 2:
        del words[at : at + 1]
    elif way == 3:
        prefix = rng.choice(("anim", "ani", "", "anim1", prefix + "x"))
    else:
        return mutations.flip(data, rng)
    changed = sealed(prefix, words, rng)
    changed = changed.upper() if rng.random() < 0.1 else changed
    return changed.encode("latin-1", "replace")


def words_of(text: str) -> list[int]:
    """The 5-bit words of a text, without its checksum and what is no letter."""
    tail = text.lower().rpartition("1")[2]
    return [_LETTERS.index(letter) for letter in tail if letter in _LETTERS][:-6]


def sealed(prefix: str, words: list[int], rng: Random) -> str:
    """The text of the words with a checksum, now and then of the older constant."""
    rest = _checksum(prefix, [*words, *[0] * 6]) ^ rng.choice(_CONSTANTS)
    all_words = [*words, *(rest >> shift & 31 for shift in (25, 20, 15, 10, 5, 0))]
    return prefix + "1" + "".join(_LETTERS[word] for word in all_words)


def seeds() -> dict[str, bytes]:
    listed = (key(1).address, addresses.of_contract(key(1).address, 1), b"\x10\x02" + bytes(32))
    texts = {f"address-{n}": addresses.to_text(a).encode() for n, a in enumerate(listed)}
    other = {
        "upper": texts["address-0"].upper(),
        "bip350": b"abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    }
    return {**texts, **other}

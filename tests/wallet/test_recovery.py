from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import bech32m
from pq.signing import PrivateKey, from_seed, generate_slh
from wallet import recovery
from wallet.errors import RecoveryRefused

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
KEY = from_seed(bytes(range(32)))


@pytest.fixture(scope="module")
def slow_key() -> PrivateKey:
    return generate_slh()


def test_an_ml_dsa_seed_is_one_word():
    (word,) = recovery.to_words(KEY)
    assert word.startswith("animsec1")
    assert bech32m.decode(word) == ("animsec", b"\x10\x03\x00" + bytes(range(32)))
    assert recovery.from_text(f"  {word.upper()}\n") == KEY


def test_an_slh_dsa_secret_is_two_words(slow_key):
    words = recovery.to_words(slow_key)
    assert len(words) == 2
    assert recovery.from_text("\n".join(words)).secret == slow_key.secret


def test_a_seed_in_hex_is_read():
    assert recovery.from_text(KEY.secret.hex()) == KEY
    assert recovery.from_text("0x" + KEY.secret.hex().upper()) == KEY


@settings(max_examples=30)
@given(st.data())
def test_any_changed_letter_is_refused(data):
    (word,) = recovery.to_words(KEY)
    place = data.draw(st.integers(8, len(word) - 1))
    letter = data.draw(st.sampled_from([c for c in ALPHABET if c != word[place]]))
    with pytest.raises(RecoveryRefused):
        recovery.from_text(word[:place] + letter + word[place + 1 :])


def part(alg: int, place: int, secret: bytes) -> str:
    return bech32m.encode("animsec", alg.to_bytes(2, "big") + bytes([place]) + secret)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "00" * 31,
        "00" * 33,
        "word",
        bech32m.encode("anim", b"\x10\x03\x00" + bytes(32)),
        bech32m.encode("animsec", b"\x10\x03\x00" + bytes(31)),
        part(0x1003, 1, bytes(32)),
        part(0x1002, 0, bytes(32)),
        part(0x2001, 0, bytes(32)),
        part(0x0000, 0, bytes(32)),
        part(0x9999, 0, bytes(32)),
        part(0x1003, 0, bytes(32)) + " " + part(0x1003, 1, bytes(32)),
        part(0x1002, 0, bytes(32)) + " " + part(0x1003, 1, bytes(32)),
        part(0x1002, 0, bytes(32)) + " " + part(0x1002, 0, bytes(32)),
        " ".join(part(0x1002, place, bytes(32)) for place in range(3)),
    ],
)
def test_what_makes_no_key_is_refused(text):
    with pytest.raises(RecoveryRefused):
        recovery.from_text(text)


def test_halves_of_two_secrets_do_not_make_a_key(slow_key):
    other = recovery.to_words(generate_slh())
    with pytest.raises(RecoveryRefused):
        recovery.from_text(" ".join([recovery.to_words(slow_key)[0], other[1]]))


def test_a_refusal_never_repeats_the_secret():
    (word,) = recovery.to_words(KEY)
    for text in (word[:-1] + "b", KEY.secret.hex()[:-2]):
        with pytest.raises(RecoveryRefused) as refusal:
            recovery.from_text(text)
        assert text[10:40] not in str(refusal.value.view())

"""Bech32m against the vectors of BIP-350, and the properties its checksum promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import bech32m
from core.errors import EncodingRefused

VALID = [
    "A1LQFN3A",
    "a1lqfn3a",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "11" + "l" * 82 + "ludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
]
INVALID = [
    ("\x201xj0phk", "address.bad_character"),
    ("\x7f1g6xzxy", "address.bad_character"),
    ("\x801vctc34", "address.bad_character"),
    (
        "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharacters"
        "bioandnumber11d6pts4",
        "address.too_long",
    ),
    ("qyrz8wqd2c9m", "address.separator_missing"),
    ("1qyrz8wqd2c9m", "address.separator_missing"),
    ("y1b0jsk6g", "address.bad_character"),
    ("lt1igcx5c0", "address.bad_character"),
    ("in1muywd", "address.separator_missing"),
    ("mm1crxm3i", "address.bad_character"),
    ("au1s5cgom", "address.bad_character"),
    ("M1VUXWEZ", "address.bad_checksum"),
    ("16plkw9", "address.separator_missing"),
    ("1p2gdwpf", "address.separator_missing"),
]
# Segregated witness: the first word is a version, the rest is the program.
SEGWIT = [
    ("BC1SW50QGDZ25J", 16, "751e"),
    ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", 2, "751e76e8199196d454941c45d1b3a323"),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        1,
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    ),
]
SEGWIT_INVALID = [
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
        "address.wrong_constant",
    ),
    (
        "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
        "address.wrong_constant",
    ),
    (
        "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
        "address.wrong_constant",
    ),
    (
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
        "address.bad_character",
    ),
    (
        "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
        "address.mixed_case",
    ),
]


def refusal(call, *arguments) -> str:
    with pytest.raises(EncodingRefused) as caught:
        call(*arguments)
    return caught.value.code


@pytest.mark.parametrize("text", VALID)
def test_bip350_valid(text):
    hrp, words = bech32m.decode_words(text)
    assert bech32m.encode_words(hrp, words) == text.lower()


@pytest.mark.parametrize(("text", "code"), INVALID + SEGWIT_INVALID)
def test_bip350_invalid(text, code):
    assert refusal(bech32m.decode_words, text) == code
    assert refusal(bech32m.decode, text) == code


@pytest.mark.parametrize(("text", "version", "program"), SEGWIT)
def test_bip350_programs(text, version, program):
    hrp, words = bech32m.decode_words(text)
    assert words[0] == version
    # what the words mean: the bits of the program, then up to four zero bits
    bits = "".join(f"{word:05b}" for word in words[1:])
    raw = bytes.fromhex(program)
    assert bits[: 8 * len(raw)] == "".join(f"{byte:08b}" for byte in raw)
    assert bech32m.decode(bech32m.encode(hrp, raw)) == (hrp, raw)
    assert bech32m.encode_words(hrp, words[1:]) == bech32m.encode(hrp, raw)


def test_padding():
    words = bech32m.decode_words(bech32m.encode("anim", b"\x00\x00\x01"))[1]
    for bad in ([*words, 0], [*words[:-1], words[-1] | 1]):  # six spare bits; a spare bit set
        text = bech32m.encode_words("anim", bad)
        assert refusal(bech32m.decode, text) == "address.bad_padding"


@given(st.binary(max_size=48), st.sampled_from(["anim", "a", "tb", "x1y"]))
def test_roundtrip(payload, hrp):
    text = bech32m.encode(hrp, payload)
    assert bech32m.decode(text) == (hrp, payload) == bech32m.decode(text.upper())


@given(st.binary(min_size=34, max_size=34), st.data())
def test_up_to_four_wrong_characters_are_always_found(payload, data):
    text = bech32m.encode("anim", payload)
    places = data.draw(st.sets(st.integers(5, len(text) - 1), min_size=1, max_size=4))
    altered = list(text)
    for place in places:
        others = sorted(set("qpzry9x8gf2tvdw0s3jn54khce6mua7l") - {text[place]})
        altered[place] = data.draw(st.sampled_from(others))
    # up to four substitutions never give a valid word, in this code or in bech32's
    assert refusal(bech32m.decode, "".join(altered)) in (
        "address.bad_checksum",
        "address.wrong_constant",
    )


@given(st.text(max_size=100))
def test_any_text_is_decoded_or_refused(text):
    try:
        hrp, payload = bech32m.decode(text)
    except EncodingRefused as refused:
        assert refused.code.startswith("address.")
        assert refused.hint
    else:
        assert bech32m.encode(hrp, payload) == text.lower()


def test_encode_refuses():
    assert refusal(bech32m.encode, "Anim", b"") == "address.mixed_case"
    assert refusal(bech32m.encode, "", b"") == "address.separator_missing"
    assert refusal(bech32m.encode, "an im", b"") == "address.bad_character"
    assert refusal(bech32m.encode, "anim", bytes(50)) == "address.too_long"

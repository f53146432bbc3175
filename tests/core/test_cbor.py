"""Strict CBOR: every form but the canonical one is refused, by its own code.

The encoder below is written from RFC 8949 section 4.2.1 and shares no code with the product's.
"""

from __future__ import annotations

import time

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import cbor
from core.errors import EncodingRefused
from core.limits import CBOR_DEPTH

LIMIT = 1 << 20


def head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | info]) + number.to_bytes(size, "big")
    raise ValueError(number)


def canonical(value: object) -> bytes:
    """Core deterministic encoding of the allowed types, from the RFC."""
    match value:
        case True:
            return b"\xf5"
        case False:
            return b"\xf4"
        case None:
            return b"\xf6"
        case int():
            return head(0, value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            text = value.encode()
            return head(3, len(text)) + text
        case list():
            return head(4, len(value)) + b"".join(map(canonical, value))
        case dict():
            pairs = sorted((canonical(name), canonical(item)) for name, item in value.items())
            return head(5, len(value)) + b"".join(name + item for name, item in pairs)
    raise TypeError(type(value))


def decode(data: bytes, **options: bool) -> object:
    return cbor.decode(data, limit=LIMIT, what="thing", **options)


def code_of(data: bytes) -> str:
    with pytest.raises(EncodingRefused) as caught:
        decode(data)
    assert caught.value.facts["field"] == "thing"
    return caught.value.code


names = st.text(st.characters(min_codepoint=0, max_codepoint=127), max_size=30)
u64 = st.one_of(
    st.integers(0, 300), st.integers(0, 2**64 - 1), st.sampled_from([2**16 - 1, 2**16, 2**32])
)
leaves = st.one_of(u64, st.binary(max_size=300), st.text(max_size=40), st.booleans())
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


def depth(value: object) -> int:
    match value:
        case list():
            return 1 + max(map(depth, value), default=0)
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
    return 0


@given(values.filter(lambda value: depth(value) <= CBOR_DEPTH))
@example({"": 0, "a": 1, "b": 2, "aa": 3, "ab": 4, "z" * 24: 5})
def test_one_value_has_one_encoding_in_three_encoders(value):
    expected = canonical(value)
    assert cbor.encode(value) == expected == cbor2.dumps(value, canonical=True)
    again = decode(expected)
    assert again == value
    assert canonical(again) == expected  # equality alone would let True pass for 1


@given(st.binary(max_size=40))
@example(b"\xa1\x61a\x80")
def test_bytes_are_refused_or_are_the_one_encoding_of_what_they_decode_to(data):
    try:
        value = decode(data)
    except EncodingRefused as refusal:
        assert refusal.code.startswith("cbor.")
        assert refusal.hint
    else:
        assert canonical(value) == data


@given(values.filter(lambda value: depth(value) <= CBOR_DEPTH), st.data())
def test_a_changed_byte_never_decodes_to_the_same_value(value, data):
    good = canonical(value)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    try:
        other = decode(bytes(bad))
    except EncodingRefused:
        return
    assert canonical(other) == bytes(bad)


FORMS = {
    # one integer or length, written longer than needed
    "number in 2 bytes": ("1817", "cbor.not_shortest"),
    "number in 3 bytes": ("1900ff", "cbor.not_shortest"),
    "number in 5 bytes": ("1a0000ffff", "cbor.not_shortest"),
    "number in 9 bytes": ("1b00000000ffffffff", "cbor.not_shortest"),
    "long length of bytes": ("5801aa", "cbor.not_shortest"),
    "long length of text": ("780161", "cbor.not_shortest"),
    "long length of array": ("980101", "cbor.not_shortest"),
    "long length of map": ("b801616101", "cbor.not_shortest"),
    "long length of key": ("a178016101", "cbor.not_shortest"),
    "long number inside": ("a1616181a161621800", "cbor.not_shortest"),
    # maps
    "keys of one size out of order": ("a2616201616101", "cbor.key_order"),
    "longer key first": ("a262616101616201", "cbor.key_order"),
    "inner keys out of order": ("81a2616201616101", "cbor.key_order"),
    "key twice": ("a2616101616102", "cbor.malformed"),
    "key twice with one value": ("a2616101616101", "cbor.malformed"),
    "key of bytes": ("a1416101", "cbor.type"),
    "key not ASCII": ("a162c3a901", "cbor.type"),
    "key is a number": ("a10101", "cbor.malformed"),
    "key is an array": ("a18001", "cbor.malformed"),
    "key is a map": ("a1a001", "cbor.malformed"),
    "key is true": ("a1f501", "cbor.malformed"),
    "key is null": ("a1f601", "cbor.malformed"),
    "key under a tag": ("a1c0616101", "cbor.type"),
    # indefinite lengths
    "indefinite bytes": ("5f4101ff", "cbor.malformed"),
    "indefinite text": ("7f6161ff", "cbor.malformed"),
    "indefinite array": ("9f01ff", "cbor.malformed"),
    "indefinite map": ("bf616101ff", "cbor.malformed"),
    "break alone": ("ff", "cbor.malformed"),
    # types that the protocol never uses
    "float of 2 bytes": ("f93c00", "cbor.type"),
    "float of 4 bytes": ("fa3f800000", "cbor.type"),
    "float of 8 bytes": ("fb3ff0000000000000", "cbor.type"),
    "not a number": ("f97e00", "cbor.type"),
    "undefined": ("f7", "cbor.type"),
    "null": ("f6", "cbor.type"),
    "null inside": ("81f6", "cbor.type"),
    "simple value": ("f0", "cbor.type"),
    "simple value of 2 bytes": ("f8ff", "cbor.type"),
    "false in 2 bytes": ("f814", "cbor.malformed"),
    "negative": ("20", "cbor.type"),
    "most negative": ("3bffffffffffffffff", "cbor.type"),
    "negative inside": ("a1616120", "cbor.type"),
    # tags: those that libraries interpret and those they do not
    "tag 0, a date": ("c0613a", "cbor.type"),
    "tag 1, a time": ("c100", "cbor.type"),
    "tag 2, a bignum": ("c249010000000000000000", "cbor.type"),
    "tag 2, small": ("c24101", "cbor.type"),
    "tag 3, a negative bignum": ("c34101", "cbor.type"),
    "tag 4, a decimal": ("c4820102", "cbor.type"),
    "tag 24, CBOR in bytes": ("d8184101", "cbor.type"),
    "tag 25, a string reference": ("d81900", "cbor.type"),
    "tag 28, a shared value": ("d81c80", "cbor.type"),
    "tag 29, a reference": ("d81d00", "cbor.type"),
    "tag 30, a fraction": ("d81e820102", "cbor.type"),
    "tag 35, a regular expression": ("d823622861", "cbor.type"),
    "tag 37, a UUID": ("d82550" + "00" * 16, "cbor.type"),
    "tag 256, string names": ("d9010080", "cbor.type"),
    "tag 258, a set": ("d9010280", "cbor.type"),
    "tag 55799, CBOR itself": ("d9d9f700", "cbor.type"),
    "tag unknown": ("c700", "cbor.type"),
    "tag of 64 bits": ("dbffffffffffffffff00", "cbor.type"),
    # text
    "text not UTF-8": ("61ff", "cbor.malformed"),
    "text with a surrogate": ("63eda080", "cbor.malformed"),
    "text overlong": ("62c080", "cbor.malformed"),
    # ends
    "nothing": ("", "cbor.malformed"),
    "cut array": ("8201", "cbor.malformed"),
    "cut bytes": ("43aabb", "cbor.malformed"),
    "cut number": ("1901", "cbor.malformed"),
    "reserved head": ("1c", "cbor.malformed"),
    "one byte more": ("0100", "cbor.trailing"),
    "a value more": ("8080", "cbor.trailing"),
    # lengths that no memory holds
    "array of 2^64 − 1": ("9bffffffffffffffff", "cbor.malformed"),
    "array of 2^63 − 1": ("9b7fffffffffffffff", "cbor.malformed"),
    "array of 2^31": ("9a80000000", "cbor.malformed"),
    "bytes of 2^64 − 1": ("5bffffffffffffffff", "cbor.malformed"),
    "bytes of 2^31": ("5a80000000", "cbor.malformed"),
    "text of 2^64 − 1": ("7bffffffffffffffff", "cbor.malformed"),
    "map of 2^64 − 1": ("bbffffffffffffffff", "cbor.malformed"),
    "map of 2^31": ("ba80000000", "cbor.malformed"),
}


@pytest.mark.parametrize("form", FORMS)
def test_refuses(form):
    data, code = FORMS[form]
    assert code_of(bytes.fromhex(data)) == code


def test_what_is_not_asked_for_is_refused_in_no_time():
    hostile = [bytes.fromhex(data) for data, _ in FORMS.values()]
    hostile += [b"\x81" * LIMIT, b"\xc1" * LIMIT, b"\xa1\x61a" * (LIMIT // 3)]
    for data in hostile:
        started = time.perf_counter()
        code_of(data)
        assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize("inner", [b"\x01", b"\x80", b"\xa0", b"\x40", b"\xa1\x61a\x01"])
@pytest.mark.parametrize("around", [b"\x81", b"\xa1\x61a", b"\x82\x00"])
def test_sixteen_containers_are_nested_and_no_more(inner, around):
    own = 1 if inner[0] >> 5 in (4, 5) else 0
    fits = around * (CBOR_DEPTH - own) + inner
    assert canonical(decode(fits)) == fits
    assert code_of(around + fits) == "cbor.too_deep"


def test_size_is_checked_before_anything_is_read():
    with pytest.raises(cbor.CborTooLarge) as caught:
        cbor.decode(b"\xff" * 11, limit=10, what="thing")
    assert caught.value.facts == {"field": "thing", "limit": 10}
    assert cbor.decode(b"\x49" + bytes(9), limit=10, what="thing") == bytes(9)


def test_null_is_read_only_where_it_is_allowed():
    assert decode(b"\x82\xf6\xa1\x61a\xf6", allow_null=True) == [None, {"a": None}]
    with pytest.raises(cbor.CborType):
        decode(b"\xf7", allow_null=True)


@pytest.mark.parametrize("number", [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1])
def test_numbers_at_the_borders_of_their_sizes(number):
    assert cbor.encode(number) == canonical(number)
    assert decode(canonical(number)) == number


def count_items(value):
    if isinstance(value, list):
        return 1 + sum(map(count_items, value))
    if isinstance(value, dict):
        return 1 + sum(count_items(key) + count_items(item) for key, item in value.items())
    return 1


@given(values)
def test_items_are_counted_as_they_are(value):
    data, count = cbor.encode(value), count_items(value)
    cbor.check_items(data, most=count, what="x")
    with pytest.raises(cbor.CborTooManyItems):
        cbor.check_items(data, most=count - 1, what="x")


@given(st.binary(max_size=64))
def test_counting_junk_ends(data):
    try:
        cbor.check_items(data, most=16, what="x")
    except cbor.CborTooManyItems as refusal:
        assert refusal.facts["most"] == 16

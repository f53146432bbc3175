"""The ABI: every type there and back, the exact bytes, and what is refused."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.abi import ints, own
from execution.abi.codec import AbiMalformed, decode, default, encode, encode_all
from execution.abi.weight import fixed, weight
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    INT_MAX,
    INT_MIN,
    NONE,
    SIZE_MOST,
    STR,
    Type,
    dict_of,
    list_of,
    optional,
    tuple_of,
)
from tests.execution.abi.strategies import keys_packed, types, values_of

A = b"\x10\x03" + bytes(32)
ONE, MINUS = bytes(31) + b"\1", b"\xff" * 32


@pytest.mark.parametrize(
    "of, value, plain",
    [
        (INT, 1, ONE),
        (INT, -1, MINUS),
        (INT, INT_MIN, b"\x80" + bytes(31)),
        (INT, INT_MAX, b"\x7f" + b"\xff" * 31),
        (BOOL, True, True),
        (BYTES, b"ab", b"ab"),
        (STR, "é", "é"),
        (ADDRESS, A, A),
        (NONE, None, None),
        (optional(INT), None, None),
        (optional(INT), 1, ONE),
        (list_of(BOOL), [True, False], [True, False]),
        (tuple_of(INT, STR), (1, "a"), [ONE, "a"]),
        (dict_of(STR, INT), {"bb": 1, "c": -1, "a": 1}, [["a", ONE], ["c", MINUS], ["bb", ONE]]),
        (dict_of(INT, BOOL), {-1: True, 1: False}, [[ONE, False], [MINUS, True]]),
        (dict_of(BYTES, BOOL), {b"": True}, [[b"", True]]),
    ],
)
def test_the_form_of_each_type(of, value, plain):
    assert encode(value, of) == cbor2.dumps(plain)
    assert decode(cbor2.dumps(plain), of) == value


def test_several_values():
    assert encode_all((1, "a"), (INT, STR)) == encode((1, "a"), tuple_of(INT, STR))
    assert encode_all((), ()) == b"\x80"


def test_packed_dicts_have_the_keys_bytes():
    of = dict_of(INT, dict_of(INT, BOOL))
    native, packed = {-1: {1: True}}, {MINUS: {ONE: True}}
    assert encode(native, of) == own.encode(packed, of)
    assert decode(encode(native, of), of) == native
    assert own.decode(encode(native, of), of) == packed
    assert own.decode_strictly(encode(native, of), of) == packed
    assert ints.pack_key(-1) == MINUS and ints.unpack_key(MINUS) == -1


@given(st.data())
def test_there_and_back(data):
    of = data.draw(types())
    value = data.draw(values_of(of))
    form = encode(value, of)
    assert decode(form, of) == value
    packed = keys_packed(value, of)
    assert own.encode(packed, of) == form
    assert own.decode(form, of) == packed
    assert own.decode_strictly(form, of) == packed


@given(st.data())
def test_one_value_has_one_form(data):
    """Whatever decodes, encodes to the same bytes."""
    of = data.draw(types())
    form = bytearray(encode(data.draw(values_of(of)), of))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(form)))
        form[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        value = decode(bytes(form), of)
    except AbiMalformed:
        with pytest.raises(AbiMalformed):
            own.decode_strictly(bytes(form), of)
        return
    assert encode(value, of) == bytes(form)
    assert own.decode_strictly(bytes(form), of) == keys_packed(value, of)


@pytest.mark.parametrize(
    "of, plain",
    [
        (INT, 1),
        (INT, bytes(31)),
        (INT, bytes(33)),
        (INT, "a"),
        (INT, None),
        (INT, True),
        (BOOL, 1),
        (BOOL, None),
        (BYTES, "a"),
        (BYTES, bytes(SIZE_MOST + 1)),
        (STR, b"a"),
        (STR, "a" * (SIZE_MOST + 1)),
        (ADDRESS, bytes(33)),
        (ADDRESS, bytes(35)),
        (NONE, False),
        (optional(INT), False),
        (list_of(INT), bytes(32)),
        (list_of(INT), [None]),
        (list_of(BOOL), [True] * (SIZE_MOST + 1)),
        (list_of(BOOL), {"a": True}),
        (tuple_of(INT, INT), [ONE]),
        (tuple_of(INT, INT), [ONE] * 3),
        (dict_of(STR, INT), {"a": ONE}),
        (dict_of(STR, INT), ["a", ONE]),
        (dict_of(STR, INT), [["a"]]),
        (dict_of(STR, INT), [["a", ONE, ONE]]),
        (dict_of(STR, INT), [["a", ONE], ["a", ONE]]),
        (dict_of(STR, INT), [["b", ONE], ["a", ONE]]),
        (dict_of(STR, INT), [["aa", ONE], ["b", ONE]]),
        (dict_of(INT, INT), [[MINUS, ONE], [ONE, ONE]]),
        (dict_of(BYTES, INT), [["a", ONE]]),
    ],
)
def test_decoding_is_strict(of, plain):
    for decoding in (decode, own.decode_strictly):
        with pytest.raises(AbiMalformed) as caught:
            decoding(cbor2.dumps(plain), of)
        assert caught.value.code == "contract.abi"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x58\x20", b"\xf5\0", b"\x58\x01a", b"\xf9\0\0", b"\xc1\0", b"\x9f\xff", b"\xfa"],
)
def test_what_is_no_canonical_cbor_is_refused(data):
    for of in (INT, BOOL, BYTES, list_of(BOOL), optional(BYTES)):
        if data != b"\xf5\0" or of == BOOL:
            for decoding in (decode, own.decode_strictly):
                with pytest.raises(AbiMalformed):
                    decoding(data, of)


@pytest.mark.parametrize(
    "of, value",
    [
        (INT, INT_MAX + 1),
        (INT, INT_MIN - 1),
        (INT, True),
        (BOOL, 1),
        (BYTES, "a"),
        (BYTES, bytearray(b"a")),
        (STR, "\ud800"),
        (STR, b"a"),
        (ADDRESS, b"a"),
        (NONE, 0),
        (list_of(INT), (1,)),
        (list_of(INT), [None]),
        (tuple_of(INT, INT), [1, 1]),
        (tuple_of(INT, INT), (1,)),
        (dict_of(INT, INT), {"a": 1}),
        (dict_of(STR, INT), [("a", 1)]),
    ],
)
def test_encoding_refuses_what_is_not_of_the_type(of, value):
    with pytest.raises(AbiMalformed):
        encode(value, of)


def test_defaults():
    assert default(INT) == 0 and default(BOOL) is False and default(STR) == ""
    assert default(BYTES) == b"" and default(ADDRESS) == bytes(34)
    assert default(optional(INT)) is None and default(NONE) is None
    of = list_of(INT)
    assert default(of) == [] and default(of) is not default(of)
    assert default(dict_of(INT, INT)) == {}
    assert default(tuple_of(INT, of, optional(STR))) == (0, [], None)


def slow_weight(value, of: Type) -> int:
    """The weight as the chapter words it."""
    kind = of.kind
    if value is None or kind in ("int", "bool", "address"):
        return 4
    if kind == "optional":
        return slow_weight(value, of.args[0])
    if kind in ("bytes", "str"):
        return 4 + len(value) // (16 if kind == "bytes" else 4)
    if kind == "dict":
        key, item = of.args
        return 64 + sum(8 + slow_weight(k, key) + slow_weight(v, item) for k, v in value.items())
    parts = of.args if kind == "tuple" else of.args * len(value)
    return 16 + sum(slow_weight(v, part) for v, part in zip(value, parts, strict=True))


@given(st.data())
def test_weight(data):
    of = data.draw(types())
    value = data.draw(values_of(of))
    wanted = slow_weight(value, of)
    packed = keys_packed(value, of)
    assert weight(value, of) == weight(packed, of) == wanted
    assert fixed(of) in (None, wanted)
    most = data.draw(st.integers(0, 2 * wanted))
    bounded = weight(packed, of, most)
    assert bounded == wanted if wanted <= most else bounded > most
    assert len(encode(value, of)) * 64 >= wanted


def test_weight_stops_in_shared_lists():
    of, value = list_of(list_of(list_of(list_of(STR)))), ["a"] * 60_000
    for _ in range(3):
        value = [value] * 60_000
    assert weight(value, of, 10**6) > 10**6

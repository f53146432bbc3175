from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from execution.abi.text import ArgumentRefused, from_json, parse, show, view
from execution.lang.types import (
    ADDRESS,
    BOOL,
    BYTES,
    INT,
    INT_MAX,
    INT_MIN,
    STR,
    Type,
    dict_of,
    list_of,
    optional,
    tuple_of,
)
from pq.addresses import of_system, to_text

TREASURY = of_system("treasury")
TEXT = to_text(TREASURY)


class Unknown(Refused):
    """A name that nobody has."""

    code = "test.unknown"
    hint = "Use another name."


def resolve(name: str) -> bytes:
    if name != "treasury":
        raise Unknown(f"nobody is called {name}")
    return TREASURY


@pytest.mark.parametrize(
    ("text", "of", "value"),
    [
        ("5", INT, 5),
        ("-5", INT, -5),
        ("1_000", INT, 1000),
        ("007", INT, 7),
        ("0x1F", INT, 31),
        ("-0x1_f", INT, -31),
        ("0b11", INT, 3),
        ("0o17", INT, 15),
        (" 5 ", INT, 5),
        (str(INT_MAX), INT, INT_MAX),
        (str(INT_MIN), INT, INT_MIN),
        ("true", BOOL, True),
        ("False", BOOL, False),
        ("0x", BYTES, b""),
        ("0xbeEF", BYTES, b"\xbe\xef"),
        ("", STR, ""),
        (" two words ", STR, " two words "),
        ("none", STR, "none"),
        ('"quoted"', STR, '"quoted"'),
        (TEXT, ADDRESS, TREASURY),
        (TEXT.upper(), ADDRESS, TREASURY),
        ("treasury", ADDRESS, TREASURY),
        ("0x0", ADDRESS, bytes(34)),
        ("0x" + "ff" * 34, ADDRESS, b"\xff" * 34),
        ("none", optional(INT), None),
        ("5", optional(INT), 5),
        ("none", optional(STR), None),
        ('"none"', optional(STR), "none"),
        ("text", optional(STR), "text"),
        ('[1, "2", "0x3", -4]', list_of(INT), [1, 2, 3, -4]),
        ("[]", list_of(INT), []),
        ('[true, "false"]', list_of(BOOL), [True, False]),
        ('[1, "0xbeef"]', tuple_of(INT, BYTES), (1, b"\xbe\xef")),
        ('{"a": 1}', dict_of(STR, INT), {"a": 1}),
        ('{"1": "x", "0x2": "y"}', dict_of(INT, STR), {1: "x", 2: "y"}),
        ('[[1, "x"]]', dict_of(INT, STR), {1: "x"}),
        (
            '{"treasury": [null, 2]}',
            dict_of(ADDRESS, list_of(optional(INT))),
            {TREASURY: [None, 2]},
        ),
    ],
)
def test_text_is_read_by_its_type(text, of, value):
    found = parse(text, of, "x", resolve)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("", INT),
        ("5.0", INT),
        ("1e3", INT),
        ("five", INT),
        ("0x", INT),
        ("1__0", INT),
        ("_1", INT),
        ("--1", INT),
        ("+1", INT),
        ("٣", INT),
        (str(INT_MAX + 1), INT),
        (str(INT_MIN - 1), INT),
        ("9" * 100_000, INT),
        ("1", BOOL),
        ("yes", BOOL),
        ("beef", BYTES),
        ("0xb", BYTES),
        ("0xzz", BYTES),
        ("nobody", ADDRESS),
        ("0x", ADDRESS),
        ("0x00", ADDRESS),
        ("0x" + "ff" * 33, ADDRESS),
        ("0x" + "zz" * 34, ADDRESS),
        ("", ADDRESS),
        (TEXT[:-1], ADDRESS),
        ("\ud800", STR),
        ("x" * 65_537, STR),
        ("[1", list_of(INT)),
        ("[1.5]", list_of(INT)),
        ("[true]", list_of(INT)),
        ("[1]", list_of(STR)),
        ('{"a": 1}', list_of(INT)),
        ("[" * 100_000, list_of(INT)),
        ("[1]", tuple_of(INT, INT)),
        ("[1, 2, 3]", tuple_of(INT, INT)),
        ('{"a": 1, "a": 2}', dict_of(STR, INT)),
        ('[["a", 1], ["a", 2]]', dict_of(STR, INT)),
        ('{"1": 1, "0x1": 2}', dict_of(INT, INT)),
        ("[[1]]", dict_of(INT, INT)),
        ("[null]", list_of(INT)),
        ("none", INT),
        ("NaN", list_of(INT)),
    ],
)
def test_other_text_is_refused_with_the_arguments_name(text, of):
    with pytest.raises(ArgumentRefused) as caught:
        parse(text, of, "amount", resolve)
    assert "amount" in caught.value.message
    assert len(caught.value.message) < 400


def test_a_name_needs_somebody_who_knows_names():
    with pytest.raises(ArgumentRefused):
        parse("treasury", ADDRESS, "to")


INTS = st.integers(INT_MIN, INT_MAX)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = st.sampled_from(
    [(INT, INTS), (BOOL, st.booleans()), (BYTES, st.binary(max_size=20)), (STR, TEXTS)]
)


@st.composite
def typed(draw: st.DrawFn, depth: int = 2) -> tuple[Type, object]:
    of = draw(types(depth))
    return of, draw(values(of))


def types(depth: int) -> st.SearchStrategy[Type]:
    plain = st.sampled_from([INT, BOOL, BYTES, STR, ADDRESS])
    if depth == 0:
        return plain
    inner = types(depth - 1)
    keys = st.sampled_from([INT, BYTES, STR, ADDRESS])
    return st.one_of(
        plain,
        plain.map(optional),
        inner.map(list_of),
        st.tuples(inner, inner).map(lambda pair: tuple_of(*pair)),
        st.tuples(keys, inner).map(lambda pair: dict_of(*pair)),
    )


def values(of: Type) -> st.SearchStrategy[object]:
    if of.kind == "optional":
        return st.one_of(st.none(), values(of.args[0]))
    if of.kind == "list":
        return st.lists(values(of.args[0]), max_size=3)
    if of.kind == "tuple":
        return st.tuples(*map(values, of.args))
    if of.kind == "dict":
        return st.dictionaries(values(of.args[0]), values(of.args[1]), max_size=3)
    return {
        "int": INTS,
        "bool": st.booleans(),
        "bytes": st.binary(max_size=20),
        "str": TEXTS,
        "address": st.just(TREASURY),
    }[of.kind]


@given(typed())
def test_what_is_viewed_is_read_back(pair):
    of, value = pair
    plain = json.loads(json.dumps(view(value, of)))
    assert from_json(plain, of, "x") == value
    if of.kind in ("list", "tuple", "dict"):
        assert parse(json.dumps(plain), of, "x") == value


def test_values_are_shown_in_one_line():
    of = dict_of(STR, tuple_of(INT, optional(BYTES), list_of(BOOL)))
    assert show({"a": (1, None, [True]), "b": (-2, b"\x01", [])}, of) == (
        "{'a': (1, None, [True]), 'b': (-2, 0x01, [])}"
    )
    assert show(TREASURY, ADDRESS) == TEXT
    assert show(bytes(33) + b"\x01", ADDRESS).startswith(("anim1", "0x"))
    assert show(b"\xff" * 34, ADDRESS) == "0x" + "ff" * 34

"""Typed reading of maps: what is missing, unknown or ill-typed is refused by its full name."""

from __future__ import annotations

import pytest

from core.errors import EncodingRefused
from core.fields import Fields, keys

REQUIRED = keys(("a", "b"))
OPTIONAL = keys(("c",))


def read(value: object) -> Fields:
    return Fields(value, "thing.part", REQUIRED, OPTIONAL)


def refusal(call) -> tuple[str, object]:
    with pytest.raises(EncodingRefused) as caught:
        call()
    return caught.value.code, caught.value.facts["field"]


@pytest.mark.parametrize("value", [[], b"", "a", 1, True, None])
def test_only_a_map_has_fields(value):
    assert refusal(lambda: read(value)) == ("field.type", "thing.part")


def test_names_what_is_missing_then_what_is_unknown():
    assert refusal(lambda: read({})) == ("field.missing", "thing.part.a")
    assert refusal(lambda: read({"a": 1, "z": 1})) == ("field.missing", "thing.part.b")
    assert refusal(lambda: read({"a": 1, "b": 1, "z": 1})) == ("field.unknown", "thing.part.z")
    assert refusal(lambda: read({"a": 1, "b": 1, "A": 1})) == ("field.unknown", "thing.part.A")


def test_optional_fields_may_be_there_or_not():
    assert not read({"a": 1, "b": 1}).has("c")
    assert read({"a": 1, "b": 1, "c": 9}).has("c")
    assert read({"a": 1, "b": 1, "c": 9}).raw("c") == 9


READERS = {
    "uint": lambda f: f.uint("a"),
    "data": lambda f: f.data("a"),
    "text": lambda f: f.text("a", most=9),
    "flag": lambda f: f.flag("a"),
    "items": lambda f: f.items("a", most=9),
}
GOOD = {"uint": 7, "data": b"x", "text": "x", "flag": True, "items": [1]}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("given", [*GOOD, "map"])
def test_each_reader_takes_its_own_type_only(reader, given):
    value = GOOD.get(given, {})
    f = read({"a": value, "b": 0})
    if reader == given:
        assert READERS[reader](f) == value
    else:
        assert refusal(lambda: READERS[reader](f)) == ("field.type", "thing.part.a")


def test_booleans_are_no_numbers():
    assert refusal(lambda: read({"a": False, "b": 0}).uint("a"))[0] == "field.type"
    assert refusal(lambda: read({"a": 0, "b": 0}).flag("a"))[0] == "field.type"


@pytest.mark.parametrize(
    ("value", "call"),
    [
        (5, lambda f: f.uint("a", most=4)),
        (2**64, lambda f: f.uint("a")),
        (-1, lambda f: f.uint("a")),
        (b"123", lambda f: f.data("a", size=2)),
        (b"123", lambda f: f.data("a", size=4)),
        (b"123", lambda f: f.data("a", most=2)),
        ("123", lambda f: f.text("a", most=2)),
        ([1, 2, 3], lambda f: f.items("a", most=2)),
    ],
)
def test_out_of_range(value, call):
    assert refusal(lambda: call(read({"a": value, "b": 0}))) == ("field.range", "thing.part.a")


def test_the_bounds_themselves_are_in_range():
    f = read({"a": 2**64 - 1, "b": b"12"})
    assert f.uint("a") == 2**64 - 1
    assert f.data("b", size=2) == f.data("b", most=2) == b"12"
    assert read({"a": 4, "b": 0}).uint("a", most=4) == 4
    assert read({"a": "ab", "b": 0}).text("a", most=2) == "ab"
    assert read({"a": [1], "b": 0}).items("a", most=1) == [1]


def test_text_is_ascii():
    assert refusal(lambda: read({"a": "é", "b": 0}).text("a", most=9))[0] == "field.type"

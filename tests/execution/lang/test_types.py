"""The text of types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.lang.types import (
    KEYS,
    NONE,
    SCALARS,
    Type,
    dict_of,
    is_large,
    list_of,
    optional,
    parse_type,
    tuple_of,
)

scalars = st.sampled_from(sorted(SCALARS.values(), key=str))
keys = scalars.filter(lambda type_: type_.kind in KEYS)


def grown(inner):
    bare = inner.filter(lambda type_: type_.kind != "optional")
    return st.one_of(
        inner.map(list_of),
        st.tuples(keys, inner).map(lambda pair: dict_of(*pair)),
        st.lists(inner, min_size=2, max_size=8).map(lambda items: tuple_of(*items)),
        bare.map(optional),
    )


types = st.recursive(scalars, grown, max_leaves=12).filter(lambda type_: not is_large(type_))


@given(types)
def test_the_text_of_a_type_reads_back(type_):
    assert parse_type(str(type_)) == type_


def test_none_and_spaces():
    assert parse_type("None") == NONE
    assert parse_type("dict[str,int|None]") == parse_type("dict[ str , int | None ]")


WRONG = [
    *("", "int int", "integer", "list", "list[]", "list[int", "list[int]]", "int]", "[int]"),
    *("dict[int]", "dict[bool, int]", "dict[int, int, int]", "tuple[int]", "list[int, int]"),
    *("None | None", "int | None | None", "int | str", "list[None]", "dict[str, None]", "int |"),
    *("tuple[int,]", "list[int;]", "LIST[int]", "int | none", "list[" * 6 + "int" + "]" * 6),
    "list[" * 190 + "int" + "]" * 190,
    "tuple[" + ", ".join(["int"] * 9) + "]",
    "tuple[" + ", ".join(["tuple[int, int, int, int]"] * 7) + "]",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_writes_no_type(text):
    with pytest.raises(ValueError):
        parse_type(text)


@given(st.text(st.sampled_from("intls[],| None"), max_size=20))
def test_any_text_is_a_type_or_a_value_error(text):
    try:
        found = parse_type(text)
    except ValueError:
        return
    assert isinstance(found, Type) and parse_type(str(found)) == found

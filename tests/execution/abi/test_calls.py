from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.hashing import sha3
from core.receipt import Log
from execution.abi import codec
from execution.abi.calls import (
    FunctionUnknown,
    calldata,
    decode_all,
    init_data,
    init_of,
    parse_arguments,
    public_function,
    read_call,
    read_event,
    read_init,
    require_count,
    signature,
)
from execution.abi.text import ArgumentRefused
from execution.lang import parse_and_check
from execution.lang.types import BYTES, INT, STR

SOURCE = b'''
from stdlib import events

Told = events.event(n=int, text=str)


def init(n: int, text: str = "x"):
    """Begin."""
    _told(n, text)


@view
def add(a: int, b: int = 1, c: int = 2) -> int:
    """A sum."""
    return a + b + c


def tell(data: bytes):
    """An event."""
    _told(len(data), "told")


def _told(n: int, text: str):
    Told.emit(n, text)
'''
MODULE = parse_and_check(SOURCE)
PLAIN = parse_and_check(b"def f():\n    pass\n")
ADD = public_function(MODULE, "add")


def test_only_public_functions_are_found():
    assert ADD.name == "add"
    for name in ("init", "_told", "nothing", ""):
        with pytest.raises(FunctionUnknown) as caught:
            public_function(MODULE, name)
        assert caught.value.facts["known"] == ["add", "tell"]


def test_signatures_mark_what_may_be_left_out():
    assert signature(ADD) == "add(a: int, b: int = …, c: int = …) -> int"
    assert signature(init_of(MODULE)) == "init(n: int, text: str = …)"
    assert signature(init_of(PLAIN)) == "init()"


def test_calldata_is_the_array_of_function_and_arguments():
    assert calldata(ADD, [5, -1]) == codec.encode_all(["add", 5, -1], [STR, INT, INT])
    assert init_data(init_of(MODULE), [5]) == codec.encode_all([5], [INT])
    assert init_data(init_of(PLAIN), []) == b"\x80"


def test_arguments_are_counted():
    assert parse_arguments(ADD, ["5"]) == [5]
    assert parse_arguments(ADD, ["5", "0x6", "-7"]) == [5, 6, -7]
    for texts in ([], ["1", "2", "3", "4"], ["x"]):
        with pytest.raises(ArgumentRefused):
            parse_arguments(ADD, texts)
    require_count(ADD, 1)
    with pytest.raises(ArgumentRefused, match=r"a \(int\) is missing"):
        require_count(ADD, 0)


@given(st.lists(st.integers(-(2**255), 2**255 - 1), min_size=1, max_size=3))
def test_calldata_is_read_back(values):
    asked = read_call(MODULE, calldata(ADD, values))
    assert asked.function == "add"
    expected = zip("abc", map(str, values), strict=False)
    assert asked.arguments == tuple(expected)


def test_deployments_are_read_back():
    assert str(read_init(MODULE, init_data(init_of(MODULE), [5]))) == "init(n=5)"
    assert str(read_init(MODULE, b"\xff")) == "init(data=0xff)"


@given(st.one_of(st.binary(max_size=60), st.binary(max_size=40).map(lambda b: b"\x82\x63add" + b)))
def test_anybodys_bytes_can_be_shown(data):
    for module in (MODULE, PLAIN, None):
        text = str(read_call(module, data))
        assert text.isprintable()
    read_init(MODULE, data)
    read_event(MODULE, Log(bytes(34), (sha3(b"Told"),), data))


def test_names_of_strangers_are_shown_without_what_a_terminal_obeys():
    data = codec.encode_all(["\x1b[2J", b"x"], [STR, BYTES])
    assert str(read_call(MODULE, data)).isprintable()


def test_events_are_read_by_name_and_form():
    data = codec.encode_all([5, "x"], [INT, STR])
    log = Log(bytes(34), (sha3(b"Told"), bytes(32)), data)
    assert str(read_event(MODULE, log)) == "Told(n=5, text='x')"
    assert read_event(MODULE, Log(bytes(34), (sha3(b"Other"),), data)) is None
    assert read_event(MODULE, Log(bytes(34), (), data)) is None
    assert read_event(MODULE, Log(bytes(34), (sha3(b"Told"),), data + b"\0")) is None


def test_an_array_has_as_many_values_as_types():
    data = codec.encode_all([5, "x"], [INT, STR])
    assert decode_all(data, [INT, STR]) == [5, "x"]
    for types in ([INT], [INT, STR, INT], [STR, INT]):
        with pytest.raises(codec.AbiMalformed):
            decode_all(data, types)

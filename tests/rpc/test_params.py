"""How parameters are read: what each kind takes, and what it refuses by name."""

from __future__ import annotations

import pytest

from pq import addresses
from rpc.caller import Caller
from rpc.errors import MethodUnknown, ParamsInvalid
from rpc.params import BYTES32, Kind, Misfit, choice, hex_bytes, list_of, text, whole
from rpc.registry import Registry, json_name
from tests.rpc.methods import registry
from tests.rpc.played import ALICE

CALLER = Caller("10.0.0.1")


def read(name: str, value: object) -> str:
    order = ["address", "hash", "raw", "amount", "block", "limit", "fullTxs", "from"]
    shown = registry.find("test.kinds").call({name: value}, CALLER)
    return shown[order.index(name)]


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("address", addresses.to_text(ALICE), repr(ALICE)),
        ("address", addresses.to_text(ALICE).upper(), repr(ALICE)),
        ("hash", "0x" + "Ab" * 32, repr(b"\xab" * 32)),
        ("raw", "0x", repr(b"")),
        ("raw", "0x" + "00" * 131072, repr(bytes(131072))),
        ("amount", "0", "0"),
        ("amount", str(2**64 - 1), str(2**64 - 1)),
        ("block", 0, "0"),
        ("block", 2**53 - 1, str(2**53 - 1)),
        ("block", "latest", "'latest'"),
        ("block", "safe", "'safe'"),
        ("block", "earliest", "'earliest'"),
        ("limit", 1, "1"),
        ("limit", 100, "100"),
        ("fullTxs", True, "True"),
        ("from", 3, "3"),
    ],
)
def test_taken(name, value, wanted):
    assert read(name, value) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("address", v) for v in ("", "anim1", "0x00", 5, addresses.to_text(ALICE)[:-1] + "!")],
        *[("hash", v) for v in ("0x", "ab" * 32, "0x" + "ab" * 31, "0x" + "ab" * 33, 5, True)],
        *[("hash", "0x" + "zz" * 32), ("hash", "0X" + "ab" * 32), ("hash", "0x" + "a" * 63)],
        *[("raw", v) for v in ("0x0", "0x" + "0 " * 2, "0x" + "00" * 131073, "", [])],
        *[("amount", v) for v in (5, "-1", "", "1.0", " 1", "0x1", str(2**64), "٣", "1" * 5000)],
        *[("block", v) for v in ("finalized", -1, 1.0, True, "5", 2**53, [])],
        *[("limit", v) for v in (0, 101, "5", 1.0, True)],
        *[("fullTxs", v) for v in (0, "true", [])],
    ],
)
def test_refused_by_name(name, value):
    with pytest.raises(ParamsInvalid) as caught:
        read(name, value)
    assert caught.value.facts["field"] == name
    assert len(caught.value.message) < 300


def test_a_bad_address_says_what_is_wrong_with_it():
    with pytest.raises(ParamsInvalid) as caught:
        read("address", addresses.to_text(ALICE)[:-1] + "q")
    assert caught.value.facts["cause"] == "address.bad_checksum"


def test_other_kinds():
    assert list_of(BYTES32, most=2).read(["0x" + "00" * 32]) == (bytes(32),)
    assert choice("a", "b").read("b") == "b"
    assert text(most=3).read("abc") == "abc"
    assert whole(least=2).read(2) == 2
    for kind, value in (
        (list_of(BYTES32, most=1), ["0x" + "00" * 32] * 2),
        (list_of(BYTES32, most=1), "0x"),
        (list_of(BYTES32, most=1), [None]),
        (choice("a"), "c"),
        (choice("a"), ["a"]),
        (text(most=3), "abcd"),
        (text(most=3), 3),
        (whole(least=2), 1),
        (hex_bytes(most=1), "0x0000"),
    ):
        with pytest.raises(Misfit):
            kind.read(value)


def test_names_are_camel_case():
    assert json_name("full_txs") == "fullTxs"
    assert json_name("from_") == "from"
    assert json_name("address") == "address"


def test_a_method_must_say_how_params_are_read():
    with pytest.raises(TypeError):
        Registry().method("a.b")(_unsaid)


def _unsaid(value: int) -> int:
    """No kind."""
    return value


def test_names_are_taken_once():
    own = Registry()
    own.method("a.b")(_nothing)
    with pytest.raises(TypeError):
        own.method("a.b")(_nothing)
    assert own.find("a_b").name == "a.b"
    with pytest.raises(MethodUnknown):
        own.find("a-b")


def _nothing() -> None:
    """Nothing."""


def test_kinds_hash_by_identity():
    assert Kind({}, str) != Kind({}, str)

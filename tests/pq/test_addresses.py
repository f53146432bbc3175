"""Addresses against the protocol's vectors; one code for each way to be wrong."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import bech32m
from core.errors import EncodingRefused
from pq import addresses, algorithms

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "addresses.json").read_text())
CASES = VECTORS["cases"]
ALGS = [0x0000, 0x1002, 0x1003]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def refusal(call, *arguments) -> str:
    with pytest.raises(EncodingRefused) as caught:
        call(*arguments)
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_vectors(case):
    payload = unhex(case["payload"])
    assert addresses.to_text(payload) == case["text"]
    assert addresses.from_text(case["text"]) == payload
    assert addresses.from_text(case["text"].upper()) == payload
    if "creator" in case:
        assert addresses.of_contract(unhex(case["creator"]), case["nonce"]) == payload
        assert not addresses.is_key_address(payload)
    else:
        assert addresses.alg_of(payload) == case["alg"]
        assert addresses.is_key_address(payload)


@pytest.mark.parametrize(("alg", "size"), [(0x1003, 1952), (0x1002, 32)])
def test_of_public_key(alg, size):
    key = bytes(range(256)) * 8
    wanted = alg.to_bytes(2, "big") + hashlib.sha3_256(key[:size]).digest()
    assert addresses.of_public_key(alg, key[:size]) == wanted
    for wrong in (b"", key[: size - 1], key[: size + 1]):
        assert refusal(addresses.of_public_key, alg, wrong) == "key.wrong_size"


def test_of_public_key_refuses_ids_without_signatures():
    assert refusal(addresses.of_public_key, 0, b"") == "algorithm.keyless"
    assert refusal(addresses.of_public_key, 0x2001, bytes(1184)) == "algorithm.transport_only"
    assert refusal(addresses.of_public_key, 0x1001, bytes(32)) == "algorithm.unknown"


def test_of_system():
    names = ["treasury", "aicf", "escrow", "stake"]
    for name in names:
        digest = hashlib.sha3_256(b"animica/system/v1\x00" + name.encode()).digest()
        assert addresses.of_system(name) == b"\x00\x00" + digest
    assert len({addresses.of_system(name) for name in names}) == len(names)


def test_of_contract_depends_on_creator_and_nonce():
    creator = unhex(CASES[0]["payload"])
    other = unhex(CASES[2]["payload"])
    made = {addresses.of_contract(who, n) for who in (creator, other) for n in (0, 1, 2**64 - 1)}
    assert len(made) == 6
    assert refusal(addresses.of_contract, creator[:-1], 0) == "address.wrong_length"


def test_every_refusal_has_its_own_code():
    good = addresses.to_text(bytes.fromhex("1003") + bytes(32))
    payload = addresses.from_text(good)
    older = bech32_text("anim", payload)
    found = {
        "address.wrong_constant": older,
        "address.mixed_case": good[:-1] + good[-1].upper() if good[-1].isalpha() else "aNim1",
        "address.wrong_length": bech32m.encode("anim", payload[:-1]),
        "address.bad_checksum": good[:-1] + ("q" if good[-1] != "q" else "p"),
        "address.wrong_prefix": bech32m.encode("anom", payload),
        "algorithm.transport_only": bech32m.encode("anim", b"\x20\x01" + bytes(32)),
        "algorithm.unknown": bech32m.encode("anim", b"\x10\x01" + bytes(32)),
        "address.too_long": good + "q" * 40,
        "address.separator_missing": "anim",
        "address.bad_character": good[:-1] + "b",
    }
    for code, text in found.items():
        assert refusal(addresses.from_text, text) == code, text


def bech32_text(hrp: str, payload: bytes) -> str:
    """The same words with bech32's older constant, found without the project's encoder.

    The two codes differ only in the constant xored into the 30 checksum bits.
    """
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    text = bech32m.encode(hrp, payload)
    difference = 0x2BC830A3 ^ 1
    tail = [
        alphabet[alphabet.index(c) ^ (difference >> (25 - 5 * i) & 31)]
        for i, c in enumerate(text[-6:])
    ]
    return text[:-6] + "".join(tail)


@given(st.integers(0, 0xFFFF), st.binary(min_size=32, max_size=32))
def test_check_accepts_exactly_three_ids(alg, digest):
    address = alg.to_bytes(2, "big") + digest
    if alg in ALGS:
        addresses.check(address)
        assert addresses.from_text(addresses.to_text(address)) == address
    else:
        code = "algorithm.transport_only" if alg == 0x2001 else "algorithm.unknown"
        assert refusal(addresses.check, address) == code
        assert refusal(addresses.to_text, address) == code
        assert not addresses.is_key_address(address)


@given(st.binary(max_size=80).filter(lambda raw: len(raw) != 34))
def test_other_lengths(raw):
    assert refusal(addresses.check, raw) == "address.wrong_length"
    assert refusal(addresses.to_text, raw) == "address.wrong_length"
    assert not addresses.is_key_address(raw)


@given(st.text(max_size=90))
def test_hostile_text(text):
    try:
        address = addresses.from_text(text)
    except EncodingRefused as refused:
        assert refused.code
    else:
        assert addresses.to_text(address) == text.lower()


def test_table():
    table = {
        0x1003: ("ML-DSA-65", 1952, 3309, 3400),
        0x1002: ("SLH-DSA-SHAKE-128s", 32, 7856, 7950),
    }
    found = {
        alg: (row.name, row.public_key_bytes, row.signature_bytes, row.weight)
        for alg, row in algorithms.SIGNATURE_ALGORITHMS.items()
    }
    assert found == table
    assert set(algorithms.ALGORITHM_NAMES) == {0, 0x1002, 0x1003, 0x2001}
    assert refusal(algorithms.algorithm, 0) == "algorithm.keyless"
    assert refusal(algorithms.algorithm, 0x2001) == "algorithm.transport_only"
    assert refusal(algorithms.algorithm, -1) == "algorithm.unknown"
    for alg, row in algorithms.SIGNATURE_ALGORITHMS.items():
        assert algorithms.algorithm(alg) is row
        assert row.alg_id == alg

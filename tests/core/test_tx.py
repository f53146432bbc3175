"""Transactions as values: vectors, round trips, and a refusal by name for every field."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha3_256
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EncodingRefused
from core.limits import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, TX_BYTES
from core.tx import SignedTx, UnsignedTx, Witness

VECTORS = json.loads((Path(__file__).parent.parent / "vectors/transactions.json").read_text())
A, B = b"\x10\x03" + b"a" * 32, b"\x10\x03" + b"b" * 32
K1, K2 = b"\x01" * 32, b"\x02" * 32


def unsigned_map(**changes: object) -> dict:
    value = {
        "v": 1,
        "chain": 7,
        "kind": "transfer",
        "from": A,
        "nonce": 3,
        "gas": 4,
        "maxFee": 5,
        "maxTip": 6,
        "body": {"to": B, "value": 8},
        **changes,
    }
    return {name: item for name, item in value.items() if item is not None}


def witness_map(**changes: object) -> dict:
    value = {"alg": 0x1003, "sig": b"s" * 9, **changes}
    return {name: item for name, item in value.items() if item is not None}


def raw_of(unsigned: object, witness: object) -> bytes:
    return cbor2.dumps([unsigned, witness], canonical=True)


def refusal(raw: bytes) -> tuple[str, object]:
    with pytest.raises(EncodingRefused) as caught:
        SignedTx.decode(raw)
    return caught.value.code, caught.value.facts["field"]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["txid"][:10])
def test_vectors(case):
    """They are of the encoding only: one has an access list in an order that no node takes."""
    encoded = bytes.fromhex(case["cbor"][2:])
    value = cbor2.loads(encoded)
    listed = value.pop("access", None)
    tx = UnsignedTx.from_map(value)
    if listed is not None:
        tx = replace(tx, access=tuple((address, tuple(slots)) for address, slots in listed))
    assert tx.encoded == encoded
    assert tx.txid.hex() == case["txid"][2:]
    if listed is not None:
        assert listed != sorted(listed)
        assert refusal(raw_of({**value, "access": listed}, witness_map()))[0] == "tx.form"


u64 = st.integers(0, 2**64 - 1)
address = st.binary(min_size=34, max_size=34)
slots = st.sets(st.binary(min_size=32, max_size=32), max_size=4).map(sorted).map(tuple)
access = st.dictionaries(address, slots, max_size=4).map(lambda d: tuple(sorted(d.items())))
body = st.dictionaries(
    st.text("abcdefgh", max_size=6), u64 | st.binary(max_size=9) | st.text(max_size=9), max_size=4
)
unsigned_txs = st.builds(
    UnsignedTx,
    chain=u64,
    kind=st.text(st.characters(max_codepoint=127), max_size=32),
    sender=address,
    nonce=u64,
    gas=u64,
    max_fee=u64,
    max_tip=u64,
    body=body,
    max_blob_fee=st.none() | u64,
    access=st.none() | access,
    until=st.none() | u64,
    keep=st.booleans(),
)
witnesses = st.builds(
    Witness,
    alg=st.integers(0, 0xFFFF),
    sig=st.binary(max_size=50),
    pk=st.none() | st.binary(max_size=50),
)


@given(unsigned_txs, witnesses)
def test_round_trip(unsigned, witness):
    tx = SignedTx(unsigned, witness)
    assert tx.raw == raw_of(unsigned.to_map(), witness.to_map())
    again = SignedTx.decode(tx.raw)
    assert again == tx
    assert again.raw == tx.raw
    assert again.txid == sha3_256(b"animica/tx/v1\x00" + unsigned.encoded).digest()
    assert again.raw_hash == sha3_256(tx.raw).digest()


@given(unsigned_txs, witnesses, witnesses)
def test_the_id_covers_the_unsigned_part_only(unsigned, one, other):
    assert SignedTx(unsigned, one).txid == SignedTx(unsigned, other).txid
    changed = replace(unsigned, nonce=unsigned.nonce ^ 1)
    assert changed.txid != unsigned.txid


def test_key_put_in_and_left_out():
    tx = SignedTx.decode(raw_of(unsigned_map(), witness_map(pk=b"key")))
    bare = tx.with_key(None)
    assert (bare.txid, bare.witness.pk) == (tx.txid, None)
    assert bare.raw == raw_of(unsigned_map(), witness_map())
    assert bare.with_key(b"key") == tx


UNSIGNED = {
    "v": ([0, 2], "tx.version"),
    "chain": ([], ""),
    "kind": (["k" * 33], "field.range"),
    "from": ([A[:-1], A + b"a", b""], "field.range"),
    "nonce": ([], ""),
    "gas": ([], ""),
    "maxFee": ([], ""),
    "maxTip": ([], ""),
    "maxBlobFee": ([], ""),
    "until": ([], ""),
    "keep": ([False], "field.type"),
    "body": ([], ""),
    "access": ([], ""),
}
GOOD_OPTIONAL = {"maxBlobFee": 1, "until": 1, "keep": True, "access": []}


def test_the_table_names_every_field():
    full = UnsignedTx.from_map(unsigned_map(**GOOD_OPTIONAL)).to_map()
    assert full.keys() == UNSIGNED.keys()


@pytest.mark.parametrize("field", UNSIGNED)
def test_each_field_of_the_unsigned_part(field):
    good = unsigned_map(**GOOD_OPTIONAL)
    SignedTx.decode(raw_of(good, witness_map()))
    own = type(good[field])
    for value in (1, b"1", "1", [1], {"a": 1}, True):
        if type(value) is not own:
            wrong = {**good, field: value}
            assert refusal(raw_of(wrong, witness_map())) == ("field.type", f"tx.{field}")
    values, code = UNSIGNED[field]
    for value in values:
        assert refusal(raw_of({**good, field: value}, witness_map())) == (code, f"tx.{field}")
    without = {name: value for name, value in good.items() if name != field}
    if field in GOOD_OPTIONAL:
        SignedTx.decode(raw_of(without, witness_map()))
    else:
        assert refusal(raw_of(without, witness_map())) == ("field.missing", f"tx.{field}")


def test_an_unknown_field_is_refused():
    assert refusal(raw_of(unsigned_map(note=b""), witness_map())) == ("field.unknown", "tx.note")
    extra = raw_of(unsigned_map(), witness_map(note=b""))
    assert refusal(extra) == ("field.unknown", "witness.note")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"alg": None}, "field.missing", "witness.alg"),
        ({"sig": None}, "field.missing", "witness.sig"),
        ({"alg": b"\x10\x03"}, "field.type", "witness.alg"),
        ({"alg": 0x10000}, "field.range", "witness.alg"),
        ({"sig": "s"}, "field.type", "witness.sig"),
        ({"sig": bytes(SIGNATURE_BYTES + 1)}, "field.range", "witness.sig"),
        ({"pk": 1}, "field.type", "witness.pk"),
        ({"pk": bytes(PUBLIC_KEY_BYTES + 1)}, "field.range", "witness.pk"),
    ],
)
def test_each_field_of_the_witness(change, code, field):
    assert refusal(raw_of(unsigned_map(), witness_map(**change))) == (code, field)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [unsigned_map()],
        [unsigned_map(), witness_map(), 0],
        {"unsigned": unsigned_map()},
        b"",
        1,
    ],
)
def test_only_a_pair_is_a_transaction(value):
    raw = cbor2.dumps(value, canonical=True)
    assert refusal(raw) == ("tx.form", "tx")


def test_parts_that_are_no_maps():
    assert refusal(raw_of(1, witness_map())) == ("field.type", "tx")
    assert refusal(raw_of(unsigned_map(), 1)) == ("field.type", "witness")


def test_size():
    assert refusal(bytes(TX_BYTES + 1)) == ("cbor.too_large", "tx")


ACCESS = {
    "addresses out of order": ([[B, []], [A, []]], "tx.form"),
    "an address twice": ([[A, []], [A, [K1]]], "tx.form"),
    "keys out of order": ([[A, [K2, K1]]], "tx.form"),
    "a key twice": ([[A, [K1, K1]]], "tx.form"),
    "too many keys": ([[A, [n.to_bytes(32, "big") for n in range(257)]]], "tx.form"),
    "too many keys together": (
        [
            [A, [n.to_bytes(32, "big") for n in range(128)]],
            [B, [n.to_bytes(32, "big") for n in range(129)]],
        ],
        "tx.form",
    ),
    "too many addresses": ([[n.to_bytes(34, "big"), []] for n in range(257)], "field.range"),
    "a short address": ([[A[1:], []]], "field.type"),
    "a short key": ([[A, [K1[1:]]]], "field.type"),
    "a key that is no bytes": ([[A, [1]]], "field.type"),
    "keys that are no list": ([[A, K1]], "field.type"),
    "a triple": ([[A, [], []]], "field.type"),
    "an address alone": ([A], "field.type"),
}


@pytest.mark.parametrize("name", ACCESS)
def test_access_list_has_one_form(name):
    value, code = ACCESS[name]
    assert refusal(raw_of(unsigned_map(access=value), witness_map())) == (code, "tx.access")


def test_access_list_at_its_bounds():
    keys = [n.to_bytes(32, "big") for n in range(256)]
    full = [[A, keys], [B, []]]
    tx = SignedTx.decode(raw_of(unsigned_map(access=full), witness_map()))
    assert tx.unsigned.access == ((A, tuple(keys)), (B, ()))
    empty = SignedTx.decode(raw_of(unsigned_map(access=[]), witness_map()))
    assert empty.unsigned.access == ()
    assert empty.txid != SignedTx.decode(raw_of(unsigned_map(), witness_map())).txid

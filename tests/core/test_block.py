"""Headers and blocks as values: round trips, the seal's vectors, a refusal for every field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha3_256
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import block as block_codec
from core import cbor
from core.block import Block
from core.errors import EncodingRefused
from core.header import HEADER_BYTES, Beacon, Header, PolicyPins, Roots
from core.proof import Envelope, ProofReceipt
from core.receipt import Log, Receipt
from core.tx import SignedTx, UnsignedTx, Witness

SEALS = json.loads((Path(__file__).parent.parent / "vectors/seal.json").read_text())["cases"]
LIMIT = 100_000
ITEMS = 10_000


def digest(name: str) -> bytes:
    return sha3_256(name.encode()).digest()


HEADER = Header(
    chain=7,
    height=9,
    parent=digest("parent"),
    time=1_000,
    coinbase=b"\x10\x03" + digest("coinbase"),
    gas_limit=100,
    gas_used=50,
    base_fee=3,
    blob_bytes=0,
    blob_fee=1,
    theta=2_000_000,
    psi=4,
    roots=Roots(*map(digest, ("state", "txs", "witnesses", "receipts", "proofs", "da"))),
    beacon=Beacon(2, digest("beacon")),
    mix=digest("mix"),
    policy=PolicyPins(*map(digest, ("poies", "alg", "zk", "params"))),
    extra=b"extra",
    nonce=b"nonce..8",
)


def tx(nonce: int) -> SignedTx:
    sender = b"\x10\x03" + digest("sender")
    unsigned = UnsignedTx(7, "transfer", sender, nonce, 5, 6, 7, {"to": sender, "value": nonce})
    return SignedTx(unsigned, Witness(0x1003, b"sig %d" % nonce, b"key"))


def envelope(number: int) -> Envelope:
    return Envelope(1 + number % 5, b"body %d" % number, digest(f"nullifier {number}"))


def proof(number: int) -> ProofReceipt:
    payee = b"\x10\x03" + digest("payee")
    sent = envelope(number)
    return ProofReceipt(sent.type, sent.nullifier, payee, number, 5, 10**6, sent.digest)


BLOCK = Block(HEADER, (tx(0), tx(1), tx(2)), proofs=(proof(0),), envelopes=(envelope(0),))


def dumps(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def refusal(decode, raw: bytes) -> tuple[str, object]:
    with pytest.raises(EncodingRefused) as caught:
        decode(raw)
    return caught.value.code, caught.value.facts["field"]


def decode_block(raw: bytes) -> Block:
    return Block.decode(raw, limit=LIMIT, items=ITEMS)


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every field of a map and of the maps inside."""
    for name, item in value.items():
        yield (*path, name)
        if isinstance(item, dict):
            yield from leaves(item, (*path, name))


def with_at(value: Any, path: tuple[str, ...], item: object) -> Any:
    first, *rest = path
    return {**value, first: with_at(value[first], tuple(rest), item) if rest else item}


def without(value: Any, path: tuple[str, ...]) -> Any:
    first, *rest = path
    if rest:
        return {**value, first: without(value[first], tuple(rest))}
    return {name: item for name, item in value.items() if name != first}


def value_at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


PATHS = list(leaves(HEADER.to_map()))


def test_header_round_trip():
    assert HEADER.encoded == dumps(HEADER.to_map())
    assert Header.decode(HEADER.encoded) == HEADER
    assert HEADER.hash == sha3_256(b"animica/block/v1\x00" + HEADER.encoded).digest()
    assert len(PATHS) == 31


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_each_header_field(path):
    good = HEADER.to_map()
    name = ".".join(("header", *path))
    own = value_at(good, path)
    for value in (1, b"1", "1", [1], {"a": 1}, True):
        if type(value) is not type(own):
            got = refusal(Header.decode, dumps(with_at(good, path, value)))
            assert got == ("field.type", name)
    assert refusal(Header.decode, dumps(without(good, path))) == ("field.missing", name)
    extra = with_at(good, (*path[:-1], path[-1] + "x"), 0)
    assert refusal(Header.decode, dumps(extra)) == ("field.unknown", name + "x")
    if isinstance(own, bytes):
        sizes = [33, 64] if path == ("extra",) else [0, len(own) - 1, len(own) + 1]
        for size in sizes:
            got = refusal(Header.decode, dumps(with_at(good, path, bytes(size))))
            assert got == ("field.range", name)


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_the_hash_and_the_seal_cover_each_header_field(path):
    good = HEADER.to_map()
    own = value_at(good, path)
    if isinstance(own, dict):
        return
    other = own + 1 if isinstance(own, int) else bytes([own[0] ^ 1]) + own[1:]
    changed = Header.decode(dumps(with_at(good, path, other)))
    assert changed.hash != HEADER.hash
    assert changed.draw != HEADER.draw
    assert (changed.sign_bytes == HEADER.sign_bytes) == (path == ("nonce",))


def test_header_size():
    assert refusal(Header.decode, bytes(HEADER_BYTES + 1)) == ("cbor.too_large", "header")
    most = replace(HEADER, **dict.fromkeys(("time", "theta", "psi"), 2**64 - 1), extra=bytes(32))
    assert len(most.encoded) < HEADER_BYTES


@pytest.mark.parametrize("case", SEALS, ids=lambda case: str(case["nonce"]))
def test_seal_vectors(case, monkeypatch):
    """The layout of the draw; the digest of the vectors stands in for this header's own."""
    monkeypatch.setattr(
        "core.header.tagged", lambda tag, data: bytes.fromhex(case["header_digest"][2:])
    )
    header = replace(
        HEADER,
        mix=bytes.fromhex(case["mix"][2:]),
        nonce=case["nonce"].to_bytes(8, "little"),
    )
    assert header.draw == int(case["draw"], 16)
    assert header.sign_bytes[:16] == b"animica/seal/v1\x00"
    assert len(header.seal_prefix) == 80


def test_sign_bytes_hash_the_header_without_nonce():
    unsealed = {name: item for name, item in HEADER.to_map().items() if name != "nonce"}
    expected = sha3_256(b"animica/header/v1\x00" + dumps(unsealed)).digest()
    assert HEADER.sign_bytes == b"animica/seal/v1\x00" + expected
    assert HEADER.sealed(b"12345678").sign_bytes == HEADER.sign_bytes
    assert HEADER.sealed(b"12345678").nonce == b"12345678"


def block_map() -> dict:
    return cbor2.loads(BLOCK.raw)


def test_block_round_trip():
    assert block_map() == {
        "header": HEADER.to_map(),
        "txs": [t.unsigned.to_map() for t in BLOCK.txs],
        "witnesses": [t.witness.to_map() for t in BLOCK.txs],
        "proofs": [proof(0).to_map()],
        "envelopes": [envelope(0).to_map()],
    }
    assert dumps(block_map()) == BLOCK.raw
    again = decode_block(BLOCK.raw)
    assert again == BLOCK
    assert (again.raw, again.hash) == (BLOCK.raw, HEADER.hash)
    assert decode_block(Block(HEADER).raw) == Block(HEADER)


@pytest.mark.parametrize("part", ["header", "txs", "witnesses", "proofs", "envelopes"])
def test_each_part_of_a_block(part):
    good = block_map()
    missing = {name: item for name, item in good.items() if name != part}
    assert refusal(decode_block, dumps(missing)) == ("field.missing", f"block.{part}")
    code, field = refusal(decode_block, dumps({**good, part: 1}))
    assert code == "field.type"
    assert field == ("header" if part == "header" else f"block.{part}")
    if part != "header":
        assert refusal(decode_block, dumps({**good, part: good[part][:-1]}))[0] == "block.form"


def test_block_refuses_the_unknown():
    raw = dumps({**block_map(), "uncles": []})
    assert refusal(decode_block, raw) == ("field.unknown", "block.uncles")
    assert refusal(decode_block, dumps([1])) == ("field.type", "block")


def test_block_size():
    assert Block.decode(BLOCK.raw, limit=len(BLOCK.raw), items=ITEMS) == BLOCK
    with pytest.raises(EncodingRefused) as caught:
        Block.decode(BLOCK.raw, limit=len(BLOCK.raw) - 1, items=ITEMS)
    assert caught.value.code == "cbor.too_large"


@pytest.mark.parametrize("part", ["txs", "witnesses"])
@pytest.mark.parametrize("index", [0, 2])
def test_a_bad_item_is_refused_by_its_own_field(part, index):
    good = block_map()
    good[part][index]["zz"] = 0
    name = "tx.zz" if part == "txs" else "witness.zz"
    assert refusal(decode_block, dumps(good)) == ("field.unknown", name)


@given(st.data())
def test_any_changed_byte_changes_the_block_or_is_refused(data):
    raw = bytearray(BLOCK.raw)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        block = decode_block(bytes(raw))
    except EncodingRefused:
        return
    assert block != BLOCK
    assert Block(block.header, block.txs, block.proofs, block.envelopes).raw == raw


def merkle_root(items: list[bytes]) -> bytes:
    """RFC 6962 by its recursive definition, with SHA3-256."""
    if not items:
        return sha3_256(b"").digest()
    if len(items) == 1:
        return sha3_256(b"\x00" + items[0]).digest()
    half = 1 << (len(items) - 1).bit_length() - 1
    return sha3_256(b"\x01" + merkle_root(items[:half]) + merkle_root(items[half:])).digest()


@pytest.mark.parametrize("count", range(6))
def test_body_roots(count):
    txs = tuple(tx(n) for n in range(count))
    proofs = tuple(proof(n) for n in range(count))
    unsigned = [dumps(t.unsigned.to_map()) for t in txs]
    witnesses = [dumps(t.witness.to_map()) for t in txs]
    assert block_codec.txs_root(txs) == merkle_root(unsigned)
    assert block_codec.witnesses_root(txs) == merkle_root(witnesses)
    assert block_codec.proofs_root(proofs) == merkle_root([dumps(p.to_map()) for p in proofs])


RECEIPT = Receipt(1, 7, (Log(b"\x00" * 34, (digest("a"), digest("b")), b"data"),), b"ret")


def test_receipt_round_trip():
    value = cbor2.loads(RECEIPT.encoded)
    assert RECEIPT.encoded == dumps(RECEIPT.to_map())
    assert Receipt.from_map(value) == RECEIPT


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": 3}, "receipt.status"),
        ({"ret": bytes(4097)}, "receipt.ret"),
        ({"logs": [{"address": bytes(33), "topics": [], "data": b""}]}, "log.address"),
        ({"logs": [{"address": bytes(34), "topics": [bytes(32)] * 5, "data": b""}]}, "log.topics"),
        ({"logs": [{"address": bytes(34), "topics": [], "data": bytes(4097)}]}, "log.data"),
    ],
)
def test_receipt_limits(change, field):
    with pytest.raises(EncodingRefused) as caught:
        Receipt.from_map({**RECEIPT.to_map(), **change})
    assert (caught.value.code, caught.value.facts["field"]) == ("field.range", field)


def test_topics_are_hashes():
    log = {"address": bytes(34), "topics": [bytes(31)], "data": b""}
    with pytest.raises(EncodingRefused) as caught:
        Receipt.from_map({**RECEIPT.to_map(), "logs": [log]})
    assert (caught.value.code, caught.value.facts["field"]) == ("field.type", "log.topics")


def test_a_body_of_countless_items_is_refused_before_it_is_parsed():
    stuffed = b"\xa1\x63txs\x9a" + (7_000_000).to_bytes(4, "big") + b"\x80" * 7_000_000
    with pytest.raises(cbor.CborTooManyItems) as caught:
        Block.decode(stuffed, limit=8_000_000, items=ITEMS)
    assert caught.value.facts["most"] == ITEMS

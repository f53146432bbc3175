"""The strict codec, held against a second one that shares no code with it."""

from __future__ import annotations

from random import Random

from core import cbor
from core.cbor import CborTooLarge, CborTooManyItems
from tests.fuzz import mutate as mutations
from tests.fuzz import oracle, world
from tests.fuzz.claims import attempt

MAX_BYTES = 4096
BOTH_KERNELS = True
_REFUSED = object()


def one_input(data: bytes) -> None:
    for null in (False, True) if b"\xf6" in data else (False,):
        _same_verdict(data, null)
    if data:
        assert (
            attempt(cbor.decode, data, limit=len(data) - 1, what="x", refusals=CborTooLarge) is None
        )
    for most in (0, 16, 2048):
        attempt(cbor.check_items, data, most=most, what="x", refusals=CborTooManyItems)


def _same_verdict(data: bytes, null: bool) -> None:
    try:
        value, items = oracle.decode(data, null=null)
    except oracle.Bad:
        value, items = _REFUSED, 0
    try:
        found = cbor.decode(data, limit=MAX_BYTES, what="x", allow_null=null)
    except cbor.EncodingRefused as refusal:
        assert value is _REFUSED, f"a canonical encoding is refused: {refusal}"
        refusal.view()
        return
    assert value is not _REFUSED, "an encoding that is not canonical is accepted"
    assert _typed(found) == _typed(value), "the value is another"
    assert cbor.encode(found) == data and cbor.decode_own(data) == found
    assert cbor.item_ends(data, 0, 1) == [len(data)]
    cbor.check_items(data, most=items, what="x")
    assert cbor.decode(data, limit=MAX_BYTES, what="x", allow_null=null, most=items) == found
    try:
        cbor.check_items(data, most=items - 1, what="x")
    except CborTooManyItems:
        return
    raise AssertionError("an item is not counted")


def _typed(value: object) -> str:
    return repr(value)  # tells True from 1, and the order of keys


def mutate(data: bytes, rng: Random) -> bytes:
    return mutations.cbor(data, rng)


def seeds() -> dict[str, bytes]:
    deep: object = []
    for _ in range(15):
        deep = [deep]
    values = {
        "edges": [*mutations.EDGES, "", b"", True, False],
        "map": {"a": 0, "b": [1, {"aa": b"\x01"}], "": {}, "aaaaaaaaaaaaaaaaaaaaaaaaa": "ä"},
        "deep": deep,
    }
    written = {name: oracle.encode(value) for name, value in values.items()}
    header = world.chain().line[0].header.encoded
    strange = {
        "null": b"\x81\xf6",
        "float": b"\xf9\x3c\x00",
        "bignum": b"\xc2\x41\x01",
        "tag": b"\xd9\xd9\xf7\x00",
        "indefinite": b"\x9f\x00\xff",
        "negative": b"\x20",
        "unknown-simple": b"\xf8\x20",
    }
    longer = {
        f"longer-{number}": bytes([0x18 + n]) + number.to_bytes(1 << n, "big")
        for n, number in enumerate((23, 255, 65_535, 2**32 - 1))
    }
    longer["longer-text"] = b"\x78\x17" + bytes(23)
    longer["longer-true"] = b"\xf8\x15"
    return {**written, "header": header, **strange, **longer}

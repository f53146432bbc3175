"""From bytes to a block of plain dicts: size, canonical form, fields.

Chapters: conventions.md (Encoding), transactions.md (Form), blocks.md (Header, Body and receipts),
proofs.md (Envelopes and receipts).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core import cbor
from tests.model.primitives import owned_by_key
from tests.model.refusal import Broken, need
from tests.model.sets import ParamSet

Check = Callable[[Any], None]


def uint(most: int = 2**64 - 1) -> Check:
    """A whole number from 0 to ``most``."""

    def check(value: Any) -> None:
        need(type(value) is int, "field.type")
        need(0 <= value <= most, "field.range")

    return check


def octets(least: int, most: int) -> Check:
    """A byte string of some size."""

    def check(value: Any) -> None:
        need(type(value) is bytes, "field.type")
        need(least <= len(value) <= most, "field.range")

    return check


def text(most: int) -> Check:
    """ASCII text."""

    def check(value: Any) -> None:
        need(type(value) is str and value.isascii(), "field.type")
        need(len(value) <= most, "field.range")

    return check


def only_true(value: Any) -> None:
    """The flag that is either absent or true."""
    need(value is True, "field.type")


def any_map(value: Any) -> None:
    """A map, whatever is in it."""
    need(type(value) is dict, "field.type")


def any_list(value: Any) -> None:
    """An array, whatever is in it."""
    need(type(value) is list, "field.type")


def fields(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """A map with exactly these fields."""
    optional = optional or {}

    def check(value: Any) -> None:
        need(type(value) is dict, "field.type")
        for name in required:
            need(name in value, "field.missing")
        for name in value:
            need(name in required or name in optional, "field.unknown")
        for name, field in {**required, **optional}.items():
            if name in value:
                field(value[name])

    return check


HASH, ADDRESS = octets(32, 32), octets(34, 34)

header = fields(
    {
        **dict.fromkeys(("v", "chain", "height", "time", "gasLimit", "gasUsed"), uint()),
        **dict.fromkeys(("baseFee", "blobBytes", "blobFee", "theta", "psi"), uint()),
        **dict.fromkeys(("parent", "mix"), HASH),
        "coinbase": ADDRESS,
        "roots": fields(
            dict.fromkeys(("state", "txs", "witnesses", "receipts", "proofs", "da"), HASH)
        ),
        "beacon": fields({"round": uint(), "out": HASH}),
        "policy": fields(dict.fromkeys(("poies", "alg", "zk", "params"), HASH)),
        "extra": octets(0, 32),
        "nonce": octets(8, 8),
    }
)


def access(value: Any) -> None:
    """``[[address, [key, …]], …]``, sorted, without repetition, of bounded length."""
    any_list(value)
    need(len(value) <= 256, "field.range")
    for entry in value:
        need(type(entry) is list and len(entry) == 2, "field.type")
        need(type(entry[0]) is bytes and len(entry[0]) == 34, "field.type")
        need(type(entry[1]) is list, "field.type")
        need(all(type(key) is bytes and len(key) == 32 for key in entry[1]), "field.type")
    need(sum(len(entry[1]) for entry in value) <= 256, "tx.form")
    lists = [[entry[0] for entry in value], *(entry[1] for entry in value)]
    need(all(items == sorted(set(items)) for items in lists), "tx.form")


def version(value: Any) -> None:
    """The one format of transactions."""
    uint()(value)
    need(value == 1, "tx.version")


unsigned = fields(
    {
        "v": version,
        "chain": uint(),
        "kind": text(32),
        "from": ADDRESS,
        **dict.fromkeys(("nonce", "gas", "maxFee", "maxTip"), uint()),
        "body": any_map,
    },
    {"until": uint(), "keep": only_true, "access": access, "maxBlobFee": uint()},
)


witness = fields(
    {"alg": uint(2**16 - 1), "sig": octets(0, 16_384)},
    {"pk": octets(0, 4_096)},
)


def recipient(value: Any) -> None:
    """An address that a key can own."""
    ADDRESS(value)
    need(owned_by_key(value), "tx.recipient")


transfer = fields({"to": recipient, "value": uint()})

MILLION = 10**6
PROOFS_MOST = 64 + 16
"""The most shares of any network, and the proofs of other types."""

envelope = fields({"type": uint(), "body": octets(0, 32_768), "nullifier": HASH})
proof = fields(
    {
        "type": uint(),
        "nullifier": HASH,
        "payee": ADDRESS,
        "psi": uint(),
        "units": uint(),
        "quality": uint(MILLION),
        "envelope": HASH,
    }
)
share = fields({"header": header})
scored = fields(
    {
        **dict.fromkeys(("work", "anchor", "job"), octets(0, 32)),
        "payee": ADDRESS,
        "quality": uint(MILLION),
        **dict.fromkeys(("units", "until", "creditUntil", "burnt", "spent"), uint()),
    }
)
"""What a proof of types 2 to 4 states in these tests; their real bodies come with verifiers."""

_block = fields(
    {
        "header": header,
        **dict.fromkeys(LISTS := ("txs", "witnesses", "proofs", "envelopes"), any_list),
    }
)


def decode(raw: bytes, *, limit: int, what: str, most: int | None = None) -> Any:
    """The one canonical encoding of a value; raises ``Broken``."""
    try:
        return cbor.decode(raw, limit=limit, what=what, most=most)
    except Exception as refusal:
        code = getattr(refusal, "code", "")
        if not code.startswith("cbor."):
            raise
        raise Broken(code) from None


def read_block(raw: bytes, sets: Sequence[ParamSet]) -> dict[str, Any]:
    """A block as dicts; raises ``Broken``.

    Its height is known only then, so it is read within the limits of the most generous set first.
    """
    most = max(each.size[0] for each in sets), max(each.size[1] for each in sets)
    block: dict[str, Any] = _read_block(raw, *most)
    height = block["header"]["height"]
    _read_block(raw, *next(each for each in reversed(sets) if height >= each.first).size)
    return block


def _read_block(raw: bytes, limit: int, items: int) -> dict[str, Any]:
    block: dict[str, Any] = decode(raw, limit=limit, what="block", most=items)
    _block(block)
    need(
        len(block["proofs"]) <= PROOFS_MOST and len(block["envelopes"]) <= PROOFS_MOST,
        "field.range",
    )
    for name, form in _ITEMS.items():
        for each in block[name]:
            form(each)
    need(len(block["txs"]) == len(block["witnesses"]), "block.form")
    need(len(block["proofs"]) == len(block["envelopes"]), "block.form")
    return block


_ITEMS = {"txs": unsigned, "witnesses": witness, "proofs": proof, "envelopes": envelope}

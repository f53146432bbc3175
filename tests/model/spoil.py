"""Ways to break a block: one field, one transaction, the form, the bytes.

Each takes what it spoils and a source of chance. Which rule a spoiled block breaks first is for
model and node to say; nothing is expected here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any

from core import cbor
from tests.model.chain import Chain
from tests.model.header import mix_after
from tests.model.primitives import AICF, SLH_DSA, TREASURY, h

Map = dict[str, Any]
U64 = 2**64 - 1


def flip(data: bytes, rng: Random) -> bytes:
    """One bit turned."""
    if not data:
        return b"\x01"
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def off_by_one(value: int, rng: Random) -> int:
    """A neighbour, or a far end."""
    return rng.choice([value + 1, max(0, value - 1), 0, U64])


def bad_address(rng: Random) -> bytes:
    """34 bytes that no key can own."""
    ids = [b"\x20\x01", b"\x00\x00", b"\x10\x04", b"\xff\xff"]
    return rng.choice([TREASURY, AICF, rng.choice(ids) + h(b"bad")])


def wrong_kind(value: Any, rng: Random) -> Any:
    """A value of another type or size."""
    if type(value) is int:
        return rng.choice([b"", "1", True, [], 2**64, -1])
    if type(value) is bytes:
        return rng.choice([value + b"\x00", value[:-1], b"", 7, value.hex(), {}])
    return rng.choice([7, b"", True, None, "é"])


def spoil_map(target: Map, rng: Random) -> None:
    """Take a field away, add one, or change one's type or size; also further down."""
    name = rng.choice(sorted(target))
    way = rng.random()
    if isinstance(target[name], dict) and target[name] and way < 0.4:
        spoil_map(target[name], rng)
    elif way < 0.3:
        del target[name]
    elif way < 0.5:
        target[rng.choice(["x", "nonce2", "keep2", "zzzzzzzzzzzz"])] = rng.choice([0, b"", True])
    else:
        target[name] = wrong_kind(target[name], rng)


# ------------------------------------------------------------------ a header


CHECKED = (
    "height", "chain", "policy", "time", "v", "gasLimit", "gasUsed", "blobBytes", "theta",
    "baseFee", "blobFee", "mix", "coinbase", "psi", "beacon", "roots",
)  # fmt: skip
"""Fields of a header in the order in which their rules stand (blocks.md, Import)."""


def spoil_neighbours(header: Map, model: Chain, rng: Random) -> None:
    """Two faults whose rules stand side by side: only the order decides which is named."""
    first = rng.randrange(len(CHECKED) - 1)
    for name in CHECKED[first : first + 2]:
        spoil_field(header, name, model, rng)


def spoil_header(header: Map, model: Chain, rng: Random) -> None:
    """Give one field of a header another value of the right type."""
    spoil_field(header, rng.choice(sorted({*header} - {"nonce"})), model, rng)


def spoil_field(header: Map, name: str, model: Chain, rng: Random) -> None:
    """Give this field another value."""
    special = _HEADER.get(name)
    if special is not None:
        special(header, model, rng)
    elif type(header[name]) is int:
        header[name] = off_by_one(header[name], rng)
    else:
        header[name] = flip(header[name], rng)


def _spoil_time(header: Map, model: Chain, rng: Random) -> None:
    parent = model.kept.get(header["parent"])
    above = header["time"] - 1 if parent is None else parent.header["time"]
    edges = [above, above - 1, model.now + 60_001, 0, U64]
    header["time"] = rng.choice(edges)


def _spoil_roots(header: Map, model: Chain, rng: Random) -> None:
    name = rng.choice(sorted(header["roots"]))
    header["roots"][name] = flip(header["roots"][name], rng)


def _spoil_policy(header: Map, model: Chain, rng: Random) -> None:
    if rng.random() < 0.5:  # those of another height
        header["policy"] = dict(rng.choice(model.rules.sets).policy)
        return
    name = rng.choice(sorted(header["policy"]))
    header["policy"][name] = flip(header["policy"][name], rng)


def _spoil_beacon(header: Map, model: Chain, rng: Random) -> None:
    if rng.random() < 0.5:
        header["beacon"]["round"] = 1
    else:
        header["beacon"]["out"] = h(b"out")
        parent = model.kept.get(header["parent"])
        if parent is not None and rng.random() < 0.7:
            header["mix"] = mix_after(parent.header, header["beacon"]["out"])


def _spoil_coinbase(header: Map, model: Chain, rng: Random) -> None:
    header["coinbase"] = bad_address(rng)


def _spoil_psi(header: Map, model: Chain, rng: Random) -> None:
    gamma = model.rules.most_psi(header["height"])
    psi = header["psi"]
    header["psi"] = rng.choice([psi + 1, max(0, psi - 1), 0, gamma, gamma + 1])


def _spoil_theta(header: Map, model: Chain, rng: Random) -> None:
    least = model.rules.at(header["height"]).params["theta_min_unat"]
    header["theta"] = rng.choice([header["theta"] + 1, header["theta"] - 1, least - 1, least, 0])


def _spoil_blobs(header: Map, model: Chain, rng: Random) -> None:
    limit = model.rules.at(header["height"]).blob_limit
    header["blobBytes"] = rng.choice([1, limit, limit + 1])


def _spoil_gas_used(header: Map, model: Chain, rng: Random) -> None:
    used, limit = header["gasUsed"], header["gasLimit"]
    header["gasUsed"] = rng.choice([used + 1, max(0, used - 1), limit, limit + 1])


_HEADER: Mapping[str, Callable[[Map, Chain, Random], None]] = {
    "time": _spoil_time, "roots": _spoil_roots, "policy": _spoil_policy, "beacon": _spoil_beacon,
    "coinbase": _spoil_coinbase, "psi": _spoil_psi, "theta": _spoil_theta,
    "blobBytes": _spoil_blobs, "gasUsed": _spoil_gas_used,
}  # fmt: skip


# ------------------------------------------------------------------ a transaction


def spoil_unsigned(tx: Map, room: int, balance: int, rng: Random) -> None:
    """Break an unsigned transaction before it is signed.

    ``room`` is the gas that the block has left, ``balance`` what its sender holds.
    """
    rng.choice(_UNSIGNED)(tx, room, balance, rng)


def spoil_rule(tx: Map, room: int, balance: int, rng: Random) -> None:
    """Break one more rule; not the encoding, where the order within a map is nobody's business."""
    with suppress(KeyError, TypeError):  # the field is gone already
        rng.choice(_RULES)(tx, room, balance, rng)


def _chain(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["chain"] = off_by_one(tx["chain"], rng)


def _kind(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["kind"] = rng.choice(["calls", "mint", "", "Transfer", "transfer ", "x" * 32, "x" * 33])


def _recipient(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["body"]["to"] = bad_address(rng)


def _value(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["body"]["value"] = rng.choice([U64, 2**63, 2**63 - 1, 10**16])


def _short(tx: Map, room: int, balance: int, rng: Random) -> None:
    """One coin more than there is, or just what there is."""
    left = balance - tx["gas"] * tx["maxFee"]
    tx["body"]["value"] = max(0, left + rng.choice([0, 1, 1, tx["gas"]]))


def _body(tx: Map, room: int, balance: int, rng: Random) -> None:
    spoil_map(tx["body"], rng)


def _form(tx: Map, room: int, balance: int, rng: Random) -> None:
    spoil_map(tx, rng)


def _version(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["v"] = rng.choice([0, 2, U64])


def _until(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["until"] = rng.choice([0, max(0, tx.get("until", 1) - 1), 1, 2, 3])


def _flags(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx.update(rng.choice([{"keep": False}, {"keep": 1}, {"maxBlobFee": 0}, {"maxBlobFee": 1}]))


def _nonce(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["nonce"] = off_by_one(tx["nonce"], rng)


def _fee(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["maxFee"] = rng.choice([max(0, tx["maxFee"] - 1), 0, U64])


def _tip(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["maxTip"] = rng.choice([tx["maxFee"] + 1, U64])


def _gas(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["gas"] = rng.choice([max(0, tx["gas"] - 1), 0, U64, room + 1, room])


def _access(tx: Map, room: int, balance: int, rng: Random) -> None:
    one, two = sorted(h(b"a%d" % n) + b"\x00\x00" for n in range(2))
    key, other = sorted([h(b"k"), h(b"l")])
    many = sorted(h(b"%d" % n) + b"\x00\x00" for n in range(257))
    tx["access"] = rng.choice(
        [
            [[two, []], [one, []]],
            [[one, []], [one, []]],
            [[one, [other, key]]],
            [[one, [key, key]]],
            [[one, []], [two, [other, key]]],
            [[each, []] for each in many],
            [[one, [each[:32] for each in many]]],
            [[one, sorted({each[:32] for each in many[:256]})]],
            [[one]],
            [[one, [], []]],
            [one],
            [[one[:33], []]],
            [[one, [key[:31]]]],
            [],
            0,
        ]
    )


def _sender(tx: Map, room: int, balance: int, rng: Random) -> None:
    tx["from"] = rng.choice([bad_address(rng), flip(tx["from"], rng)])


_RULES = (
    _chain, _recipient, _value, _short, _short, _until, _nonce, _nonce, _fee, _tip, _gas, _gas,
    _sender,
)  # fmt: skip
_ENCODINGS = (_kind, _body, _form, _version, _flags, _access)
_UNSIGNED = (*_RULES, *_ENCODINGS)


def spoil_witness(witness: Map, other: Map, rng: Random) -> None:
    """Break a witness; ``other`` is one of another key over the same transaction."""
    way = rng.randrange(8)
    if way == 0:
        witness["sig"] = flip(witness["sig"], rng)
    elif way == 1:
        witness["sig"] = rng.choice([witness["sig"][:-1], b"", bytes(7856), bytes(16_385)])
    elif way == 2:
        witness["alg"] = rng.choice([SLH_DSA, 0, 0x2001, 0xFFFF, 0x10000, 0x1004])
    elif way == 3:
        if witness.pop("pk", None) is None:
            witness["pk"] = other["pk"]
    elif way == 4:
        witness["pk"] = rng.choice([flip(other["pk"], rng), b"", bytes(4_096), bytes(4_097)])
    elif way == 5:
        witness.update(other)
    elif way == 6:
        witness["sig"] = other["sig"]
    else:
        spoil_map(witness, rng)


# ------------------------------------------------------------------ receipts of proofs


def spoil_receipt(block: Map, rng: Random) -> None:
    """Another value in a proof's receipt, receipts in another order, or one for another envelope.

    For a block that has proofs.
    """
    receipts = block["proofs"]
    receipt = rng.choice(receipts)
    name = rng.choice(sorted({*receipt, "order", "envelope", "psi"}))
    if name == "order":
        receipts.reverse()
    elif name == "quality":
        receipt[name] = rng.choice([0, 1, 10**6, 10**6 + 1])
    elif type(receipt[name]) is int:
        receipt[name] = off_by_one(receipt[name], rng)
    else:
        receipt[name] = flip(receipt[name], rng)


# ------------------------------------------------------------------ a body, the bytes


def spoil_body(block: Map, rng: Random) -> None:
    """Change what the block carries, or its outer form; the roots stay what they are."""
    way = rng.randrange(9)
    if way > 6 and block["envelopes"]:
        envelope = rng.choice(block["envelopes"])
        name = rng.choice(["body", "nullifier"])
        envelope[name] = flip(envelope[name], rng)
    elif way == 0 and block["txs"]:
        del block["txs"][-1], block["witnesses"][-1]
    elif way == 1 and len(block["txs"]) > 1:
        block["witnesses"].reverse()
    elif way == 2 and block["txs"]:
        del block[rng.choice(["txs", "witnesses"])][-1]
    elif way == 3:
        block[rng.choice(["proofs", "envelopes"])].append({"type": 1})
    elif way == 4 and block["witnesses"]:
        block["witnesses"][-1]["sig"] = flip(block["witnesses"][-1]["sig"], rng)
    elif way == 5:
        spoil_map(block["header"], rng)
    else:
        spoil_map(block, rng)


def spoil_bytes(raw: bytes, rng: Random) -> bytes:
    """Change the encoding itself."""
    way = rng.randrange(6)
    if way == 0:
        return raw + bytes([rng.randrange(256)])
    if way == 1:
        return raw[: rng.randrange(len(raw))]
    if way == 2:  # the map head in more bytes than it needs
        return bytes([0xB8, raw[0] & 0x1F]) + raw[1:]
    if way == 3:  # the same map, its keys in another order
        items = list(cbor.decode(raw, limit=len(raw), what="block").items())
        rng.shuffle(items)
        return raw[:1] + b"".join(cbor.encode(key) + cbor.encode(item) for key, item in items)
    if way == 4:
        return rng.choice([b"", b"\xa0", b"\x9f\xff", b"\x81" * 40, b"\xf6", b"\xf9\x00\x00"])
    place = rng.randrange(len(raw))
    return raw[:place] + bytes([rng.randrange(256)]) + raw[place + 1 :]

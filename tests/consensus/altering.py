"""Every alteration of a decoded block, and a seal for it, written from the definition.

Hashing, roots and the search for a seal share nothing with the product but ``exact.target``,
which has its vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha3_256
from itertools import count
from typing import Any

import cbor2

from core import exact

Place = tuple[str | int, ...]
ROOTED = ("txs", "witnesses", "proofs")
"""The lists of the body that have a root in the header."""
DEAREST_UNAT = 12_000_000
"""No test searches a seal for more than this Θ."""


def dumps(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


# ------------------------------------------------------------------ sealing, from the definition


def merkle(items: list[bytes]) -> bytes:
    if not items:
        return sha3_256(b"").digest()
    if len(items) == 1:
        return sha3_256(b"\x00" + items[0]).digest()
    half = 1 << (len(items) - 1).bit_length() - 1
    return sha3_256(b"\x01" + merkle(items[:half]) + merkle(items[half:])).digest()


def draw_of(header: dict[str, Any]) -> tuple[bytes, int]:
    unsealed = {name: value for name, value in header.items() if name != "nonce"}
    digest = sha3_256(b"animica/header/v1\x00" + dumps(unsealed)).digest()
    prefix = b"animica/seal/v1\x00" + digest + header["mix"]
    return prefix, exact.target(max(0, header["theta"] - header["psi"]))


def is_sealed(header: dict[str, Any]) -> bool:
    prefix, below = draw_of(header)
    return int.from_bytes(sha3_256(prefix + header["nonce"]).digest(), "big") < below


def sealed(block: dict[str, Any], *, roots: bool) -> dict[str, Any]:
    """The block sealed anew, with the roots of its body recomputed if asked."""
    header = dict(block["header"])
    if roots:
        lists = {name: merkle([dumps(item) for item in block[name]]) for name in ROOTED}
        header["roots"] = {**header["roots"], **lists}
    prefix, below = draw_of(header)
    if below < exact.target(DEAREST_UNAT):
        return {**block, "header": header}  # nobody can seal such a Θ
    for number in count():
        nonce = number.to_bytes(8, "little")
        if int.from_bytes(sha3_256(prefix + nonce).digest(), "big") < below:
            return {**block, "header": {**header, "nonce": nonce}}
    raise AssertionError("count never ends")


# ------------------------------------------------------------------ what can be altered, and how


@dataclass(frozen=True)
class Alteration:
    """The decoded block with one place altered. ``rule`` names place and kind of change."""

    path: Place
    change: str
    block: Any

    @property
    def rule(self) -> str:
        return pattern(self.path)

    def __str__(self) -> str:
        return ".".join(map(str, self.path)) + f" {self.change}"


def pattern(path: Place) -> str:
    return ".".join("*" if isinstance(step, int) else step for step in path)


def put(value: Any, path: Place, item: Any) -> Any:
    if not path:
        return item
    first, rest = path[0], path[1:]
    out: Any = dict(value) if isinstance(value, dict) else list(value)
    out[first] = put(value[first], rest, item) if rest else item
    return out


def others(value: Any) -> Iterator[tuple[str, Any]]:
    """Other values in place of a value, each with the name of what was done to it."""
    yield "type", [] if isinstance(value, dict) else {}
    if isinstance(value, bool):
        yield "negated", not value
    elif isinstance(value, int):
        yield from other_numbers(value)
    elif isinstance(value, bytes):
        yield from other_bytes(value)
    elif isinstance(value, str):
        yield from (("first", chr(ord(value[0]) ^ 1) + value[1:]), ("longer", value + "x"))
    elif isinstance(value, list):
        yield from other_lists(value)
    else:
        yield "unknown", {**value, "zz": 0}


def other_numbers(value: int) -> Iterator[tuple[str, int]]:
    yield from (("plus", value + 1), ("most", 2**64 - 1), ("beyond", 2**64))
    if value:
        yield "minus", value - 1
    if value > 1:
        yield "zero", 0


def other_bytes(value: bytes) -> Iterator[tuple[str, bytes]]:
    yield from (("shorter", value[:-1]), ("longer", value + b"\x00"))
    for name, at in (("first", 0), ("second", 1), ("last", -1)):
        changed = bytearray(value)
        changed[at] ^= 1
        yield name, bytes(changed)


def other_lists(value: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    for at in range(len(value) - 1):
        yield f"swap {at}", [*value[:at], value[at + 1], value[at], *value[at + 2 :]]
    if value:
        yield from (("drop", value[:-1]), ("double", [*value, value[-1]]))
    else:
        yield "add", [{"type": 1}]


def walk(block: Any, value: Any, path: Place = ()) -> Iterator[Alteration]:
    """Every alteration of every place of ``block`` at and below ``path``, where ``value`` is."""
    for name, other in others(value):
        yield Alteration(path, name, put(block, path, other))
    if isinstance(value, dict):
        for field in value:
            lacking = {name: item for name, item in value.items() if name != field}
            yield Alteration((*path, field), "missing", put(block, path, lacking))
            yield from walk(block, value[field], (*path, field))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(block, item, (*path, index))

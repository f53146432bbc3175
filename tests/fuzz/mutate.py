"""Mutations that know the structure: a place of a decoded value altered, and encoded again.

Byte mutations are the fuzzer's own business; these get past lengths, keys and checksums.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import cbor2

from tests.consensus.altering import Place, put
from tests.fuzz import oracle

STRANGE = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError),
    *(RecursionError, MemoryError, cbor2.CBORError, oracle.Bad),
)
"""What a mutation may meet in a value that is not of the shape it knows."""
EDGES = (0, 1, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53, 2**63, 2**64 - 1)


def cbor(data: bytes, rng: Random) -> bytes:
    """One to three places of a CBOR value altered; now and then written in a loose form."""
    try:
        value = cbor2.loads(data)
    except STRANGE:
        return flip(data, rng)
    for _ in range(rng.randint(1, 3)):
        value = alter(value, rng)
    try:
        return loose(value, rng) if rng.random() < 0.2 else oracle.encode(value)
    except STRANGE:  # a tag, a float or another stranger
        return flip(data, rng)


def text(data: bytes, rng: Random) -> bytes:
    """The same for JSON."""
    try:
        value = json.loads(data)
    except STRANGE:
        return flip(data, rng)
    for _ in range(rng.randint(1, 3)):
        value = alter(value, rng, strange=(None, -1, 1.5, "0x", "", [], {}))
    return json.dumps(value, default=lambda raw: "0x" + raw.hex()).encode()


def flip(data: bytes, rng: Random) -> bytes:
    """A byte changed, removed or put in."""
    at = rng.randrange(len(data) + 1)
    new = bytes([rng.randrange(256)])
    return data[:at] + rng.choice((new, b"")) + data[at + rng.randrange(2) :]


def split(data: bytes, most: int = 4) -> list[bytes]:
    """Several inputs in one: each after its length (u32 big endian), the last as it ends."""
    out: list[bytes] = []
    while data and len(out) < most:
        size = int.from_bytes(data[:4], "big")
        out.append(data[4 : 4 + size])
        data = data[4 + size :]
    return out


def join(parts: list[bytes]) -> bytes:
    """What ``split`` takes apart."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def places(value: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every place below and at ``path`` with what stands there."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def alter(value: Any, rng: Random, strange: tuple[Any, ...] = (None, "", b"", [], {})) -> Any:
    """The value with one place altered, or with another of its places put there."""
    listed = list(places(value))
    path, old = rng.choice(listed)
    way = rng.random()
    if way < 0.1:
        return put(value, path, rng.choice(strange))
    if way < 0.25:
        return put(value, path, rng.choice(listed)[1])
    return put(value, path, other(old, rng))


def nudge(value: Any, rng: Random) -> Any:
    """The value with one number, text or byte string changed; types and sizes stay."""
    leaves = [(path, old) for path, old in places(value) if not isinstance(old, list | dict)]
    path, old = rng.choice(leaves)
    if isinstance(old, bytes) and old:
        number = int.from_bytes(old) ^ 1 << rng.randrange(8 * len(old))
        return put(value, path, number.to_bytes(len(old)))
    return put(value, path, other(old, rng))


def other(value: Any, rng: Random) -> Any:
    """A near value of the same type."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return max(0, rng.choice((value + 1, value - 1, value ^ 1 << rng.randrange(64), *EDGES)))
    if isinstance(value, bytes):
        return flip(value, rng)
    if isinstance(value, str):
        return flip(value.encode(), rng).decode("latin-1")
    if isinstance(value, list):
        return _other_list(value, rng)
    if isinstance(value, dict):
        return _other_map(value, rng)
    return 0


def _other_list(value: list[Any], rng: Random) -> list[Any]:
    at, to = rng.randrange(len(value) + 1), rng.randrange(len(value) + 1)
    out = list(value)
    taken = out.pop(at) if at < len(out) else 0
    way = rng.randrange(3)
    return out if way == 0 else [*out[:to], *[taken] * way, *out[to:]]


def _other_map(value: dict[Any, Any], rng: Random) -> dict[Any, Any]:
    out = dict(value)
    if out and rng.random() < 0.5:
        out.pop(rng.choice(list(out)))
    else:
        out[rng.choice(("zz", "v", "keep", "pk", "code", "until"))] = rng.choice((0, True, b"x"))
    return out


def loose(value: Any, rng: Random) -> bytes:
    """An encoding of the value that breaks one or another rule of the canonical form."""

    def wide(major: int, argument: int) -> bytes:
        shortest = oracle.head(major, argument)
        if rng.random() < 0.9 or len(shortest) == 9:
            return shortest
        longer = [size for size in (1, 2, 4, 8) if size > len(shortest) - 1]
        size = rng.choice((longer[0], *longer))
        return bytes([major << 5 | 23 + size.bit_length()]) + argument.to_bytes(size, "big")

    def write(item: Any) -> bytes:
        if isinstance(item, bool) or item is None:
            return oracle.encode(item)
        if isinstance(item, int):
            return wide(0, item)
        if isinstance(item, bytes | str):
            raw = item if isinstance(item, bytes) else item.encode()
            return wide(2 if isinstance(item, bytes) else 3, len(raw)) + raw
        if isinstance(item, list):
            return wide(4, len(item)) + b"".join(map(write, item))
        pairs = sorted((oracle.encode(key), write(below)) for key, below in item.items())
        if pairs and rng.random() < 0.1:
            pairs.insert(rng.randrange(len(pairs)), rng.choice(pairs))
        if rng.random() < 0.1:
            rng.shuffle(pairs)
        return wide(5, len(pairs)) + b"".join(key + below for key, below in pairs)

    return write(value) + rng.choice((b"", b"", b"\x00", b"\xf6"))

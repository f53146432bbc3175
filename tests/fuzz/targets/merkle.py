"""Inclusion paths: under a known root and count, only an item at its own place is proven.

An input is the count (1 to 17), the index, a length with the claimed item, and the path.
"""

from __future__ import annotations

from functools import cache
from random import Random

from core import merkle
from tests.consensus import altering
from tests.fuzz import mutate as mutations

MAX_BYTES = 1_024
BOTH_KERNELS = True
_MOST = 17


def one_input(data: bytes) -> None:
    if len(data) < 3:
        return
    count, index, size = 1 + data[0] % _MOST, data[1], data[2]
    item, rest = data[3 : 3 + size], data[3 + size :]
    path = [rest[at : at + 32] for at in range(0, len(rest), 32)]
    if merkle.verify_inclusion(_root(count), item, index, count, path):
        assert index < count and _items(count)[index] == item, "a false statement is proven"
        assert merkle.inclusion_path(_items(count), index) == path, "two paths prove one item"
    if index < count:
        own = merkle.inclusion_path(_items(count), index)
        assert merkle.verify_inclusion(_root(count), _items(count)[index], index, count, own)


@cache
def _items(count: int) -> list[bytes]:
    # The last item is an inner node's preimage: it must not pass for what lies below it.
    items = [b"item %d" % n for n in range(count)]
    left, right = (altering.merkle([item]) for item in (b"item 0", b"item 1"))
    return [*items[:-1], left + right] if count > 2 else items


@cache
def _root(count: int) -> bytes:
    return altering.merkle(_items(count))


def _statement(count: int, index: int, item: bytes, path: list[bytes]) -> bytes:
    return bytes([count - 1, index, len(item)]) + item + b"".join(path)


def mutate(data: bytes, rng: Random) -> bytes:
    """A true statement with one of its parts from another, or its bytes changed."""
    count = rng.randint(1, _MOST)
    items = _items(count)
    index, other = rng.randrange(count), rng.randrange(count)
    path, strange = merkle.inclusion_path(items, index), merkle.inclusion_path(items, other)
    way = rng.randrange(6)
    if way == 0:
        path = strange
    elif way == 1:
        path = path[:-1] if rng.random() < 0.5 else [*path, rng.choice(strange or [bytes(32)])]
    elif way == 2:
        rng.shuffle(path)
    elif way == 3:
        return _statement(count, index, items[other], path)
    elif way == 4:
        return _statement(count, other, items[index], path)
    else:
        return mutations.flip(data, rng)
    return _statement(count, index, items[index], path)


def seeds() -> dict[str, bytes]:
    chosen = ((1, 0), (2, 1), (3, 2), (5, 4), (8, 3), (17, 16))
    return {
        f"item-{index}-of-{count}": _statement(
            count, index, _items(count)[index], merkle.inclusion_path(_items(count), index)
        )
        for count, index in chosen
    }

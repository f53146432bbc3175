"""Merkle trees against the published vectors and a recursive reading of RFC 6962."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha3_256, shake_128
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import merkle

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "merkle.json").read_text())


def det(i: int) -> bytes:
    return shake_128(f"vector {i}".encode()).digest(32)


def oracle(items: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1 as written: split at the largest power of two below n."""
    if not items:
        return sha3_256().digest()
    if len(items) == 1:
        return sha3_256(b"\x00" + items[0]).digest()
    k = 1 << (len(items) - 1).bit_length() - 1
    return sha3_256(b"\x01" + oracle(items[:k]) + oracle(items[k:])).digest()


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["n"]))
def test_vectors(case: dict[str, object]) -> None:
    n = case["n"]
    assert isinstance(n, int)
    assert "0x" + merkle.root([det(i) for i in range(n)]).hex() == case["root"]


def test_empty_root() -> None:
    assert merkle.root([]) == merkle.EMPTY_ROOT


@given(st.lists(st.binary(max_size=70), max_size=70))
def test_root_is_the_recursive_one(items: list[bytes]) -> None:
    assert merkle.root(items) == oracle(items)


@pytest.mark.parametrize("count", range(1, 36))
def test_every_item_is_proved_and_nothing_else(count: int) -> None:
    items = [det(i) for i in range(count)]
    root = oracle(items)
    for index, item in enumerate(items):
        path = merkle.inclusion_path(items, index)
        assert merkle.verify_inclusion(root, item, index, count, path)
        assert not merkle.verify_inclusion(root, det(count), index, count, path)
        assert not merkle.verify_inclusion(root, item, index, count, [*path, det(0)])
        assert not merkle.verify_inclusion(root, item, index, count, [bytes(32), *path])
        assert not path or not merkle.verify_inclusion(root, item, index, count, path[:-1])
        others = [i for i in range(count) if i != index]
        assert not any(merkle.verify_inclusion(root, item, i, count, path) for i in others)


def test_every_byte_of_a_path_and_root_counts() -> None:
    items = [det(i) for i in range(11)]
    root, path = oracle(items), merkle.inclusion_path(items, 10)
    assert merkle.verify_inclusion(root, items[10], 10, 11, path)
    for at, sibling in enumerate(path):
        for i in range(32):
            bad = sibling[:i] + bytes([sibling[i] ^ 1]) + sibling[i + 1 :]
            altered = [*path[:at], bad, *path[at + 1 :]]
            assert not merkle.verify_inclusion(root, items[10], 10, 11, altered)
    assert not merkle.verify_inclusion(root[:-1], items[10], 10, 11, path)
    assert not merkle.verify_inclusion(root, items[10], 10, 11, [path[0] + path[1]])


def test_a_path_longer_than_the_tree_cannot_split_a_sibling() -> None:
    """A 64-byte 'sibling' would be hashed like two siblings; only 32 bytes are let in."""
    left, right = det(0), det(1)
    leaf = sha3_256(b"\x00" + left).digest()
    root = sha3_256(b"\x01" + leaf + right + right).digest()
    assert not merkle.verify_inclusion(root, left, 0, 2, [right + right])


@pytest.mark.parametrize(("index", "count"), [(-1, 3), (3, 3), (0, 0), (1, 0)])
def test_an_index_outside_is_no_proof(index: int, count: int) -> None:
    items = [det(i) for i in range(count)]
    assert not merkle.verify_inclusion(merkle.root(items), det(0), index, count, [])
    with pytest.raises(IndexError):
        merkle.inclusion_path(items, index)

"""Merkle trees over lists: RFC 6962 with SHA3-256. Source: docs/spec/conventions.md.

Leaf ``H(00 || item)``, node ``H(01 || left || right)``, empty list ``H("")``. The tree of n items
has a full left part of the largest power of two below n; pairing level by level and moving an
odd last node up unchanged gives the same tree without recursion.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha3_256

from core import kernel

EMPTY_ROOT = sha3_256(b"").digest()
"""Root of the empty list, 32 bytes."""


def _leaves(items: Sequence[bytes]) -> list[bytes]:
    return [sha3_256(b"\x00" + item).digest() for item in items]


def _node(left: bytes, right: bytes) -> bytes:
    return sha3_256(b"\x01" + left + right).digest()


def _level_above(level: list[bytes]) -> list[bytes]:
    pairs = iter(level)
    above = [_node(left, right) for left, right in zip(pairs, pairs, strict=False)]
    if len(level) & 1:
        above.append(level[-1])
    return above


def root(items: Sequence[bytes]) -> bytes:
    """Root of ``items`` in their order, 32 bytes."""
    if items and (native := kernel.native()) is not None:
        return native.merkle_root(items)
    level = _leaves(items)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def inclusion_path(items: Sequence[bytes], index: int) -> list[bytes]:
    """Sibling hashes from the leaf of ``items[index]`` up to the root, at most log2(n) + 1.

    Raises IndexError when there is no such item.
    """
    if not 0 <= index < len(items):
        raise IndexError(f"no item {index} in a list of {len(items)}")
    level = _leaves(items)
    path = []
    while len(level) > 1:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        level = _level_above(level)
        index >>= 1
    return path


def verify_inclusion(
    root: bytes, item: bytes, index: int, count: int, path: Sequence[bytes]
) -> bool:
    """Whether ``path`` proves that ``item`` stands at ``index`` of the ``count`` items of ``root``.

    Takes hostile input: any mismatch, a path that is too short or too long included, is False.
    ``count`` must come from a trusted place: a root does not bind it, so a path may also fit
    other counts that give the item the same way up.
    """
    if not 0 <= index < count or any(len(sibling) != 32 for sibling in path):
        return False
    used = 0
    node = sha3_256(b"\x00" + item).digest()
    last = count - 1
    while last:
        if index ^ 1 <= last:
            if used == len(path):
                return False
            sibling = path[used]
            used += 1
            node = _node(sibling, node) if index & 1 else _node(node, sibling)
        index >>= 1
        last >>= 1
    return used == len(path) and node == root

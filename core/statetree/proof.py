"""Proofs that a record is, or is not, in the state tree. Source: docs/spec/state.md.

A proof lists the sibling hashes from the root down to the place where the key's path ends:
at its own record, at nothing, or at another record whose key begins with the same bits. Each
statement has one accepted proof, so a proof cannot be altered and still pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha3_256
from typing import ClassVar

from core.errors import EncodingRefused, Refused
from core.statetree.page import (
    EMPTY,
    PageSource,
    StatePageBroken,
    decode,
    hash_of,
    join,
    path_of,
    slots_at,
)

_LOAD_AHEAD = 8  # pages asked for at once: the whole way down for up to 2^28 records


class StateProofInvalid(Refused):
    """A state proof that does not prove what it is offered for."""

    code: ClassVar[str] = "proof.state_invalid"
    hint: ClassVar[str] = "Ask for the proof again, under the state root of the block it is for."


class StateProofMalformed(EncodingRefused):
    """Bytes that are not a state proof."""

    code: ClassVar[str] = "proof.state_malformed"
    hint: ClassVar[str] = "Send the proof exactly as the node encoded it."


@dataclass(frozen=True, slots=True)
class Proof:
    """``siblings``: 32-byte hashes, root first. ``other``: (key, H(value)) met instead, or None."""

    siblings: tuple[bytes, ...]
    other: tuple[bytes, bytes] | None = None

    def encode(self) -> bytes:
        """u16be count, a bit per sibling (set: not empty), those siblings, then ``other``."""
        count = len(self.siblings)
        bits = 0
        for sibling in self.siblings:
            bits = bits << 1 | (sibling != EMPTY)
        width = (count + 7) // 8
        bitmap = (bits << (8 * width - count)).to_bytes(width)
        shown = [sibling for sibling in self.siblings if sibling != EMPTY]
        return b"".join([count.to_bytes(2), bitmap, *shown, *(self.other or ())])

    @classmethod
    def decode(cls, data: bytes) -> Proof:
        """The proof in ``data``, which must be its one encoding. Raises StateProofMalformed."""
        count = int.from_bytes(data[:2])
        width = (count + 7) // 8
        if len(data) < 2 + width or count > 256:
            raise StateProofMalformed("A proof has at most 256 siblings.", field="siblings")
        bits = int.from_bytes(data[2 : 2 + width])
        rest = len(data) - 2 - width - 32 * bits.bit_count()
        if rest not in (0, 64):
            raise StateProofMalformed("The length does not fit the bitmap.", field="siblings")
        at = 2 + width
        siblings = []
        for place in range(8 * width - 1, 8 * width - 1 - count, -1):
            siblings.append(data[at : at + 32] if bits >> place & 1 else EMPTY)
            at += 32 * (bits >> place & 1)
        proof = cls(tuple(siblings), (data[-64:-32], data[-32:]) if rest else None)
        if proof.encode() != data:
            raise StateProofMalformed("The proof is not in canonical form.", field="siblings")
        return proof


def prove(source: PageSource, key: bytes) -> Proof:
    """Prove the record of ``key`` (32 bytes), or its absence. Raises StatePageBroken."""
    if len(key) != 32:
        raise ValueError("a state key is 32 bytes")
    siblings: list[bytes] = []
    for depth in range(64):
        if depth % _LOAD_AHEAD == 0:
            pages = source.load([path_of(key, d) for d in range(depth, depth + _LOAD_AHEAD)])
        path = path_of(key, depth)
        at, slots = slots_at(depth)
        content = _walk(path, pages.get(path), slots[key[at]], siblings)
        if len(content) != 32:
            break
    if not content or content[:32] == key:
        return Proof(tuple(siblings))
    return Proof(tuple(siblings), (content[:32], content[32:]))


def _walk(path: bytes, page: bytes | None, slot: int, siblings: list[bytes]) -> bytes:
    """Add the siblings met on the way to ``slot`` and return the content at the way's end."""
    if page is None:
        if path:
            raise StatePageBroken("A state page is missing.", path=path.decode())
        return b""
    nodes = decode(path, page)
    if not path and len(only := join(nodes[1], nodes[17])) != 32:
        return only  # a root page may hold one record, which then is the whole tree
    top = slot & 16 | 1
    siblings.append(hash_of(nodes[top ^ 16]))
    content = nodes[top]
    for level in (2, 1, 0):
        if len(content) != 32:
            break
        at = slot & 16 | (slot & 15) >> level
        siblings.append(hash_of(nodes[at ^ 1]))
        content = nodes[at]
    return content


def verify(root: bytes, key: bytes, value: bytes | None, proof: Proof) -> None:
    """Check that under ``root`` the record of ``key`` is ``value`` (None: that there is none).

    Takes hostile input; raises StateProofInvalid.
    """
    depth = len(proof.siblings)
    if len(root) != 32 or len(key) != 32 or depth > 256:
        raise StateProofInvalid("Root and key are 32 bytes, siblings at most 256.")
    if any(len(sibling) != 32 for sibling in proof.siblings):
        raise StateProofInvalid("A sibling is not 32 bytes.", field="siblings")
    if depth and proof.siblings[-1] == EMPTY:
        raise StateProofInvalid("The last sibling is empty, so the way is too long.")
    path = int.from_bytes(key)
    node = _terminal(key, value, proof.other, depth)
    for level in range(depth, 0, -1):
        sibling = proof.siblings[level - 1]
        right = path >> (256 - level) & 1
        node = sha3_256(b"\x01" + (sibling + node if right else node + sibling)).digest()
    if node != root:
        raise StateProofInvalid("The proof does not lead to the state root.", field="root")


def _terminal(
    key: bytes, value: bytes | None, other: tuple[bytes, bytes] | None, depth: int
) -> bytes:
    """Hash of the place where the way ends, if it may end so."""
    if value is not None:
        if other is not None:
            raise StateProofInvalid("A present record has no other record.", field="other")
        return hash_of(key + sha3_256(value).digest())
    if other is None:
        return EMPTY
    if len(other[0]) != 32 or len(other[1]) != 32:
        raise StateProofInvalid("The other key or value hash is not 32 bytes.", field="other")
    apart = int.from_bytes(other[0]) ^ int.from_bytes(key)
    if apart == 0 or apart >> (256 - depth):
        raise StateProofInvalid("The other key is this key or lies elsewhere.", field="other")
    return hash_of(other[0] + other[1])

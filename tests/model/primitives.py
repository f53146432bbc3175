"""Hashes, trees, exact thresholds, addresses and signatures, each the plain way.

Chapters: conventions.md, state.md, exact.md, addresses.md of docs/spec.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from pqcrypto.sign import slh_dsa_shake_128s

RecordId = tuple[str, bytes]

ZERO = bytes(32)
ML_DSA, SLH_DSA = 0x1003, 0x1002
KEY_BYTES = {ML_DSA: 1952, SLH_DSA: 32}
SIGNATURE_BYTES = {ML_DSA: 3309, SLH_DSA: 7856}
CONTEXT = b"animica/tx/v1"


def h(data: bytes) -> bytes:
    """H: SHA3-256."""
    return hashlib.sha3_256(data).digest()


def t(tag: str, data: bytes) -> bytes:
    """T: the tagged hash."""
    return h(tag.encode("ascii") + b"\x00" + data)


def merkle(items: Sequence[bytes]) -> bytes:
    """The root of a list in the shape of RFC 6962."""
    if not items:
        return h(b"")
    if len(items) == 1:
        return h(b"\x00" + items[0])
    left = 1
    while left * 2 < len(items):
        left *= 2
    return h(b"\x01" + merkle(items[:left]) + merkle(items[left:]))


@lru_cache(maxsize=100_000)
def state_key(module: str, id: bytes) -> bytes:
    """The 256-bit key of a record."""
    return t(f"animica/state/{module}/v1", id)


def state_root(records: Mapping[RecordId, bytes]) -> bytes:
    """The root over all records, by the definition."""
    return tree_root({state_key(module, id): value for (module, id), value in records.items()})


def tree_root(values: Mapping[bytes, bytes]) -> bytes:
    """The root of the tree with these values at these 256-bit keys."""
    return _subtree(
        [
            (int.from_bytes(key, "big"), h(b"\x00" + key + h(value)))
            for key, value in values.items()
        ],
        255,
    )


def _subtree(leaves: list[tuple[int, bytes]], bit: int) -> bytes:
    if not leaves:
        return ZERO
    if len(leaves) == 1:
        return leaves[0][1]
    left = [leaf for leaf in leaves if not leaf[0] >> bit & 1]
    right = [leaf for leaf in leaves if leaf[0] >> bit & 1]
    return h(b"\x01" + _subtree(left, bit - 1) + _subtree(right, bit - 1))


def proves(
    root: bytes,
    key: bytes,
    value: bytes | None,
    siblings: Sequence[bytes],
    other: tuple[bytes, bytes] | None,
) -> bool:
    """Whether a proof shows that a record has a value, or (None) that there is none."""
    bits = [key[place // 8] >> (7 - place % 8) & 1 for place in range(len(siblings))]
    if value is not None:
        if other is not None:
            return False
        node = h(b"\x00" + key + h(value))
    elif other is None:
        node = ZERO
    else:
        theirs = [other[0][place // 8] >> (7 - place % 8) & 1 for place in range(len(siblings))]
        if other[0] == key or theirs != bits:
            return False
        node = h(b"\x00" + other[0] + other[1])
    for bit, sibling in zip(reversed(bits), reversed(siblings), strict=True):
        node = h(b"\x01" + (sibling + node if bit else node + sibling))
    return node == root


_DIGITS = Context(prec=200, Emin=-10_000, Emax=10_000)


@lru_cache(maxsize=10_000)
def target(unat: int) -> int:
    """floor(2^256 · e^(−unat/10^6)), from 200 correct decimal digits."""
    if unat == 0:
        return 2**256
    power = _DIGITS.exp(_DIGITS.divide(Decimal(-unat), Decimal(10**6)))
    value = _DIGITS.multiply(power, Decimal(2**256))
    whole = int(value)
    rest = _DIGITS.subtract(value, Decimal(whole))
    clear_below = whole == 0 or rest > Decimal("1e-150")  # the true value is above 0
    assert clear_below and rest < 1 - Decimal("1e-150"), "too close to a whole number"
    return whole


@lru_cache(maxsize=10_000)
def ln1p(part: int, whole: int) -> int:
    """floor(10^6 · ln(1 + part/whole)), from 200 correct decimal digits."""
    if part == 0:
        return 0
    ratio = _DIGITS.divide(Decimal(part + whole), Decimal(whole))
    value = _DIGITS.multiply(_DIGITS.ln(ratio), Decimal(10**6))
    floor = int(value)
    rest = _DIGITS.subtract(value, Decimal(floor))
    clear_below = floor == 0 or rest > Decimal("1e-150")  # the true value is above 0
    assert clear_below and rest < 1 - Decimal("1e-150"), "too close to a whole number"
    return floor


def address_of(alg: int, public_key: bytes) -> bytes:
    """The address that a key owns."""
    return alg.to_bytes(2, "big") + h(public_key)


def system_address(name: str) -> bytes:
    """The address of a system account."""
    return bytes(2) + t("animica/system/v1", name.encode("ascii"))


TREASURY, AICF = system_address("treasury"), system_address("aicf")


def owned_by_key(address: bytes) -> bool:
    """Whether a signature scheme's key can own the address."""
    return len(address) == 34 and int.from_bytes(address[:2], "big") in KEY_BYTES


@lru_cache(maxsize=20_000)
def verifies(alg: int, public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether it is the key's signature of a message under the context of transactions."""
    if len(public_key) != KEY_BYTES[alg] or len(signature) != SIGNATURE_BYTES[alg]:
        return False
    try:
        if alg == ML_DSA:
            MLDSA65PublicKey.from_public_bytes(public_key).verify(signature, message, CONTEXT)
        else:
            slh_dsa_shake_128s.verify(public_key, message, signature, context=CONTEXT)
    except (InvalidSignature, ValueError):
        return False
    return True

"""What of the standard library needs no chain: ``abi`` and ``hash``.

Source: docs/spec/contracts.md, "Standard library" and "Dynamic costs".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from execution.abi import codec, own
from execution.abi.weight import weight
from execution.lang.types import SIZE_MOST, Type
from execution.vm.meter import Meter, bad_value, charge, fail
from execution.vm.outcome import Reverted

ENCODE_BASE, ENCODE_GAS = 100, 12
"""For each unit of weight; 64 of them have at least a byte of the form."""
DECODE_BASE, DECODE_BYTE_GAS = 300, (32, 80, 160)
"""For each byte, by how many values of the type a byte may hold: ``Type.density``."""
HASH_GAS, HASH_BYTE_GAS = 100, 2


def encoded(m: Meter, value: Any, of: Type, most: int = SIZE_MOST) -> bytes:
    """The ABI form of one of the engine's values, paid for; ``vm.size`` over ``most`` bytes."""
    heavy = weight(value, of, m.gas // ENCODE_GAS)
    charge(m, heavy * ENCODE_GAS)
    data = own.encode(value, of) if heavy <= 64 * most else b""
    if heavy > 64 * most or len(data) > most:
        raise Reverted("vm.size")
    return data


def decoded(m: Meter, of: Type, data: bytes) -> Any:
    """``abi.decode(data, of)``."""
    charge(m, DECODE_BASE + DECODE_BYTE_GAS[of.density] * len(data))
    try:
        return own.decode_strictly(data, of)
    except codec.AbiMalformed:
        return bad_value()


def encode(m: Meter, of: Type, value: Any) -> bytes:
    """``abi.encode`` of a value of the type."""
    charge(m, ENCODE_BASE)
    return encoded(m, value, of)


def require(condition: bool, reason: str) -> None:
    """``abi.require``."""
    if not condition:
        fail(reason)


def _charge_hash(m: Meter, data: bytes) -> None:
    charge(m, HASH_GAS + HASH_BYTE_GAS * len(data))


def sha3_256(m: Meter, data: bytes) -> bytes:
    """``hash.sha3_256``."""
    _charge_hash(m, data)
    return hashlib.sha3_256(data).digest()


def sha3_512(m: Meter, data: bytes) -> bytes:
    """``hash.sha3_512``."""
    _charge_hash(m, data)
    return hashlib.sha3_512(data).digest()


def sha256(m: Meter, data: bytes) -> bytes:
    """``hash.sha256``."""
    _charge_hash(m, data)
    return hashlib.sha256(data).digest()


def sha512(m: Meter, data: bytes) -> bytes:
    """``hash.sha512``."""
    _charge_hash(m, data)
    return hashlib.sha512(data).digest()


def in_order(values: tuple[Any, ...], order: tuple[int, ...]) -> tuple[Any, ...]:
    """Values that were evaluated as they are written, each put in its place."""
    placed: list[Any] = [None] * len(values)
    for place, value in zip(order, values, strict=True):
        placed[place] = value
    return tuple(placed)


def set_item(m: Meter, value: Any, put: Callable[..., None], stored: Any, keys: Any) -> None:
    """``map[keys] = value``; in the order in which they are evaluated."""
    put(m, stored, keys, value)


HELPERS = {
    "h_abi_encode": encode,
    "h_abi_decode": decoded,
    "h_require": require,
    "h_sha3_256": sha3_256,
    "h_sha3_512": sha3_512,
    "h_sha256": sha256,
    "h_sha512": sha512,
    "h_in_order": in_order,
    "h_set": set_item,
}

"""The ABI in the engine's own form of values (a ``dict[int, …]`` has packed keys)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core import cbor
from execution.abi import own
from execution.abi.codec import default
from execution.abi.weight import weight
from execution.lang.types import Type
from execution.vm.frame import Frame, charge

WEIGHT = 8
"""Gas for encoding, for each unit of weight."""

__all__ = ["array", "charge_weight", "decode", "decode_own", "default", "encode"]


def encode(value: Any, of: Type) -> bytes:
    """The ABI form of a value of the engine."""
    return own.encode(value, of)


def decode(data: bytes, of: Type) -> Any:
    """The engine's value of an ABI form. Raises AbiMalformed."""
    return own.decode_strictly(data, of)


def decode_own(data: bytes, of: Type) -> Any:
    """The engine's value of a form that ``encode`` has given for the type."""
    return own.decode(data, of)


def array(forms: Sequence[bytes]) -> bytes:
    """The ABI array of items that are encoded already."""
    return cbor.array_head(len(forms)) + b"".join(forms)


def charge_weight(m: Frame, values: Sequence[Any], types: Sequence[Type]) -> None:
    """Charge the weights of values that are about to be encoded.

    A value may weigh far more than it takes in memory, so nobody looks further than the gas goes.
    """
    if len(values) == 1:
        charge(m, WEIGHT * weight(values[0], types[0], m.gas // WEIGHT))
        return
    most, total = m.gas // WEIGHT, 0
    for value, of in zip(values, types, strict=True):
        total += weight(value, of, most - total)
        if total > most:
            break
    charge(m, WEIGHT * total)

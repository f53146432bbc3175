"""What every operation needs: the gas that is left, and the ways to fail.

Source: docs/spec/contracts.md, "Gas" and "Running".
"""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

from execution.abi.weight import weight
from execution.lang.types import SIZE_MOST, Type
from execution.vm.outcome import OutOfGas, Reverted


class Meter(Protocol):
    """Whatever holds the gas that a call has left; below 0 it is out."""

    gas: int


def charge(m: Meter, gas: int) -> None:
    """Take gas before the work. Raises OutOfGas."""
    m.gas -= gas
    if m.gas < 0:
        raise OutOfGas


def charge_weight(m: Meter, value: Any, of: Type, times: int = 1) -> None:
    """Take ``times`` the weight of a value. Raises OutOfGas, having looked at what was paid for."""
    charge(m, weight(value, of, m.gas // times) * times)


SIZE: dict[type, int] = {bytes: 1, str: 4, list: 8, dict: 100}
"""What a byte, a code point and an item take."""


def charge_size(m: Meter, kind: type, count: int) -> None:
    """Take half the size of a value of so many items, rounded down."""
    charge(m, SIZE[kind] * count >> 1)


def check_size(count: int) -> None:
    """Refuse more than 65,536 bytes, code points or items."""
    if count > SIZE_MOST:
        raise Reverted("vm.size")


def out() -> NoReturn:
    """The call is out of gas."""
    raise OutOfGas


def over() -> NoReturn:
    """A number left the range of int."""
    raise Reverted("vm.overflow")


def none() -> NoReturn:
    """An optional that was needed is None."""
    raise Reverted("vm.none")


def fail(reason: str) -> NoReturn:
    """The contract's own failure."""
    raise Reverted(reason)


def bad_value() -> NoReturn:
    """An argument that the operation does not take."""
    raise Reverted("vm.value")


def block(m: Meter, gas: int) -> bool:
    """Charge a block inside of an expression; always False."""
    charge(m, gas)
    return False


HELPERS = {"h_out": out, "h_over": over, "h_none": none, "h_fail": fail, "h_block": block}

"""Operations on ints that are no single step of Python. Source: docs/spec/contracts.md."""

from __future__ import annotations

from execution.lang.types import INT_MAX, INT_MIN, SIZE_MOST
from execution.vm.meter import Meter, bad_value, charge, over

SHIFT_MOST = 255
TO_BYTES_MOST = 256
DIGITS_MOST = 77
DECIMAL_GAS = 70
POW_BIT_GAS, POW_MODULUS_SHIFT = 36, 3


def ranged(number: int) -> int:
    """The number, or ``vm.overflow``."""
    return number if INT_MIN <= number <= INT_MAX else over()


def shl(a: int, b: int) -> int:
    """``a << b``."""
    return ranged(a << b) if 0 <= b <= SHIFT_MOST else bad_value()


def shr(a: int, b: int) -> int:
    """``a >> b``."""
    return a >> b if 0 <= b <= SHIFT_MOST else bad_value()


def power(a: int, b: int) -> int:
    """``a ** b``; what is sure to be too large is not computed."""
    if b < 0:
        bad_value()
    if -1 <= a <= 1:
        return 1 if b == 0 or (a == -1 and not b & 1) else a
    # 2 ** (bits - 1) <= abs(a), so beyond this the result has more than 256 bits.
    if (a.bit_length() - 1) * b > SHIFT_MOST:
        over()
    return ranged(a**b)


def powmod(m: Meter, a: int, b: int, modulus: int) -> int:
    """``pow(a, b, modulus)``."""
    if b < 0 or modulus < 1:
        bad_value()
    charge(m, b.bit_length() * (POW_BIT_GAS + (modulus.bit_length() >> POW_MODULUS_SHIFT)))
    return pow(a, b, modulus)


def division(a: int, b: int) -> tuple[int, int]:
    """``divmod(a, b)``; ZeroDivisionError as of ``//``."""
    quotient, rest = divmod(a, b)
    return ranged(quotient), rest


def absolute(a: int) -> int:
    """``abs(a)``."""
    return ranged(abs(a))


def to_bytes(m: Meter, a: int, size: int, order: str, signed: bool) -> bytes:
    """``a.to_bytes(size, order, signed=signed)``."""
    if not 0 <= size <= TO_BYTES_MOST:
        bad_value()
    try:
        data = a.to_bytes(size, "big" if order == "big" else "little", signed=signed)
    except OverflowError:
        return bad_value()
    charge(m, size >> 1)
    return data


def from_bytes(m: Meter, data: bytes, order: str, signed: bool) -> int:
    """``int.from_bytes(data, order, signed=signed)``."""
    charge(m, len(data) >> 2)
    return ranged(int.from_bytes(data, "big" if order == "big" else "little", signed=signed))


def bits(a: int) -> int:
    """``a.bit_length()``."""
    return a.bit_length()


def to_text(m: Meter, a: int) -> str:
    """``str(a)``."""
    charge(m, DECIMAL_GAS)
    return str(a)


def from_text(m: Meter, text: str) -> int:
    """``int(text)`` of ``-?`` and 1 to 77 ASCII digits."""
    charge(m, DECIMAL_GAS)
    digits = text[1:] if text[:1] == "-" else text
    if not (len(digits) <= DIGITS_MOST and digits.isascii() and digits.isdigit()):
        bad_value()
    return ranged(int(text))


def zeros(m: Meter, count: int) -> bytes:
    """``bytes(count)``."""
    if not 0 <= count <= SIZE_MOST:
        bad_value()
    charge(m, count >> 1)
    return bytes(count)


HELPERS = {
    "h_shl": shl,
    "h_shr": shr,
    "h_pow": power,
    "h_powmod": powmod,
    "h_divmod": division,
    "h_abs": absolute,
    "h_to_bytes": to_bytes,
    "h_from_bytes": from_bytes,
    "h_bits": bits,
    "h_int": int,
    "h_int_to_text": to_text,
    "h_int_from_text": from_text,
    "h_zeros": zeros,
}

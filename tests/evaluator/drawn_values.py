"""Random types, values of them and literals for them."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.evaluator.kinds import (
    ADDRESS,
    ADDRESS_BYTES,
    BOOL,
    BYTES,
    INT,
    INT_MAX,
    INT_MIN,
    STR,
    Type,
    listed,
    optional,
    tupled,
)

SCALARS = (INT, INT, INT, BOOL, BYTES, STR, ADDRESS)
KEYS = (INT, BYTES, STR, ADDRESS)
CONSTANTS = (INT, INT, BOOL, BYTES, STR, ADDRESS)
_TEXTS = ("", "a", "ab", "abc", "b", "12", "-7", "00ff", "\xe9", "\u20ac", "\U0001f600z", "x" * 40)
_BLOBS = (b"", b"a", b"ab", b"\x00\xff", b"abcabc", bytes(32), b"\xc3\xa9", b"\xe9", b"z" * 70)
_NUMBERS = (0, 1, 2, 3, 4, 5, 7, 10, 16, 31, 100, 255, 256)
_LARGE = (2**64, 2**128 + 1, 2**254, INT_MAX, 10**18)


def drawn_type(rng: Random, depth: int = 2, keep: bool = True) -> Type:
    """A type of a value; ``keep``: it may be optional."""
    if depth <= 0 or rng.random() < 0.6:
        return rng.choice(SCALARS)
    inner = drawn_type(rng, depth - 1, keep=rng.random() < 0.2)
    match rng.randrange(4 if keep else 3):
        case 0:
            return listed(inner)
        case 1:
            return Type("dict", (rng.choice(KEYS), inner))
        case 2:
            rest = (drawn_type(rng, depth - 1) for _ in range(rng.randint(1, 2)))
            return tupled(inner, *rest)
    return inner if inner.name == "optional" else optional(inner)


def number(rng: Random) -> int:
    """Mostly small, sometimes at the ends of the range."""
    value = rng.choice(_NUMBERS if rng.random() < 0.93 else _LARGE)
    return -value if rng.random() < 0.1 else value


def drawn_value(rng: Random, kind: Type, addresses: list[bytes]) -> Any:
    """A value of the type, as arguments of calls have it."""
    match kind.name:
        case "int":
            return INT_MIN if rng.random() < 0.01 else number(rng)
        case "bool":
            return rng.random() < 0.5
        case "bytes":
            return rng.choice(_BLOBS)
        case "str":
            return rng.choice(_TEXTS)
        case "address":
            return rng.choice(addresses)
        case "optional":
            return None if rng.random() < 0.3 else drawn_value(rng, kind.args[0], addresses)
        case "list":
            count = rng.choice((0, 1, 2, 3, 5))
            return [drawn_value(rng, kind.args[0], addresses) for _ in range(count)]
        case "tuple":
            return tuple(drawn_value(rng, part, addresses) for part in kind.args)
    key, item = kind.args
    return {
        drawn_value(rng, key, addresses): drawn_value(rng, item, addresses)
        for _ in range(rng.randrange(4))
    }


def number_text(rng: Random) -> str:
    """An integer literal in one of its notations."""
    value = number(rng)
    if value < 0:
        return f"(-{-value})"
    notation = rng.choice(("{}", "{}", "{}", "{:#x}", "{:#o}", "{:#b}", "{:_}"))
    return notation.format(value)


def bytes_text(value: bytes) -> str:
    """A bytes literal of the language, whose escapes are fewer than Python's."""
    return 'b"' + "".join(_escaped(byte) for byte in value) + '"'


def str_text(value: str) -> str:
    """A text literal of the language, all in ASCII."""
    parts = []
    for char in value:
        code = ord(char)
        if code < 256:
            parts.append(_escaped(code))
        else:
            parts.append(f"\\u{code:04x}" if code < 65_536 else f"\\U{code:08x}")
    return '"' + "".join(parts) + '"'


def _escaped(code: int) -> str:
    char = chr(code)
    return char if 32 <= code < 127 and char not in '"\\' else f"\\x{code:02x}"


def literal(rng: Random, kind: Type) -> str:
    """A literal of int, bool, bytes, str or address."""
    match kind.name:
        case "int":
            return number_text(rng)
        case "bool":
            return rng.choice(("True", "False"))
        case "bytes":
            return bytes_text(rng.choice(_BLOBS))
        case "str":
            return str_text(rng.choice(_TEXTS))
    assert kind == ADDRESS
    return address_text(bytes((0x10, rng.choice((2, 3)))) + bytes([rng.randrange(3)]) * 32)


def address_text(address: bytes) -> str:
    """An expression for a fixed address."""
    assert len(address) == ADDRESS_BYTES
    return f"address({bytes_text(address)})"

"""How parameters are read from JSON: one ``Kind`` each, used as ``Annotated`` types.

A method writes ``address: Address`` and receives 34 checked bytes. A ``Kind`` raises ``Misfit``
or an ``EncodingRefused``; the registry turns both into ``rpc.params`` naming the parameter.
Source: docs/spec/rpc.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from core.limits import HASH_BYTES, TX_BYTES, U64_MAX
from pq import addresses

LIMIT_MOST = 100
CURSOR_CHARACTERS = 200
SAFE_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""
_TAGS = ("latest", "safe", "earliest")


class Misfit(ValueError):
    """The value is not of the kind; the message says what is wanted ("must be …")."""


@dataclass(frozen=True, eq=False)  # by identity: annotations must be hashable
class Kind:
    """One way to read a JSON value. ``schema`` describes what ``read`` accepts."""

    schema: Mapping[str, Any]
    read: Callable[[Any], Any]


def hex_bytes(*, size: int | None = None, most: int | None = None) -> Kind:
    """``0x`` and two hex digits a byte: exactly ``size`` or at most ``most`` bytes."""
    wanted = f"0x and {2 * size} hex digits" if size is not None else "0x and hex digits"
    longest = size if size is not None else most

    def read(value: Any) -> bytes:
        if type(value) is not str or not value.startswith("0x"):
            raise Misfit(f"must be {wanted}")
        digits = value[2:]
        if longest is not None and len(digits) > 2 * longest:
            raise Misfit(f"has more than {longest} bytes")
        if len(digits) % 2 or (size is not None and len(digits) != 2 * size):
            raise Misfit(f"must be {wanted}")
        try:
            data = bytes.fromhex(digits)
        except ValueError:
            raise Misfit(f"must be {wanted}") from None
        if 2 * len(data) != len(digits):  # fromhex skips white space
            raise Misfit(f"must be {wanted}")
        return data

    count = f"{{{2 * size}}}" if size is not None else "*"
    schema: dict[str, Any] = {"type": "string", "pattern": f"^0x[0-9a-fA-F]{count}$"}
    if size is None and most is not None:
        schema["maxLength"] = 2 + 2 * most
    return Kind(schema, read)


def whole(*, least: int = 0, most: int = SAFE_INTEGER) -> Kind:
    """A whole number from ``least`` to ``most``."""

    def read(value: Any) -> int:
        if type(value) is not int:
            raise Misfit("must be a whole number")
        if not least <= value <= most:
            raise Misfit(f"must be from {least} to {most}")
        return value

    return Kind({"type": "integer", "minimum": least, "maximum": most}, read)


def text(*, most: int) -> Kind:
    """Text of at most ``most`` characters."""

    def read(value: Any) -> str:
        if type(value) is not str:
            raise Misfit("must be text")
        if len(value) > most:
            raise Misfit(f"has more than {most} characters")
        return value

    return Kind({"type": "string", "maxLength": most}, read)


def choice(*names: str) -> Kind:
    """One of the given words."""

    def read(value: Any) -> str:
        if value not in names or type(value) is not str:
            raise Misfit(f"must be one of {', '.join(names)}")
        return value

    return Kind({"type": "string", "enum": list(names)}, read)


def list_of(kind: Kind, *, most: int) -> Kind:
    """An array of at most ``most`` items of one kind; read into a tuple."""

    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise Misfit("must be an array")
        if len(value) > most:
            raise Misfit(f"has more than {most} items")
        return tuple(map(kind.read, value))

    return Kind({"type": "array", "items": kind.schema, "maxItems": most}, read)


def _read_flag(value: Any) -> bool:
    if type(value) is not bool:
        raise Misfit("must be true or false")
    return value


def _read_amount(value: Any) -> int:
    # isdecimal alone would let other scripts' digits through
    if type(value) is not str or not (value.isascii() and value.isdecimal()):
        raise Misfit("must be nANM as a decimal string")
    if len(value) > 20 or int(value) > U64_MAX:
        raise Misfit("must be below 2^64")
    return int(value)


def _read_address(value: Any) -> bytes:
    if type(value) is not str:
        raise Misfit("must be an address, such as anim1…")
    return addresses.from_text(value)


def _read_block(value: Any) -> int | str:
    if value in _TAGS and type(value) is str:
        return str(value)
    if type(value) is int and 0 <= value <= SAFE_INTEGER:
        return value
    raise Misfit(f"must be a height or one of {', '.join(_TAGS)}")


def _read_any_block(value: Any) -> int | str | bytes:
    if type(value) is str and value.startswith("0x"):
        found: bytes = BYTES32.read(value)
        return found
    return _read_block(value)


FLAG = Kind({"type": "boolean"}, _read_flag)
BYTES32 = hex_bytes(size=HASH_BYTES)
ADDRESS = Kind({"type": "string", "pattern": "^(anim1|ANIM1)[0-9a-zA-Z]+$"}, _read_address)

Bytes32 = Annotated[bytes, BYTES32]
RawTx = Annotated[bytes, hex_bytes(most=TX_BYTES)]
Address = Annotated[bytes, ADDRESS]
Uint = Annotated[int, whole()]
Flag = Annotated[bool, FLAG]
Amount = Annotated[
    int, Kind({"type": "string", "pattern": "^[0-9]{1,20}$", "title": "nANM"}, _read_amount)
]
Tag = Literal["latest", "safe", "earliest"]
BlockRef = Annotated[
    int | str,
    Kind({"oneOf": [{"type": "integer", "minimum": 0}, {"enum": list(_TAGS)}]}, _read_block),
]
AnyBlock = Annotated[
    int | str | bytes,
    Kind(
        {"oneOf": [{"type": "integer", "minimum": 0}, {"enum": list(_TAGS)}, BYTES32.schema]},
        _read_any_block,
    ),
]
Limit = Annotated[int, whole(least=1, most=LIMIT_MOST)]
Cursor = Annotated[str, text(most=CURSOR_CHARACTERS)]

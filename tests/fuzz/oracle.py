"""A second strict CBOR codec, written from RFC 8949 and docs/spec/conventions.md alone.

It shares no code with ``core.cbor`` or its library, so the two can be held against each other.
"""

from __future__ import annotations

from typing import Any

DEPTH = 16


class Bad(Exception):
    """The bytes are not the canonical encoding of an allowed value."""


def encode(value: Any) -> bytes:
    """The canonical encoding."""
    if value is False or value is True or value is None:
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return head(3, len(text)) + text
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    pairs = sorted((encode(key), encode(item)) for key, item in value.items())
    return head(5, len(pairs)) + b"".join(key + item for key, item in pairs)


def head(major: int, argument: int) -> bytes:
    """The shortest head of a major type and its argument."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * size:
            return bytes([major << 5 | info]) + argument.to_bytes(size, "big")
    raise ValueError("a number of more than 64 bits")


def decode(data: bytes, *, null: bool = False) -> tuple[Any, int]:
    """The value and the count of its CBOR items, keys included. Raises Bad."""
    reader = _Reader(data, null)
    value = reader.value(0)
    if reader.at != len(data):
        raise Bad("trailing")
    return value, reader.items


class _Reader:
    def __init__(self, data: bytes, null: bool) -> None:
        self.data, self.null, self.at, self.items = data, null, 0, 0

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) != count:
            raise Bad("ends early")
        self.at += count
        return taken

    def value(self, depth: int) -> Any:
        self.items += 1
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self.simple(info)
        argument = self.argument(info)
        if major == 0:
            return argument
        if major == 2:
            return self.take(argument)
        if major == 3:
            return self.text(argument)
        if major in (4, 5) and depth < DEPTH:
            read = self.array if major == 4 else self.map
            return read(argument, depth + 1)
        raise Bad("a type that the protocol never uses, or too deep")

    def argument(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise Bad("indefinite or reserved")
        size = 1 << (info - 24)
        number = int.from_bytes(self.take(size), "big")
        if number < (24, 1 << 8, 1 << 16, 1 << 32)[info - 24]:
            raise Bad("not the shortest form")
        return number

    def simple(self, info: int) -> Any:
        known = {20: False, 21: True, **({22: None} if self.null else {})}
        if info not in known:
            raise Bad("not a simple value of the protocol")
        return known[info]

    def text(self, length: int) -> str:
        try:
            return self.take(length).decode()
        except UnicodeDecodeError:
            raise Bad("not UTF-8") from None

    def array(self, count: int, depth: int) -> list[Any]:
        if count > len(self.data):
            raise Bad("ends early")
        return [self.value(depth) for _ in range(count)]

    def map(self, count: int, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        last = b""
        for _ in range(count):
            start = self.at
            key = self.value(depth)
            encoded = self.data[start : self.at]
            if type(key) is not str or not key.isascii():
                raise Bad("a key that is not ASCII text")
            if last >= encoded:
                raise Bad("keys out of order")
            last = encoded
            out[key] = self.value(depth)
        return out

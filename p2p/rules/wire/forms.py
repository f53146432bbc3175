"""Forms of the values in messages: how each is read, written, and how large it can be at most.

A message's limits of bytes and items follow from its fields' forms, so that no message can be
larger, or dearer to parse, than the largest that has a meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from core.cbor import Value
from core.fields import FieldRange, FieldType
from core.limits import HASH_BYTES, U64_MAX


def head_bytes(number: int) -> int:
    """Bytes of a CBOR head with this argument."""
    for limit, size in ((24, 1), (2**8, 2), (2**16, 3), (2**32, 5)):
        if number < limit:
            return size
    return 9


class Form(Protocol):
    """One kind of value. ``bytes`` and ``items`` are the most that its encoding can have."""

    @property
    def bytes(self) -> int:
        """Most bytes of the encoding."""

    @property
    def items(self) -> int:
        """Most CBOR items of the encoding, itself included."""

    def read(self, value: Value, where: str) -> Any:
        """The value in its form for the program; raises a ``field.…`` refusal."""

    def write(self, value: Any) -> Value:
        """The value as it is encoded."""


class _Plain:
    """A value that is encoded as it is, in one item."""

    items = 1

    def write(self, value: Any) -> Value:
        """The value itself."""
        return value


@dataclass(frozen=True)
class Uint(_Plain):
    """An unsigned integer within bounds."""

    most: int = U64_MAX
    least: int = 0

    @property
    def bytes(self) -> int:
        """See ``Form``."""
        return head_bytes(self.most)

    def read(self, value: Value, where: str) -> int:
        """See ``Form``."""
        if type(value) is not int:
            raise FieldType(f"{where} must be an unsigned integer", field=where)
        if not self.least <= value <= self.most:
            raise FieldRange(f"{where} is {value}, not {self.least} to {self.most}", field=where)
        return value


@dataclass(frozen=True)
class OneOf(_Plain):
    """One of a few small numbers."""

    choices: tuple[int, ...]
    bytes = 1

    def read(self, value: Value, where: str) -> int:
        """See ``Form``."""
        if type(value) is not int:
            raise FieldType(f"{where} must be an unsigned integer", field=where)
        if value not in self.choices:
            listed = ", ".join(map(str, self.choices))
            raise FieldRange(f"{where} is {value}, none of {listed}", field=where)
        return value


@dataclass(frozen=True)
class Data(_Plain):
    """A byte string whose size is within bounds and, where ``unit`` says so, a multiple."""

    most: int
    least: int = 0
    unit: int = 1

    @property
    def bytes(self) -> int:
        """See ``Form``."""
        return head_bytes(self.most) + self.most

    def read(self, value: Value, where: str) -> Any:
        """See ``Form``."""
        if type(value) is not bytes:
            raise FieldType(f"{where} must be a byte string", field=where)
        if not self.least <= len(value) <= self.most:
            bounds = f"{self.least} to {self.most}"
            raise FieldRange(f"{where} has {len(value)} bytes, not {bounds}", field=where)
        if len(value) % self.unit:
            problem = f"has {len(value)} bytes, not a multiple of {self.unit}"
            raise FieldRange(f"{where} {problem}", field=where)
        return value


ID = Data(HASH_BYTES, HASH_BYTES)


@dataclass(frozen=True)
class Text(_Plain):
    """Printable ASCII, since it reaches logs and pages; one of ``choices`` where there are some."""

    most: int
    choices: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """See ``Form``."""
        return head_bytes(self.most) + self.most

    def read(self, value: Value, where: str) -> str:
        """See ``Form``."""
        if type(value) is not str or not value.isascii() or not value.isprintable():
            raise FieldType(f"{where} must be printable ASCII text", field=where)
        if len(value) > self.most:
            raise FieldRange(
                f"{where} has {len(value)} characters, the most is {self.most}", field=where
            )
        if self.choices and value not in self.choices:
            raise FieldRange(f"{where} is none of {', '.join(self.choices)}", field=where)
        return value


@dataclass(frozen=True)
class Flag(_Plain):
    """True or false."""

    bytes = 1

    def read(self, value: Value, where: str) -> bool:
        """See ``Form``."""
        if type(value) is not bool:
            raise FieldType(f"{where} must be true or false", field=where)
        return value


def _array(value: Value, where: str, least: int, most: int) -> list[Value]:
    if type(value) is not list:
        raise FieldType(f"{where} must be an array", field=where)
    if not least <= len(value) <= most:
        raise FieldRange(f"{where} has {len(value)} items, not {least} to {most}", field=where)
    return value


@dataclass(frozen=True)
class Pair:
    """An array of two."""

    first: Form
    second: Form

    @property
    def bytes(self) -> int:
        """See ``Form``."""
        return 1 + self.first.bytes + self.second.bytes

    @property
    def items(self) -> int:
        """See ``Form``."""
        return 1 + self.first.items + self.second.items

    def read(self, value: Value, where: str) -> tuple[Any, Any]:
        """See ``Form``."""
        first, second = _array(value, where, 2, 2)
        return self.first.read(first, where), self.second.read(second, where)

    def write(self, value: Sequence[Any]) -> Value:
        """See ``Form``."""
        return [self.first.write(value[0]), self.second.write(value[1])]


@dataclass(frozen=True)
class Many:
    """An array of one form. ``total`` bounds the bytes of all its byte strings together.

    ``key``: by what the items rise strictly, where they have to.
    """

    item: Form
    most: int
    least: int = 0
    total: int | None = None
    key: Callable[[Any], int] | None = None

    @property
    def bytes(self) -> int:
        """See ``Form``."""
        inside = self.most * self.item.bytes
        if self.total is not None:
            # Heads of each item and its strings, beside the bytes of the strings themselves.
            inside = min(inside, self.total + self.most * 5 * self.item.items)
        return head_bytes(self.most) + inside

    @property
    def items(self) -> int:
        """See ``Form``."""
        return 1 + self.most * self.item.items

    def read(self, value: Value, where: str) -> tuple[Any, ...]:
        """See ``Form``."""
        listed = _array(value, where, self.least, self.most)
        read = tuple(self.item.read(one, where) for one in listed)
        if self.total is not None and (size := sum(map(_strings, read))) > self.total:
            raise FieldRange(f"{where} has {size} bytes, the most is {self.total}", field=where)
        if self.key is not None and any(a >= b for a, b in pairwise(map(self.key, read))):
            raise FieldRange(f"{where} is not sorted or repeats an item", field=where)
        return read

    def write(self, value: Sequence[Any]) -> Value:
        """See ``Form``."""
        return [self.item.write(one) for one in value]


def _strings(item: Any) -> int:
    """Bytes of an item that is a byte string or a pair of a number and one."""
    return len(item) if type(item) is bytes else len(item[1])

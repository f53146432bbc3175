"""Typed reading of what a node answers: nothing in it is trusted to have its form."""

from __future__ import annotations

import re
from typing import Any

from core.errors import EncodingRefused
from core.limits import U64_MAX
from pq import addresses
from wallet.errors import NodeAnswerInvalid

_DECIMAL = re.compile(r"[0-9]{1,20}")


class Answer:
    """The result of one method, a JSON object, read field by field.

    Every reader raises ``NodeAnswerInvalid`` naming method and field.
    """

    def __init__(self, value: Any, method: str) -> None:
        if type(value) is not dict:
            raise NodeAnswerInvalid(f"{method} did not answer an object", method=method)
        self._value: dict[str, Any] = value
        self._method = method

    def uint(self, name: str) -> int:
        """A number or decimal text (amounts), unsigned 64-bit."""
        return read_uint(self._value.get(name), self._method, name)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._value.get(name)
        if type(value) is not bool:
            raise fault(self._method, name, "true or false")
        return value

    def text(self, name: str) -> str:
        """Text."""
        value = self._value.get(name)
        if type(value) is not str:
            raise fault(self._method, name, "text")
        return value

    def data(self, name: str, size: int | None = None) -> bytes:
        """``0x`` and lower-case hex; ``size`` in bytes where it is fixed."""
        text = self.text(name)
        try:
            value = bytes.fromhex(text[2:])
        except ValueError:
            raise fault(self._method, name, "hex") from None
        if text != "0x" + value.hex() or (size is not None and len(value) != size):
            raise fault(self._method, name, "0x and lower-case hex of the right length")
        return value

    def inner(self, name: str) -> Answer:
        """An object inside the object."""
        return Answer(self._value.get(name), f"{self._method}: {name}")

    def objects(self, name: str, most: int) -> list[Answer]:
        """At most ``most`` objects in a list."""
        value = self._value.get(name)
        if type(value) is not list or len(value) > most:
            raise fault(self._method, name, f"a list of at most {most}")
        return [Answer(item, f"{self._method}: {name}") for item in value]

    def optional_data(self, name: str, size: int | None = None) -> bytes | None:
        """Like ``data``, or None for null. The field itself must be there."""
        if name in self._value and self._value[name] is None:
            return None
        return self.data(name, size)

    def optional_text(self, name: str) -> str | None:
        """Like ``text``, or None for null or nothing."""
        return None if self._value.get(name) is None else self.text(name)

    def datas(self, name: str, most: int, size: int) -> tuple[bytes, ...]:
        """At most ``most`` byte strings of ``size`` bytes in a list."""
        value = self._value.get(name)
        if type(value) is not list or len(value) > most:
            raise fault(self._method, name, f"a list of at most {most}")
        return tuple(Answer({name: item}, self._method).data(name, size) for item in value)

    def address(self, name: str) -> bytes:
        """An address of 34 bytes, from its text."""
        try:
            return addresses.from_text(self.text(name))
        except EncodingRefused:
            raise fault(self._method, name, "an address") from None


def read_uint(value: Any, method: str, name: str) -> int:
    """A number or decimal text below 2^64. Raises ``NodeAnswerInvalid``."""
    if type(value) is str and _DECIMAL.fullmatch(value):
        value = int(value)
    if type(value) is not int or not 0 <= value <= U64_MAX:
        raise fault(method, name, "an unsigned integer")
    return value


def fault(method: str, name: str, wanted: str) -> NodeAnswerInvalid:
    """The error for a field that is not what it must be."""
    return NodeAnswerInvalid(
        f"{name} in the answer to {method} is not {wanted}", method=method, field=name
    )

"""Typed reading of decoded maps: a missing, unknown or ill-typed field is refused by name."""

from __future__ import annotations

from collections.abc import Iterable

from core.cbor import Value
from core.errors import EncodingRefused
from core.limits import U64_MAX


class FieldMissing(EncodingRefused):
    """A required field is absent."""

    code = "field.missing"
    hint = "Add the named field."


class FieldUnknown(EncodingRefused):
    """A field that the object does not have."""

    code = "field.unknown"
    hint = "Remove the named field; extra fields are never ignored."


class FieldType(EncodingRefused):
    """A field of the wrong type."""

    code = "field.type"
    hint = "Give the named field the type that docs/spec/ states."


class FieldRange(EncodingRefused):
    """A field whose value or size is out of its range."""

    code = "field.range"
    hint = "Keep the named field within the limits of docs/spec/limits.md."


class Fields:
    """A map whose keys have been checked, read field by field.

    ``where`` names the object in refusals: a bad ``to`` of ``tx.body`` is field ``tx.body.to``.
    """

    __slots__ = ("_map", "where")

    def __init__(
        self, value: Value, where: str, required: frozenset[str], optional: frozenset[str]
    ) -> None:
        if type(value) is not dict:
            raise FieldType(f"{where} must be a map", field=where)
        keys = value.keys()
        if keys != required:
            for key in sorted(required - keys):
                raise FieldMissing(f"{where}.{key} is missing", field=f"{where}.{key}")
            for key in sorted(keys - required - optional):
                raise FieldUnknown(f"{where}.{key} is not a field", field=f"{where}.{key}")
        self._map = value
        self.where = where

    def has(self, name: str) -> bool:
        """Whether an optional field is present."""
        return name in self._map

    def raw(self, name: str) -> Value:
        """The field as decoded, for objects that read themselves."""
        return self._map[name]

    def uint(self, name: str, *, most: int = U64_MAX) -> int:
        """An unsigned integer of at most ``most``."""
        value = self._map[name]
        if type(value) is not int:
            raise self._type(name, "an unsigned integer")
        if not 0 <= value <= most:
            raise self._range(name, f"is {value}, the most is {most}")
        return value

    def data(self, name: str, *, size: int | None = None, most: int = U64_MAX) -> bytes:
        """A byte string of exactly ``size`` or at most ``most`` bytes."""
        value = self._map[name]
        if type(value) is not bytes:
            raise self._type(name, "a byte string")
        if size is not None and len(value) != size:
            raise self._range(name, f"has {len(value)} bytes instead of {size}")
        if len(value) > most:
            raise self._range(name, f"has {len(value)} bytes, the most is {most}")
        return value

    def text(self, name: str, *, most: int) -> str:
        """ASCII text of at most ``most`` characters."""
        value = self._map[name]
        if type(value) is not str or not value.isascii():
            raise self._type(name, "ASCII text")
        if len(value) > most:
            raise self._range(name, f"has {len(value)} characters, the most is {most}")
        return value

    def flag(self, name: str) -> bool:
        """A boolean."""
        value = self._map[name]
        if type(value) is not bool:
            raise self._type(name, "true or false")
        return value

    def items(self, name: str, *, most: int) -> list[Value]:
        """An array of at most ``most`` items."""
        value = self._map[name]
        if type(value) is not list:
            raise self._type(name, "an array")
        if len(value) > most:
            raise self._range(name, f"has {len(value)} items, the most is {most}")
        return value

    def _type(self, name: str, wanted: str) -> FieldType:
        field = f"{self.where}.{name}"
        return FieldType(f"{field} must be {wanted}", field=field)

    def _range(self, name: str, problem: str) -> FieldRange:
        field = f"{self.where}.{name}"
        return FieldRange(f"{field} {problem}", field=field)


def keys(names: Iterable[str]) -> frozenset[str]:
    """A set of field names, for the schema constants beside each object."""
    return frozenset(names)

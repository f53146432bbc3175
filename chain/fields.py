"""The column type of hashes, keys and addresses: bytes that read as hex for people."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


class HexBytes(bytes):
    """Bytes whose text is their lower-case hex, as URLs and the admin show them."""

    def __str__(self) -> str:
        return self.hex()


class BytesColumn(models.BinaryField):
    """A binary column that reads as ``HexBytes`` and takes hex text from URLs and searches."""

    def from_db_value(self, value: Any, *_: Any) -> HexBytes | None:
        """Wrap what the driver returned."""
        return None if value is None else HexBytes(value)

    def to_python(self, value: Any) -> Any:
        """Bytes from hex text, with or without ``0x``; bytes as they are."""
        if not isinstance(value, str):
            return value
        try:
            return HexBytes.fromhex(value.removeprefix("0x"))
        except ValueError:
            raise ValidationError("This is not hex text.", code="invalid") from None

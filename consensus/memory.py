"""A map that remembers the latest entries only."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

V = TypeVar("V")


class Memory(OrderedDict[bytes, V]):
    """Keeps the ``most`` entries that were set last, by hash."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: bytes, value: V) -> None:
        """Set an entry; the oldest makes room."""
        super().__setitem__(key, value)
        while len(self) > self._most:
            self.popitem(last=False)

"""What happened lately, forgotten by number and by time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Recent(Generic[K]):
    """Keys of the last ``keep_ms``, at most ``most``; the oldest make room."""

    def __init__(self, most: int, keep_ms: int) -> None:
        self._most = most
        self._keep_ms = keep_ms
        self._ends: OrderedDict[K, int] = OrderedDict()

    def add(self, key: K, now_ms: int) -> None:
        """Remember a key from now on."""
        self._ends.pop(key, None)
        self._ends[key] = now_ms + self._keep_ms
        self._forget(now_ms)

    def has(self, key: K, now_ms: int) -> bool:
        """Whether it is remembered."""
        return self._ends.get(key, now_ms) > now_ms

    def discard(self, key: K) -> None:
        """Forget a key."""
        self._ends.pop(key, None)

    def __len__(self) -> int:
        return len(self._ends)

    def _forget(self, now_ms: int) -> None:
        while self._ends:
            key, end = next(iter(self._ends.items()))
            if end > now_ms and len(self._ends) <= self._most:
                return
            del self._ends[key]

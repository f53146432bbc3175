"""How much is taken up, by everyone or by one source. Source: docs/spec/mempool.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Sized(Protocol):
    """Something with a size in bytes."""

    @property
    def size(self) -> int:
        """Bytes it takes in a block."""


@dataclass
class Room:
    """A number of transactions and their bytes: what is taken up, or what there is."""

    count: int = 0
    size_bytes: int = 0

    def add(self, one: Sized) -> None:
        """One transaction more."""
        self.count += 1
        self.size_bytes += one.size

    def remove(self, one: Sized) -> None:
        """One transaction less."""
        self.count -= 1
        self.size_bytes -= one.size

    def without(self, freed: Room) -> Room:
        """What is left when ``freed`` has left."""
        return Room(self.count - freed.count, self.size_bytes - freed.size_bytes)

    def or_more(self, other: Room) -> Room:
        """In either number the larger of both."""
        return Room(max(self.count, other.count), max(self.size_bytes, other.size_bytes))

    def percent(self, share: int) -> Room:
        """So many hundredths of it, rounded down."""
        return Room(self.count * share // 100, self.size_bytes * share // 100)

    def exceeds(self, most: Room) -> bool:
        """Whether it is more than ``most`` in either number."""
        return self.count > most.count or self.size_bytes > most.size_bytes

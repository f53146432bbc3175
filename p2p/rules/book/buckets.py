"""Addresses in buckets drawn by a secret.

Each address has one bucket, and those of one origin reach few of them. So an origin that brings
any number of addresses fills its few buckets and no more, and nobody can tell which those are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.hashing import sha3
from p2p.rules.addresses import Address
from p2p.rules.book.values import BookEntry
from p2p.rules.ports import Chance

Usable = Callable[[BookEntry], bool]


def draw(secret: bytes, end: int, *parts: str) -> int:
    """A number below ``end`` from a secret and texts; nobody without the secret can foresee it."""
    framed = b"".join(len(part).to_bytes(2, "big") + part.encode() for part in parts)
    return int.from_bytes(sha3(secret + framed)[:8], "big") % end


class Buckets:
    """Entries by address, at most ``most`` in each of ``count`` buckets."""

    def __init__(self, count: int, most: int) -> None:
        self.most = most
        self._buckets: list[dict[Address, BookEntry]] = [{} for _ in range(count)]
        self._bucket_of: dict[Address, int] = {}

    def __len__(self) -> int:
        return len(self._bucket_of)

    def __iter__(self) -> Iterator[BookEntry]:
        for bucket in self._buckets:
            yield from bucket.values()

    def get(self, address: Address) -> BookEntry | None:
        """What is known of an address, if it is here."""
        number = self._bucket_of.get(address)
        return None if number is None else self._buckets[number][address]

    def bucket(self, number: int) -> tuple[BookEntry, ...]:
        """The entries of a bucket, the oldest first."""
        return tuple(self._buckets[number].values())

    def full(self, number: int) -> bool:
        """Whether a bucket has no room."""
        return len(self._buckets[number]) >= self.most

    def add(self, number: int, entry: BookEntry) -> None:
        """Put a new entry into a bucket that has room."""
        assert not self.full(number) and entry.address not in self._bucket_of
        self._buckets[number][entry.address] = entry
        self._bucket_of[entry.address] = number

    def put(self, entry: BookEntry) -> None:
        """Replace what is known of an address that is here."""
        self._buckets[self._bucket_of[entry.address]][entry.address] = entry

    def remove(self, address: Address) -> None:
        """Forget an address, if it is here."""
        number = self._bucket_of.pop(address, None)
        if number is not None:
            del self._buckets[number][address]

    def choose(self, chance: Chance, usable: Usable) -> BookEntry | None:
        """A usable entry: first a bucket is drawn, each as likely as any other, then from it."""
        numbers = [number for number, bucket in enumerate(self._buckets) if bucket]
        while numbers:
            at = chance.below(len(numbers))
            number, numbers[at] = numbers[at], numbers[-1]
            numbers.pop()
            found = [entry for entry in self._buckets[number].values() if usable(entry)]
            if found:
                return found[chance.below(len(found))]
        return None

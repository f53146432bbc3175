"""Numbers that look random and are the same everywhere: from SHA-256 of a label and a count."""

from __future__ import annotations

from hashlib import sha256


class Draws:
    """One stream of numbers for each label."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._count = 0

    def below(self, limit: int) -> int:
        """A number of 0 … limit − 1; of limits below 2^448, so that the bias is below 2^−64."""
        self._count += 1
        text = f"{self._label}/{self._count}".encode()
        return int.from_bytes(sha256(text).digest() + sha256(text + b"+").digest(), "big") % limit

    def between(self, low: int, high: int) -> int:
        """A number of low … high."""
        return low + self.below(high - low + 1)

    def sized(self, most_bits: int) -> int:
        """A number of any size: first how many bits, then which."""
        return self.below(1 << self.between(1, most_bits))

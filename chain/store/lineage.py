"""The best chain as the ancestors of the block that extends it. A ``core.proof.Lineage``."""

from __future__ import annotations

from chain.store import blocks
from core.header import Header


class Ancestors:
    """Headers of the best chain up to a height, as this thread's reads or unit see it."""

    def __init__(self, highest: int) -> None:
        self._highest = highest
        self._headers: dict[int, Header] = {}

    def header(self, height: int) -> Header:
        """The ancestor at a height."""
        if height not in self._headers:
            found = blocks.at_height(height) if 0 <= height <= self._highest else None
            assert found is not None, "callers ask for ancestors"
            self._headers[height] = found.header
        return self._headers[height]

    def height_of(self, hash: bytes) -> int | None:
        """The height of an ancestor; None for any other hash."""
        found = blocks.by_hash(hash)
        if found is None or not found.canonical or found.height > self._highest:
            return None
        return found.height

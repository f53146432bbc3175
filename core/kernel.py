"""The port for a native kernel: inner loops that may run in C, with the same results.

The portable code stands where each loop belongs (``core.merkle``, ``core.statetree``,
``core.cbor``) and asks ``native`` first. Composition installs a kernel where one was built.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Group = tuple[int, int, int, int, bytes]
"""Changes that fall into one slot: page index, slot, first change, end, the slot's content."""

Closed = tuple[bytes, bytes]
"""A page after its changes: its content as a whole (0, 32 or 64 bytes), and its stored bytes."""


class PageMalformed(Exception):
    """Page ``index`` of a call is not a page; the caller names it."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Kernel(Protocol):
    """What a kernel computes. It may be called from any thread."""

    @property
    def name(self) -> str:
        """What ``animica doctor`` shows."""

    def sha3_each(self, items: Sequence[bytes]) -> list[bytes]:
        """H(item) of every item, 32 bytes each."""

    def merkle_root(self, items: Sequence[bytes]) -> bytes:
        """``core.merkle.root`` of at least one item."""

    def open_pages(
        self, depth: int, pages: Sequence[bytes | None], first: Sequence[int], keys: Sequence[bytes]
    ) -> list[Group]:
        """``core.statetree.page.open_pages``. Raises PageMalformed."""

    def close_pages(
        self, pages: Sequence[bytes | None], changes: Sequence[Sequence[tuple[int, bytes]]]
    ) -> list[Closed]:
        """``core.statetree.page.close_pages``. Raises PageMalformed."""

    def is_canonical(self, data: bytes, most: int) -> bool:
        """True: one canonical value of at most ``most`` items. False: find out by decoding."""

    def item_ends(self, data: bytes, at: int, count: int) -> list[int] | None:
        """``core.cbor.item_ends``; None when the bytes are not well formed."""


_installed: Kernel | None = None


def install(kernel: Kernel | None) -> None:
    """Use ``kernel`` in this process from now on; None: the portable code."""
    global _installed
    _installed = kernel


def native() -> Kernel | None:
    """The installed kernel; None when the portable code is to run."""
    return _installed

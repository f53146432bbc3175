"""A ledger whose head stands still while the engine handles an event."""

from __future__ import annotations

from collections.abc import Sequence

from chain.values import Kept, StoredHeader
from core.header import Header
from p2p.rules.ports import Ledger


class Steady:
    """A ``Ledger`` that asks for the head once an event: many parts want it, and want the same."""

    def __init__(self, ledger: Ledger) -> None:
        self.beneath = ledger
        self._head: StoredHeader | None = None

    def look_again(self) -> None:
        """A new event: the head may have moved."""
        self._head = None

    def head(self) -> StoredHeader:
        """See ``p2p.rules.ports.Ledger``."""
        if self._head is None:
            self._head = self.beneath.head()
        return self._head

    def stored(self, hash: bytes) -> StoredHeader | None:
        """See ``p2p.rules.ports.Ledger``."""
        return self.beneath.stored(hash)

    def canonical_header(self, height: int) -> StoredHeader | None:
        """See ``p2p.rules.ports.Ledger``."""
        return self.beneath.canonical_header(height)

    def headers(self, first: int, count: int) -> Sequence[Header]:
        """See ``p2p.rules.ports.Ledger``."""
        return self.beneath.headers(first, count)

    def raw_block(self, hash: bytes) -> bytes | None:
        """See ``p2p.rules.ports.Ledger``."""
        return self.beneath.raw_block(hash)

    def kept(self) -> Kept:
        """See ``p2p.rules.ports.Ledger``."""
        return self.beneath.kept()

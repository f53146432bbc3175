"""What gossip asks of the part that synchronises."""

from __future__ import annotations

from typing import Protocol

from core.header import Header
from p2p.rules.peer import Peer


class Sync(Protocol):
    """``p2p.rules.sync``, as far as gossip knows it."""

    @property
    def busy(self) -> bool:
        """Whether this node is catching up: news of transactions are of no use yet."""

    def heard(self, peer: Peer, header: Header) -> None:
        """A peer has shown a header that is news, checked or not."""

    def assembling(self, hash: bytes) -> None:
        """A block is being put together here: nobody need be asked for it for a while."""

    def wants_body(self, hash: bytes) -> None:
        """Fetch the whole body of a block whose header was ``heard``."""

    def missing(self, peer: Peer, hashes: tuple[bytes, ...]) -> None:
        """A peer does not have these bodies."""

"""What loading a snapshot needs of synchronisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.header import Header


class HeaderChain(Protocol):
    """``p2p.rules.sync.Sync`` is one."""

    def best_headers(self) -> Sequence[Header] | None:
        """Verified headers from height 1 on of the most proven work; None: not known yet."""

    def hold(self, on: bool) -> None:
        """While held, no bodies are fetched and no blocks imported; headers go on."""

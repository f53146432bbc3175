"""The miner's own hash shares: draws that nearly sealed a block, kept for later blocks.

Source: docs/spec/mining.md.
"""

from __future__ import annotations

import logging

from consensus.rules import shares
from core.errors import Refused
from core.header import Header
from core.network import Network
from core.proof import SHARE
from mining.ports import Proofs
from mining.search import ShareHunt
from mining.template import Template

log = logging.getLogger("animica.mining")


class ShareCollector:
    """Hands shares on to wait for a block; on each parent as many as one block may take.

    More could not be included in the long run, whoever else finds some.
    """

    def __init__(self, proofs: Proofs, network: Network, *, active: bool) -> None:
        self._proofs = proofs
        self._network = network
        self._active = active
        self._parent = b""
        self._left = 0
        self.found = 0
        """Shares handed on since the start."""

    def hunt(self, made: Template) -> ShareHunt | None:
        """What the search for a template's nonce shall look for besides; None: nothing."""
        header = made.block.header
        if not self._active or not self._network.proves_at(SHARE, header.height):
            return None
        if header.parent != self._parent:
            self._parent = header.parent
            self._left = self._network.at(header.height).poies.shares_per_block
        if self._left == 0:
            return None
        return ShareHunt(made.share_threshold, lambda nonce: self._take(made, nonce))

    def _take(self, made: Template, nonce: int) -> bool:
        """Keep a share; returns whether more are wanted on this parent."""
        if not self.keep(made.sealed(nonce).header):
            return False
        self._left -= 1
        return self._left > 0

    def keep(self, header: Header) -> bool:
        """Let a share wait for a block; returns whether it may."""
        try:
            self._proofs.add(shares.envelope(header))
        except Refused as refusal:
            # The head has moved, or enough shares wait already.
            log.debug("a share was not kept: %s", refusal)
            return False
        self.found += 1
        return True

"""Headers and blocks for others, from the best chain. Source: docs/spec/p2p.md."""

from __future__ import annotations

from p2p.rules.context import Context
from p2p.rules.limits import HEADERS_MOST
from p2p.rules.peer import Peer
from p2p.rules.wire.messages import BLOCK, Body, GetBodies, GetHeaders, Headers, Message, Missing


class Serving:
    """Answers as fast as the answers are read: one is on its way at a time."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def headers(self, peer: Peer, message: GetHeaders) -> None:
        """What follows the first hash of the locator that is on the best chain."""
        self._ctx.bulk(peer, lambda: self._headers(message))

    def _headers(self, message: GetHeaders) -> Message:
        ledger = self._ctx.ledger
        found: tuple[bytes, ...] = ()
        for hash in message.locator:
            stored = ledger.stored(hash)
            if stored is not None and stored.canonical:
                most = min(message.most, HEADERS_MOST)
                found = tuple(one.encoded for one in ledger.headers(stored.height + 1, most))
                break
        return Headers(found, asked=True)

    def bodies(self, peer: Peer, message: GetBodies) -> None:
        """Each block in a message of its own, when the peer has read the one before."""
        for hash in message.hashes:
            self._ctx.bulk(peer, lambda hash=hash: self._body(hash))  # type: ignore[misc]

    def _body(self, hash: bytes) -> Message:
        raw = self._ctx.ledger.raw_block(hash)
        return Missing(BLOCK, (hash,)) if raw is None else Body(raw)

"""The root of what one node refuses of another."""

from __future__ import annotations

from core.errors import Refused


class P2pRefused(Refused):
    """Bytes, or a wish, of a peer that breaks a rule."""


class Unjudged(P2pRefused):
    """A transaction or proof that this node could not judge; nobody is to blame."""

    code = "p2p.unjudged"
    hint = "Nothing is to be done: it is asked for again, or comes in a block."

"""The root of what one node refuses of another."""

from __future__ import annotations

from core.errors import Refused


class P2pRefused(Refused):
    """Bytes, or a wish, of a peer that breaks a rule."""

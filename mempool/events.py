"""What the pool announces, in the order in which it happened. Listeners: docs/events.md."""

from __future__ import annotations

from dataclasses import dataclass

from core.tx import SignedTx


@dataclass(frozen=True)
class TxAdded:
    """A transaction entered the pool; ``state`` is ``ready`` or ``held``."""

    tx: SignedTx
    state: str


@dataclass(frozen=True)
class TxDropped:
    """A transaction left the pool for another reason than being in a block; when in Unix ms.

    The pool remembers it for those who ask later.
    """

    txid: bytes
    code: str
    reason: str
    at_ms: int

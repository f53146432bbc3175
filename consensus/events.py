"""What consensus announces, after commit. Listeners: docs/events.md."""

from __future__ import annotations

from dataclasses import dataclass

from core.header import Header


@dataclass(frozen=True)
class BlockAdded:
    """A block became the head by extending the previous head."""

    header: Header
    txids: tuple[bytes, ...]


@dataclass(frozen=True)
class ChainReorganised:
    """The head moved to another branch.

    ``removed`` and ``added`` are block hashes in height order; ``returned`` are the raw
    transactions of removed blocks, for the pool to consider again.
    """

    old_head: Header
    new_head: Header
    fork_height: int
    removed: tuple[bytes, ...]
    added: tuple[bytes, ...]
    returned: tuple[bytes, ...]

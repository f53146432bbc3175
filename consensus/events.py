"""What consensus announces, after commit. Listeners: docs/events.md."""

from __future__ import annotations

from dataclasses import dataclass

from core.header import Header
from core.proof import Envelope


@dataclass(frozen=True)
class BlockAdded:
    """A block became the head by extending the previous head.

    ``proof_types`` has the type of each of its proofs.
    """

    header: Header
    txids: tuple[bytes, ...]
    proof_types: tuple[int, ...] = ()


@dataclass(frozen=True)
class ChainReorganised:
    """The head moved to another branch.

    ``removed`` are block hashes from the old head down, ``added`` from the fork up. ``txids`` are
    the transactions of the added blocks; ``returned`` are the raw transactions that only removed
    blocks held, lowest block first, for the pool to consider again; ``returned_proofs`` likewise
    all their proofs.
    """

    old_head: Header
    new_head: Header
    fork_height: int
    removed: tuple[bytes, ...]
    added: tuple[bytes, ...]
    txids: tuple[bytes, ...]
    returned: tuple[bytes, ...]
    returned_proofs: tuple[Envelope, ...] = ()


@dataclass(frozen=True)
class ProofAdded:
    """A proof of useful work has come to wait for a block; ``digest`` is its envelope's."""

    digest: bytes

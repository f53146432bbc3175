"""Which block a parameter names, and reading the state after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Annotated

from chain import queries
from chain import service as chain
from chain.errors import Pruned, StateNotYet, StateTooFarBack
from rpc.errors import Busy
from rpc.params import BlockRef

SAFE_DEPTH = 12
PAST_AT_ONCE = 2
# A tree of the past takes long to make; those who wait would keep threads from other readers.
_places = BoundedSemaphore(PAST_AT_ONCE)

AtBlock = Annotated[BlockRef, "The block after which: a height of the best chain, or a tag."]
NOT_THERE = (StateNotYet, Pruned)
NOT_PROVABLE = (*NOT_THERE, StateTooFarBack, Busy)


def height_of(block: int | str) -> int:
    """The height that a reference names now; may be above the head."""
    if isinstance(block, int):
        return block
    if block == "earliest":
        return 0
    head = queries.head().header.height
    return head if block == "latest" else max(0, head - SAFE_DEPTH)


@contextmanager
def height_at(block: int | str) -> Iterator[int | None]:
    """The height that a reference names, None for the head; all reads inside see one commit."""
    if block == "latest":
        yield None
        return
    with chain.snapshot():
        yield height_of(block)


@contextmanager
def provable_at(block: int | str) -> Iterator[int | None]:
    """Like ``height_at``, for a proof: of the past only so many are made at once."""
    if block == "latest":
        yield None
        return
    if not _places.acquire(blocking=False):
        raise Busy(f"{PAST_AT_ONCE} proofs of the past are being made", limit=PAST_AT_ONCE)
    try:
        with height_at(block) as height:
            yield height
    finally:
        _places.release()

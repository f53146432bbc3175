"""Take the best chain back to a height for good: what lay above is deleted, not kept aside.

A block that stays stored and outweighs the head would be followed again at the next start, so
everything above the new head goes, and every side block that outweighs it. A branch's work only
rises, so nothing that stays loses its parent.
"""

from __future__ import annotations

from chain.errors import RewindRefused
from chain.store import blocks, history, meta, sql
from chain.store import unit as units
from chain.values import RewindPlan, StoredHeader
from core.failpoints import reach

BLOCKS_AT_ONCE = 20
"""Blocks undone in one transaction; what they changed is held in memory."""

_GONE = "height > %s OR (NOT canonical AND total_work > %s)"


def plan(height: int) -> RewindPlan:
    """What going back to ``height`` deletes. Raises RewindRefused."""
    head, target = _ends(height)
    txs = sql.one("SELECT COUNT(*) FROM chain_tx WHERE height > %s", (height,))
    side = sql.one(
        f"SELECT COUNT(*) FROM chain_block WHERE NOT canonical AND ({_GONE})",
        (target.height, blocks.work_bytes(target.total_work)),
    )
    return RewindPlan(
        head=head.height,
        height=height,
        txs=0 if txs is None else int(txs[0]),
        side_blocks=0 if side is None else int(side[0]),
    )


def step(height: int, most: int = BLOCKS_AT_ONCE) -> StoredHeader:
    """Go back up to ``most`` blocks towards ``height``, in one transaction; the new head.

    Whatever interrupts it leaves the head before or after; the next call goes on from there.
    Raises RewindRefused, StateBroken.
    """
    with units.open_unit() as unit:
        head, _ = _ends(height)
        target = blocks.at_height(max(height, head.height - most))
        assert target is not None, "the best chain has a block at every height below its head"
        unit.unwind_to(target.hash)
        _forget(target)
    return target


def _ends(height: int) -> tuple[StoredHeader, StoredHeader]:
    """The head, and the block to go back to."""
    head = blocks.by_hash(meta.required().head_hash)
    assert head is not None, "the head is stored"
    target = blocks.at_height(height)
    lowest = history.kept().lowest_head
    if target is None or not lowest <= height <= head.height:
        raise RewindRefused(
            f"the chain can be taken back to heights {lowest} to {head.height}, not to {height}",
            lowest=lowest,
            head=head.height,
        )
    return head, target


def _forget(head: StoredHeader) -> None:
    """Delete every block above the new head, and side blocks that outweigh it."""
    gone = (head.height, blocks.work_bytes(head.total_work))
    ids = f"SELECT id FROM chain_block WHERE {_GONE}"
    sql.run(f"DELETE FROM chain_blockbody WHERE block_id IN ({ids})", gone)
    reach("bodies.forgotten")
    sql.run(f"DELETE FROM chain_block WHERE {_GONE}", gone)
    reach("blocks.forgotten")

"""One database transaction that moves the head: append blocks, unwind them, or both.

Either everything inside is committed or nothing is; what is kept in memory follows the commit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from django.db import transaction

from chain.errors import NotOnHead, StateBroken, TotalsBroken, UnknownBlock
from chain.store import blocks, history, meta, sections, state, txs
from chain.store.pages import Pages
from chain.values import BlockEffects, StagedState, StoredHeader
from core.block import Block
from core.failpoints import reach
from core.ports import RecordKey


class Projector(Protocol):
    """Rows that another slice derives from blocks, kept in step inside the block's transaction."""

    def apply(self, block: Block, effects: BlockEffects) -> None:
        """Called after the block and its state are written."""

    def unwind(self, block: Block) -> None:
        """Called newest block first, when the state is already the ancestor's."""


_projectors: list[Projector] = []
_active = threading.local()


def register_projector(projector: Projector) -> None:
    """Call ``projector`` in every later unit; composition does this once at start."""
    _projectors.append(projector)


def unregister_projector(projector: Projector) -> None:
    """Undo ``register_projector``."""
    _projectors.remove(projector)


def active() -> Unit | None:
    """The unit that this thread is in."""
    return getattr(_active, "unit", None)


@contextmanager
def open_unit() -> Iterator[Unit]:
    """A unit on the stored head. One at a time in a thread. Raises ChainEmpty."""
    if active() is not None:
        raise NotOnHead("a unit is open in this thread already")
    with transaction.atomic():
        unit = Unit(meta.required(lock=True))
        _active.unit = unit
        try:
            reach("unit.begun")
            yield unit
        finally:
            _active.unit = None
        transaction.on_commit(unit.committed)
        reach("unit.finished")


class Unit:
    """The verbs inside one transaction. Reads through ``chain.service`` see what it wrote."""

    def __init__(self, start: meta.Meta) -> None:
        self._meta = start
        self.pages = Pages(start.head_hash)

    @property
    def head_hash(self) -> bytes:
        """Hash of the head as this unit has left it so far."""
        return self._meta.head_hash

    def committed(self) -> None:
        """What is kept in memory follows the commit."""
        reach("unit.committed")
        self.pages.publish(self.head_hash)
        reach("unit.published")

    def append(
        self, block: Block, effects: BlockEffects, staged: StagedState, total_work: int
    ) -> None:
        """Make ``block`` the head; its row may exist already as a side block's.

        Raises NotOnHead when block or staged state do not follow the head, StateBroken when the
        staged root is not the header's, TotalsBroken when money does not add up.
        """
        self._check_place(block, staged)
        changes, previous = _real_changes(effects)
        moved = self._meta.moved(
            block.hash,
            minted=self._meta.minted + effects.minted,
            burnt=self._meta.burnt + effects.burnt,
        )
        _check_balances(block, effects, changes, previous)
        row_id = blocks.make_canonical(
            block,
            total_work,
            minted=effects.minted,
            burnt=effects.burnt,
            supply=moved.supply,
            receipts=sections.pack([receipt.encoded for receipt in effects.receipts]),
        )
        txs.write(block, row_id, effects)
        state.write(changes)
        state.write_undo(block.header.height, previous)
        self.pages.write(staged.pages)
        self._move(moved)
        for projector in _projectors:
            projector.apply(block, effects)
        reach("projectors.applied")

    def unwind(self) -> Block:
        """Take the head off the best chain and return it; its parent is the head then."""
        head = self._head()
        block = blocks.required(head.hash)
        self.unwind_to(head.header.parent)
        return block

    def unwind_to(self, ancestor_hash: bytes) -> list[bytes]:
        """Take all blocks above an ancestor off the best chain; their hashes, newest first.

        One change of the state tree however many blocks. Raises UnknownBlock when the ancestor
        is not below the head on the best chain, StateBroken when undo does not lead to its root.
        """
        ancestor = blocks.by_hash(ancestor_hash)
        if ancestor is None or not ancestor.canonical:
            raise UnknownBlock(
                "the ancestor is not on the best chain", block="0x" + ancestor_hash.hex()
            )
        height = ancestor.height
        history.check_state(height)
        removed = blocks.hashes_above(height)
        self._restore(ancestor)
        txs.delete_above(height)
        state.delete_undo_above(height)
        minted, burnt = blocks.minted_and_burnt_above(height)
        blocks.leave_canonical(height)
        self._move(
            self._meta.moved(
                ancestor_hash, minted=self._meta.minted - minted, burnt=self._meta.burnt - burnt
            )
        )
        for block in map(blocks.required, removed if _projectors else ()):
            for projector in _projectors:
                projector.unwind(block)
        reach("projectors.unwound")
        return removed

    def _restore(self, ancestor: StoredHeader) -> None:
        """Put records and pages back to the ancestor's state, checked against its root."""
        old = state.undo_above(ancestor.height)
        staged = state.stage(old, self.pages, self.head_hash)
        if staged.root != ancestor.header.roots.state:
            raise StateBroken(
                f"undo to height {ancestor.height} does not lead to the header's state root",
                height=ancestor.height,
            )
        state.write(old)
        self.pages.write(staged.pages)

    def _head(self) -> StoredHeader:
        head = blocks.by_hash(self.head_hash)
        if head is None:
            raise UnknownBlock("the head is not stored", block="0x" + self.head_hash.hex())
        return head

    def _check_place(self, block: Block, staged: StagedState) -> None:
        head = self._head()
        header = block.header
        if header.parent != head.hash or header.height != head.height + 1:
            raise NotOnHead(
                f"a block of height {header.height} does not follow the head at {head.height}",
                height=header.height,
            )
        if staged.base != head.hash:
            raise NotOnHead("the state was staged on another head", height=header.height)
        if staged.root != header.roots.state:
            raise StateBroken(
                f"the staged state of block {header.height} has another root than its header",
                height=header.height,
            )

    def _move(self, moved: meta.Meta) -> None:
        meta.write(moved)
        self._meta = moved


Values = Mapping[RecordKey, bytes | None]


def _real_changes(effects: BlockEffects) -> tuple[Values, Values]:
    """The changes that change something, and what they change."""
    real = [r for r, value in effects.changes.items() if value != effects.previous[r]]
    changes = {record: effects.changes[record] for record in real}
    return changes, {record: effects.previous[record] for record in real}


def _check_balances(block: Block, effects: BlockEffects, changes: Values, previous: Values) -> None:
    """Balances grow by exactly what is minted less what is burnt. Raises TotalsBroken."""
    height = block.header.height
    counts = len(effects.charges) == len(block.txs) == len(effects.receipts) - 1
    if not counts or effects.minted < 0 or effects.burnt < 0:
        raise TotalsBroken(f"the effects of block {height} are not complete", height=height)
    grown = state.balances(changes) - state.balances(previous)
    if grown != effects.minted - effects.burnt:
        raise TotalsBroken(
            f"balances of block {height} grow by {grown} nANM, "
            f"minted {effects.minted}, burnt {effects.burnt}",
            height=height,
        )

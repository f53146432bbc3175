"""Named places between two writes, where a test can end the process or look at the disk.

Each write of the ledger, of the pool's copy and of the kept files is followed by ``reach`` with a
name of its own, and each transaction begins and ends with one. In a running node no hook is
installed, and ``reach`` is a look-up and a comparison. Source: docs/operations/crash-safety.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

Name = Literal[
    # chain.service and chain.store.unit: where transactions begin, commit and are announced
    "genesis.begun",
    "genesis.committed",
    "side.begun",
    "side.committed",
    "invalid.begun",
    "invalid.committed",
    "unit.begun",
    "unit.finished",
    "unit.committed",
    "unit.published",
    # chain.store: after each table's write
    "blocks.inserted",
    "bodies.inserted",
    "receipts.updated",
    "canonical.set",
    "canonical.cleared",
    "descendants.marked",
    "invalid.marked",
    "txs.written",
    "txs.deleted",
    "logs.written",
    "logs.deleted",
    "records.written",
    "records.deleted",
    "undo.written",
    "undo.deleted",
    "pages.written",
    "pages.deleted",
    "meta.created",
    "meta.moved",
    "projectors.applied",
    "projectors.unwound",
    # chain.store.prune and rewind: history that goes
    "prune.begun",
    "sections.pruned",
    "undo.pruned",
    "marks.moved",
    "prune.committed",
    "bodies.forgotten",
    "blocks.forgotten",
    # chain.service.load_tables: a backup's rows on PostgreSQL
    "load.begun",
    "load.emptied",
    "load.filled",
    "load.settled",
    "load.committed",
    # chain.service and chain.store.loading: a snapshot gathered aside, then put in place
    "gather.begun",
    "gather.headers",
    "gather.opened",
    "gather.committed",
    "chunk.begun",
    "gather.records",
    "gather.advanced",
    "chunk.committed",
    "base.begun",
    "gather.unpaged",
    "gather.cleared",
    "gather.moved",
    "gather.blocks",
    "meta.rebased",
    "base.committed",
    "drop.begun",
    "gather.dropped",
    "drop.committed",
    # consensus.service and consensus.snapshots: committed, nobody told yet
    "head.extended",
    "head.reorganised",
    "gather.loaded",
    # mempool.store: the pool's copy on disk
    "flush.begun",
    "flush.deleted",
    "flush.inserted",
    "flush.committed",
    # animica_site: start
    "migrations.done",
    "file.drafted",
    "file.replaced",
]

POINTS: tuple[Name, ...] = get_args(Name)
"""Every fail point there is."""

_hook: Callable[[Name], None] | None = None


def reach(name: Name) -> None:
    """Call the hook, if a test installed one."""
    if _hook is not None:
        _hook(name)


def install(hook: Callable[[Name], None] | None) -> None:
    """Call ``hook`` with the name of every point that is reached from now on; None ends it."""
    global _hook
    _hook = hook

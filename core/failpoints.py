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
    "prune.begun",
    "sections.pruned",
    "undo.pruned",
    "marks.moved",
    "prune.committed",
    "projectors.applied",
    "projectors.unwound",
    # consensus.service: committed, nobody told yet
    "head.extended",
    "head.reorganised",
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

ToolName = Literal[
    # chain.store.rewind, inside the unit's transaction
    "bodies.deleted",
    "blocks.deleted",
    # chain.service and chain.store.dump: a backup is loaded
    "load.begun",
    "tables.emptied",
    "rows.loaded",
    "numbers.settled",
    "load.committed",
]

POINTS: tuple[Name, ...] = get_args(Name)
"""Every fail point that a running node passes."""

TOOL_POINTS: tuple[ToolName, ...] = get_args(ToolName)
"""Those that only a ledger tool passes, in a process of its own."""

_hook: Callable[[Name | ToolName], None] | None = None


def reach(name: Name | ToolName) -> None:
    """Call the hook, if a test installed one."""
    if _hook is not None:
        _hook(name)


def install(hook: Callable[[Name | ToolName], None] | None) -> None:
    """Call ``hook`` with the name of every point that is reached from now on; None ends it."""
    global _hook
    _hook = hook

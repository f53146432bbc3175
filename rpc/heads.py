"""The head as ``chain.getHead`` shows it, kept for as long as this process knows that it stays.

A process that runs the node hears of every new head from its own importer, the chain's one
writer; it need not ask the database again and again. Any other process asks each time.
"""

from __future__ import annotations

from chain import queries
from rpc import views
from rpc.results.chain import BlockSummary


class _State:
    following = False
    generation = 0
    kept: tuple[int, BlockSummary] | None = None


def follow() -> None:
    """From now on ``moved`` will be called for every new head, after its commit."""
    _State.generation += 1
    _State.following = True


def stop() -> None:
    """No more news of heads: ask the database again."""
    _State.following = False
    _State.generation += 1


def moved(_: object = None) -> None:
    """The head has moved. Called by one thread at a time: the importer's."""
    _State.generation += 1


def current() -> BlockSummary:
    """The newest block of the best chain; callers must not change it."""
    kept = _State.kept
    if kept is not None and kept[0] == _State.generation:
        return kept[1]
    # Read before the database: a head that moves in between makes what is kept here stale.
    generation, following = _State.generation, _State.following
    view = views.block_summary(queries.head())
    if following:
        _State.kept = generation, view
    return view

"""Pruning beside a running node: a few blocks a tick, behind the head as it moves."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from chain import service as chain
from chain.values import Part

log = logging.getLogger("animica.prune")

BLOCKS_PER_TICK = 32
"""Heights of each part that one tick drops at most, in a transaction of its own."""
POLICIES: Mapping[str, tuple[Part, ...]] = {
    "witnesses": (Part.WITNESSES,),
    "bodies": (Part.BODIES,),
    "all": (Part.BODIES, Part.STATE),
}
"""What each value of ``--prune`` drops; bodies take their witnesses along."""


class Pruner:
    """Keeps the newest ``keep`` blocks' part of each of ``parts``. Raises PruneWindow at once.

    ``window`` is how many blocks a reorganisation may take back.
    """

    def __init__(self, *, parts: tuple[Part, ...], keep: int, window: int) -> None:
        chain.check_pruning(keeps=dict.fromkeys(parts, keep), window=window)
        self._parts = parts
        self._keep = keep
        self._window = window

    def tick(self) -> None:
        """Drop what has become too old, a bounded number of blocks at a time."""
        end = chain.head().height - self._keep
        kept = chain.kept()
        for part in self._parts:
            if kept.start_of(part) >= end:
                continue  # no transaction, so nobody has to wait for it
            done = chain.prune(
                part=part, keep=self._keep, window=self._window, most=BLOCKS_PER_TICK
            )
            log.debug("pruned %s of blocks %d to %d", part.value, done.first, done.end - 1)

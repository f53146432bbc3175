"""What must be on disk after a life, told by what it reported before it ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.campaigns.crash_life import pool_digest

GATHERED_ASIDE = frozenset({"gather.committed", "chunk.committed", "drop.committed"})
"""Commits of a load that is not whole: the next start drops it, as if its step had not begun."""


@dataclass
class Books:
    """``steps``: how many steps of the story the ledger is past; ``pools``: what its copy on disk
    holds. Several only after a kill at a moment that nobody knows. ``network_new``: whether the
    kept network file is replaced, None where unknown; ``empty``: whether there is a genesis.
    """

    steps: frozenset[int] = frozenset([0])
    pools: frozenset[str] = frozenset([pool_digest([])])
    network_new: bool | None = False
    empty: bool = True
    step: int | None = field(default=None)
    flushing: str | None = field(default=None)

    def open_life(self) -> None:
        """Another life begins; the kept network file is an old one."""
        self.step = self.flushing = None
        self.network_new = False

    def hear(self, word: str, value: str) -> None:
        """Follow one report."""
        if word == "found":
            self.steps = frozenset([int(value)])
            self.empty = False
        elif word == "step":
            self.step = int(value)
        elif word == "done":
            self.steps = frozenset([int(value) + 1])
            self.step = None
        elif word == "flushing":
            self.flushing = value
        elif word == "flushed" or (word == "hit" and value == "flush.committed"):
            if self.flushing is not None:
                self.pools = frozenset([self.flushing])
            self.flushing = None
        elif word == "hit" and value == "file.replaced":
            self.network_new = True
        elif word == "hit" and value == "genesis.committed":
            self.empty = False
        elif word == "hit" and self.step is not None and value not in GATHERED_ASIDE:
            self.steps = frozenset([self.step + 1])

    def blur(self) -> None:
        """The life ended at an unknown moment: what was under way may have been committed."""
        if self.step is not None:
            self.steps |= {self.step, self.step + 1}
        if self.flushing is not None:
            self.pools |= {self.flushing}
        if not self.network_new:
            self.network_new = None

"""One sender's queue, ordered by nonce. Source: docs/spec/mempool.md."""

from __future__ import annotations

from dataclasses import dataclass, field

from mempool.rules.entry import Entry, Standing


@dataclass
class SenderQueue:
    """One sender's waiting transactions by nonce; ``ready_end`` is the first missing nonce."""

    standing: Standing
    ready_end: int
    entries: dict[int, Entry] = field(default_factory=dict)

    @classmethod
    def empty(cls, standing: Standing) -> SenderQueue:
        """The queue of a sender of whom nothing waits."""
        return cls(standing, standing.account.nonce)

    @property
    def tail(self) -> Entry:
        """The transaction that none of the others needs."""
        return self.entries[max(self.entries)]

    @property
    def ready_count(self) -> int:
        """How many are ready."""
        return self.ready_end - self.standing.account.nonce

    def ready(self) -> list[Entry]:
        """The ready ones in nonce order."""
        return [self.entries[nonce] for nonce in range(self.standing.account.nonce, self.ready_end)]

    def ordered(self) -> list[Entry]:
        """All in nonce order."""
        return [self.entries[nonce] for nonce in sorted(self.entries)]

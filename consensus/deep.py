"""Branches that fork off deeper than this node follows by itself. Source: docs/spec/consensus.md.

Their blocks are refused and not stored, so what is kept of them here, in memory, is all that is
known of their descendants. One that comes to outweigh the head raises the alarm.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from chain import service as chain
from chain.values import BlockStatus, StoredHeader
from consensus.errors import ReorgTooDeep
from consensus.memory import Memory
from consensus.rules import fork_choice
from core.block import Block
from core.errors import AnimicaError
from core.header import Header
from core.network import Network

log = logging.getLogger("animica.consensus")

_REMEMBERED = 4_096


@dataclass(frozen=True)
class Alarm:
    """A branch that this node refused to follow, shown until the head outweighs it."""

    code: str
    message: str
    hash: bytes
    total_work: int


@dataclass(frozen=True)
class DeepHeader:
    """The header of a refused deep block, as the parent of the next one of its branch."""

    parent: StoredHeader
    grandparent: Header
    fork_height: int


class DeepBranches:
    """Refuses what forks off too deep; guarded by the importer's lock."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._headers: Memory[DeepHeader] = Memory(_REMEMBERED)
        self.alarm: Alarm | None = None
        self.lifted = False
        """Whether maxReorg does not bind: a node that catches up has not chosen a chain yet."""

    def get(self, hash: bytes) -> DeepHeader | None:
        """A block that was refused so, as far as it is remembered."""
        return self._headers.get(hash)

    def refuse(self, parent: StoredHeader, fork_height: int, block: Block, work: int) -> None:
        """Refuse a block whose branch forks off too deep, and remember its header.

        ``work`` is the branch's from genesis to the block. Raises ReorgTooDeep.
        """
        head = chain.head()
        try:
            self.check_depth(head, fork_height)
        except ReorgTooDeep as refusal:
            entry = StoredHeader(block.header, work, BlockStatus.STORED, canonical=False)
            self._headers[block.hash] = DeepHeader(entry, parent.header, fork_height)
            if fork_choice.outweighs(work, head.total_work):
                log.error("refusing a reorganisation: %s", refusal)
                self.raise_alarm(refusal, block.hash, work)
            raise

    def check_depth(self, head: StoredHeader, fork_height: int) -> None:
        """Refuse a fork below maxReorg, or below what this node has kept. Raises ReorgTooDeep.

        While ``lifted`` only what is kept binds. Pruning keeps maxReorg blocks below the head of
        its time; a reorganisation to fewer but heavier blocks may since have lowered the head.
        """
        undoable = head.height - chain.kept().lowest_head
        most = undoable if self.lifted else min(self._network.local.max_reorg_blocks, undoable)
        fork_choice.check_depth(head.height, fork_height, most)

    def heard_of(self, hash: bytes, work: int, fork_height: int) -> None:
        """Peers have shown the headers of a branch of so much work up to the block ``hash``.

        If it outweighs the head and forks off too deep, the alarm is raised: its blocks are not
        even asked for. To be called between blocks.
        """
        head = chain.head()
        if not fork_choice.outweighs(work, head.total_work):
            return
        try:
            self.check_depth(head, fork_height)
        except ReorgTooDeep as refusal:
            log.error("refusing a reorganisation that peers show: %s", refusal)
            self.raise_alarm(refusal, hash, work)

    def raise_alarm(self, why: AnimicaError, hash: bytes, work: int) -> None:
        """A branch of so much work, up to the block ``hash``, is not followed."""
        self.alarm = Alarm(why.code, why.message, hash, work)

    def calm(self, work: int) -> None:
        """The head has so much work now: the alarm ends if that is as much as its branch's."""
        if self.alarm is not None and work >= self.alarm.total_work:
            self.alarm = None
